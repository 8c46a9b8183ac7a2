//! Probes and the profiles that say what they measure. The registry is what ingest resolves
//! topics with.

use std::collections::BTreeMap;

use model::id::{GatewayId, ProbeKey, ProbeName};
use model::unit::Quantity;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// Most channels of a profile: a report is one row, and a row stays small.
pub const CHANNELS_MAX: usize = 64;

/// One measured quantity of a probe: a slot in its reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Slot, from 0.
    pub index: i16,
    /// Name in telemetry.
    pub name: String,
    /// What is measured.
    pub quantity: Quantity,
    /// `SenML` unit.
    pub unit: String,
    /// Centimetres below ground; `None` above it.
    pub depth_cm: Option<i16>,
    /// Least value that is physically meant.
    pub valid_min: f32,
    /// Greatest value that is physically meant.
    pub valid_max: f32,
}

/// A probe with all that ingest and the readers need to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Its key in every report.
    pub key: ProbeKey,
    /// Where it hangs.
    pub gateway: GatewayId,
    /// Its name there.
    pub name: ProbeName,
    /// Expected seconds between two reports.
    pub interval_seconds: i32,
    /// Its channels, by index.
    pub channels: Vec<Channel>,
}

/// Makes a profile with its channels in slot order; returns its number.
pub async fn insert_profile(
    connection: &mut PgConnection,
    name: &str,
    interval_seconds: i32,
    channels: &[Channel],
) -> Result<i32, StoreError> {
    let profile = sqlx::query_scalar!(
        "insert into probe_profile (name, interval_seconds) values ($1, $2) returning id",
        name,
        interval_seconds
    )
    .fetch_one(&mut *connection)
    .await?;
    for channel in channels {
        sqlx::query!(
            "insert into profile_channel
                 (profile_id, index, name, quantity, unit, depth_cm, valid_min, valid_max)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            profile,
            channel.index,
            channel.name,
            channel.quantity.code(),
            channel.unit,
            channel.depth_cm,
            channel.valid_min,
            channel.valid_max
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(profile)
}

/// Registers a probe at a gateway; returns its key.
pub async fn insert(
    connection: &mut PgConnection,
    gateway: &GatewayId,
    name: &ProbeName,
    profile_id: i32,
    now: OffsetDateTime,
) -> Result<ProbeKey, StoreError> {
    let key = sqlx::query_scalar!(
        "insert into probe (gateway_id, name, profile_id, created_at)
         values ($1, $2, $3, $4) returning id",
        gateway.as_str(),
        name.as_str(),
        profile_id,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(ProbeKey(key))
}

/// Every probe, or those of one gateway, by key.
pub async fn list(
    connection: &mut PgConnection,
    gateway: Option<&GatewayId>,
) -> Result<Vec<Probe>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select probe.id, probe.gateway_id, probe.name as probe_name, profile.interval_seconds,
                channel.index, channel.name, channel.quantity, channel.unit, channel.depth_cm,
                channel.valid_min, channel.valid_max
         from probe
         join probe_profile as profile on profile.id = probe.profile_id
         join profile_channel as channel on channel.profile_id = profile.id
         where $1::text is null or probe.gateway_id = $1
         order by probe.id, channel.index",
        gateway.map(GatewayId::as_str)
    )
    .fetch_all(connection)
    .await?;
    let mut probes: BTreeMap<i32, Probe> = BTreeMap::new();
    for row in rows {
        let key = row.id;
        let (head, channel) = row.split()?;
        probes.entry(key).or_insert(head).channels.push(channel);
    }
    Ok(probes.into_values().collect())
}

/// One probe by its names.
pub async fn find(
    connection: &mut PgConnection,
    gateway: &GatewayId,
    name: &ProbeName,
) -> Result<Option<Probe>, StoreError> {
    let probes = list(connection, Some(gateway)).await?;
    Ok(probes.into_iter().find(|probe| probe.name == *name))
}

struct Row {
    id: i32,
    gateway_id: String,
    probe_name: String,
    interval_seconds: i32,
    index: i16,
    name: String,
    quantity: String,
    unit: String,
    depth_cm: Option<i16>,
    valid_min: f32,
    valid_max: f32,
}

impl Row {
    /// The probe without channels, and the channel that this row is about.
    fn split(self) -> Result<(Probe, Channel), StoreError> {
        let gateway = GatewayId::parse(&self.gateway_id)
            .map_err(|_| StoreError::inconsistent("probe.gateway_id", self.gateway_id))?;
        let name = ProbeName::parse(&self.probe_name)
            .map_err(|_| StoreError::inconsistent("probe.name", self.probe_name))?;
        let quantity = Quantity::from_code(&self.quantity)
            .ok_or_else(|| StoreError::inconsistent("profile_channel.quantity", self.quantity))?;
        let channel = Channel {
            index: self.index,
            name: self.name,
            quantity,
            unit: self.unit,
            depth_cm: self.depth_cm,
            valid_min: self.valid_min,
            valid_max: self.valid_max,
        };
        let interval_seconds = self.interval_seconds;
        let key = ProbeKey(self.id);
        Ok((
            Probe {
                key,
                gateway,
                name,
                interval_seconds,
                channels: Vec::new(),
            },
            channel,
        ))
    }
}
