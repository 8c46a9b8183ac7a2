//! `/lab`: lots that wait for a test, a form made for the keyboard, and the newest results.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use model::gs1::DigitalLink;
use model::lot::LotState;
use serde::Deserialize;
use store::AnyConnection;
use store::lot::{self, Filter, Lot};
use store::test_result;
use uuid::Uuid;

use super::{Here, see_other};
use crate::act;
use crate::caller::Caller;
use crate::extract::FormBody;
use crate::page::lab::{LabView, ResultDraft, page};
use crate::problem::{Answer, Problem};
use crate::rule::quick_test::Round;
use crate::rule::result::Reading;
use crate::state::AppState;

mod rows;

/// Most waiting lots of each state on the page.
const WAITING_MAX: i64 = 100;
/// Most results on the page.
const RECENT_MAX: i64 = 30;

/// The pages of this desk.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/lab", get(show))
        .route("/lab/results", post(enter))
}

/// The form of a result.
#[derive(Debug, Deserialize)]
struct Form {
    request: Uuid,
    sample: String,
    item: String,
    method: String,
    value: String,
    unit: String,
    limit: String,
}

/// Shows the lab's desk.
async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = view(&state).await?;
    here.answer(page(&here.site, &view))
}

/// Enters a result from the form.
async fn enter(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    match enter_form(&state, &caller, &form).await {
        Ok(()) => Ok(see_other("/lab", "test")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let request = form.request.to_string();
            let view = LabView {
                draft: Some(form.draft()),
                request,
                ..view(&state).await?
            };
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

async fn enter_form(state: &AppState, caller: &Caller, form: &Form) -> Answer<()> {
    let limit = form.limit.trim().parse();
    let limit = limit.map_err(|_| Problem::invalid("limit", "write a number", "限值须为数字"))?;
    let mut connection = state.store().acquire().await?;
    let lot = find_sample(&mut connection, form.sample.trim()).await?;
    drop(connection);
    let entered = act::test::Entered {
        request_id: form.request,
        sample_code: form.sample.trim().chars().take(64).collect(),
        item: form.item.clone(),
        method: form.method.clone(),
        reading: Some(Reading::parse(&form.value)?),
        unit: Some(form.unit.clone()),
        limit: Some(limit),
        lines: None,
        round: Round::First,
        sampled_on: None,
        tested_at: None,
        record: None,
    };
    act::test::enter(state, &caller.account, lot, &entered).await?;
    Ok(())
}

impl Form {
    fn draft(self) -> ResultDraft {
        ResultDraft {
            sample: self.sample,
            item: self.item,
            method: self.method,
            value: self.value,
            unit: self.unit,
            limit: self.limit,
        }
    }
}

/// The lot that a sample came from: its code, its code and number (`20261101-01#12`) where several
/// have that code, or a scanned label.
async fn find_sample(connection: &mut AnyConnection, sample: &str) -> Answer<i64> {
    let unknown = || Problem::invalid("sample", "no lot has this code", "没有此样品对应的批次");
    let (code, number) = match sample.rsplit_once('#') {
        Some((code, number)) => (code, Some(number.parse::<i64>().map_err(|_| unknown())?)),
        None => (sample, None),
    };
    let scanned = code
        .find("/01/")
        .and_then(|at| DigitalLink::parse(&code[at..]).ok());
    let filter = match scanned {
        Some(link) => Filter {
            gtin: Some(link.gtin.to_string()),
            code: Some(link.lot.ok_or_else(unknown)?.to_string()),
            ..Filter::default()
        },
        None => Filter {
            id: number,
            code: Some(code.replace('\0', "")),
            ..Filter::default()
        },
    };
    let found = lot::list(connection, &filter, 3).await?;
    match found.as_slice() {
        [] => Err(unknown()),
        [one] => Ok(one.id),
        _ => {
            let en = "several lots have this code; take the sample from the list";
            Err(Problem::invalid(
                "sample",
                en,
                "有多个批次使用此批次号，请从列表中选取样品",
            ))
        }
    }
}

async fn view(state: &AppState) -> Answer<LabView> {
    let mut connection = state.store().acquire().await?;
    let mut waiting: Vec<Lot> = Vec::new();
    for state in [LotState::Harvested, LotState::InTest] {
        let filter = Filter {
            state: Some(state),
            ..Filter::default()
        };
        waiting.extend(lot::list(&mut connection, &filter, WAITING_MAX).await?);
    }
    waiting.sort_by_key(|lot| lot.created_at);
    let results = test_result::list(&mut connection, None, RECENT_MAX).await?;
    Ok(LabView {
        waiting: rows::waiting(&waiting),
        kinds: rows::kinds(),
        recent: results.into_iter().map(rows::result).collect(),
        request: state.draw_uuid().to_string(),
        draft: None,
    })
}
