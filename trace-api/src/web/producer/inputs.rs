//! `/producer/inputs`: 投入品, the stock of what is used on plots, with purchases.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use store::input::{self, Input};
use uuid::Uuid;

use super::{decimal, given};
use crate::act;
use crate::act::input::{Purchase, Wanted};
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::producer::inputs::{Draft, InputRow, InputsView, page};
use crate::problem::{Answer, Problem};
use crate::rule::plausible;
use crate::state::AppState;
use crate::web::{Here, see_other};

/// The routes of the stock.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/producer/inputs", get(show).post(file))
        .route("/producer/inputs/{input}/purchases", post(buy))
}

/// The form of a new input.
#[derive(Debug, Deserialize)]
struct Form {
    request: Uuid,
    kind: String,
    name: String,
    #[serde(default)]
    registration: String,
    #[serde(default)]
    ingredient: String,
    #[serde(default)]
    interval_days: String,
    unit: String,
}

/// The form of a purchase.
#[derive(Debug, Deserialize)]
struct BuyForm {
    request: Uuid,
    amount: String,
    day: String,
    #[serde(default)]
    source: String,
}

async fn show(State(state): State<AppState>, caller: Caller, here: Here) -> Answer<Response> {
    let view = view(&state, &caller, Draft::default()).await?;
    here.answer(page(&here.site, &view))
}

async fn file(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let filed = match form.wanted() {
        Ok(wanted) => act::input::file(&state, &caller.account, &wanted).await,
        Err(problem) => Err(problem),
    };
    done((&state, &caller, here), form.draft(), (filed, "input")).await
}

async fn buy(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<Uuid>,
    FormBody(form): FormBody<BuyForm>,
) -> Answer<Response> {
    let bought = async {
        let bought = Purchase {
            id: form.request,
            amount: decimal("amount", &form.amount)?,
            bought_on: parse_day("day", &form.day)?,
            source: form.source,
        };
        act::input::buy(&state, &caller.account, id, &bought).await
    };
    let outcome = (bought.await, "purchase");
    done((&state, &caller, here), Draft::default(), outcome).await
}

/// The stock again with what was done, or with why not.
async fn done(
    (state, caller, here): (&AppState, &Caller, Here),
    draft: Draft,
    (outcome, word): (Answer<Input>, &str),
) -> Answer<Response> {
    match outcome {
        Ok(_) => Ok(see_other("/producer/inputs", word)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(state, caller, draft).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

impl Form {
    fn wanted(&self) -> Answer<Wanted> {
        let days = given(&self.interval_days).map(str::parse).transpose();
        let refuse = |_| Problem::invalid("interval_days", "write a number of days", "请填写天数");
        Ok(Wanted {
            id: self.request,
            kind: self.kind.clone(),
            name: self.name.clone(),
            registration: self.registration.clone(),
            ingredient: self.ingredient.clone(),
            interval_days: days.map_err(refuse)?,
            unit: self.unit.clone(),
        })
    }

    fn draft(self) -> Draft {
        Draft {
            kind: self.kind,
            name: self.name,
            registration: self.registration,
            ingredient: self.ingredient,
            interval_days: self.interval_days,
            unit: self.unit,
        }
    }
}

async fn view(state: &AppState, caller: &Caller, draft: Draft) -> Answer<InputsView> {
    let mut connection = state.store().acquire().await?;
    let rows = input::list(&mut connection, caller.scope().producer(), None).await?;
    Ok(InputsView {
        inputs: rows.into_iter().map(|row| input_row(state, row)).collect(),
        draft,
        request: state.draw_uuid().to_string(),
        today: iso(plausible::today(state.now())),
    })
}

fn input_row(state: &AppState, row: Input) -> InputRow {
    InputRow {
        id: row.id.to_string(),
        kind: row.kind,
        name: row.name,
        registration: row.registration,
        ingredient: row.ingredient,
        interval_days: row.interval_days,
        unit: row.unit,
        stock: row.stock,
        request: state.draw_uuid().to_string(),
    }
}
