//! `/api/v1/gateways/{gateway}/probes/{probe}/aliases`: which devices of other makes a probe is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::device;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::act::probe::{add_alias, alias_name, find, remove_alias};
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A device's name in its scheme.
#[derive(Debug, Clone, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NewAlias {
    /// `thingsboard`, `chirpstack`, `tasmota`, `sparkplug` or `modbus`.
    #[schema(example = "tasmota")]
    scheme: String,
    /// Device name, EUI, topic, `group/edge[/device]`, or unit address on the gateway's line.
    #[schema(example = "greenhouse-1")]
    external_id: String,
}

/// A device that a probe is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alias {
    /// `thingsboard`, `chirpstack`, `tasmota`, `sparkplug` or `modbus`.
    scheme: &'static str,
    /// The device's name there.
    external_id: String,
    /// What its birth, death or last will said last; null where nothing was said.
    online: Option<bool>,
    /// When that was heard.
    #[serde(with = "time::serde::rfc3339::option")]
    changed_at: Option<OffsetDateTime>,
}

/// The devices that a probe is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Aliases {
    /// By scheme and name.
    aliases: Vec<Alias>,
}

/// Lists the devices that a probe is.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/probes/{probe}/aliases", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe")),
    responses((status = 200, body = Aliases), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Named((gateway, name)): Named<(String, String)>,
) -> Answer<Json<Aliases>> {
    let mut connection = state.store().acquire().await?;
    let probe = find(&mut connection, (&gateway, &name)).await?;
    let rows = device::list_aliases(&mut connection, Some(probe.key)).await?;
    let aliases = rows.into_iter().map(Alias::from).collect();
    Ok(Json(Aliases { aliases }))
}

/// Says that a probe is a device. Saying so again changes nothing and answers 200.
#[utoipa::path(
    post, path = "/api/v1/gateways/{gateway}/probes/{probe}/aliases", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe")),
    request_body = NewAlias,
    responses((status = 201, body = Alias), (status = 200, body = Alias),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named((gateway, name)): Named<(String, String)>,
    JsonBody(new): JsonBody<NewAlias>,
) -> Answer<(StatusCode, Json<Alias>)> {
    let device = (gateway.as_str(), name.as_str());
    let alias = (new.scheme.as_str(), new.external_id.as_str());
    let (is_new, alias) = add_alias(&state, &caller.account, device, alias).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(alias.into())))
}

/// Says that a probe is a device no more. What it is not changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/gateways/{gateway}/probes/{probe}/aliases", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe"), NewAlias),
    responses((status = 204), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Named((gateway, name)): Named<(String, String)>,
    Asked(alias): Asked<NewAlias>,
) -> Answer<StatusCode> {
    let device = (gateway.as_str(), name.as_str());
    let named = (alias.scheme.as_str(), alias.external_id.as_str());
    remove_alias(&state, &caller.account, device, named).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<device::Alias> for Alias {
    fn from(row: device::Alias) -> Self {
        Self {
            scheme: row.scheme.code(),
            external_id: alias_name(&row).to_owned(),
            online: row.online,
            changed_at: row.changed_at,
        }
    }
}
