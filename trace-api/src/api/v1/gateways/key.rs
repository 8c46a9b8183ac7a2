//! `/api/v1/gateways/{gateway}/key`: another key for a gateway; the one before is worth nothing.

use axum::Json;
use axum::extract::State;
use store::gateway;

use super::{Key, draw_key, nothing, parse};
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Draws another key.
#[utoipa::path(
    post, path = "/api/v1/gateways/{gateway}/key", tag = "devices", security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway")),
    responses((status = 200, body = Key), (status = 404, body = ProblemBody))
)]
pub(crate) async fn renew(
    State(state): State<AppState>,
    Named(id): Named<String>,
) -> Answer<Json<Key>> {
    let gateway = parse(&id)?;
    let (key, credentials) = draw_key(&state);
    let mut connection = state.store().acquire().await?;
    if gateway::update_key(&mut connection, &gateway, &credentials).await? {
        Ok(Json(Key { id, key }))
    } else {
        Err(nothing())
    }
}
