//! `/api/v1/printers/{id}/test-page`: rulers along two edges and a code. Laid beside a real ruler
//! they show a printer's offset and scale; what is set already is applied, so that a second page
//! shows whether it is right.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::act::print::find_printer;
use crate::act::test_page::{self, TestPage};
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

/// Of which size.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Label size, or the name of a template; a sheet's page is ruled as a whole.
    #[serde(default = "usual")]
    #[param(example = "40x30mm")]
    size: String,
}

fn usual() -> String {
    "40x30mm".to_owned()
}

async fn make(state: &AppState, caller: &Caller, id: i64, size: &str) -> Answer<TestPage> {
    let mut connection = state.store().acquire().await?;
    let printer = find_printer(&mut connection, &caller.account, id).await?;
    drop(connection);
    test_page::make(state, printer, size).await
}

/// The test page as a file in the printer's language.
#[utoipa::path(
    get, path = "/api/v1/printers/{id}/test-page", tag = "printing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the printer"), Question),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let page = make(&state, &caller, id, &question.size).await?;
    let name = format!("attachment; filename=\"test-page-{id}.{}\"", page.format);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(page.format.media_type()),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(Problem::internal)?,
        ),
    ];
    Ok((headers, page.bytes).into_response())
}

/// Prints the test page.
#[utoipa::path(
    post, path = "/api/v1/printers/{id}/test-page", tag = "printing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the printer"), Question),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn print(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<StatusCode> {
    let page = make(&state, &caller, id, &question.size).await?;
    test_page::send(page).await?;
    Ok(StatusCode::NO_CONTENT)
}
