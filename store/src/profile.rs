//! Profiles: what a model of probe measures, how often, and what its keys and registers are called.
//! The one thing to know: a version never changes, and the next one keeps every slot of the one
//! before, because reports have been written with them.

use std::collections::HashMap;

use model::register::{Form, Register};
use model::unit::Quantity;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;
use crate::probe::Channel;

/// A channel with what devices of other makes call it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileChannel {
    /// What is measured.
    pub channel: Channel,
    /// Keys of other formats.
    pub keys: Vec<String>,
    /// Where it stands in a Modbus device's registers.
    pub register: Option<Register>,
}

/// One version of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its number among all versions of all profiles.
    pub id: i32,
    /// The same for every version.
    pub name: String,
    /// From 1.
    pub version: i32,
    /// Whether it came with the program.
    pub builtin: bool,
    /// Expected seconds between two reports.
    pub interval_seconds: i32,
    /// When it was made; unknown for old ones.
    pub created_at: Option<OffsetDateTime>,
    /// In slot order.
    pub channels: Vec<ProfileChannel>,
}

impl Profile {
    /// The first channel of `before` that this profile does not keep in its slot; `None` where it
    /// may follow.
    #[must_use]
    pub fn breaks<'b>(&self, before: &'b Self) -> Option<&'b str> {
        let meaning = |c: &Channel| {
            (
                c.index,
                c.name.clone(),
                c.quantity,
                c.unit.clone(),
                c.depth_cm,
            )
        };
        let kept: Vec<_> = self.channels.iter().map(|c| meaning(&c.channel)).collect();
        let mut slots = before.channels.iter().map(|c| &c.channel);
        slots
            .find(|c| !kept.contains(&meaning(c)))
            .map(|c| c.name.as_str())
    }

    /// Whether both say the same, whatever their version.
    #[must_use]
    pub fn says_the_same(&self, interval_seconds: i32, channels: &[ProfileChannel]) -> bool {
        self.interval_seconds == interval_seconds && self.channels == channels
    }
}

/// The newest version of each profile, by name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Profile>, StoreError> {
    let heads = sqlx::query_as!(
        Head,
        "select distinct on (name) id, name, version, builtin, interval_seconds, created_at
         from probe_profile order by name, version desc"
    )
    .fetch_all(&mut *connection)
    .await?;
    fill(connection, heads).await
}

/// One version by its number.
pub async fn find(connection: &mut PgConnection, id: i32) -> Result<Option<Profile>, StoreError> {
    let heads = sqlx::query_as!(
        Head,
        "select id, name, version, builtin, interval_seconds, created_at
         from probe_profile where id = $1",
        id
    )
    .fetch_all(&mut *connection)
    .await?;
    Ok(fill(connection, heads).await?.pop())
}

/// Every version that a probe has or had.
pub async fn list_used(connection: &mut PgConnection) -> Result<Vec<Profile>, StoreError> {
    let heads = sqlx::query_as!(
        Head,
        "select id, name, version, builtin, interval_seconds, created_at
         from probe_profile
         where exists (select from probe_profile_use as own where own.profile_id = probe_profile.id)
         order by id"
    )
    .fetch_all(&mut *connection)
    .await?;
    fill(connection, heads).await
}

/// The newest version of a name. Until the transaction ends nobody else adds one.
pub async fn find_newest(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<Profile>, StoreError> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('probe_profile ' || $1, 0))",
        name
    )
    .execute(&mut *connection)
    .await?;
    let heads = sqlx::query_as!(
        Head,
        "select id, name, version, builtin, interval_seconds, created_at
         from probe_profile where name = $1 order by version desc limit 1",
        name
    )
    .fetch_all(&mut *connection)
    .await?;
    Ok(fill(connection, heads).await?.pop())
}

/// Adds a version, the first or the next of its name; returns its number.
pub async fn insert(
    connection: &mut PgConnection,
    name: &str,
    interval_seconds: i32,
    channels: &[ProfileChannel],
    now: Option<OffsetDateTime>,
) -> Result<i32, StoreError> {
    let profile = sqlx::query_scalar!(
        "insert into probe_profile (name, version, interval_seconds, created_at)
         select $1, coalesce(max(version), 0) + 1, $2, $3 from probe_profile where name = $1
         returning id",
        name,
        interval_seconds,
        now
    )
    .fetch_one(&mut *connection)
    .await?;
    for channel in channels {
        insert_channel(connection, profile, channel).await?;
    }
    Ok(profile)
}

