//! `/api/v1/gateways/{gateway}/probes/{probe}/aliases`: which devices of other makes a probe is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::scheme::{EXTERNAL_ID_BYTES_MAX, Scheme};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::device;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::find;
use crate::act;
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
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
    let mut transaction = act::begin(&state, &caller.account).await?;
    let probe = find(&mut transaction, (&gateway, &name)).await?;
    let (scheme, id) = parse(&new, &gateway)?;
    let known = device::list_aliases(&mut transaction, Some(probe.key)).await?;
    let mut known = known.into_iter();
    if let Some(known) = known.find(|a| (a.scheme, &a.external_id) == (scheme, &id)) {
        return Ok((StatusCode::OK, Json(known.into())));
    }
    let named = (scheme, id.as_str());
    let owner = device::insert_alias(&mut transaction, named, probe.key, state.now()).await?;
    if owner != probe.key {
        let en = "the device is another probe already; take it from there first";
        let told = Problem::told(Kind::Conflict, en, "该设备已属于另一探头");
        let field = Some("external_id");
        return Err(Problem { field, ..told });
    }
    transaction.commit().await.map_err(StoreError::from)?;
    let made = device::Alias {
        scheme,
        external_id: id,
        probe: probe.key,
        online: None,
        changed_at: None,
    };
    Ok((StatusCode::CREATED, Json(made.into())))
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
    let mut transaction = act::begin(&state, &caller.account).await?;
    let probe = find(&mut transaction, (&gateway, &name)).await?;
    let (scheme, id) = parse(&alias, &gateway)?;
    device::delete_alias(&mut transaction, (scheme, &id), probe.key).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Scheme and name as they are stored.
fn parse(alias: &NewAlias, gateway: &str) -> Answer<(Scheme, String)> {
    let scheme = Scheme::from_code(&alias.scheme).ok_or_else(|| {
        let words: Vec<_> = Scheme::ALL.iter().map(|scheme| scheme.code()).collect();
        let known = words.join(", ");
        Problem::invalid("scheme", format!("one of {known}"), format!("须为 {known}"))
    })?;
    let refuse = |en: &'static str, zh: &'static str| Problem::invalid("external_id", en, zh);
    let id = alias.external_id.trim();
    let id = match scheme {
        Scheme::ThingsBoard | Scheme::Tasmota => id.to_owned(),
        Scheme::ChirpStack => {
            if id.len() != 16 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(refuse(
                    "an EUI has 16 hexadecimal digits",
                    "EUI 须为 16 位十六进制",
                ));
            }
            id.to_ascii_lowercase()
        }
        Scheme::Sparkplug => {
            let levels: Vec<_> = id.split('/').collect();
            if !(2..=3).contains(&levels.len()) || levels.iter().any(|level| level.is_empty()) {
                let en = "it is group/edge or group/edge/device";
                return Err(refuse(en, "须为 group/edge 或 group/edge/device"));
            }
            id.to_owned()
        }
        Scheme::Modbus => match id.parse() {
            Ok(unit @ 1..=247_u8) => format!("{gateway}/{unit}"),
            _ => {
                return Err(refuse(
                    "a unit address is 1 to 247",
                    "单元地址须为 1 至 247",
                ));
            }
        },
    };
    let is_sound = (1..=EXTERNAL_ID_BYTES_MAX).contains(&id.len())
        && !id.chars().any(|c| c.is_control() || matches!(c, '+' | '#'));
    if is_sound {
        Ok((scheme, id))
    } else {
        let en = "1 to 200 bytes without control characters, plus and hash";
        Err(refuse(en, "须为 1 至 200 字节，不含控制字符、加号和井号"))
    }
}

impl From<device::Alias> for Alias {
    fn from(row: device::Alias) -> Self {
        // A unit address is stored with the gateway's id, which the path has.
        let id = match (row.scheme, row.external_id.rsplit_once('/')) {
            (Scheme::Modbus, Some((_, unit))) => unit.to_owned(),
            _ => row.external_id,
        };
        Self {
            scheme: row.scheme.code(),
            external_id: id,
            online: row.online,
            changed_at: row.changed_at,
        }
    }
}
