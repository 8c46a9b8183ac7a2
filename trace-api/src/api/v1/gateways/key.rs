//! `/api/v1/gateways/{gateway}/key`: another key for a gateway; the one before is worth nothing.

use axum::Json;
use axum::extract::State;
use store::{StoreError, gateway};

use super::{Key, draw_key, nothing, parse};
use crate::act;
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
    let gateway = parse(&id)?;
    let (key, credentials) = draw_key(&state);
    let mut transaction = act::begin(&state, &caller.account).await?;
    if !gateway::update_key(&mut transaction, &gateway, &credentials).await? {
        return Err(nothing());
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(Json(Key { id, key }))
}
