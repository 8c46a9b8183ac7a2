//! `/api/v1/gateways/{gateway}/probes/{probe}/profile`: which profile a probe has, since when.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::{StoreError, probe};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::find;
use crate::act;
use crate::api::v1::profiles::versions::refuse_a_break;
use crate::api::v1::profiles::{self, Profile};
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
    let now = state.now();
    let mut transaction = act::begin(&state, &caller.account).await?;
    let probe = find(&mut transaction, (&gateway, &name)).await?;
    let uses = probe::list_uses(&mut transaction, probe.key).await?;
    let present = uses.first().ok_or_else(|| Problem::of(Kind::NotFound))?;
    let is_present = present.profile_id == change.profile_id
        && change
            .valid_from
            .is_none_or(|from| from == present.valid_from);
    if !is_present {
        let valid_from = change.valid_from.unwrap_or(now);
        check_date(valid_from, present.valid_from, now)?;
        let wanted = profiles::find(&mut transaction, change.profile_id).await;
        let wanted = wanted.map_err(|problem| match problem.kind {
            Kind::NotFound => Problem {
                field: Some("profile_id"),
                kind: Kind::Invalid,
                ..problem
            },
            _ => problem,
        })?;
        let before = profiles::find(&mut transaction, present.profile_id).await?;
        refuse_a_break(&wanted, &before, "profile_id")?;
        let use_from = (wanted.id, valid_from);
        let account = Some(caller.account.id);
        probe::use_profile(&mut transaction, probe.key, use_from, now, account).await?;
    }
    let answer = read(&mut transaction, &probe).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(Json(answer))
}

/// Profiles follow each other in time, and none is entered ahead of it.
fn check_date(
    valid_from: OffsetDateTime,
    present: OffsetDateTime,
    now: OffsetDateTime,
) -> Answer<()> {
    if valid_from > now {
        let (en, zh) = ("it lies in the future", "日期在将来");
        return Err(Problem::invalid("valid_from", en, zh));
    }
    if valid_from <= present {
        let en = "it must lie after the date of the present profile";
        return Err(Problem::invalid("valid_from", en, "须晚于当前型号的日期"));
    }
    Ok(())
}

async fn read(connection: &mut store::AnyConnection, probe: &probe::Probe) -> Answer<ProbeProfile> {
    let uses = probe::list_uses(connection, probe.key).await?;
    let present = uses.first().ok_or_else(|| Problem::of(Kind::NotFound))?;
    let profile = profiles::find(connection, present.profile_id).await?;
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
