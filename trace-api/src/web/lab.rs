//! `/lab`: samples that wait for a test, a form made for keyboard and scanner, and results as they
//! come in. What else the desk has stands in files of its own.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use store::waiting;

use super::{Here, see_other};
use crate::act;
use crate::caller::Caller;
use crate::extract::FormBody;
use crate::page::lab::{LabView, page};
use crate::problem::Answer;
use crate::rule::plausible;
use crate::state::AppState;

mod correction;
mod entry;
mod kinds;
mod limits;
mod look;
mod paste;
mod report;
mod results;
mod rows;
mod stream;

/// Most results on the page.
const RECENT_MAX: i64 = 30;

/// The pages of this desk.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/lab", get(show))
        .route("/lab/look", get(look::look))
        .route("/lab/samples", post(note_sample))
        .route("/lab/results", get(results::list).post(entry::enter))
        .route("/lab/results/stream", get(stream::stream))
        .route("/lab/results/{id}", get(results::one))
        .route("/lab/results/{id}/correction", post(correction::correct))
        .route("/lab/results/{id}/report.pdf", get(report::file))
        .route("/lab/paste", get(paste::show).post(paste::take))
        .route("/lab/limits", get(limits::show).post(limits::import))
}

/// Shows the lab's desk.
async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = view(&state).await?;
    here.answer(page(&here.site, &view))
}

/// The form that notes a sample.
#[derive(Debug, serde::Deserialize)]
struct SampleForm {
    lot: i64,
    code: String,
}

/// Notes that a sample of a lot was taken. The same code of the same lot is the same sample,
/// however often the form is sent.
async fn note_sample(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<SampleForm>,
) -> Answer<Response> {
    let code = form.code.trim();
    let request = entry::request_of("sample", &[&form.lot.to_string(), code]);
    match act::life::sample(&state, &caller.account, form.lot, (request, code)).await {
        Ok(_) => Ok(see_other("/lab", "sample")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            here.refuse(&problem, page(&here.site, &view(&state).await?))
        }
    }
}

async fn view(state: &AppState) -> Answer<LabView> {
    let today = plausible::today(state.now());
    let mut connection = state.store().acquire().await?;
    let waits = waiting::list(&mut connection, waiting::LIST_MAX).await?;
    let kinds = kinds::list(&mut connection, today).await?;
    let crops = kinds::false_positives(&mut connection, today).await?;
    let results = store::test_result::list(&mut connection, None, RECENT_MAX).await?;
    Ok(LabView {
        waiting: rows::waiting(&waits, &crops),
        kinds,
        recent: results.into_iter().map(rows::result).collect(),
        request: state.draw_uuid().to_string(),
        draft: None,
        asked: None,
    })
}
