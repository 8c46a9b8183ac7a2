//! The work that committed readings leave behind: rollups of the hours and days they fall in, and
//! the alarm rules of their probes. The marks are written with the readings and removed with the
//! results, so a process may die anywhere between and nothing is forgotten.

mod hours;

use std::collections::BTreeMap;

use model::alarm::{Bound, Change, Excursion, Limit, SILENCE_SECONDS_MAX, Watch};
use model::time::Timestamp;
use sqlx::postgres::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{Store, StoreError, from_db, notice, to_db};

/// Marks taken in one transaction: some seconds of work at most.
pub const MARKS_PER_ROUND: i64 = 20_000;
/// Advisory lock that lets one settler work at a time: an older snapshot must never overwrite a
/// newer rollup.
const SETTLER_LOCK: i64 = 0x5355_5955_414e_0001;

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Marks removed.
    pub marks: u64,
    /// Alarms raised.
    pub raised: u64,
    /// Whether another settler was at work, so that this one did nothing.
    pub busy: bool,
}

/// Settles up to [`MARKS_PER_ROUND`] marks in one transaction. `now` is noted as the time of
/// detection of what it finds.
pub async fn round(store: &Store, now: OffsetDateTime) -> Result<Settled, StoreError> {
    let mut transaction = store.begin().await?;
    let alone = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock($1) as "alone!""#,
        SETTLER_LOCK
    )
    .fetch_one(&mut *transaction)
    .await?;
    if !alone {
        return Ok(Settled {
            busy: true,
            ..Settled::default()
        });
    }
    // Compiling these queries takes longer than running them.
    sqlx::query!("select set_config('jit', 'off', true)")
        .fetch_one(&mut *transaction)
        .await?;
    let runs = take_marks(&mut transaction).await?;
    if runs.marks == 0 {
        return Ok(Settled::default());
    }
    hours::roll_up(&mut transaction, &runs).await?;
    roll_days_up(&mut transaction, &runs).await?;
    let raised = watch_rules(&mut transaction, &runs, now).await?;
    transaction.commit().await?;
    Ok(Settled {
        marks: runs.marks,
        raised,
        busy: false,
    })
}

