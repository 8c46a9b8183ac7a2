//! `/api/v1/gateways/{gateway}/probes/{probe}/calibrations`: how readings are corrected, by date.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::calibration::{self, Calibration as Row};
use store::{StoreError, probe};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use super::find;
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::{AppState, timestamp};

/// How long before it is in force a calibration is entered: every ingest process has read it then.
const LEAD: Duration = Duration::seconds(60);
/// Most characters of a note.
const NOTE_CHARS_MAX: usize = 500;
/// Greatest number of either sign for gain and offset.
const NUMBER_MAX: f64 = 1e6;

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
    let now = state.now();
    let mut transaction = act::begin(&state, &caller.account).await?;
    let probe = find(&mut transaction, (&gateway, &name)).await?;
    let row = checked(&new, &probe)?;
    let known = calibration::list(&mut transaction, Some(probe.key)).await?;
    let from = |r: &Row| (r.channel, r.valid_from);
    let mut known = known.into_iter().find(|known| from(known) == from(&row));
    if known.is_none() {
        check_lead(new.valid_from, now)?;
        let account = Some(caller.account.id);
        known = calibration::insert(&mut transaction, &row, now, account).await?;
        transaction.commit().await.map_err(StoreError::from)?;
    }
    match known {
        None => Ok((StatusCode::CREATED, Json(told(&row, &probe)?))),
        Some(known) if known == row => Ok((StatusCode::OK, Json(told(&known, &probe)?))),
        Some(_) => {
            let en = "the channel has another calibration from this moment";
            let told = Problem::told(Kind::Conflict, en, "该通道此刻已有另一校准");
            let field = Some("valid_from");
            Err(Problem { field, ..told })
        }
    }
}

fn checked(new: &Calibration, probe: &probe::Probe) -> Answer<Row> {
    let channel = probe
        .channels
        .iter()
        .find(|channel| channel.name == new.channel);
    let channel = channel.ok_or_else(|| {
        Problem::invalid(
            "channel",
            "the probe has no such channel",
            "该探头没有此通道",
        )
    })?;
    let is_sound = |number: f64| number.is_finite() && number.abs() <= NUMBER_MAX;
    if !is_sound(new.gain) || new.gain.abs() < 1.0 / NUMBER_MAX {
        let en = "it must be at least 1e-6 and at most 1e6, of either sign";
        return Err(Problem::invalid("gain", en, "增益须在 1e-6 至 1e6 之间"));
    }
    if !is_sound(new.offset) {
        return Err(Problem::invalid(
            "offset",
            "at most 1e6 of either sign",
            "偏移过大",
        ));
    }
    let note = new.note.trim();
    if note.chars().count() > NOTE_CHARS_MAX || note.contains('\0') {
        let en = format!("at most {NOTE_CHARS_MAX} characters");
        return Err(Problem::invalid("note", en, "备注过长"));
    }
    Ok(Row {
        probe: probe.key,
        channel: channel.index,
        valid_from: timestamp(new.valid_from),
        gain: new.gain,
        offset: new.offset,
        note: note.to_owned(),
    })
}

/// What is in force already may have been missed by readings that are stored.
fn check_lead(valid_from: OffsetDateTime, now: OffsetDateTime) -> Answer<()> {
    if valid_from >= now + LEAD {
        return Ok(());
    }
    let en = "it must lie at least a minute ahead, so that a reading's time alone says how it \
              was corrected";
    Err(Problem::invalid(
        "valid_from",
        en,
        "生效时间须至少在一分钟之后",
    ))
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
