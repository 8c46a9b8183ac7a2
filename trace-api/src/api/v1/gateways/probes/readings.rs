//! `/api/v1/gateways/{gateway}/probes/{probe}/readings`: what a probe said, raw or by hour or day.
//! Values are written with as few digits as tell them apart, which is what the probe sent.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};
use store::probe::Probe;
use store::quality::TimeSource;
use store::reading::{self, ROWS_MAX, Span, Step as Row, StepLength};
use time::{Duration, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::{Limit, parse_time};
use crate::extract::{Asked, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// How finely readings are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Resolution {
    /// As they were sent.
    #[default]
    Raw,
    /// By hour of UTC.
    Hour,
    /// By calendar day of China standard time.
    Day,
}

/// Which readings are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// From this time on, RFC 3339; all before `to` where it is missing.
    from: Option<String>,
    /// Before this time, RFC 3339; everything there is where it is missing.
    to: Option<String>,
    /// How finely.
    #[serde(default)]
    #[param(inline)]
    step: Resolution,
    /// At most so many readings or steps, 100 where it is missing; at most 10,000 values in all.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// A channel as the readings name it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadingChannel)]
pub(crate) struct Channel {
    /// Name in telemetry, and key of the values.
    name: String,
    /// What is measured.
    quantity: &'static str,
    /// SenML unit.
    unit: String,
}

/// Readings, newest first.
#[expect(
    clippy::struct_field_names,
    reason = "the contract's member is called so"
)]
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readings {
    /// Gateway of the probe.
    gateway: String,
    /// The probe.
    probe: String,
    /// How finely.
    step: Resolution,
    /// Its channels.
    channels: Vec<Channel>,
    /// Newest first.
    readings: Vec<Reading>,
}

/// A report, or the steps of all channels that begin at one time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Reading {
    /// One report.
    Raw(Raw),
    /// One hour or day.
    Step(Step),
}

/// One report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Raw {
    /// When it was measured, by the clock that `time_source` names.
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    /// When it arrived.
    #[serde(with = "time::serde::rfc3339")]
    arrived: OffsetDateTime,
    /// What the device's clock said, where that is not believed; missing otherwise.
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    device_time: Option<OffsetDateTime>,
    /// Where `time` comes from.
    time_source: Source,
    /// What there is to remark; empty for an ordinary report.
    flags: Vec<Flag>,
    /// By channel; a channel that was not in the report is missing.
    values: BTreeMap<String, f32>,
    /// Channels whose value the probe cannot physically mean. It is among `values`, and in no
    /// rollup, chart or alarm.
    outside: Vec<String>,
}

/// Where a reading's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// The device's clock.
    Device,
    /// Counted from the arrival.
    Arrival,
}

/// Something to remark about a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Flag {
    /// The pack named no time.
    NoTime,
    /// The device's clock was behind what is believed.
    ClockBehind,
    /// The device's clock was ahead of what is believed.
    ClockAhead,
    /// Some value lies outside its channel's range.
    Outside,
}

/// One hour or day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadingStep)]
pub(crate) struct Step {
    /// Its start.
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    /// By channel; a channel without values is missing.
    channels: BTreeMap<String, Summary>,
}

/// A channel's hour or day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// Values present and within the channel's range.
    n: i32,
    /// Values that the probe's interval promises.
    expected: i32,
    /// Values present and outside the channel's range; they are in no other member.
    outside: i32,
    /// What the values come to; missing where all lie outside the range.
    #[serde(flatten)]
    #[schema(inline)]
    values: Option<Values>,
}

/// What a step's values come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Values {
    /// Least value.
    min: f32,
    /// Greatest value.
    max: f32,
    /// Mean of the values present.
    mean: f64,
    /// Earliest value.
    first: f32,
    /// Newest value.
    last: f32,
}

/// How much is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Count {
    /// Reports.
    reports: i64,
    /// Values in them.
    values: i64,
}

