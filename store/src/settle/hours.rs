//! Rollups of hours, added up here and not in SQL: taken apart slot by slot inside the database a
//! report costs several times what reading it does, and under load settling takes that from the
//! writer.
//!
//! The one thing to know: values are added up in the order of time, for a sum of floating-point
//! numbers depends on it, and an hour that was settled ten times must equal one that was settled
//! once, to the last bit.

use std::collections::HashMap;
use std::ops::Range;

use futures_util::TryStreamExt as _;
use model::time::Timestamp;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use super::Runs;
use crate::quality::Slots;
use crate::{StoreError, from_db, to_db};

/// Hours that are read and written at once: bounds what is held in memory.
const HOURS_AT_ONCE: i64 = 2_048;
/// Seconds in an hour.
const HOUR_SECONDS: i32 = 3_600;

/// Recomputes every hour of the runs from its reports.
pub(super) async fn roll_up(connection: &mut PgConnection, runs: &Runs) -> Result<(), StoreError> {
    let promises = list_promises(connection, &runs.probes).await?;
    let mut from = 0;
    while from < runs.probes.len() {
        let part = from..end_of_part(runs, from);
        from = part.end;
        let rollups = read(connection, runs, part, &promises).await?;
        rollups.write(connection).await?;
    }
    Ok(())
}

/// How many runs from this one on are taken at once; at least one.
fn end_of_part(runs: &Runs, from: usize) -> usize {
    let mut hours = 0;
    let rest = runs.from.iter().zip(&runs.to).skip(from);
    let taken = rest.take_while(|(first, end)| {
        let has_room = hours < HOURS_AT_ONCE;
        hours += (**end - **first).whole_hours();
        has_room
    });
    from + taken.count()
}

/// How many values of a channel an hour of a probe promises.
#[derive(Debug, Clone, Copy)]
struct Promise {
    /// By its profile of now.
    per_hour: i32,
    /// Since when that is its profile; `None` where only its history tells.
    since: Option<Timestamp>,
}

impl Promise {
    /// For an hour; `None` where the database is to look at the probe's history.
    fn of(self, hour: Timestamp) -> Option<i32> {
        let is_newest = self.since.is_some_and(|since| since <= hour);
        is_newest.then_some(self.per_hour)
    }
}

async fn list_promises(
    connection: &mut PgConnection,
    probes: &[i32],
) -> Result<HashMap<i32, Promise>, StoreError> {
    let rows = sqlx::query!(
        r#"select probe.id, profile.interval_seconds, history.uses as "uses!",
                  history.newest_from
           from probe
           join probe_profile as profile on profile.id = probe.profile_id
           cross join lateral (
               select count(*) as uses, max(valid_from) as newest_from
               from probe_profile_use where probe_id = probe.id
           ) as history
           where probe.id = any($1)"#,
        probes
    )
    .fetch_all(connection)
    .await?;
    let promises = rows.into_iter().map(|row| {
        // The only profile holds for ever, before its date too.
        let since = if row.uses == 1 {
            Some(Timestamp(i64::MIN))
        } else {
            row.newest_from.map(from_db)
        };
        let per_hour = (HOUR_SECONDS / row.interval_seconds).max(1);
        (row.id, Promise { per_hour, since })
    });
    Ok(promises.collect())
}

/// Adds up the reports of some runs.
async fn read(
    connection: &mut PgConnection,
    runs: &Runs,
    part: Range<usize>,
    promises: &HashMap<i32, Promise>,
) -> Result<Rollups, StoreError> {
    let mut reports = sqlx::query!(
        r#"select run.probe_id as "probe_id!", report.time, report.values as "values: Vec<Option<f32>>",
                  report.outside
           from unnest($1::int[], $2::timestamptz[], $3::timestamptz[])
                as run (probe_id, first_hour, end_hour)
           -- `offset 0` keeps this a range scan of each run, one run after the other.
           cross join lateral (
               select time, values, outside from report
               where probe_id = run.probe_id and time >= first_hour and time < end_hour
               order by time
               offset 0
           ) as report"#,
        &runs.probes[part.clone()],
        &runs.from[part.clone()],
        &runs.to[part]
    )
    .fetch(connection);
    let mut rollups = Rollups::default();
    let mut hour = Hour::of((0, Timestamp(0)));
    while let Some(report) = reports.try_next().await? {
        let time = from_db(report.time);
        let key = (report.probe_id, time.hour());
        if key != hour.key {
            let done = std::mem::replace(&mut hour, Hour::of(key));
            rollups.push(&done, promises);
        }
        hour.add(time, &report.values, Slots::of_column(report.outside))?;
    }
    rollups.push(&hour, promises);
    Ok(rollups)
}

