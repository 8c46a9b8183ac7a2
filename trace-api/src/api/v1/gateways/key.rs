//! `/api/v1/gateways/{gateway}/key`: another key for a gateway; the one before is worth nothing.

use axum::Json;
use axum::extract::State;

use super::Key;
use crate::act::gateway;
use crate::caller::Caller;
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
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<Key>> {
    let key = gateway::renew_key(&state, &caller.account, &id, None).await?;
    Ok(Json(Key { id, key }))
}
