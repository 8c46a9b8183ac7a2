//! `/api/v1/gateways/{gateway}/probes`: what measures, and what of it is expected.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::id::{GatewayId, ProbeName};
use model::unit::{CHANNEL_NAME_CHARS_MAX, Quantity};
use serde::{Deserialize, Serialize};
use store::probe::{self, CHANNELS_MAX};
use store::{StoreError, plot};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::parse;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::plausible;
use crate::state::AppState;

pub(crate) mod readings;

/// Longest interval between two reports: a day.
const INTERVAL_SECONDS_MAX: i32 = 86_400;

/// One measured quantity of a probe.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Channel {
    /// Name in telemetry.
    #[schema(example = "soil-moisture")]
    name: String,
    /// What is measured, for example `air-temperature`, `air-humidity`, `soil-moisture`; any
    /// other word is kept as `other`.
    #[schema(example = "soil-moisture")]
    quantity: String,
    /// SenML unit.
    #[schema(example = "%")]
    unit: String,
    /// Centimetres below ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth_cm: Option<i16>,
    /// Least value that the probe can physically mean.
    #[schema(example = 0)]
    valid_min: f32,
    /// Greatest value that the probe can physically mean.
    #[schema(example = 100)]
    valid_max: f32,
}

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
    /// Expected seconds between two reports.
    #[schema(example = 600)]
    interval_seconds: i32,
    /// What it measures, 1 to 64.
    channels: Vec<Channel>,
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
    Named(id): Named<String>,
    JsonBody(new): JsonBody<NewProbe>,
) -> Answer<(StatusCode, Json<Probe>)> {
    let gateway = parse(&id)?;
    let name = ProbeName::parse(&new.name).map_err(|error| {
        Problem::invalid(
            "name",
            error.to_string(),
            "名称须为 1 至 64 个字母、数字或 . _ -",
        )
    })?;
    check(&new)?;
    let channels: Vec<_> = new.channels.iter().zip(0..).map(stored).collect();
    let profile = format!("{gateway}/{name}");
    let now = state.now();
    let mut transaction = state.store().begin().await?;
    let interval = new.interval_seconds;
    let profile = probe::insert_profile(&mut transaction, &profile, interval, &channels).await?;
    let key = probe::insert(&mut transaction, &gateway, &name, profile, now).await?;
    if let Some(plot_id) = new.plot_id {
        let since = new.since.unwrap_or(now);
        plot::place_probe(&mut transaction, key.0, plot_id, since).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    let channels = channels.into_iter().map(Channel::from).collect();
    let probe = Probe {
        name: new.name,
        interval_seconds: interval,
        channels,
    };
    Ok((StatusCode::CREATED, Json(probe)))
}

fn check(new: &NewProbe) -> Answer<()> {
    if !(1..=INTERVAL_SECONDS_MAX).contains(&new.interval_seconds) {
        let en = format!("1 to {INTERVAL_SECONDS_MAX} seconds");
        return Err(Problem::invalid(
            "interval_seconds",
            en,
            "采样间隔须为 1 秒至 1 天",
        ));
    }
    if !(1..=CHANNELS_MAX).contains(&new.channels.len()) {
        let en = format!("1 to {CHANNELS_MAX} channels");
        return Err(Problem::invalid("channels", en, "通道数须为 1 至 64"));
    }
    let mut names = BTreeSet::new();
    for channel in &new.channels {
        plausible::text("channels", &channel.name, CHANNEL_NAME_CHARS_MAX)?;
        if channel.unit.chars().count() > 20 || channel.unit.chars().any(char::is_control) {
            return Err(Problem::invalid(
                "channels",
                "a unit is too long",
                "单位过长",
            ));
        }
        let ordered = channel.valid_min < channel.valid_max;
        if !(ordered && channel.valid_min.is_finite() && channel.valid_max.is_finite()) {
            let en = "valid_min must be below valid_max";
            return Err(Problem::invalid("channels", en, "有效范围须由小到大"));
        }
        if !names.insert(&channel.name) {
            return Err(Problem::invalid(
                "channels",
                "two have one name",
                "通道名重复",
            ));
        }
    }
    Ok(())
}

fn stored((channel, index): (&Channel, i16)) -> probe::Channel {
    probe::Channel {
        index,
        name: channel.name.clone(),
        quantity: Quantity::from_code(&channel.quantity).unwrap_or(Quantity::Other),
        unit: channel.unit.clone(),
        depth_cm: channel.depth_cm,
        valid_min: channel.valid_min,
        valid_max: channel.valid_max,
    }
}

impl From<probe::Channel> for Channel {
    fn from(row: probe::Channel) -> Self {
        Self {
            name: row.name,
            quantity: row.quantity.code().to_owned(),
            unit: row.unit,
            depth_cm: row.depth_cm,
            valid_min: row.valid_min,
            valid_max: row.valid_max,
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

/// The probe of a path.
async fn find(
    connection: &mut store::AnyConnection,
    (gateway, name): (&str, &str),
) -> Answer<probe::Probe> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such probe", "没有这个探头");
    let gateway = GatewayId::parse(gateway).map_err(|_| nothing())?;
    let name = ProbeName::parse(name).map_err(|_| nothing())?;
    probe::find(connection, &gateway, &name)
        .await?
        .ok_or_else(nothing)
}
