//! Reading back what probes said: raw reports, hourly and daily rollups, the latest values. Long
//! spans are read from the rollups, never from the raw table.

use model::id::ProbeKey;
use model::time::Timestamp;
use sqlx::postgres::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::quality::{self, Slots, TimeSource};
use crate::{StoreError, from_db, to_db};

/// Most raw reports or rollup steps in one answer.
pub const ROWS_MAX: i64 = 10_000;

/// Where the newest report of a probe is looked for first.
const RECENT: Duration = Duration::days(2);

/// A report as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// When it was measured, by the clock that `source` says.
    pub time: OffsetDateTime,
    /// When it arrived.
    pub arrived: OffsetDateTime,
    /// One slot a channel.
    pub values: Vec<Option<f32>>,
    /// Where its time comes from.
    pub source: TimeSource,
    /// Slots whose value the probe cannot physically mean.
    pub outside: Slots,
}

/// A channel's hour or day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Which slot of the reports.
    pub channel: i16,
    /// Start of the hour (UTC) or of the day (China standard time).
    pub start: OffsetDateTime,
    /// Values present and within the channel's range.
    pub n: i32,
    /// Values that the profile's interval promises.
    pub expected: i32,
    /// Values present and outside the channel's range.
    pub outside: i32,
    /// What the values within the range come to; `None` where there is none.
    pub summary: Option<Summary>,
}

/// What the values of a step come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Least value.
    pub min: f32,
    /// Greatest value.
    pub max: f32,
    /// Mean of the values present.
    pub mean: f64,
    /// Earliest value.
    pub first: f32,
    /// Newest value.
    pub last: f32,
}

/// Length of a rollup step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepLength {
    /// An hour of UTC.
    Hour,
    /// A calendar day of China standard time.
    Day,
}

/// A span of time: from inclusive, to exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First point inside.
    pub from: OffsetDateTime,
    /// First point after.
    pub to: OffsetDateTime,
}

/// How much is stored of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Reports.
    pub reports: i64,
    /// Values in them.
    pub values: i64,
}

/// Raw reports, newest first, at most `limit` and [`ROWS_MAX`].
pub async fn list_raw(
    connection: &mut PgConnection,
    probe: ProbeKey,
    span: Span,
    limit: i64,
) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query_as!(
        ReportRow,
        r#"select probe_id, time, arrived, values as "values: Vec<Option<f32>>", device_time,
                  flags, outside
           from report
           where probe_id = $1 and time >= $2 and time < $3
           order by time desc limit $4"#,
        probe.0,
        span.from,
        span.to,
        limit.clamp(1, ROWS_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Stored::try_from).collect()
}

struct ReportRow {
    probe_id: i32,
    time: OffsetDateTime,
    arrived: OffsetDateTime,
    values: Vec<Option<f32>>,
    device_time: Option<OffsetDateTime>,
    flags: Option<i16>,
    outside: Option<i64>,
}

impl TryFrom<ReportRow> for Stored {
    type Error = StoreError;

    fn try_from(row: ReportRow) -> Result<Self, StoreError> {
        let (source, outside) = quality::read(row.device_time, row.flags, row.outside)?;
        Ok(Self {
            time: row.time,
            arrived: row.arrived,
            values: row.values,
            source,
            outside,
        })
    }
}

/// Rollup steps of every channel, newest first; at most `limit` steps and [`ROWS_MAX`] rows.
pub async fn list_steps(
    connection: &mut PgConnection,
    probe: ProbeKey,
    length: StepLength,
    span: Span,
    limit: i64,
) -> Result<Vec<Step>, StoreError> {
    let limit = limit.clamp(1, ROWS_MAX);
    match length {
        StepLength::Hour => list_hours(connection, probe, span, limit).await,
        StepLength::Day => list_days(connection, probe, span, limit).await,
    }
}

async fn list_hours(
    connection: &mut PgConnection,
    probe: ProbeKey,
    span: Span,
    limit: i64,
) -> Result<Vec<Step>, StoreError> {
    let rows = sqlx::query_as!(
        StepRow,
        "select channel, hour as start, n, expected, outside, min, max, sum, first, last
         from rollup_hour
         where probe_id = $1 and hour >= $2 and hour < $3
         order by hour desc, channel limit $4",
        probe.0,
        span.from,
        span.to,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Step::from).collect())
}

