//! Seals: what was measured in a lot's growing period, in figures, as it stood at the release.
//! Sums come from the hourly rollups, so a seal of a season takes tenths of a second.

use serde_json::Value;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;
use crate::trace::Period;

/// A channel over a growing period.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Gateway of the probe.
    pub gateway: String,
    /// Name of the probe.
    pub probe: String,
    /// Name of the channel in telemetry.
    pub name: String,
    /// What is measured, see `model::unit::Quantity`.
    pub quantity: String,
    /// `SenML` unit.
    pub unit: String,
    /// Start of the part of the period in which the probe stood there.
    pub from: OffsetDateTime,
    /// End of that part.
    pub to: OffsetDateTime,
    /// Values that were to come.
    pub expected: i64,
    /// Values present.
    pub present: i64,
    /// Least value; `None` without values.
    pub min: Option<f32>,
    /// Greatest value.
    pub max: Option<f32>,
    /// Sum of the values.
    pub sum: f64,
    /// Sum of their squares.
    pub sum_squares: f64,
    /// Hours with a value beyond a watched limit; `None` where no limit is watched.
    pub hours_outside: Option<i64>,
}

/// An alarm of a growing period.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// Its number.
    pub id: i64,
    /// Name of its rule.
    pub rule: String,
    /// First value beyond the limit.
    pub raised_at: OffsetDateTime,
    /// First value back.
    pub cleared_at: Option<OffsetDateTime>,
    /// Farthest value beyond the limit.
    pub extreme: f32,
    /// When somebody took note.
    pub acknowledged_at: Option<OffsetDateTime>,
    /// Role of who did.
    pub answered_by: Option<String>,
}

/// A seal as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Seal {
    /// 1 at the release, more for addenda.
    pub number: i32,
    /// When.
    pub sealed_at: OffsetDateTime,
    /// The figures.
    pub body: Value,
}

