//! `/api/v1/gateways`: what signs in over MQTT.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::gateway;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

pub(crate) mod cameras;
pub(crate) mod key;
pub(crate) mod probes;

/// A gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gateway {
    /// MQTT user name and topic level.
    id: String,
    /// Name to show.
    name: String,
    /// Whether it may sign in.
    enabled: bool,
    /// Its last reported state.
    online: bool,
    /// When something of it last arrived.
    #[serde(with = "time::serde::rfc3339::option")]
    last_seen_at: Option<OffsetDateTime>,
    /// How many probes it has.
    probes: i64,
}

/// A list of gateways.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gateways {
    /// By id.
    gateways: Vec<Gateway>,
}

/// A gateway to register.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewGateway {
    /// 1 to 64 letters, digits, `.`, `_` and `-`.
    #[schema(example = "north-hill-1")]
    id: String,
    /// Name to show; the id where it is missing.
    name: Option<String>,
}

/// A gateway's key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Key {
    /// The gateway.
    id: String,
    /// MQTT password: 128 random bits. Shown this once; only its hash is stored.
    key: String,
}

/// Lists every gateway.
#[utoipa::path(
    get, path = "/api/v1/gateways", tag = "devices", security(("token" = [])),
    responses((status = 200, body = Gateways))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Gateways>> {
    let mut connection = state.store().acquire().await?;
    let gateways = gateway::list(&mut connection)
        .await?
        .into_iter()
        .map(|row| Gateway {
            id: row.id,
            name: row.name,
            enabled: row.enabled,
            online: row.online,
            last_seen_at: row.last_seen_at,
            probes: row.probes,
        });
    Ok(Json(Gateways {
        gateways: gateways.collect(),
    }))
}

/// Registers a gateway and draws its key.
#[utoipa::path(
    post, path = "/api/v1/gateways", tag = "devices", security(("token" = [])),
    request_body = NewGateway,
    responses((status = 201, body = Key), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewGateway>,
) -> Answer<(StatusCode, Json<Key>)> {
    let name = new.name.as_deref();
    let key = act::gateway::register(&state, &caller.account, &new.id, name).await?;
    Ok((StatusCode::CREATED, Json(Key { id: new.id, key })))
}