/// How many marks wait: the lag of the rollups.
pub async fn count_waiting(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let waiting = sqlx::query_scalar!(r#"select count(*) as "n!" from dirty_hour"#)
        .fetch_one(connection)
        .await?;
    Ok(waiting)
}

/// Runs of hours without a hole, as three parallel columns. A run is read with one range scan:
/// joined hour by hour, a planner without statistics pairs every mark with every report.
#[derive(Default)]
struct Runs {
    marks: u64,
    probes: Vec<i32>,
    from: Vec<OffsetDateTime>,
    to: Vec<OffsetDateTime>,
}

impl Runs {
    /// Joins hours, sorted by probe and time and without repetition, to runs.
    fn of(marks: u64, hours: &[(i32, OffsetDateTime)]) -> Self {
        let mut runs = Self {
            marks,
            ..Self::default()
        };
        for (probe, hour) in hours {
            let next = *hour + Duration::HOUR;
            match (runs.probes.last(), runs.to.last_mut()) {
                (Some(last), Some(end)) if last == probe && *end == *hour => *end = next,
                _ => {
                    runs.probes.push(*probe);
                    runs.from.push(*hour);
                    runs.to.push(next);
                }
            }
        }
        runs
    }
}

async fn take_marks(connection: &mut PgConnection) -> Result<Runs, StoreError> {
    let taken = sqlx::query!(
        "delete from dirty_hour
         where id in (select id from dirty_hour order by id limit $1)
         returning probe_id, hour",
        MARKS_PER_ROUND
    )
    .fetch_all(connection)
    .await?;
    let marks = taken.len() as u64;
    let mut hours: Vec<_> = taken
        .into_iter()
        .map(|row| (row.probe_id, row.hour))
        .collect();
    hours.sort_unstable();
    hours.dedup();
    Ok(Runs::of(marks, &hours))
}

async fn roll_days_up(connection: &mut PgConnection, runs: &Runs) -> Result<(), StoreError> {
    sqlx::query!(
        "with mark as (
             -- Runs of one probe may share a day.
             select distinct run.probe_id, day::date as day,
                    day at time zone 'Asia/Shanghai' as first,
                    (day + interval '1 day') at time zone 'Asia/Shanghai' as last
             from unnest($1::int[], $2::timestamptz[], $3::timestamptz[])
                  as run (probe_id, first_hour, end_hour)
             cross join lateral generate_series(
                 date_trunc('day', first_hour at time zone 'Asia/Shanghai'),
                 (end_hour - interval '1 hour') at time zone 'Asia/Shanghai',
                 interval '1 day') as day
         ), promised as materialized (
             select probe_id, day, first, last,
                    greatest(1, expected_values(probe_id, first, last)) as expected
             from mark
         )
         insert into rollup_day (probe_id, channel, day, n, expected, outside, min, max, sum,
                                 sum_squares, first, last)
         select mark.probe_id, slot.index, mark.day, day.n, mark.expected, day.outside, day.min,
                day.max, day.sum, day.sum_squares, day.firsts[1],
                day.lasts[cardinality(day.lasts)]
         from promised as mark
         join probe on probe.id = mark.probe_id
         join profile_channel as slot on slot.profile_id = probe.profile_id
         cross join lateral (
             select sum(n) as n, sum(outside) as outside, min(min) as min, max(max) as max,
                    sum(sum) as sum, sum(sum_squares) as sum_squares,
                    array_agg(first) filter (where n > 0) as firsts,
                    array_agg(last) filter (where n > 0) as lasts
             -- Sorted once and not for each of the sums, which depend on the order.
             from (
                 select * from rollup_hour
                 where probe_id = mark.probe_id and channel = slot.index
                   and hour >= mark.first and hour < mark.last
                 order by hour
                 offset 0
             ) as hourly
         ) as day
         where day.n is not null
         on conflict (probe_id, channel, day) do update
         set n = excluded.n, expected = excluded.expected, outside = excluded.outside,
             min = excluded.min, max = excluded.max, sum = excluded.sum,
             sum_squares = excluded.sum_squares, first = excluded.first, last = excluded.last",
        &runs.probes,
        &runs.from,
        &runs.to
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A rule to watch, with its alarm where one is active.
struct Watched {
    rule: i64,
    probe: i32,
    channel: i16,
    limit: Limit,
    active: Option<(i64, Excursion)>,
}

async fn watch_rules(
    connection: &mut PgConnection,
    runs: &Runs,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    let mut spans: BTreeMap<i32, (OffsetDateTime, OffsetDateTime)> = BTreeMap::new();
    for ((probe, from), to) in runs.probes.iter().zip(&runs.from).zip(&runs.to) {
        let span = spans.entry(*probe).or_insert((*from, *to));
        *span = (span.0.min(*from), span.1.max(*to));
    }
    let probes: Vec<i32> = spans.keys().copied().collect();
    let mut raised = 0;
    for watched in list_watched(connection, &probes).await? {
        let Some((first, end)) = spans.get(&watched.probe) else {
            continue;
        };
        raised += watch(connection, &watched, from_db(*first), from_db(*end), now).await?;
    }
    Ok(raised)
}

async fn list_watched(
    connection: &mut PgConnection,
    probes: &[i32],
) -> Result<Vec<Watched>, StoreError> {
    let rows = sqlx::query!(
        r#"select rule.id as rule, rule.probe_id, rule.channel, rule.bound, rule.limit_value,
                  rule.hold_s, alarm.id as "alarm?", alarm.raised_at as "raised_at?",
                  alarm.extreme as "extreme?", alarm.last_value as "last_value?",
                  alarm.last_at as "last_at?"
           from alarm_rule as rule
           left join alarm on alarm.rule_id = rule.id and alarm.cleared_at is null
           where rule.probe_id = any($1)"#,
        probes
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let bound = Bound::from_code(&row.bound)
                .ok_or_else(|| StoreError::inconsistent("alarm_rule.bound", row.bound))?;
            let limit = Limit {
                bound,
                value: row.limit_value,
                hold_seconds: i64::from(row.hold_s),
            };
            let active = match (
                row.alarm,
                row.raised_at,
                row.extreme,
                row.last_value,
                row.last_at,
            ) {
                (Some(alarm), Some(since), Some(extreme), Some(last), Some(last_at)) => {
                    let since = from_db(since);
                    Some((
                        alarm,
                        Excursion {
                            since,
                            extreme,
                            last,
                            last_at: from_db(last_at),
                        },
                    ))
                }
                _ => None,
            };
            let (rule, probe, channel) = (row.rule, row.probe_id, row.channel);
            Ok(Watched {
                rule,
                probe,
                channel,
                limit,
                active,
            })
        })
        .collect()
}

/// Feeds one rule the readings around the settled hours and writes what changed. Returns how
/// many alarms were raised.
async fn watch(
    connection: &mut PgConnection,
    watched: &Watched,
    first_hour: Timestamp,
    end: Timestamp,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    let (mut watch, from) = if let Some((_, excursion)) = &watched.active {
        // The last reading was fed before; what follows it is new.
        (
            Watch::active(watched.limit, *excursion),
            Timestamp(excursion.last_at.0 + 1),
        )
    } else {
        let back = watched.limit.hold_seconds + SILENCE_SECONDS_MAX;
        (Watch::quiet(watched.limit), first_hour.plus_seconds(-back))
    };
    let readings = list_values(connection, watched, from, end).await?;
    let mut active = watched.active.map(|(alarm, _)| alarm);
    let mut newest = None;
    let mut raised = 0;
    for (time, value) in readings {
        match watch.feed(time, value) {
            Some(Change::Raised(excursion)) => {
                active = raise(connection, watched.rule, &excursion, now).await?;
                raised += u64::from(active.is_some());
            }
            // One update for the whole run: only its newest state is kept.
            Some(Change::Continued(excursion)) => newest = Some(excursion),
            Some(Change::Cleared(excursion, at)) => {
                update(connection, active.take(), &excursion, Some(to_db(at))).await?;
                newest = None;
            }
            None => {}
        }
    }
    if let Some(excursion) = newest {
        update(connection, active, &excursion, None).await?;
    }
    Ok(raised)
}

async fn list_values(
    connection: &mut PgConnection,
    watched: &Watched,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Timestamp, f32)>, StoreError> {
    let rows = sqlx::query!(
        r#"select time, values[$2::int + 1] as "value!" from report
           where probe_id = $1 and time >= $3 and time < $4
             and values[$2::int + 1] is not null
             and coalesce(outside >> $2::int & 1, 0) = 0
           order by time"#,
        watched.probe,
        i32::from(watched.channel),
        to_db(from),
        to_db(to)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (from_db(row.time), row.value))
        .collect())
}

