//! What is dropped and what is held, on a real database. A piece is a month on plain PostgreSQL
//! and seven days with TimescaleDB; these tests hold for both where they do not say otherwise.

use std::error::Error;
use std::io::Write as _;

use model::id::ProbeKey;
use model::time::Timestamp;
use time::Date;
use time::macros::{date, datetime};
use uuid::Uuid;

use super::*;
use crate::reading::{self, Span, StepLength};
use crate::report::{Batch, Report, Writer};
use crate::testing::{Farm, TestDatabase, insert_farm, insert_probe};
use crate::{lot, plot, settle};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);
const DAYS: u32 = 400;
const ALL: Span = Span {
    from: datetime!(2000-01-01 0:00 UTC),
    to: datetime!(2100-01-01 0:00 UTC),
};

struct Bench {
    database: TestDatabase,
    writer: Writer,
    probe: ProbeKey,
}

impl Bench {
    async fn new() -> Result<Self, Box<dyn Error>> {
        let database = TestDatabase::new().await?;
        let probe = insert_probe(&database.store, "gw", "p", &["a"], 900).await?;
        let writer = Writer::open(&database.store).await?;
        Ok(Self {
            database,
            writer,
            probe,
        })
    }

    /// Reports at these times that arrived at once.
    async fn write(&mut self, times: &[OffsetDateTime]) -> TestResult {
        let reports = times.iter().map(|time| self.report(*time, *time)).collect();
        self.write_reports(reports).await
    }

