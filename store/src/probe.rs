//! Probes and the profiles that say what they measure. The registry is what ingest resolves
//! topics with.

use std::collections::BTreeMap;

use model::id::{GatewayId, ProbeKey, ProbeName};
use model::time::Timestamp;
use model::unit::Quantity;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::notice;
use crate::profile::{self, ProfileChannel};
use crate::{StoreError, from_db};

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

/// Makes a profile with its channels in slot order, or the next version of one that there is;
/// returns its number.
pub async fn insert_profile(
    connection: &mut PgConnection,
    name: &str,
    interval_seconds: i32,
    channels: &[Channel],
) -> Result<i32, StoreError> {
    let own_names = |channel: &Channel| ProfileChannel {
        channel: channel.clone(),
        keys: Vec::new(),
        register: None,
    };
    let channels: Vec<_> = channels.iter().map(own_names).collect();
    profile::insert(connection, name, interval_seconds, &channels, None).await
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
    .fetch_one(&mut *connection)
    .await?;
    use_profile(connection, ProbeKey(key), (profile_id, now), now, None).await?;
    Ok(ProbeKey(key))
}

/// A probe's names and key alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// Its key in every report.
    pub key: ProbeKey,
    /// Where it hangs.
    pub gateway: GatewayId,
    /// Its name there.
    pub name: ProbeName,
}

/// The names of every probe.
pub async fn list_names(connection: &mut PgConnection) -> Result<Vec<Name>, StoreError> {
    let rows = sqlx::query!("select id, gateway_id, name from probe order by id")
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            let (gateway, name) = names(row.gateway_id, row.name)?;
            let key = ProbeKey(row.id);
            Ok(Name { key, gateway, name })
        })
        .collect()
}

/// A probe's two names as types.
fn names(gateway: String, name: String) -> Result<(GatewayId, ProbeName), StoreError> {
    let gateway = GatewayId::parse(&gateway)
        .map_err(|_| StoreError::inconsistent("probe.gateway_id", gateway))?;
    let name = ProbeName::parse(&name).map_err(|_| StoreError::inconsistent("probe.name", name))?;
    Ok((gateway, name))
}

/// Since when which probe has which version of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// Which probe.
    pub probe: ProbeKey,
    /// In force for readings measured from here on, until the next one.
    pub valid_from: Timestamp,
    /// Which version.
    pub profile_id: i32,
}

/// The profiles that every probe has had, by probe and date.
pub async fn list_all_uses(connection: &mut PgConnection) -> Result<Vec<Dated>, StoreError> {
    let rows = sqlx::query!(
        "select probe_id, valid_from, profile_id from probe_profile_use
         order by probe_id, valid_from"
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Dated {
            probe: ProbeKey(row.probe_id),
            valid_from: from_db(row.valid_from),
            profile_id: row.profile_id,
        })
        .collect())
}

/// A profile that a probe has or had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Which version of which profile.
    pub profile_id: i32,
    /// Since when.
    pub valid_from: OffsetDateTime,
    /// When it was entered.
    pub recorded_at: OffsetDateTime,
}

/// Gives a probe a profile from a date on; the one with the latest date is its profile. Returns
/// what it has from exactly that date, another one where that is known already.
pub async fn use_profile(
    connection: &mut PgConnection,
    probe: ProbeKey,
    (profile_id, valid_from): (i32, OffsetDateTime),
    now: OffsetDateTime,
    account: Option<i64>,
) -> Result<i32, StoreError> {
    let used = sqlx::query_scalar!(
        "insert into probe_profile_use (probe_id, valid_from, profile_id, recorded_at, recorded_by)
         values ($1, $2, $3, $4, $5)
         on conflict (probe_id, valid_from) do update set profile_id = probe_profile_use.profile_id
         returning profile_id",
        probe.0,
        valid_from,
        profile_id,
        now,
        account
    )
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query!(
        "update probe set profile_id = (
             select profile_id from probe_profile_use
             where probe_id = $1 order by valid_from desc limit 1)
         where id = $1",
        probe.0
    )
    .execute(&mut *connection)
    .await?;
    notice::probes_changed(connection).await?;
    Ok(used)
}

/// The profiles that a probe has had, newest first.
pub async fn list_uses(
    connection: &mut PgConnection,
    probe: ProbeKey,
) -> Result<Vec<Use>, StoreError> {
    let uses = sqlx::query_as!(
        Use,
        "select profile_id, valid_from, recorded_at from probe_profile_use
         where probe_id = $1 order by valid_from desc",
        probe.0
    )
    .fetch_all(connection)
    .await?;
    Ok(uses)
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
        let (gateway, name) = names(self.gateway_id, self.probe_name)?;
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