/// Writes a new alarm, unless the excursion lies inside one that is known: late readings make
/// settled hours be watched again.
async fn raise(
    connection: &mut PgConnection,
    rule: i64,
    excursion: &Excursion,
    now: OffsetDateTime,
) -> Result<Option<i64>, StoreError> {
    let alarm = sqlx::query_scalar!(
        "insert into alarm (rule_id, raised_at, detected_at, extreme, last_value, last_at)
         select $1, $2, $3, $4, $5, $6
         where not exists (
             select from alarm
             where rule_id = $1 and raised_at <= $6 and coalesce(cleared_at, $6) >= $2
         )
         returning id",
        rule,
        to_db(excursion.since),
        now,
        excursion.extreme,
        excursion.last,
        to_db(excursion.last_at)
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(alarm) = alarm {
        notice::alarm_changed(connection, alarm).await?;
    }
    Ok(alarm)
}

/// Brings an active alarm up to date and says so; without one there is nothing to do.
async fn update(
    connection: &mut PgConnection,
    alarm: Option<i64>,
    excursion: &Excursion,
    cleared_at: Option<OffsetDateTime>,
) -> Result<(), StoreError> {
    let Some(alarm) = alarm else { return Ok(()) };
    sqlx::query!(
        "update alarm set extreme = $2, last_value = $3, last_at = $4, cleared_at = $5
         where id = $1",
        alarm,
        excursion.extreme,
        excursion.last,
        to_db(excursion.last_at),
        cleared_at
    )
    .execute(&mut *connection)
    .await?;
    notice::alarm_changed(connection, alarm).await
}

#[cfg(test)]
mod tests;