    fn report(&self, time: OffsetDateTime, arrived: OffsetDateTime) -> Report {
        let stamp = |time: OffsetDateTime| Timestamp::from_seconds(time.unix_timestamp());
        Report::ordinary(self.probe, stamp(time), stamp(arrived), vec![Some(1.0)])
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

    async fn settle(&self) -> TestResult {
        while settle::round(&self.database.store, NOW).await?.marks > 0 {}
        Ok(())
    }

    async fn keep(&self) -> Result<Kept, StoreError> {
        round(&self.database.store, DAYS, NOW).await
    }

    async fn times(&self) -> Result<Vec<OffsetDateTime>, StoreError> {
        let mut connection = self.database.store.acquire().await?;
        let stored = reading::list_raw(&mut connection, self.probe, ALL, 1_000).await?;
        Ok(stored.into_iter().rev().map(|report| report.time).collect())
    }

    async fn hours(&self) -> Result<usize, StoreError> {
        let mut connection = self.database.store.acquire().await?;
        let hour = StepLength::Hour;
        let steps = reading::list_steps(&mut connection, self.probe, hour, ALL, 1_000).await?;
        Ok(steps.len())
    }

    /// A lot of a farm, on whose plot the probe stands from `placed` on.
    async fn grow(
        &self,
        placed: OffsetDateTime,
        (started_on, harvested_on): (Date, Option<Date>),
    ) -> Result<i64, Box<dyn Error>> {
        let Farm { product, plot, .. } = insert_farm(&self.database.store).await?;
        let mut connection = self.database.store.acquire().await?;
        plot::place_probe(&mut connection, self.probe.0, plot, placed).await?;
        let new = lot::NewLot {
            product_id: product,
            plot_id: plot,
            code: "L1",
            state: LotState::InTest,
            started_on,
            harvested_on,
            quantity: 1.0,
            recall_reason: None,
            request_id: Uuid::nil(),
            account_id: None,
        };
        Ok(lot::insert(&mut connection, &new, NOW).await?)
    }

    /// Whether this is plain PostgreSQL; says what is left out where it is not.
    async fn is_plain(&self, test: &str) -> Result<bool, Box<dyn Error>> {
        let plain = self.database.store.flavour().await? == Flavour::Plain;
        if !plain {
            writeln!(
                std::io::stderr(),
                "SKIPPED {test}: TimescaleDB has no months"
            )?;
        }
        Ok(plain)
    }
}

#[tokio::test]
async fn what_is_wholly_older_goes_its_rollups_stay_and_a_second_round_changes_nothing()
-> TestResult {
    let mut bench = Bench::new().await?;
    let old = datetime!(2025-03-05 10:00 UTC);
    let leap = datetime!(2024-02-29 23:59:59 UTC);
    // 2025-10-20 12:00 is 400 days before; the month and the chunk of it stay whole.
    let partly = datetime!(2025-10-20 11:00 UTC);
    let recent = datetime!(2026-11-01 0:00 UTC);
    bench.write(&[leap, old, partly, recent]).await?;
    bench.settle().await?;
    let kept = bench.keep().await?;
    assert_eq!(kept.dropped.len(), 2, "{kept:?}");
    assert!(kept.dropped[0].from <= leap && leap < kept.dropped[0].to);
    assert!(kept.dropped[1].from <= old && old < kept.dropped[1].to);
    assert_eq!((kept.held.len(), kept.busy), (0, false));
    assert_eq!(bench.times().await?, [partly, recent]);
    assert_eq!(bench.hours().await?, 4);
    assert_eq!(bench.keep().await?, Kept::default());
    Ok(())
}

#[tokio::test]
async fn a_lot_that_is_not_closed_holds_its_growing_period_and_no_more() -> TestResult {
    let mut bench = Bench::new().await?;
    let before = datetime!(2025-01-10 0:00 UTC);
    let unplaced = datetime!(2025-03-02 0:00 UTC);
    let inside = datetime!(2025-05-20 0:00 UTC);
    let after = datetime!(2025-08-20 0:00 UTC);
    bench.write(&[before, unplaced, inside, after]).await?;
    bench.settle().await?;
    let period = (date!(2025 - 02 - 25), Some(date!(2025 - 06 - 30)));
    let lot = bench.grow(datetime!(2025-04-15 0:00 UTC), period).await?;
    let kept = bench.keep().await?;
    assert_eq!(bench.times().await?, [inside]);
    assert_eq!((kept.dropped.len(), kept.held.len()), (3, 1));
    assert_eq!(kept.held[0].1, Hold::Lot);

    let mut connection = bench.database.store.acquire().await?;
    lot::step(&mut connection, lot, LotState::Held).await?;
    assert_eq!(
        bench.keep().await?.held.len(),
        1,
        "a held lot is not closed"
    );
    lot::step(&mut connection, lot, LotState::Released).await?;
    assert_eq!(bench.keep().await?.dropped.len(), 1);
    assert!(bench.times().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_seal_can_be_made_again_to_the_last_digit_after_the_raw_readings_went() -> TestResult {
    let mut bench = Bench::new().await?;
    let day = |days| datetime!(2025-05-01 0:00 UTC) + Duration::days(days);
    let times: Vec<_> = (0..30).map(day).collect();
    bench.write(&times).await?;
    bench.settle().await?;
    let (first, last) = (date!(2025 - 04 - 25), date!(2025 - 06 - 30));
    let placed = datetime!(2025-04-15 0:00 UTC);
    let lot = bench.grow(placed, (first, Some(last))).await?;
    let mut connection = bench.database.store.acquire().await?;
    let plot = lot::find(&mut connection, lot)
        .await?
        .ok_or("no lot")?
        .plot_id;
    let period = crate::trace::Period { first, last };
    let sealed = crate::seal::channels(&mut connection, plot, period, NOW).await?;
    assert_eq!((sealed.len(), sealed[0].present), (1, 30));
    lot::step(&mut connection, lot, LotState::Released).await?;
    assert!(!bench.keep().await?.dropped.is_empty());
    assert!(bench.times().await?.is_empty());
    let again = crate::seal::channels(&mut connection, plot, period, NOW).await?;
    assert_eq!(again, sealed);
    // A reading that comes afterwards is stored, and takes nothing away from what was known.
    bench.write(&[day(3)]).await?;
    bench.settle().await?;
    let after = crate::seal::channels(&mut connection, plot, period, NOW).await?;
    assert_eq!(after, sealed);
    Ok(())
}

#[tokio::test]
async fn a_lot_that_still_grows_holds_everything_since_it_began() -> TestResult {
    let mut bench = Bench::new().await?;
    let times = [
        datetime!(2025-03-01 0:00 UTC),
        datetime!(2025-09-01 0:00 UTC),
    ];
    bench.write(&times).await?;
    bench.settle().await?;
    let lot = bench
        .grow(
            datetime!(2025-01-01 0:00 UTC),
            (date!(2025 - 02 - 25), None),
        )
        .await?;
    sqlx::query("update lot set state = 'growing' where id = $1")
        .bind(lot)
        .execute(&mut *bench.database.store.acquire().await?)
        .await?;
    let kept = bench.keep().await?;
    assert_eq!((kept.dropped.len(), kept.held.len()), (0, 2));
    assert_eq!(bench.times().await?, times);
    Ok(())
}

#[tokio::test]
async fn a_recording_of_another_year_stays_until_it_is_that_long_here() -> TestResult {
    let mut bench = Bench::new().await?;
    let recorded = datetime!(2025-01-05 0:00 UTC);
    let report = bench.report(recorded, NOW);
    bench.write_reports(vec![report]).await?;
    bench.settle().await?;
    let kept = bench.keep().await?;
    assert_eq!(kept.held.len(), 1);
    assert_eq!(kept.held[0].1, Hold::Arrival);
    let later = NOW + Duration::days(i64::from(DAYS)) + Duration::SECOND;
    let kept = round(&bench.database.store, DAYS, later).await?;
    assert_eq!((kept.dropped.len(), kept.held.len()), (1, 0));
    Ok(())
}

#[tokio::test]
async fn nothing_goes_before_it_is_in_the_rollups() -> TestResult {
    let mut bench = Bench::new().await?;
    bench.write(&[datetime!(2025-03-01 0:00 UTC)]).await?;
    let kept = bench.keep().await?;
    assert_eq!(kept.held.len(), 1);
    assert_eq!(kept.held[0].1, Hold::Settling);
    bench.settle().await?;
    assert_eq!(bench.keep().await?.dropped.len(), 1);
    assert_eq!(bench.hours().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_reading_that_comes_after_its_month_went_is_stored_and_moves_into_a_month() -> TestResult
{
    let mut bench = Bench::new().await?;
    let times = [
        datetime!(2025-03-01 0:00 UTC),
        datetime!(2025-03-01 0:15 UTC),
    ];
    bench.write(&times).await?;
    bench.settle().await?;
    assert_eq!(bench.keep().await?.dropped.len(), 1);
    // The writer remembers the month as made.
    let late = datetime!(2025-03-01 0:30 UTC);
    let report = bench.report(late, NOW);
    bench.write_reports(vec![report]).await?;
    bench.settle().await?;
    assert_eq!(bench.times().await?, [late]);
    let mut connection = bench.database.store.acquire().await?;
    let hour = StepLength::Hour;
    let steps = reading::list_steps(&mut connection, bench.probe, hour, ALL, 10).await?;
    assert_eq!(steps[0].n, 2, "the rollup knows more than what is left");
    if !bench.is_plain("moving strays").await? {
        return Ok(());
    }
    // Another process makes the month meanwhile: it cannot, and goes on.
    let mut other = Writer::open(&bench.database.store).await?;
    let report = bench.report(datetime!(2025-03-09 0:00 UTC), NOW);
    let batch = Batch {
        reports: vec![report],
        dead_letters: Vec::new(),
    };
    assert_eq!(other.write(&batch).await?.stored, 1);
    bench.settle().await?;
    let kept = bench.keep().await?;
    assert_eq!((kept.rehomed, kept.held.len()), (2, 1));
    assert_eq!(bench.times().await?.len(), 2);
    let strays: i64 = sqlx::query_scalar("select count(*) from report_default")
        .fetch_one(&mut *connection)
        .await?;
    assert_eq!(strays, 0);
    Ok(())
}

#[tokio::test]
async fn this_month_and_the_next_two_are_made_ahead_over_new_year() -> TestResult {
    let bench = Bench::new().await?;
    if !bench.is_plain("months ahead").await? {
        return Ok(());
    }
    for now in [NOW, NOW] {
        round(&bench.database.store, DAYS, now).await?;
    }
    let mut connection = bench.database.store.acquire().await?;
    let names: Vec<_> = partition::list(&mut connection)
        .await?
        .into_iter()
        .map(|piece| piece.name)
        .collect();
    assert_eq!(
        names,
        ["report_2026_11", "report_2026_12", "report_2027_01"]
    );
    Ok(())
}

#[tokio::test]
async fn two_processes_at_once_drop_everything_once() -> TestResult {
    let mut bench = Bench::new().await?;
    let months: Vec<_> = (1..=8)
        .map(|month| datetime!(2025-01-05 0:00 UTC) + Duration::days(30 * month))
        .collect();
    bench.write(&months).await?;
    bench.settle().await?;
    let (one, two) = tokio::join!(bench.keep(), bench.keep());
    let (one, two) = (one?, two?);
    assert_eq!(one.dropped.len() + two.dropped.len(), 8, "{one:?} {two:?}");
    assert!(bench.times().await?.is_empty());
    assert!(!bench.keep().await?.busy, "the lock is given back");
    Ok(())
}