async fn list_days(
    connection: &mut PgConnection,
    probe: ProbeKey,
    span: Span,
    limit: i64,
) -> Result<Vec<Step>, StoreError> {
    let rows = sqlx::query_as!(
        StepRow,
        r#"select channel, day::timestamp at time zone 'Asia/Shanghai' as "start!", n, expected,
                  outside, min, max, sum, first, last
           from rollup_day
           where probe_id = $1
             and day >= ($2::timestamptz at time zone 'Asia/Shanghai')::date
             and day::timestamp at time zone 'Asia/Shanghai' < $3
           order by day desc, channel limit $4"#,
        probe.0,
        span.from,
        span.to,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Step::from).collect())
}

struct StepRow {
    channel: i16,
    start: OffsetDateTime,
    n: i32,
    expected: i32,
    outside: i32,
    min: Option<f32>,
    max: Option<f32>,
    sum: f64,
    first: Option<f32>,
    last: Option<f32>,
}

impl From<StepRow> for Step {
    fn from(row: StepRow) -> Self {
        // The table sees to it that all four are there or none.
        let ends = row.min.zip(row.max).zip(row.first.zip(row.last));
        let summary = ends.map(|((min, max), (first, last))| Summary {
            min,
            max,
            mean: row.sum / f64::from(row.n),
            first,
            last,
        });
        Self {
            channel: row.channel,
            start: row.start,
            n: row.n,
            expected: row.expected,
            outside: row.outside,
            summary,
        }
    }
}

/// How much is stored of a probe in a span.
pub async fn count(
    connection: &mut PgConnection,
    probe: ProbeKey,
    span: Span,
) -> Result<Count, StoreError> {
    let count = sqlx::query_as!(
        Count,
        r#"select count(*) as "reports!",
                  coalesce(sum(cardinality(array_remove(values, null))), 0)::bigint as "values!"
           from report where probe_id = $1 and time >= $2 and time < $3"#,
        probe.0,
        span.from,
        span.to
    )
    .fetch_one(connection)
    .await?;
    Ok(count)
}

/// The newest report of each probe, seen from `now`; probes that never reported are left out.
pub async fn list_latest(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Vec<(ProbeKey, Stored)>, StoreError> {
    latest(connection, None, now).await
}

/// The newest report of each of these probes; those that never reported are left out.
pub async fn list_latest_of(
    connection: &mut PgConnection,
    probes: &[ProbeKey],
    now: OffsetDateTime,
) -> Result<Vec<(ProbeKey, Stored)>, StoreError> {
    let keys: Vec<i32> = probes.iter().map(|probe| probe.0).collect();
    latest(connection, Some(&keys), now).await
}

async fn latest(
    connection: &mut PgConnection,
    of: Option<&[i32]>,
    now: OffsetDateTime,
) -> Result<Vec<(ProbeKey, Stored)>, StoreError> {
    let rows = sqlx::query_as!(
        ReportRow,
        r#"select probe.id as probe_id, latest.time as "time!", latest.arrived as "arrived!",
                  latest.values as "values!: Vec<Option<f32>>", latest.device_time,
                  latest.flags, latest.outside
           from probe
           cross join lateral (
               -- Looking through every month of every probe takes long. The second part is not
               -- begun where the first one has a row: nothing sorts them together.
               (select time, arrived, values, device_time, flags, outside from report
                where probe_id = probe.id and time >= $1 order by time desc limit 1)
               union all
               (select time, arrived, values, device_time, flags, outside from report
                where probe_id = probe.id and time < $1 order by time desc limit 1)
               limit 1
           ) as latest
           where $2::int[] is null or probe.id = any($2)
           order by probe.id"#,
        now - RECENT,
        of
    )
    .fetch_all(connection)
    .await?;
    let latest = |row: ReportRow| Ok((ProbeKey(row.probe_id), Stored::try_from(row)?));
    rows.into_iter().map(latest).collect()
}

/// Times of a probe's reports in a span, oldest first: what replay and fault tests compare.
pub async fn list_times(
    connection: &mut PgConnection,
    probe: ProbeKey,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Timestamp>, StoreError> {
    let times = sqlx::query_scalar!(
        "select time from report where probe_id = $1 and time >= $2 and time < $3 order by time",
        probe.0,
        to_db(from),
        to_db(to)
    )
    .fetch_all(connection)
    .await?;
    Ok(times.into_iter().map(from_db).collect())
}

#[cfg(test)]
mod tests;
