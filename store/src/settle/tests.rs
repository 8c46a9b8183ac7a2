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

    /// Writes one value a minute number.
    async fn write(&mut self, values: &[(i64, f32)]) -> TestResult {
        let report = |(minute, value): &(i64, f32)| {
            let time = Timestamp::from_seconds(START + minute * 60);
            Report::ordinary(self.probe, time, time, vec![Some(*value)])
        };
        let reports = values.iter().map(report).collect();
        self.writer
            .write(&Batch {
                reports,
                dead_letters: Vec::new(),
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
    let kept = alarm::find(&mut connection, alarm).await?.ok_or("gone")?;
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
    let mut listener = notice::AlarmListener::open(&bench.database.store).await?;
    bench.write(&[(0, -1.0), (15, -1.0)]).await?;
    bench.settle().await?;
    assert_eq!(listener.next().await?, bench.alarms().await?[0].id);
    Ok(())
}

/// The hours as they should be: from all values, however they arrived.
fn expected_hours(values: &[(i64, f32)]) -> Vec<(i64, i32, f32, f32)> {
    let mut kept: BTreeMap<i64, f32> = BTreeMap::new();
    for (minute, value) in values {
        kept.entry(*minute).or_insert(*value);
    }
    let mut hours: BTreeMap<i64, (i32, f32, f32)> = BTreeMap::new();
    for (minute, value) in kept {
        let hour = hours.entry(minute / 60).or_insert((0, value, value));
        *hour = (hour.0 + 1, hour.1.min(value), hour.2.max(value));
    }
    hours
        .into_iter()
        .map(|(hour, (n, min, max))| (hour, n, min, max))
        .collect()
}

#[test]
fn rollups_are_exact_however_late_and_doubled_the_readings_come() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let batches = prop::collection::vec(
        prop::collection::vec((0_i64..600, -10.0_f32..40.0), 1..20),
        1..6,
    );
    let config = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(batches in batches)| {
        let hours = runtime.block_on(async {
            let mut bench = Bench::new().await?;
            for batch in &batches {
                bench.write(batch).await?;
                bench.settle().await?;
            }
            Ok::<_, Box<dyn Error>>(bench.steps(StepLength::Hour).await?)
        }).unwrap();
        let hour = |step: &Step| (step.start.unix_timestamp() - START) / 3_600;
        let found: Vec<_> =
            hours.iter().rev().map(|step| {
                let summary = step.summary.expect("values");
                (hour(step), step.n, summary.min, summary.max)
            }).collect();
        prop_assert_eq!(found, expected_hours(&batches.concat()));
    });
}