/// The channels measured on a plot in a period, up to `now`.
pub async fn channels(
    connection: &mut PgConnection,
    plot_id: i64,
    period: Period,
    now: OffsetDateTime,
) -> Result<Vec<Channel>, StoreError> {
    let rows = sqlx::query_as!(
        Channel,
        r#"with bounds as (
               select $2::date::timestamp at time zone 'Asia/Shanghai' as first,
                      least(($3::date + 1)::timestamp at time zone 'Asia/Shanghai', $4) as last
           ), stay as (
               select placement.probe_id,
                      greatest(placement.valid_from, bounds.first) as "from",
                      least(coalesce(placement.valid_to, bounds.last), bounds.last) as "to"
               from probe_placement as placement cross join bounds
               where placement.plot_id = $1 and placement.valid_from < bounds.last
                 and (placement.valid_to is null or placement.valid_to > bounds.first)
           )
           select probe.gateway_id as gateway, probe.name as probe, channel.name,
                  channel.quantity, channel.unit, stay."from" as "from!", stay."to" as "to!",
                  expected_values(probe.id, stay."from", stay."to") as "expected!",
                  coalesce(hours.n, 0)::bigint as "present!", hours.min, hours.max,
                  coalesce(hours.sum, 0) as "sum!",
                  coalesce(hours.sum_squares, 0) as "sum_squares!", hours.outside as hours_outside
           from stay
           join probe on probe.id = stay.probe_id
           join profile_channel as channel on channel.profile_id = probe.profile_id
           left join lateral (
               select max(limit_value) filter (where bound = 'below') as low,
                      min(limit_value) filter (where bound = 'above') as high,
                      count(*) as rules
               from alarm_rule as rule
               where rule.probe_id = probe.id and rule.channel = channel.index
           ) as watched on true
           left join lateral (
               select sum(n) as n, min(min) as min, max(max) as max, sum(sum) as sum,
                      sum(sum_squares) as sum_squares,
                      case when watched.rules > 0 then
                          count(*) filter (where min < watched.low or max > watched.high)
                      end as outside
               from rollup_hour
               where probe_id = probe.id and channel = channel.index
                 and hour >= stay."from" and hour < stay."to"
           ) as hours on true
           order by probe.id, channel.index, stay."from""#,
        plot_id,
        period.first,
        period.last,
        now
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The pictures that a camera took of a plot in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filmed {
    /// Gateway of the camera.
    pub gateway: String,
    /// Name of the camera.
    pub camera: String,
    /// How many.
    pub count: i64,
    /// When the first was taken.
    pub from: OffsetDateTime,
    /// When the last was taken.
    pub to: OffsetDateTime,
    /// SHA-256 over their own SHA-256 in the order in which they were taken, hexadecimal.
    pub digest: String,
    /// Their SHA-256 in that order, hexadecimal.
    pub hashes: Vec<String>,
}

/// The pictures taken of a plot in a period, up to `now`, camera by camera.
pub async fn pictures(
    connection: &mut PgConnection,
    plot_id: i64,
    period: Period,
    now: OffsetDateTime,
) -> Result<Vec<Filmed>, StoreError> {
    let rows = sqlx::query_as!(
        Filmed,
        r#"with bounds as (
               select $2::date::timestamp at time zone 'Asia/Shanghai' as first,
                      least(($3::date + 1)::timestamp at time zone 'Asia/Shanghai', $4) as last
           )
           select camera.gateway_id as gateway, camera.name as camera, count(*) as "count!",
                  min(taken_at) as "from!", max(taken_at) as "to!",
                  encode(sha256(string_agg(picture.sha256, ''::bytea order by taken_at, picture.sha256)),
                         'hex') as "digest!",
                  array_agg(encode(picture.sha256, 'hex') order by taken_at, picture.sha256)
                      as "hashes!"
           from bounds
           join camera_placement as placed on placed.plot_id = $1
               and placed.valid_from < bounds.last
               and (placed.valid_to is null or placed.valid_to > bounds.first)
           join camera on camera.id = placed.camera_id
           join picture on picture.camera_id = camera.id
               and picture.taken_at >= greatest(placed.valid_from, bounds.first)
               and picture.taken_at < least(coalesce(placed.valid_to, bounds.last), bounds.last)
           group by camera.id
           order by camera.id"#,
        plot_id,
        period.first,
        period.last,
        now
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The alarms raised on a plot in a period, oldest first.
pub async fn alarms(
    connection: &mut PgConnection,
    plot_id: i64,
    period: Period,
) -> Result<Vec<Alarm>, StoreError> {
    let rows = sqlx::query_as!(
        Alarm,
        r#"select alarm.id, rule.name as rule, alarm.raised_at, alarm.cleared_at, alarm.extreme,
                  alarm.acknowledged_at, account.role as "answered_by?"
           from alarm
           join alarm_rule as rule on rule.id = alarm.rule_id
           join probe_placement as placement on placement.probe_id = rule.probe_id
               and placement.plot_id = $1 and placement.valid_from <= alarm.raised_at
               and (placement.valid_to is null or placement.valid_to > alarm.raised_at)
           left join account on account.id = alarm.acknowledged_by
           where alarm.raised_at >= $2::date::timestamp at time zone 'Asia/Shanghai'
             and alarm.raised_at < ($3::date + 1)::timestamp at time zone 'Asia/Shanghai'
           order by alarm.raised_at, alarm.id"#,
        plot_id,
        period.first,
        period.last
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Keeps a seal; its number follows the last one's. The lot is locked by the caller.
pub async fn insert(
    connection: &mut PgConnection,
    lot_id: i64,
    body: &Value,
    now: OffsetDateTime,
) -> Result<i32, StoreError> {
    let number = sqlx::query_scalar!(
        "insert into seal (lot_id, number, sealed_at, body)
         select $1, coalesce(max(number), 0) + 1, $3, $2 from seal where lot_id = $1
         returning number",
        lot_id,
        body,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(number)
}

/// The seals of a lot, oldest first.
pub async fn list(connection: &mut PgConnection, lot_id: i64) -> Result<Vec<Seal>, StoreError> {
    let seals = sqlx::query_as!(
        Seal,
        "select number, sealed_at, body from seal where lot_id = $1 order by number",
        lot_id
    )
    .fetch_all(connection)
    .await?;
    Ok(seals)
}
