//! What was measured around a lot: the channels of the probes that stood on its plot during its
//! growing period, step by step and in sum. Never a reading of another plot or another time.

use model::unit::Quantity;
use sqlx::postgres::PgConnection;
use time::{Date, Duration, OffsetDateTime};

use crate::StoreError;
use crate::reading::Span;

/// Days from which on a chart reads daily steps; below it reads hours.
pub const HOURLY_DAYS_MAX: i64 = 14;

/// One channel over a growing period.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitored {
    /// Gateway of the probe.
    pub gateway: String,
    /// Name of the probe.
    pub probe: String,
    /// Which slot of its reports.
    pub channel: i16,
    /// Name in telemetry.
    pub name: String,
    /// What is measured.
    pub quantity: Quantity,
    /// `SenML` unit.
    pub unit: String,
    /// Centimetres below ground.
    pub depth_cm: Option<i16>,
    /// Seconds between the starts of two steps.
    pub step_seconds: i64,
    /// What was measured: the part of the growing period in which the probe stood there.
    pub span: Span,
    /// Values that were to come in that span.
    pub expected: i64,
    /// Values that came and that the probe cannot physically mean; they are in no step.
    pub outside: i64,
    /// The steps that have values, oldest first; a missing step is a gap.
    pub steps: Vec<Step>,
    /// When the newest value of the steps was measured; the start of its step where the raw
    /// readings are kept no longer.
    pub newest: Option<OffsetDateTime>,
}

/// An hour or a day with values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Start of the hour (UTC) or of the day (China standard time).
    pub start: OffsetDateTime,
    /// Values present and within the channel's range; more than none.
    pub n: i32,
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

/// A growing period: whole days of China standard time, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

struct Row {
    probe_id: i32,
    gateway: String,
    probe: String,
    channel: i16,
    name: String,
    quantity: String,
    unit: String,
    depth_cm: Option<i16>,
    interval_seconds: i32,
    from: OffsetDateTime,
    to: OffsetDateTime,
}

/// The channels measured on a plot in a period, up to `now`.
pub async fn list_monitored(
    connection: &mut PgConnection,
    plot_id: i64,
    period: Period,
    now: OffsetDateTime,
) -> Result<Vec<Monitored>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"with span as (
               select $2::date::timestamp at time zone 'Asia/Shanghai' as first,
                      least(($3::date + 1)::timestamp at time zone 'Asia/Shanghai', $4) as last
           )
           select probe.id as probe_id, probe.gateway_id as gateway, probe.name as probe,
                  channel.index as channel, channel.name, channel.quantity, channel.unit,
                  channel.depth_cm, profile.interval_seconds,
                  greatest(placement.valid_from, span.first) as "from!",
                  least(coalesce(placement.valid_to, span.last), span.last) as "to!"
           from probe_placement as placement
           cross join span
           join probe on probe.id = placement.probe_id
           join probe_profile as profile on profile.id = probe.profile_id
           join profile_channel as channel on channel.profile_id = profile.id
           where placement.plot_id = $1
             and placement.valid_from < span.last
             and (placement.valid_to is null or placement.valid_to > span.first)
           order by probe.id, channel.index, placement.valid_from"#,
        plot_id,
        period.first,
        period.last,
        now
    )
    .fetch_all(&mut *connection)
    .await?;
    let daily = (period.last - period.first).whole_days() >= HOURLY_DAYS_MAX;
    let mut monitored = Vec::with_capacity(rows.len());
    for row in rows {
        let (steps, outside) = list_steps(connection, &row, daily).await?;
        let newest = find_newest(connection, &row, steps.last(), daily).await?;
        monitored.push(row.with_steps(steps, (outside, newest), daily)?);
    }
    Ok(monitored)
}

/// What the hours of a step come to; empty where all values lie outside the range.
struct StepRow {
    start: OffsetDateTime,
    n: i32,
    outside: i64,
    min: Option<f32>,
    max: Option<f32>,
    sum: f64,
    first: Option<f32>,
    last: Option<f32>,
}

/// The steps of one channel, oldest first, and how many values lay outside its range. Daily steps
/// come from the days that lie wholly inside the span; a day on which the probe moved is added up
/// from its own hours.
async fn list_steps(
    connection: &mut PgConnection,
    row: &Row,
    daily: bool,
) -> Result<(Vec<Step>, i64), StoreError> {
    let (first, end) = whole_days(row);
    let rows = if daily && first < end {
        let mut rows = list_hours(connection, row, (row.from, first), daily).await?;
        rows.extend(list_days(connection, row, (first, end)).await?);
        rows.extend(list_hours(connection, row, (end, row.to), daily).await?);
        rows
    } else {
        list_hours(connection, row, (row.from, row.to), daily).await?
    };
    let outside = rows.iter().map(|row| row.outside).sum();
    let steps = rows.into_iter().filter_map(StepRow::step).collect();
    Ok((steps, outside))
}

