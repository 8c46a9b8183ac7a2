//! What was measured around a lot: the channels of the probes that stood on its plot during its
//! growing period, step by step and in sum. Never a reading of another plot or another time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::unit::Quantity;
use sqlx::postgres::PgConnection;
use time::{Date, Duration, OffsetDateTime};

use crate::StoreError;
use crate::reading::{Span, StepLength};

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

/// The channels measured on a plot in a period, up to `now`: hour by hour, or day by day where the
/// period is long.
pub async fn list_monitored(
    connection: &mut PgConnection,
    plot_id: i64,
    period: Period,
    now: OffsetDateTime,
) -> Result<Vec<Monitored>, StoreError> {
    let is_long = (period.last - period.first).whole_days() >= HOURLY_DAYS_MAX;
    let length = if is_long {
        StepLength::Day
    } else {
        StepLength::Hour
    };
    list_monitored_by(connection, plot_id, (period, now), length).await
}

/// The same in steps of the length that is asked for.
pub async fn list_monitored_by(
    connection: &mut PgConnection,
    plot_id: i64,
    (period, now): (Period, OffsetDateTime),
    length: StepLength,
) -> Result<Vec<Monitored>, StoreError> {
    let rows = list_rows(connection, plot_id, period, now).await?;
    // What was asked once for all channels of a probe, waiting for each of them.
    let mut asked: HashMap<Stay, Charts> = HashMap::new();
    let mut monitored = Vec::with_capacity(rows.len());
    for row in &rows {
        let charts = match asked.entry(row.stay()) {
            Entry::Occupied(charts) => charts.into_mut(),
            Entry::Vacant(place) => {
                let own = rows.iter().filter(|other| other.stay() == row.stay());
                let channels: Vec<i16> = own.map(|row| row.channel).collect();
                place.insert(Charts::read(connection, row, &channels, length).await?)
            }
        };
        monitored.push(row.monitored(charts.take(row.channel), length)?);
    }
    Ok(monitored)
}

async fn list_rows(
    connection: &mut PgConnection,
    plot_id: i64,
    period: Period,
    now: OffsetDateTime,
) -> Result<Vec<Row>, StoreError> {
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
    Ok(rows)
}

/// A probe's time on a plot: what is asked for at once.
type Stay = (i32, OffsetDateTime, OffsetDateTime);

impl Row {
    const fn stay(&self) -> Stay {
        (self.probe_id, self.from, self.to)
    }

    fn monitored(&self, chart: Chart, length: StepLength) -> Result<Monitored, StoreError> {
        let quantity = Quantity::from_code(&self.quantity).ok_or_else(|| {
            StoreError::inconsistent("profile_channel.quantity", self.quantity.clone())
        })?;
        let span = Span {
            from: self.from,
            to: self.to,
        };
        let expected = (span.to - span.from).whole_seconds() / i64::from(self.interval_seconds);
        Ok(Monitored {
            gateway: self.gateway.clone(),
            probe: self.probe.clone(),
            channel: self.channel,
            name: self.name.clone(),
            quantity,
            unit: self.unit.clone(),
            depth_cm: self.depth_cm,
            step_seconds: step_seconds(length),
            span,
            expected,
            outside: chart.outside,
            steps: chart.steps,
            newest: chart.newest,
        })
    }
}

/// The steps of one channel, oldest first, how many values lay outside its range, and when the
/// newest value of the steps was measured.
#[derive(Default)]
struct Chart {
    steps: Vec<Step>,
    outside: i64,
    newest: Option<OffsetDateTime>,
}

/// The charts of a probe's channels.
struct Charts(HashMap<i16, Chart>);

impl Charts {
    /// Asks for all channels at once. Daily steps come from the days that lie wholly inside the
    /// span; a day on which the probe moved is added up from its own hours.
    async fn read(
        connection: &mut PgConnection,
        row: &Row,
        channels: &[i16],
        length: StepLength,
    ) -> Result<Self, StoreError> {
        let (first, end) = whole_days(row);
        let probe = (row.probe_id, channels);
        let rows = if length == StepLength::Day && first < end {
            let mut rows = days_of(list_hours(connection, probe, (row.from, first)).await?);
            rows.extend(list_days(connection, probe, (first, end)).await?);
            let rest = list_hours(connection, probe, (end, row.to)).await?;
            rows.extend(days_of(rest));
            rows
        } else {
            let hours = list_hours(connection, probe, (row.from, row.to)).await?;
            match length {
                StepLength::Hour => hours,
                StepLength::Day => days_of(hours),
            }
        };
        let mut charts = Self(HashMap::with_capacity(channels.len()));
        for row in rows {
            let chart = charts.0.entry(row.channel).or_default();
            chart.outside += row.outside;
            chart.steps.extend(row.step());
        }
        charts.find_newest(connection, row, length).await?;
        Ok(charts)
    }

