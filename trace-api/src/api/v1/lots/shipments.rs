//! `/api/v1/lots/{id}/shipments`: 出库, a part of a lot leaves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::api::v1::shipments::Shipment;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A shipment.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewShipment {
    /// Made by the client: sent again, it ships nothing more and gets the same answer.
    request_id: Uuid,
    /// Who sends; left out by a producer's staff, named by a supervisor who enters what a hub or
    /// station sends on.
    from_party_id: Option<i64>,
    /// Who is to receive.
    to_party_id: i64,
    /// In the product's unit; at most what the sender has left.
    #[schema(example = 120)]
    quantity: f64,
    /// When it left, RFC 3339; now where it is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    shipped_at: Option<OffsetDateTime>,
}

/// Ships a part of a released lot to a registered party.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/shipments", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")), request_body = NewShipment,
    responses((status = 201, body = Shipment), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<NewShipment>,
) -> Answer<(StatusCode, Json<Shipment>)> {
    let wanted = act::shipment::Wanted {
        request_id: asked.request_id,
        from_party_id: asked.from_party_id,
        to_party_id: asked.to_party_id,
        quantity: asked.quantity,
        shipped_at: asked.shipped_at,
    };
    let made = act::shipment::ship(&state, &caller.account, id, wanted).await?;
    Ok((
        StatusCode::CREATED,
        Json(Shipment::from_row(made, state.now())),
    ))
}
