//! `/api/v1/lots/{id}/harvest`: the end of a lot's growing.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Lot;
use crate::act;
use crate::act::lot::parse_day;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A harvest.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Harvest {
    /// Made by the client: sent again, it changes nothing.
    request_id: Uuid,
    /// Last day of the growing period, `YYYY-MM-DD`.
    #[schema(example = "2026-11-20")]
    harvested_on: String,
    /// What came of it, in the product's unit.
    #[schema(example = 305.5)]
    quantity: f64,
}

/// Harvests a growing lot. Refused while the pre-harvest interval (安全间隔期) of something used on
/// the plot has not passed, unless a supervisor waived it.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/harvest", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")), request_body = Harvest,
    responses((status = 200, body = Lot), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<Harvest>,
) -> Answer<Json<Lot>> {
    let wanted = act::harvest::Wanted {
        request_id: asked.request_id,
        harvested_on: parse_day("harvested_on", &asked.harvested_on)?,
        quantity: asked.quantity,
    };
    let lot = act::harvest::harvest(&state, &caller.account, id, wanted).await?;
    Ok(Json(Lot::from_row(&state, lot)?))
}
