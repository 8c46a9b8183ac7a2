//! `/api/v1/profiles`: what models of probes measure, and what their keys and registers mean.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::register;
use model::unit::Quantity;
use serde::{Deserialize, Serialize};
use store::probe;
use store::profile::{self, ProfileChannel};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::rule;
use crate::state::AppState;

pub(crate) mod versions;

/// One measured quantity of a probe.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Channel {
    /// Name in telemetry.
    #[schema(example = "soil-moisture")]
    pub(crate) name: String,
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
    /// What devices of other makes call it: keys of their payloads, nested ones joined with a dot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["AM2301.Temperature"]))]
    keys: Vec<String>,
    /// Where it stands in a Modbus device's registers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    register: Option<Register>,
}

/// Where a channel stands in a Modbus device's registers: value = number × scale + offset.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Register {
    /// 3 reads holding registers, 4 input registers.
    #[serde(default = "holding")]
    #[schema(example = 3)]
    function: u8,
    /// Its first register, from 0.
    #[schema(example = 0)]
    address: u16,
    /// `u16`, `i16`, `u32`, `i32` or `f32` (IEEE 754); the last three take two registers.
    #[schema(example = "u16")]
    form: String,
    /// Whether the lower half of a 32-bit number comes first.
    #[serde(default)]
    low_word_first: bool,
    /// What the number is multiplied by.
    #[serde(default = "one")]
    #[schema(example = 0.1)]
    scale: f64,
    /// What is added then.
    #[serde(default)]
    offset: f64,
}

const fn holding() -> u8 {
    3
}

const fn one() -> f64 {
    1.0
}

/// One version of a profile.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Profile {
    /// Its number among all versions of all profiles.
    id: i32,
    /// The same for every version.
    name: String,
    /// From 1; a version never changes.
    version: i32,
    /// Whether it came with the program.
    builtin: bool,
    /// Expected seconds between two reports.
    interval_seconds: i32,
    /// When it was made; null for what came with the program.
    #[serde(with = "time::serde::rfc3339::option")]
    created_at: Option<OffsetDateTime>,
    /// In the order of a report's slots.
    channels: Vec<Channel>,
}

/// The newest version of each profile.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Profiles {
    /// By name.
    profiles: Vec<Profile>,
}

/// A profile to make.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewProfile {
    /// 1 to 100 characters, no slash.
    #[schema(example = "paddy-level")]
    name: String,
    /// Expected seconds between two reports.
    #[schema(example = 600)]
    interval_seconds: i32,
    /// What it measures, 1 to 64.
    channels: Vec<Channel>,
}

/// Lists the newest version of each profile.
#[utoipa::path(
    get, path = "/api/v1/profiles", tag = "devices", security(("token" = [])),
    responses((status = 200, body = Profiles))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Profiles>> {
    let mut connection = state.store().acquire().await?;
    let profiles = profile::list(&mut connection).await?;
    Ok(Json(Profiles {
        profiles: profiles.into_iter().map(Profile::from).collect(),
    }))
}

/// Makes a profile. The same one again changes nothing and answers 200.
#[utoipa::path(
    post, path = "/api/v1/profiles", tag = "devices", security(("token" = [])),
    request_body = NewProfile,
    responses((status = 201, body = Profile), (status = 200, body = Profile),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewProfile>,
) -> Answer<(StatusCode, Json<Profile>)> {
    let channels = checked(new.interval_seconds, &new.channels)?;
    let says = (new.interval_seconds, channels.as_slice());
    let (is_new, made) = act::profile::make(&state, &caller.account, &new.name, says).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(made.into())))
}

/// Shows one version of a profile.
#[utoipa::path(
    get, path = "/api/v1/profiles/{id}", tag = "devices", security(("token" = [])),
    params(("id" = i32, Path, description = "Number of the version")),
    responses((status = 200, body = Profile), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Named(id): Named<i32>,
) -> Answer<Json<Profile>> {
    let mut connection = state.store().acquire().await?;
    Ok(Json(act::profile::find(&mut connection, id).await?.into()))
}

/// Interval and channels as the store keeps them, if they may be kept.
pub(crate) fn checked(interval_seconds: i32, channels: &[Channel]) -> Answer<Vec<ProfileChannel>> {
    let channels: Vec<_> = channels
        .iter()
        .zip(0..)
        .map(stored)
        .collect::<Answer<_>>()?;
    act::profile::check(interval_seconds, &channels)?;
    Ok(channels)
}

fn stored((channel, index): (&Channel, i16)) -> Answer<ProfileChannel> {
    let register = |register: &Register| -> Answer<register::Register> {
        Ok(register::Register {
            function: register.function,
            address: register.address,
            form: rule::profile::form(&register.form)?,
            low_word_first: register.low_word_first,
            scale: register.scale,
            offset: register.offset,
        })
    };
    let mut keys = channel.keys.clone();
    keys.sort_unstable();
    Ok(ProfileChannel {
        channel: probe::Channel {
            index,
            name: channel.name.clone(),
            quantity: Quantity::from_code(&channel.quantity).unwrap_or(Quantity::Other),
            unit: channel.unit.clone(),
            depth_cm: channel.depth_cm,
            valid_min: channel.valid_min,
            valid_max: channel.valid_max,
        },
        keys,
        register: channel.register.as_ref().map(register).transpose()?,
    })
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
            keys: Vec::new(),
            register: None,
        }
    }
}

impl From<ProfileChannel> for Channel {
    fn from(row: ProfileChannel) -> Self {
        let register = |register: register::Register| Register {
            function: register.function,
            address: register.address,
            form: register.form.code().to_owned(),
            low_word_first: register.low_word_first,
            scale: register.scale,
            offset: register.offset,
        };
        Self {
            keys: row.keys,
            register: row.register.map(register),
            ..row.channel.into()
        }
    }
}

impl From<profile::Profile> for Profile {
    fn from(row: profile::Profile) -> Self {
        Self {
            id: row.id,
            name: row.name,
            version: row.version,
            builtin: row.builtin,
            interval_seconds: row.interval_seconds,
            created_at: row.created_at,
            channels: row.channels.into_iter().map(Channel::from).collect(),
        }
    }
}