async fn insert_channel(
    connection: &mut PgConnection,
    profile: i32,
    ProfileChannel {
        channel,
        keys,
        register,
    }: &ProfileChannel,
) -> Result<(), StoreError> {
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
    sqlx::query!(
        "insert into profile_key (profile_id, key, index)
         select $1, key, $2 from unnest($3::text[]) as key",
        profile,
        channel.index,
        keys
    )
    .execute(&mut *connection)
    .await?;
    let Some(register) = register else {
        return Ok(());
    };
    sqlx::query!(
        "insert into profile_register
             (profile_id, index, function, address, form, low_word_first, scale, value_offset)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        profile,
        channel.index,
        i16::from(register.function),
        i32::from(register.address),
        register.form.code(),
        register.low_word_first,
        register.scale,
        register.offset
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A version without its channels.
struct Head {
    id: i32,
    name: String,
    version: i32,
    builtin: bool,
    interval_seconds: i32,
    created_at: Option<OffsetDateTime>,
}

struct RegisterRow {
    id: i32,
    index: i16,
    function: i16,
    address: i32,
    form: String,
    low_word_first: bool,
    scale: f64,
    value_offset: f64,
}

impl RegisterRow {
    fn register(self) -> Result<Register, StoreError> {
        let wrong =
            |column, value: &dyn ToString| StoreError::inconsistent(column, value.to_string());
        Ok(Register {
            function: u8::try_from(self.function)
                .map_err(|_| wrong("profile_register.function", &self.function))?,
            address: u16::try_from(self.address)
                .map_err(|_| wrong("profile_register.address", &self.address))?,
            form: Form::from_code(&self.form)
                .ok_or_else(|| wrong("profile_register.form", &self.form))?,
            low_word_first: self.low_word_first,
            scale: self.scale,
            offset: self.value_offset,
        })
    }
}

/// Gives versions their channels.
async fn fill(connection: &mut PgConnection, heads: Vec<Head>) -> Result<Vec<Profile>, StoreError> {
    let ids: Vec<i32> = heads.iter().map(|head| head.id).collect();
    let mut channels = list_channels(connection, &ids).await?;
    let profile = |head: Head| Profile {
        channels: channels.remove(&head.id).unwrap_or_default(),
        id: head.id,
        name: head.name,
        version: head.version,
        builtin: head.builtin,
        interval_seconds: head.interval_seconds,
        created_at: head.created_at,
    };
    Ok(heads.into_iter().map(profile).collect())
}

async fn list_channels(
    connection: &mut PgConnection,
    ids: &[i32],
) -> Result<HashMap<i32, Vec<ProfileChannel>>, StoreError> {
    let rows = sqlx::query!(
        r#"select channel.profile_id, channel.index, channel.name, channel.quantity, channel.unit,
                  channel.depth_cm, channel.valid_min, channel.valid_max,
                  array(select key from profile_key as word
                        where word.profile_id = channel.profile_id
                          and word.index = channel.index order by key) as "keys!"
           from profile_channel as channel
           where channel.profile_id = any($1)
           order by channel.profile_id, channel.index"#,
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut registers = list_registers_of(connection, ids).await?;
    let mut channels: HashMap<i32, Vec<ProfileChannel>> = HashMap::new();
    for row in rows {
        let quantity = Quantity::from_code(&row.quantity)
            .ok_or_else(|| StoreError::inconsistent("profile_channel.quantity", row.quantity))?;
        let channel = Channel {
            index: row.index,
            name: row.name,
            quantity,
            unit: row.unit,
            depth_cm: row.depth_cm,
            valid_min: row.valid_min,
            valid_max: row.valid_max,
        };
        channels
            .entry(row.profile_id)
            .or_default()
            .push(ProfileChannel {
                channel,
                keys: row.keys,
                register: registers.remove(&(row.profile_id, row.index)),
            });
    }
    Ok(channels)
}

async fn list_registers_of(
    connection: &mut PgConnection,
    ids: &[i32],
) -> Result<HashMap<(i32, i16), Register>, StoreError> {
    let rows = sqlx::query_as!(
        RegisterRow,
        "select profile_id as id, index, function, address, form, low_word_first, scale,
                value_offset
         from profile_register where profile_id = any($1)",
        ids
    )
    .fetch_all(connection)
    .await?;
    let line = |row: RegisterRow| Ok(((row.id, row.index), row.register()?));
    rows.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