    fn take(&mut self, channel: i16) -> Chart {
        self.0.remove(&channel).unwrap_or_default()
    }

    /// When the newest value of each last step was measured: read from the raw readings of that
    /// step alone.
    async fn find_newest(
        &mut self,
        connection: &mut PgConnection,
        row: &Row,
        length: StepLength,
    ) -> Result<(), StoreError> {
        let (mut channels, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
        for (channel, chart) in &mut self.0 {
            let Some(last) = chart.steps.last() else {
                continue;
            };
            let end = last.start + Duration::seconds(step_seconds(length));
            channels.push(*channel);
            from.push(last.start.max(row.from));
            to.push(end.min(row.to));
            chart.newest = Some(last.start);
        }
        let found = sqlx::query!(
            r#"select step.channel as "channel!", newest.time
               from unnest($2::smallint[], $3::timestamptz[], $4::timestamptz[])
                    as step (channel, first, last)
               cross join lateral (
                   select time from report
                   where probe_id = $1 and time >= step.first and time < step.last
                     and values[step.channel + 1] is not null
                     and coalesce(outside >> step.channel::int & 1, 0) = 0
                   order by time desc limit 1
               ) as newest"#,
            row.probe_id,
            &channels,
            &from,
            &to
        )
        .fetch_all(connection)
        .await?;
        for row in found {
            if let Some(chart) = self.0.get_mut(&row.channel) {
                chart.newest = Some(row.time);
            }
        }
        Ok(())
    }
}

/// The first midnight in China at or after the span's start, and the last one before its end.
fn whole_days(row: &Row) -> (OffsetDateTime, OffsetDateTime) {
    let first = midnight(row.from);
    let first = if first < row.from {
        first + Duration::DAY
    } else {
        first
    };
    (first, midnight(row.to))
}

/// The midnight in China that a day began with.
fn midnight(time: OffsetDateTime) -> OffsetDateTime {
    const CHINA: time::UtcOffset = time::macros::offset!(+8);
    time.to_offset(CHINA).replace_time(time::Time::MIDNIGHT)
}

const fn step_seconds(length: StepLength) -> i64 {
    match length {
        StepLength::Day => 86_400,
        StepLength::Hour => 3_600,
    }
}

/// What the hours of a step come to; empty where all values lie outside the range.
struct StepRow {
    channel: i16,
    start: OffsetDateTime,
    n: i32,
    outside: i64,
    min: Option<f32>,
    max: Option<f32>,
    sum: f64,
    first: Option<f32>,
    last: Option<f32>,
}

async fn list_days(
    connection: &mut PgConnection,
    (probe_id, channels): (i32, &[i16]),
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Result<Vec<StepRow>, StoreError> {
    let rows = sqlx::query_as!(
        StepRow,
        r#"select channel, day::timestamp at time zone 'Asia/Shanghai' as "start!", n,
                  outside::bigint as "outside!", min, max, sum, first, last
           from rollup_day
           where probe_id = $1 and channel = any($2)
             and day >= ($3::timestamptz at time zone 'Asia/Shanghai')::date
             and day < ($4::timestamptz at time zone 'Asia/Shanghai')::date
           order by channel, day"#,
        probe_id,
        channels,
        from,
        to
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn list_hours(
    connection: &mut PgConnection,
    (probe_id, channels): (i32, &[i16]),
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Result<Vec<StepRow>, StoreError> {
    if from >= to {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        StepRow,
        r#"select channel, hour as start, n, outside::bigint as "outside!", min, max, sum, first,
                  last
           from rollup_hour
           where probe_id = $1 and channel = any($2) and hour >= $3 and hour < $4
           order by channel, hour"#,
        probe_id,
        channels,
        from,
        to
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Adds hours, channel by channel and oldest first, up to days.
fn days_of(hours: Vec<StepRow>) -> Vec<StepRow> {
    let mut days: Vec<StepRow> = Vec::new();
    for mut hour in hours {
        hour.start = midnight(hour.start);
        match days.last_mut() {
            Some(day) if (day.channel, day.start) == (hour.channel, hour.start) => day.add(&hour),
            _ => days.push(hour),
        }
    }
    days
}

impl StepRow {
    /// Adds a later hour.
    fn add(&mut self, hour: &Self) {
        self.n += hour.n;
        self.outside += hour.outside;
        self.sum += hour.sum;
        self.min = either(self.min, hour.min, f32::min);
        self.max = either(self.max, hour.max, f32::max);
        self.first = self.first.or(hour.first);
        self.last = hour.last.or(self.last);
    }

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

/// One of two that may both be missing.
fn either(one: Option<f32>, other: Option<f32>, choose: fn(f32, f32) -> f32) -> Option<f32> {
    match (one, other) {
        (Some(one), Some(other)) => Some(choose(one, other)),
        _ => one.or(other),
    }
}

#[cfg(test)]
mod tests;