/// Lists readings, newest first.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/probes/{probe}/readings", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe"), Question),
    responses((status = 200, body = Readings), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Named((gateway, name)): Named<(String, String)>,
    Asked(question): Asked<Question>,
) -> Answer<Json<Readings>> {
    let span = span(&question, state.now())?;
    let mut connection = state.store().acquire().await?;
    let probe = crate::act::probe::find(&mut connection, (&gateway, &name)).await?;
    let limit = question.limit.get();
    let length = match question.step {
        Resolution::Raw => None,
        Resolution::Hour => Some(StepLength::Hour),
        Resolution::Day => Some(StepLength::Day),
    };
    let readings = if let Some(length) = length {
        let width = probe.channels.len().max(1) as i64;
        // The store counts rows, one a channel; whole steps only are told.
        let rows = limit.saturating_mul(width).min(ROWS_MAX / width * width);
        let steps_max = usize::try_from(rows / width).unwrap_or_default();
        let rows = reading::list_steps(&mut connection, probe.key, length, span, rows).await?;
        group(&probe, rows, steps_max)
    } else {
        let rows = reading::list_raw(&mut connection, probe.key, span, limit).await?;
        rows.iter()
            .map(|row| Reading::Raw(raw(&probe, row)))
            .collect()
    };
    let channels = probe.channels.into_iter().map(|channel| Channel {
        name: channel.name,
        quantity: channel.quantity.code(),
        unit: channel.unit,
    });
    let channels = channels.collect();
    Ok(Json(Readings {
        gateway,
        probe: name,
        step: question.step,
        channels,
        readings,
    }))
}

/// Counts what is stored.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/probes/{probe}/readings/count", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe"),
        ("from" = Option<String>, Query, description = "From this time on, RFC 3339"),
        ("to" = Option<String>, Query, description = "Before this time, RFC 3339")),
    responses((status = 200, body = Count), (status = 404, body = ProblemBody))
)]
pub(crate) async fn count(
    State(state): State<AppState>,
    Named((gateway, name)): Named<(String, String)>,
    Asked(question): Asked<Question>,
) -> Answer<Json<Count>> {
    let span = span(&question, state.now())?;
    let mut connection = state.store().acquire().await?;
    let probe = crate::act::probe::find(&mut connection, (&gateway, &name)).await?;
    let reading::Count { reports, values } =
        reading::count(&mut connection, probe.key, span).await?;
    Ok(Json(Count { reports, values }))
}

/// The span of a question: everything where it does not say. A device's clock may be ahead.
fn span(question: &Question, now: OffsetDateTime) -> Answer<Span> {
    let from = parse_time("from", question.from.as_deref())?;
    let to = parse_time("to", question.to.as_deref())?;
    Ok(Span {
        from: from.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        to: to.unwrap_or(now + Duration::days(366)),
    })
}

fn raw(probe: &Probe, row: &reading::Stored) -> Raw {
    let mut values = BTreeMap::new();
    let mut outside = Vec::new();
    for channel in &probe.channels {
        let slot = usize::from(channel.index.unsigned_abs());
        let Some(value) = row.values.get(slot).copied().flatten() else {
            continue;
        };
        values.insert(channel.name.clone(), value);
        if row.outside.contains(slot) {
            outside.push(channel.name.clone());
        }
    }
    let (time_source, flag) = match row.source {
        TimeSource::Device => (Source::Device, None),
        TimeSource::Arrival => (Source::Arrival, Some(Flag::NoTime)),
        TimeSource::Behind(_) => (Source::Arrival, Some(Flag::ClockBehind)),
        TimeSource::Ahead(_) => (Source::Arrival, Some(Flag::ClockAhead)),
    };
    let mut flags = Vec::from_iter(flag);
    flags.extend((!row.outside.is_empty()).then_some(Flag::Outside));
    Raw {
        time: row.time,
        arrived: row.arrived,
        device_time: row.source.device_time().and_then(offset),
        time_source,
        flags,
        values,
        outside,
    }
}

/// A device's clock as RFC 3339 writes it; the store keeps it within that calendar.
fn offset(time: Timestamp) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0) * 1_000).ok()
}

/// Rows of one channel each, newest first, as steps of all channels. What lies beyond `steps_max`
/// may be cut in the middle and is left out.
fn group(probe: &Probe, rows: Vec<Row>, steps_max: usize) -> Vec<Reading> {
    let mut steps: Vec<Step> = Vec::new();
    for row in rows {
        let channel = probe
            .channels
            .iter()
            .find(|channel| channel.index == row.channel);
        let Some(channel) = channel else { continue };
        if steps.last().is_none_or(|step| step.time != row.start) {
            steps.push(Step {
                time: row.start,
                channels: BTreeMap::new(),
            });
        }
        let summary = Summary {
            n: row.n,
            expected: row.expected,
            outside: row.outside,
            values: row.summary.map(|summary| Values {
                min: summary.min,
                max: summary.max,
                mean: summary.mean,
                first: summary.first,
                last: summary.last,
            }),
        };
        if let Some(step) = steps.last_mut() {
            step.channels.insert(channel.name.clone(), summary);
        }
    }
    steps
        .into_iter()
        .take(steps_max)
        .map(Reading::Step)
        .collect()
}
