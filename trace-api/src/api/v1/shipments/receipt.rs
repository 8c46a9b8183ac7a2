//! `/api/v1/shipments/{id}/receipt`: 收货, a shipment arrived.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Shipment;
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A receipt.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Receipt {
    /// Made by the client: sent again, it changes nothing and gets the same answer.
    request_id: Uuid,
    /// What arrived, in the product's unit; 0 to what was shipped.
    #[schema(example = 120)]
    quantity: f64,
    /// When it arrived, RFC 3339; now where it is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    received_at: Option<OffsetDateTime>,
}

/// Notes that a shipment arrived. What is missing is told to the supervisors. A producer's staff
/// receive what was sent to their producer, a supervisor enters the rest.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/receipt", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the shipment")), request_body = Receipt,
    responses((status = 200, body = Shipment), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<Receipt>,
) -> Answer<Json<Shipment>> {
    let receipt = (asked.request_id, asked.quantity, asked.received_at);
    let row = act::shipment::receive(&state, &caller.account, id, receipt).await?;
    Ok(Json(Shipment::from_row(row, state.now())))
}
