//! `/api/v1/lots/{id}/interval-waiver`: letting a lot be harvested inside a pre-harvest interval.

use axum::Json;
use axum::extract::State;

use super::{Lot, Reasoned};
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Waives the pre-harvest interval (安全间隔期) of a growing lot, with the reason. The audit log and the
/// lot's journal keep it.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/interval-waiver", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")), request_body = Reasoned,
    responses((status = 200, body = Lot), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<Reasoned>,
) -> Answer<Json<Lot>> {
    let why = (asked.request_id, asked.reason.as_str());
    let lot = act::harvest::waive(&state, &caller.account, id, why).await?;
    Ok(Json(Lot::from_row(&state, lot)?))
}
