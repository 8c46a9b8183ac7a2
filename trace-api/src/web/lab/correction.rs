//! `/lab/results/{id}/correction`: what was written down wrongly is entered again with a reason.
//! The wrong one stays as it is; and it is judged as any result is.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::test_result::{self, Filter};

use super::entry::{Form, outlook};
use super::results::view;
use crate::act;
use crate::act::look::{self, Sample};
use crate::act::test::Entered;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::Lang;
use crate::page::lab::Outlook;
use crate::page::lab::results::one as draw;
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;
use crate::web::{Here, see_other};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Correction {
    request: String,
    value: String,
    reason: String,
    #[serde(default)]
    confirmed: String,
}

/// Corrects a result.
pub(super) async fn correct(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Correction>,
) -> Answer<Response> {
    match correct_form(&state, &caller, (id, &form, here.site.lang)).await {
        Ok(Ok(new)) => Ok(see_other(&format!("/lab/results/{new}"), "corrected")),
        Ok(Err((outlook, mark))) => {
            let mut view = view(&state, &here.site, id).await?;
            let words = [outlook.says(&here.site), outlook.asks(&here.site)].concat();
            view.asked = Some((words, mark));
            view.request = form.request;
            view.draft = (form.value, form.reason);
            here.answer(draw(&here.site, &view))
        }
        Err(problem) if problem.kind == Kind::NotFound => Err(problem),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let mut view = view(&state, &here.site, id).await?;
            view.request = form.request;
            view.draft = (form.value, form.reason);
            here.refuse(&problem, draw(&here.site, &view))
        }
    }
}

/// The number of the new result, or what is asked first.
async fn correct_form(
    state: &AppState,
    caller: &Caller,
    (id, form, lang): (i64, &Correction, Lang),
) -> Answer<Result<i64, (Outlook, String)>> {
    let none = || Problem::told(Kind::NotFound, "there is no such result", "没有这条结果");
    let mut connection = state.store().acquire().await?;
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let was = test_result::search(&mut connection, &filter, 1)
        .await?
        .pop();
    let was = was.ok_or_else(none)?;
    let lot = store::lot::find(&mut connection, was.lot_id)
        .await?
        .ok_or_else(none)?;
    let sample = Sample {
        code: was.sample_code.clone(),
        lot,
    };
    let typed = Form {
        request: form.request.clone(),
        sample: was.sample_code,
        item: was.item,
        method: was.method,
        value: form.value.clone(),
        unit: was.unit,
        round: was.round,
        ..Form::default()
    };
    let entered = Entered {
        sampled_on: was.sampled_on,
        corrects: Some((id, form.reason.clone())),
        ..typed.entered(&sample)?
    };
    let mut known = look::know(&mut connection, &sample, &entered, state.now()).await?;
    // Where the laboratory gave the limit it stays the one that it was.
    let given = known.measure.limit.is_none().then_some(was.limit);
    known.measure.is_card = was.control_line.is_some();
    let entered = Entered {
        limit: given.filter(|_| !known.measure.is_card),
        ..typed.with_value(entered, &known.measure)?
    };
    let foreseen = look::foresee(state, &mut connection, &sample.lot, &entered).await?;
    if foreseen.asks() && form.confirmed != typed.mark() {
        let outlook = outlook(&mut connection, &entered, (&foreseen, lang)).await?;
        return Ok(Err((outlook, typed.mark())));
    }
    drop(connection);
    let made = act::test::enter(state, &caller.account, sample.lot.id, &entered).await?;
    Ok(Ok(made.id))
}
