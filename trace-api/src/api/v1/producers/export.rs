//! `/api/v1/producers/{id}/export`: one producer's data whole, as a ZIP.

use axum::extract::State;
use axum::response::Response;

use crate::act;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Sends everything of a producer as a ZIP that is made while it is sent: filings with their
/// versions, plots, lots with steps, tests, certificates, labels and shipments, events, production
/// records, inputs, credentials, and the uploaded files. README.txt in it says what is where.
#[utoipa::path(
    get, path = "/api/v1/producers/{id}/export", tag = "import and export",
    security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the producer")),
    responses((status = 200, content((Vec<u8> = "application/zip"))),
        (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Response> {
    act::export::answer(&state, &caller.account, id).await
}
