//! Rollups and alarms against a real PostgreSQL: exact under late data, once whatever happens.

use std::error::Error;

use model::alarm::Severity;
use model::id::ProbeKey;
use proptest::prelude::*;
use time::macros::datetime;

use super::*;
use crate::alarm::{self, Filter, NewRule};
use crate::reading::{self, Span, Step, StepLength, Summary};
use crate::report::{Batch, Report, Writer};
use crate::testing::{TestDatabase, insert_probe};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
/// 2026-01-05 00:00 UTC: an hour's start.
const START: i64 = 1_767_571_200;
const ALL: Span = Span {
    from: datetime!(2025-01-01 0:00 UTC),
    to: datetime!(2027-01-01 0:00 UTC),
};

struct Bench {
    database: TestDatabase,
    writer: Writer,
    probe: ProbeKey,
}

impl Bench {
    async fn new() -> Result<Self, Box<dyn Error>> {
        let database = TestDatabase::new().await?;
        let probe = insert_probe(&database.store, "gw", "p", &["temperature"], 900).await?;
        let writer = Writer::open(&database.store).await?;
        Ok(Self {
            database,
            writer,
            probe,
        })
    }

    fn report(&self, minute: i64, value: f32) -> Report {
        let time = Timestamp::from_seconds(START + minute * 60);
        Report::ordinary(self.probe, time, time, vec![Some(value)])
    }

    /// Writes one value a minute number.
    async fn write(&mut self, values: &[(i64, f32)]) -> TestResult {
        let report = |(minute, value): &(i64, f32)| self.report(*minute, *value);
        let reports = values.iter().map(report).collect();
        self.write_reports(reports).await
    }

    async fn write_reports(&mut self, reports: Vec<Report>) -> TestResult {
        let dead_letters = Vec::new();
        self.writer
            .write(&Batch {
                reports,
                dead_letters,
            })
            .await?;
        Ok(())
    }

    async fn settle(&self) -> Result<Settled, StoreError> {
        round(&self.database.store, NOW).await
    }

    async fn steps(&self, length: StepLength) -> Result<Vec<Step>, StoreError> {
        let mut connection = self.database.store.acquire().await?;
        reading::list_steps(&mut connection, self.probe, length, ALL, 1_000).await
    }

    async fn watch_for_frost(&self) -> TestResult {
        let limit = Limit {
            bound: Bound::Below,
            value: 0.0,
            hold_seconds: 600,
        };
        let (name, name_en, severity) = ("霜冻", "Frost", Severity::Critical);
        let rule = NewRule {
            probe: self.probe,
            channel: 0,
            name,
            name_en,
            limit,
            severity,
        };
        alarm::insert_rule(&mut *self.database.store.acquire().await?, &rule).await?;
        Ok(())
    }

    async fn alarms(&self) -> Result<Vec<alarm::Alarm>, StoreError> {
        alarm::list(
            &mut *self.database.store.acquire().await?,
            &Filter::default(),
            NOW,
            100,
        )
        .await
    }
}

#[tokio::test]
async fn an_hour_and_a_day_add_up() -> TestResult {
    let mut bench = Bench::new().await?;
    bench
        .write(&[(0, 1.0), (15, 2.0), (30, 6.0), (60, -1.0)])
        .await?;
    let settled = bench.settle().await?;
    assert_eq!((settled.marks, settled.raised), (2, 0));
    let hours = bench.steps(StepLength::Hour).await?;
    assert_eq!(hours.len(), 2);
    let first = hours[1];
    assert_eq!((first.n, first.expected, first.outside), (3, 4, 0));
    let summary = Summary {
        min: 1.0,
        max: 6.0,
        mean: 3.0,
        first: 1.0,
        last: 6.0,
    };
    assert_eq!(first.summary, Some(summary));
    let days = bench.steps(StepLength::Day).await?;
    assert_eq!(days.len(), 1);
    assert_eq!((days[0].n, days[0].expected), (4, 96));
    assert_eq!(days[0].summary.map(|summary| summary.min), Some(-1.0));
    // 2026-01-05 08:00 in China lies in a day that began at 16:00 UTC the day before.
    assert_eq!(days[0].start, datetime!(2026-01-04 16:00 UTC));
    assert_eq!(bench.settle().await?.marks, 0);
    Ok(())
}

