//! `/api/v1/lots/{id}/sold-out`: noting that nothing is left of a lot.

use axum::Json;
use axum::extract::State;

use super::{Asking, Lot};
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Notes that nothing is left of a shipped lot.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/sold-out", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")), request_body = Asking,
    responses((status = 200, body = Lot), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<Asking>,
) -> Answer<Json<Lot>> {
    let lot = act::life::sell_out(&state, &caller.account, id, asked.request_id).await?;
    Ok(Json(Lot::from_row(&state, lot)?))
}
