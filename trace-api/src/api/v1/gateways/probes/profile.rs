//! `/api/v1/gateways/{gateway}/probes/{probe}/profile`: which profile a probe has, since when.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::probe;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act::probe::{find, use_profile};
use crate::act::profile::find as find_profile;
use crate::api::v1::profiles::Profile;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::AppState;

/// A profile that a probe has or had.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfileUse)]
pub(crate) struct Use {
    /// Number of the version.
    profile_id: i32,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    valid_from: OffsetDateTime,
    /// When it was entered.
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
}

/// The profile of a probe.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProbeProfile {
    /// The one it has now.
    profile: Profile,
    /// All it has had, newest first.
    history: Vec<Use>,
}

/// A profile for a probe.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ProfileChange)]
pub(crate) struct Change {
    /// Number of the version.
    profile_id: i32,
    /// Since when, RFC 3339: after the present profile's date and not in the future. Now where it
    /// is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    valid_from: Option<OffsetDateTime>,
}

/// Shows the profile of a probe.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/probes/{probe}/profile", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe")),
    responses((status = 200, body = ProbeProfile), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Named((gateway, name)): Named<(String, String)>,
) -> Answer<Json<ProbeProfile>> {
    let mut connection = state.store().acquire().await?;
    let probe = find(&mut connection, (&gateway, &name)).await?;
    Ok(Json(read(&mut connection, &probe).await?))
}

/// Gives a probe another profile. It must keep every slot of the present one, because reports have
/// been written with them. The one it has already changes nothing.
#[utoipa::path(
    put, path = "/api/v1/gateways/{gateway}/probes/{probe}/profile", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe")),
    request_body = Change,
    responses((status = 200, body = ProbeProfile), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named((gateway, name)): Named<(String, String)>,
    JsonBody(change): JsonBody<Change>,
) -> Answer<Json<ProbeProfile>> {
    let device = (gateway.as_str(), name.as_str());
    let (wanted, since) = (change.profile_id, change.valid_from);
    let probe = use_profile(&state, &caller.account, device, wanted, since).await?;
    let mut connection = state.store().acquire().await?;
    Ok(Json(read(&mut connection, &probe).await?))
}

async fn read(connection: &mut store::AnyConnection, probe: &probe::Probe) -> Answer<ProbeProfile> {
    let uses = probe::list_uses(connection, probe.key).await?;
    let present = uses.first().ok_or_else(|| Problem::of(Kind::NotFound))?;
    let profile = find_profile(connection, present.profile_id).await?;
    let history = uses.into_iter().map(|row| Use {
        profile_id: row.profile_id,
        valid_from: row.valid_from,
        recorded_at: row.recorded_at,
    });
    Ok(ProbeProfile {
        profile: profile.into(),
        history: history.collect(),
    })
}
