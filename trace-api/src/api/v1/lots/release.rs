//! `/api/v1/lots/{id}/release`: setting a lot free.

use axum::Json;
use axum::extract::State;

use super::{Lot, Reasoned};
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Sets a lot free and seals its growing period: a supervisor one that is held or in test, a producer's
/// staff one of theirs under their own quality control, where nothing was found.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/release", tag = "lots", security(("token" = [])),
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
    let lot = act::life::release(&state, &caller.account, id, why).await?;
    Ok(Json(Lot::from_row(&state, lot)?))
}