#[tokio::test]
async fn what_was_expected_follows_from_the_interval_that_was_in_force() -> TestResult {
    let mut bench = Bench::new().await?;
    let mut connection = bench.database.store.acquire().await?;
    let probes = crate::probe::list(&mut connection, None).await?;
    let channels = &probes[0].channels;
    // Every 15 minutes; every 5 from half past four on the sixth, China standard time.
    let often = crate::probe::insert_profile(&mut connection, "often", 300, channels).await?;
    let turn = datetime!(2026-01-05 20:30 UTC);
    crate::probe::use_profile(&mut connection, bench.probe, (often, turn), NOW, None).await?;
    drop(connection);
    let minutes = [0, 15, 19 * 60, 20 * 60, 21 * 60, 40 * 60].map(|minute| (minute, 1.0));
    bench.write(&minutes).await?;
    bench.settle().await?;
    let expected = |steps: &[Step]| steps.iter().rev().map(|s| s.expected).collect::<Vec<_>>();
    let hours = bench.steps(StepLength::Hour).await?;
    // Half an hour of the one and half an hour of the other: 2 + 6.
    assert_eq!(expected(&hours), [4, 4, 8, 12, 12]);
    // A day in China begins at 16:00 UTC: 4.5 hours of the one, 19.5 of the other.
    let days = bench.steps(StepLength::Day).await?;
    assert_eq!(expected(&days), [96, 18 + 234, 288]);
    // Late data of an hour long gone does not make it lack what nobody had promised.
    bench.write(&[(30, 1.0)]).await?;
    bench.settle().await?;
    let again = bench.steps(StepLength::Hour).await?;
    assert_eq!(expected(&again), [4, 4, 8, 12, 12]);
    assert_eq!(again.last().map(|step| step.n), Some(3));
    Ok(())
}

#[tokio::test]
async fn frost_becomes_one_alarm_that_grows_and_clears() -> TestResult {
    let mut bench = Bench::new().await?;
    bench.watch_for_frost().await?;
    bench.write(&[(0, 1.0), (15, -0.5)]).await?;
    assert_eq!(bench.settle().await?.raised, 0);
    bench.write(&[(30, -2.0)]).await?;
    assert_eq!(bench.settle().await?.raised, 1);
    bench.write(&[(45, -3.0)]).await?;
    assert_eq!(bench.settle().await?.raised, 0);
    let alarms = bench.alarms().await?;
    assert_eq!(alarms.len(), 1);
    assert_eq!((alarms[0].extreme, alarms[0].last_value), (-3.0, -3.0));
    assert_eq!(alarms[0].raised_at, datetime!(2026-01-05 0:15 UTC));
    assert_eq!((alarms[0].detected_at, alarms[0].cleared_at), (NOW, None));
    bench.write(&[(75, 0.0)]).await?;
    bench.settle().await?;
    assert_eq!(
        bench.alarms().await?[0].cleared_at,
        Some(datetime!(2026-01-05 1:15 UTC))
    );
    Ok(())
}

