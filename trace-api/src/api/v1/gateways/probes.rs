//! `/api/v1/gateways/{gateway}/probes`: what measures, and what of it is expected.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::probe;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::act::gateway::parse;
use crate::act::probe::Measures;
use crate::api::v1::profiles::{self, Channel};
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

pub(crate) mod aliases;
pub(crate) mod calibrations;
pub(crate) mod placements;
pub(crate) mod profile;
pub(crate) mod readings;

/// A probe.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Probe {
    /// Topic level.
    name: String,
    /// Expected seconds between two reports.
    interval_seconds: i32,
    /// In the order of its reports' slots.
    channels: Vec<Channel>,
}

/// The probes of a gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Probes {
    /// The gateway.
    gateway: String,
    /// In the order of their registration.
    probes: Vec<Probe>,
}

/// A probe to register.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewProbe {
    /// Topic level: 1 to 64 letters, digits, `.`, `_` and `-`.
    #[schema(example = "p1")]
    name: String,
    /// Expected seconds between two reports; only together with `channels`.
    #[schema(example = 600)]
    interval_seconds: Option<i32>,
    /// What it measures, 1 to 64; makes a profile of its own.
    #[serde(default)]
    #[schema(example = json!([{ "name": "soil-moisture", "quantity": "soil-moisture",
        "unit": "%", "valid_min": 0, "valid_max": 100 }]))]
    channels: Vec<Channel>,
    /// A profile that there is, instead of an interval and channels.
    profile_id: Option<i32>,
    /// The plot it stands on.
    plot_id: Option<i64>,
    /// Since when it stands there, RFC 3339; now where it is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    since: Option<OffsetDateTime>,
}

/// Lists the probes of a gateway.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/probes", tag = "devices", security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway")),
    responses((status = 200, body = Probes))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Named(id): Named<String>,
) -> Answer<Json<Probes>> {
    let gateway = parse(&id)?;
    let mut connection = state.store().acquire().await?;
    let probes = probe::list(&mut connection, Some(&gateway)).await?;
    Ok(Json(Probes {
        gateway: id,
        probes: probes.into_iter().map(Probe::from).collect(),
    }))
}

/// Registers a probe.
#[utoipa::path(
    post, path = "/api/v1/gateways/{gateway}/probes", tag = "devices", security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway")),
    request_body = NewProbe,
    responses((status = 201, body = Probe), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<String>,
    JsonBody(new): JsonBody<NewProbe>,
) -> Answer<(StatusCode, Json<Probe>)> {
    let measures = measures(&new)?;
    let stands = (new.plot_id, new.since);
    let device = (id.as_str(), new.name.as_str());
    let made = act::probe::register(&state, &caller.account, device, measures, stands).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// What a new probe is to measure.
fn measures(new: &NewProbe) -> Answer<Measures> {
    match (new.profile_id, new.interval_seconds) {
        (Some(id), None) if new.channels.is_empty() => Ok(Measures::Known(id)),
        (Some(_), _) => {
            let en = "either a profile, or an interval and channels";
            Err(Problem::invalid("profile_id", en, "型号与自定通道只能选一"))
        }
        (None, Some(interval)) => {
            let channels = profiles::checked(interval, &new.channels)?;
            Ok(Measures::Own(interval, channels))
        }
        (None, None) => {
            let en = "how often it reports is missing";
            Err(Problem::invalid("interval_seconds", en, "缺少采样间隔"))
        }
    }
}

impl From<probe::Probe> for Probe {
    fn from(row: probe::Probe) -> Self {
        Self {
            name: row.name.to_string(),
            interval_seconds: row.interval_seconds,
            channels: row.channels.into_iter().map(Channel::from).collect(),
        }
    }
}