/// The first midnight in China at or after the span's start, and the last one before its end.
fn whole_days(row: &Row) -> (OffsetDateTime, OffsetDateTime) {
    const CHINA: time::UtcOffset = time::macros::offset!(+8);
    let midnight = |time: OffsetDateTime| time.to_offset(CHINA).replace_time(time::Time::MIDNIGHT);
    let first = midnight(row.from);
    let first = if first < row.from {
        first + Duration::DAY
    } else {
        first
    };
    (first, midnight(row.to))
}

async fn list_days(
    connection: &mut PgConnection,
    row: &Row,
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Result<Vec<StepRow>, StoreError> {
    let rows = sqlx::query_as!(
        StepRow,
        r#"select day::timestamp at time zone 'Asia/Shanghai' as "start!", n,
                  outside::bigint as "outside!", min, max, sum, first, last
           from rollup_day
           where probe_id = $1 and channel = $2
             and day >= ($3::timestamptz at time zone 'Asia/Shanghai')::date
             and day < ($4::timestamptz at time zone 'Asia/Shanghai')::date
           order by day"#,
        row.probe_id,
        row.channel,
        from,
        to
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn list_hours(
    connection: &mut PgConnection,
    row: &Row,
    (from, to): (OffsetDateTime, OffsetDateTime),
    daily: bool,
) -> Result<Vec<StepRow>, StoreError> {
    let rows = sqlx::query_as!(
        StepRow,
        r#"select case when $5 then date_trunc('day', hour, 'Asia/Shanghai') else hour end
                      as "start!",
                  sum(n)::integer as "n!", sum(outside)::bigint as "outside!",
                  min(min), max(max), sum(sum order by hour) as "sum!",
                  (array_agg(first order by hour) filter (where n > 0))[1] as first,
                  (array_agg(last order by hour desc) filter (where n > 0))[1] as last
           from rollup_hour
           where probe_id = $1 and channel = $2 and hour >= $3 and hour < $4
           group by 1
           order by 1"#,
        row.probe_id,
        row.channel,
        from,
        to,
        daily
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

impl StepRow {
    fn step(self) -> Option<Step> {
        Some(Step {
            start: self.start,
            n: self.n,
            min: self.min?,
            max: self.max?,
            mean: self.sum / f64::from(self.n),
            first: self.first?,
            last: self.last?,
        })
    }
}

/// When the newest value of the last step was measured: read from the raw readings of that step
/// alone.
async fn find_newest(
    connection: &mut PgConnection,
    row: &Row,
    last: Option<&Step>,
    daily: bool,
) -> Result<Option<OffsetDateTime>, StoreError> {
    let Some(last) = last else { return Ok(None) };
    let newest = sqlx::query_scalar!(
        "select time from report
         where probe_id = $1 and time >= $2 and time < $3
           and values[$4::int + 1] is not null and coalesce(outside >> $4::int & 1, 0) = 0
         order by time desc limit 1",
        row.probe_id,
        last.start.max(row.from),
        (last.start + Duration::seconds(step_seconds(daily))).min(row.to),
        i32::from(row.channel)
    )
    .fetch_optional(connection)
    .await?;
    Ok(Some(newest.unwrap_or(last.start)))
}

const fn step_seconds(daily: bool) -> i64 {
    if daily { 86_400 } else { 3_600 }
}

impl Row {
    fn with_steps(
        self,
        steps: Vec<Step>,
        (outside, newest): (i64, Option<OffsetDateTime>),
        daily: bool,
    ) -> Result<Monitored, StoreError> {
        let quantity = Quantity::from_code(&self.quantity)
            .ok_or_else(|| StoreError::inconsistent("profile_channel.quantity", self.quantity))?;
        let span = Span {
            from: self.from,
            to: self.to,
        };
        let expected = (span.to - span.from).whole_seconds() / i64::from(self.interval_seconds);
        Ok(Monitored {
            gateway: self.gateway,
            probe: self.probe,
            channel: self.channel,
            name: self.name,
            quantity,
            unit: self.unit,
            depth_cm: self.depth_cm,
            step_seconds: step_seconds(daily),
            span,
            expected,
            outside,
            steps,
            newest,
        })
    }
}

#[cfg(test)]
mod tests;