#[tokio::test]
async fn late_readings_inside_a_past_alarm_do_not_raise_it_again() -> TestResult {
    let mut bench = Bench::new().await?;
    bench.watch_for_frost().await?;
    bench
        .write(&[(0, -1.0), (30, -1.0), (50, -1.0), (170, 1.0)])
        .await?;
    assert_eq!(bench.settle().await?.raised, 1);
    bench.write(&[(20, -4.0), (40, -1.0)]).await?;
    assert_eq!(bench.settle().await?.raised, 0);
    assert_eq!(bench.alarms().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_alarm_is_acknowledged_once_and_by_the_first() -> TestResult {
    let mut bench = Bench::new().await?;
    bench.watch_for_frost().await?;
    bench.write(&[(0, -1.0), (15, -1.0)]).await?;
    bench.settle().await?;
    let mut connection = bench.database.store.acquire().await?;
    let person = |login| crate::account::NewAccount {
        login,
        display_name: login,
        role: crate::account::Role::Supervisor,
        producer_id: None,
        password_hash: "",
    };
    let one = crate::account::insert(&mut connection, &person("one"), NOW).await?;
    let two = crate::account::insert(&mut connection, &person("two"), NOW).await?;
    let alarm = bench.alarms().await?[0].id;
    assert!(alarm::acknowledge(&mut connection, alarm, one, "去看", NOW).await?);
    assert!(!alarm::acknowledge(&mut connection, alarm, two, "晚了", NOW).await?);
    let kept = alarm::find(&mut connection, alarm, NOW)
        .await?
        .ok_or("gone")?;
    assert_eq!(
        (kept.acknowledged_by.as_deref(), kept.note.as_str()),
        (Some("one"), "去看")
    );
    Ok(())
}

#[tokio::test]
async fn a_listener_hears_of_an_alarm_when_it_is_committed() -> TestResult {
    let mut bench = Bench::new().await?;
    bench.watch_for_frost().await?;
    let mut listener =
        notice::NumberListener::open(&bench.database.store, notice::Topic::Alarms).await?;
    bench.write(&[(0, -1.0), (15, -1.0)]).await?;
    bench.settle().await?;
    assert_eq!(listener.next().await?, bench.alarms().await?[0].id);
    Ok(())
}

#[tokio::test]
async fn a_value_outside_the_range_is_counted_and_nothing_else() -> TestResult {
    let mut bench = Bench::new().await?;
    bench.watch_for_frost().await?;
    let outside = |minute| {
        let mut report = bench.report(minute, -127.0);
        report.outside.insert(0);
        report
    };
    // An hour of sense and nonsense, and an hour of nonsense alone.
    let mut reports: Vec<_> = [15, 30, 45, 60, 75].map(outside).into();
    reports.push(bench.report(0, 2.0));
    bench.write_reports(reports).await?;
    assert_eq!(
        bench.settle().await?.raised,
        0,
        "a broken probe is no frost"
    );
    let hours = bench.steps(StepLength::Hour).await?;
    let counts: Vec<_> = hours.iter().map(|h| (h.n, h.outside, h.expected)).collect();
    assert_eq!(counts, [(0, 2, 4), (1, 3, 4)]);
    assert_eq!(hours[0].summary, None);
    assert_eq!(hours[1].summary.map(|s| (s.min, s.last)), Some((2.0, 2.0)));
    let days = bench.steps(StepLength::Day).await?;
    assert_eq!((days[0].n, days[0].outside), (1, 5));
    assert_eq!(
        days[0].summary.map(|s| (s.min, s.first, s.last)),
        Some((2.0, 2.0, 2.0))
    );
    Ok(())
}

/// One report of the property below: minute, value, whether it lies outside the range.
type Said = (i64, f32, bool);
/// An hour of it: values within and outside the range, their sum, least and greatest.
type Hour = (i32, i32, f64, Option<(f32, f32)>);

/// Steps as text, to the last bit.
fn exactly(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| format!("{step:?}")).collect()
}

/// The hours as they should be: from all values, however they arrived.
fn expected_hours(said: &[Said]) -> Vec<(i64, Hour)> {
    let mut kept: BTreeMap<i64, (f32, bool)> = BTreeMap::new();
    for (minute, value, outside) in said {
        kept.entry(*minute).or_insert((*value, *outside));
    }
    let mut hours: BTreeMap<i64, Hour> = BTreeMap::new();
    for (minute, (value, outside)) in kept {
        let hour = hours.entry(minute / 60).or_default();
        if outside {
            hour.1 += 1;
            continue;
        }
        hour.0 += 1;
        hour.2 += f64::from(value);
        let (min, max) = hour.3.unwrap_or((value, value));
        hour.3 = Some((min.min(value), max.max(value)));
    }
    hours.into_iter().collect()
}

/// Settles after each batch; returns the steps, and again after everything was summed up anew.
async fn settle_twice(batches: &[Vec<Said>]) -> Result<[Vec<Step>; 4], Box<dyn Error>> {
    let mut bench = Bench::new().await?;
    for batch in batches {
        let report = |(minute, value, outside): &Said| {
            let mut report = bench.report(*minute, *value);
            if *outside {
                report.outside.insert(0);
            }
            report
        };
        let reports = batch.iter().map(report).collect();
        bench.write_reports(reports).await?;
        bench.settle().await?;
    }
    let hours = bench.steps(StepLength::Hour).await?;
    let days = bench.steps(StepLength::Day).await?;
    let anew = "truncate rollup_hour, rollup_day;
        insert into dirty_hour (probe_id, hour)
        select distinct probe_id, date_trunc('hour', time, 'UTC') from report";
    sqlx::raw_sql(anew)
        .execute(&mut *bench.database.store.acquire().await?)
        .await?;
    bench.settle().await?;
    let again = bench.steps(StepLength::Hour).await?;
    Ok([hours, days, again, bench.steps(StepLength::Day).await?])
}

#[test]
fn rollups_are_exact_however_late_disordered_and_doubled_the_readings_come() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let said = (0_i64..1_800, -10.0_f32..40.0, prop::bool::weighted(0.2));
    let batches = prop::collection::vec(prop::collection::vec(said, 1..40), 1..6);
    let config = ProptestConfig {
        cases: 16,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(batches in batches)| {
        let [hours, days, hours_again, days_again] =
            runtime.block_on(settle_twice(&batches)).unwrap();
        prop_assert_eq!(exactly(&hours), exactly(&hours_again));
        prop_assert_eq!(exactly(&days), exactly(&days_again));
        let found: Vec<_> = hours.iter().rev().map(|step| {
            let hour = (step.start.unix_timestamp() - START) / 3_600;
            let sum = step.summary.map_or(0.0, |s| s.mean * f64::from(step.n));
            (hour, (step.n, step.outside, sum, step.summary.map(|s| (s.min, s.max))))
        }).collect();
        let expected = expected_hours(&batches.concat());
        prop_assert_eq!(found.len(), expected.len());
        for ((hour, found), (at, expected)) in found.iter().zip(&expected) {
            prop_assert_eq!(
                (hour, found.0, found.1, found.3),
                (at, expected.0, expected.1, expected.3)
            );
            // The mean was divided and multiplied again.
            prop_assert!((found.2 - expected.2).abs() <= 1e-12 * expected.2.abs().max(1.0));
        }
        let n: i32 = days.iter().map(|step| step.n).sum();
        prop_assert_eq!(n, expected.iter().map(|hour| hour.1.0).sum::<i32>());
    });
}
