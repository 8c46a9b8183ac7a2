//! `/api/v1/gateways/{gateway}/probes/{probe}/calibrations`: how readings are corrected, by date.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::calibration::{self, Calibration as Row};
use store::probe;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::act::probe::find;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

/// A calibration: stored value = raw value × gain + offset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Calibration {
    /// Name of the channel.
    #[schema(example = "soil-moisture")]
    channel: String,
    /// In force for readings measured from here on, until the next one; RFC 3339, at least a
    /// minute ahead.
    #[serde(with = "time::serde::rfc3339")]
    valid_from: OffsetDateTime,
    /// What the raw value is multiplied by; not 0.
    #[serde(default = "one")]
    #[schema(example = 1.02)]
    gain: f64,
    /// What is added then, in the channel's unit.
    #[serde(default)]
    #[schema(example = -0.4)]
    offset: f64,
    /// Why and against what.
    #[serde(default)]
    note: String,
}

const fn one() -> f64 {
    1.0
}

/// The calibrations of a probe.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Calibrations {
    /// By channel and date.
    calibrations: Vec<Calibration>,
}

/// Lists the calibrations of a probe.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/probes/{probe}/calibrations", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe")),
    responses((status = 200, body = Calibrations), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Named((gateway, name)): Named<(String, String)>,
) -> Answer<Json<Calibrations>> {
    let mut connection = state.store().acquire().await?;
    let probe = find(&mut connection, (&gateway, &name)).await?;
    let rows = calibration::list(&mut connection, Some(probe.key)).await?;
    let calibrations = rows
        .iter()
        .map(|row| told(row, &probe))
        .collect::<Answer<_>>()?;
    Ok(Json(Calibrations { calibrations }))
}

/// Enters a calibration, which then stays. The same one again changes nothing and answers 200.
#[utoipa::path(
    post, path = "/api/v1/gateways/{gateway}/probes/{probe}/calibrations", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe")),
    request_body = Calibration,
    responses((status = 201, body = Calibration), (status = 200, body = Calibration),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named((gateway, name)): Named<(String, String)>,
    JsonBody(new): JsonBody<Calibration>,
) -> Answer<(StatusCode, Json<Calibration>)> {
    let entered = act::probe::NewCalibration {
        channel: &new.channel,
        valid_from: new.valid_from,
        gain: new.gain,
        offset: new.offset,
        note: &new.note,
    };
    let device = (gateway.as_str(), name.as_str());
    let (is_new, row, probe) =
        act::probe::calibrate(&state, &caller.account, device, entered).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(told(&row, &probe)?)))
}

fn told(row: &Row, probe: &probe::Probe) -> Answer<Calibration> {
    let channel = probe
        .channels
        .iter()
        .find(|channel| channel.index == row.channel);
    let nanos = i128::from(row.valid_from.0) * 1_000;
    Ok(Calibration {
        channel: channel
            .map(|channel| channel.name.clone())
            .unwrap_or_default(),
        valid_from: OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(Problem::internal)?,
        gain: row.gain,
        offset: row.offset,
        note: row.note.clone(),
    })
}