/// A probe's hour.
#[derive(Debug)]
struct Hour {
    key: (i32, Timestamp),
    newest: Option<Timestamp>,
    slots: Vec<Total>,
}

/// What the values of one channel come to.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    n: i32,
    outside: i32,
    min: f32,
    max: f32,
    sum: f64,
    sum_squares: f64,
    first: f32,
    last: f32,
}

impl Hour {
    fn of(key: (i32, Timestamp)) -> Self {
        Self {
            key,
            newest: None,
            slots: Vec::new(),
        }
    }

    /// Adds a report, which must be younger than those before.
    fn add(
        &mut self,
        time: Timestamp,
        values: &[Option<f32>],
        outside: Slots,
    ) -> Result<(), StoreError> {
        if self.newest.is_some_and(|newest| newest >= time) {
            let place = format!("{:?} after {:?}", time, self.newest);
            return Err(StoreError::inconsistent("order of report.time", place));
        }
        self.newest = Some(time);
        if self.slots.len() < values.len() {
            self.slots.resize(values.len(), Total::default());
        }
        for (place, (sum, value)) in self.slots.iter_mut().zip(values).enumerate() {
            match value {
                Some(_) if outside.contains(place) => sum.outside += 1,
                Some(value) => sum.add(*value),
                None => {}
            }
        }
        Ok(())
    }
}

impl Total {
    fn add(&mut self, value: f32) {
        if self.n == 0 {
            (self.min, self.max, self.first) = (value, value, value);
        }
        self.n += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.last = value;
        let value = f64::from(value);
        self.sum += value;
        self.sum_squares += value * value;
    }
}

/// Rows to be, column by column.
#[derive(Debug, Default)]
struct Rollups {
    probe_id: Vec<i32>,
    channel: Vec<i16>,
    hour: Vec<OffsetDateTime>,
    n: Vec<i32>,
    expected: Vec<Option<i32>>,
    outside: Vec<i32>,
    min: Vec<Option<f32>>,
    max: Vec<Option<f32>>,
    sum: Vec<f64>,
    sum_squares: Vec<f64>,
    first: Vec<Option<f32>>,
    last: Vec<Option<f32>>,
}

impl Rollups {
    /// Adds an hour. A probe that nobody knows has no rollups, as a channel without values.
    fn push(&mut self, hour: &Hour, promises: &HashMap<i32, Promise>) {
        let (probe, start) = hour.key;
        let Some(promise) = promises.get(&probe) else {
            return;
        };
        for (channel, sum) in hour.slots.iter().enumerate() {
            if sum.n + sum.outside == 0 {
                continue;
            }
            let ends = |value| (sum.n > 0).then_some(value);
            self.probe_id.push(probe);
            self.channel.push(channel as i16);
            self.hour.push(to_db(start));
            self.n.push(sum.n);
            self.expected.push(promise.of(start));
            self.outside.push(sum.outside);
            self.min.push(ends(sum.min));
            self.max.push(ends(sum.max));
            self.sum.push(sum.sum);
            self.sum_squares.push(sum.sum_squares);
            self.first.push(ends(sum.first));
            self.last.push(ends(sum.last));
        }
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.probe_id.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into rollup_hour (probe_id, channel, hour, n, expected, outside, min, max, sum,
                                      sum_squares, first, last)
             select probe_id, channel, hour, n,
                    coalesce(expected, greatest(
                        1, expected_values(probe_id, hour, hour + interval '1 hour'))),
                    outside, min, max, sum, sum_squares, first, last
             from unnest($1::int[], $2::smallint[], $3::timestamptz[], $4::int[], $5::int[],
                         $6::int[], $7::real[], $8::real[], $9::double precision[],
                         $10::double precision[], $11::real[], $12::real[])
                  as rollup (probe_id, channel, hour, n, expected, outside, min, max, sum,
                             sum_squares, first, last)
             on conflict (probe_id, channel, hour) do update
             set n = excluded.n, expected = excluded.expected, outside = excluded.outside,
                 min = excluded.min, max = excluded.max, sum = excluded.sum,
                 sum_squares = excluded.sum_squares, first = excluded.first, last = excluded.last
             -- Readings never become fewer but by retention, and then the rollup knows more.
             where excluded.n + excluded.outside > rollup_hour.n + rollup_hour.outside",
            &self.probe_id,
            &self.channel,
            &self.hour,
            &self.n,
            &self.expected as &[Option<i32>],
            &self.outside,
            &self.min as &[Option<f32>],
            &self.max as &[Option<f32>],
            &self.sum,
            &self.sum_squares,
            &self.first as &[Option<f32>],
            &self.last as &[Option<f32>]
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
