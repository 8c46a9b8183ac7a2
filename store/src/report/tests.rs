//! The writer against a real PostgreSQL: nothing lost, nothing doubled, nothing half-written.

use std::error::Error;
use std::io::Write as _;

use time::macros::datetime;

use super::*;
use crate::dead_letter::Filter;
use crate::reading::{self, Span};
use crate::testing::{TestDatabase, insert_probe};

type TestResult = Result<(), Box<dyn Error>>;

const ALL: Span = Span {
    from: datetime!(1990-01-01 0:00 UTC),
    to: datetime!(2100-01-01 0:00 UTC),
};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_seconds(1_780_000_000 + minute * 60)
}

fn report(probe: ProbeKey, minute: i64, values: &[Option<f32>]) -> Report {
    Report::ordinary(probe, at(minute), at(minute), values.to_vec())
}

fn batch(reports: Vec<Report>) -> Batch {
    Batch {
        reports,
        dead_letters: Vec::new(),
    }
}

struct Bench {
    database: TestDatabase,
    writer: Writer,
    probe: ProbeKey,
}

impl Bench {
    async fn new() -> Result<Self, Box<dyn Error>> {
        let database = TestDatabase::new().await?;
        let probe = insert_probe(&database.store, "gw", "p", &["a", "b"], 900).await?;
        let writer = Writer::open(&database.store).await?;
        Ok(Self {
            database,
            writer,
            probe,
        })
    }

    async fn stored(&self) -> Result<Vec<reading::Stored>, Box<dyn Error>> {
        let mut connection = self.database.store.acquire().await?;
        Ok(reading::list_raw(&mut connection, self.probe, ALL, 1_000).await?)
    }
}

#[tokio::test]
async fn values_come_back_as_they_were_written() -> TestResult {
    let mut bench = Bench::new().await?;
    let values = [Some(30.0206), None];
    let written = bench
        .writer
        .write(&batch(vec![report(bench.probe, 0, &values)]))
        .await?;
    assert_eq!(
        written,
        Written {
            stored: 1,
            ..Written::default()
        }
    );
    let stored = bench.stored().await?;
    assert_eq!(stored[0].values, values);
    assert_eq!(crate::from_db(stored[0].time), at(0));
    Ok(())
}

#[tokio::test]
async fn a_resent_report_changes_nothing() -> TestResult {
    let mut bench = Bench::new().await?;
    let first = report(bench.probe, 0, &[Some(1.0), Some(2.0)]);
    bench.writer.write(&batch(vec![first.clone()])).await?;
    let again = report(bench.probe, 0, &[Some(9.0), Some(9.0)]);
    let next = report(bench.probe, 15, &[Some(3.0), None]);
    let written = bench.writer.write(&batch(vec![again, next])).await?;
    assert_eq!(
        written,
        Written {
            stored: 1,
            filled: 0,
            duplicates: 1
        }
    );
    let stored = bench.stored().await?;
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[1].values, first.values);
    Ok(())
}

#[tokio::test]
async fn a_later_pack_fills_the_channel_that_the_first_one_lacked() -> TestResult {
    let mut bench = Bench::new().await?;
    bench
        .writer
        .write(&batch(vec![report(bench.probe, 0, &[Some(1.0)])]))
        .await?;
    let rest = report(bench.probe, 0, &[Some(7.0), Some(2.0)]);
    let written = bench.writer.write(&batch(vec![rest])).await?;
    assert_eq!(
        written,
        Written {
            filled: 1,
            ..Written::default()
        }
    );
    assert_eq!(bench.stored().await?[0].values, [Some(1.0), Some(2.0)]);
    Ok(())
}

#[tokio::test]
async fn a_report_twice_in_one_batch_is_stored_once() -> TestResult {
    let mut bench = Bench::new().await?;
    let half = report(bench.probe, 0, &[Some(1.0), None]);
    let other_half = report(bench.probe, 0, &[None, Some(2.0)]);
    let written = bench.writer.write(&batch(vec![half, other_half])).await?;
    assert_eq!(
        written,
        Written {
            stored: 1,
            filled: 0,
            duplicates: 1
        }
    );
    assert_eq!(bench.stored().await?[0].values, [Some(1.0), Some(2.0)]);
    Ok(())
}

#[tokio::test]
async fn months_get_their_partition_before_the_first_row() -> TestResult {
    let mut bench = Bench::new().await?;
    let months = (0..14)
        .map(|month| report(bench.probe, month * 43_200, &[Some(1.0)]))
        .collect();
    bench.writer.write(&batch(months)).await?;
    let strays: i64 = sqlx::query_scalar("select count(*) from only report_default")
        .fetch_one(&mut *bench.database.store.acquire().await?)
        .await
        // TimescaleDB has chunks instead.
        .unwrap_or(0);
    assert_eq!(strays, 0);
    assert_eq!(bench.stored().await?.len(), 14);
    Ok(())
}

#[tokio::test]
async fn a_refused_batch_leaves_nothing_and_the_writer_goes_on() -> TestResult {
    let mut bench = Bench::new().await?;
    let mut bad = batch(vec![report(bench.probe, 0, &[Some(1.0)])]);
    // Some 9,500 years before the epoch: PostgreSQL's calendar begins in 4713 BC.
    bad.reports[0].arrived = Timestamp(-300_000_000_000_000_000);
    let refused = bench.writer.write(&bad).await;
    assert!(
        matches!(refused, Err(WriteError::Refused(_))),
        "{refused:?}"
    );
    assert!(bench.stored().await?.is_empty());
    let written = bench
        .writer
        .write(&batch(vec![report(bench.probe, 0, &[Some(1.0)])]))
        .await?;
    assert_eq!(written.stored, 1);
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_keeps_its_bytes_and_even_a_nul_in_its_topic() -> TestResult {
    let mut bench = Bench::new().await?;
    let letter = DeadLetter {
        arrived: at(0),
        gateway: Some("gw\0".to_owned()),
        topic: "a\0b".to_owned(),
        reason: "not_senml",
        detail: "it begins with 0x00".to_owned(),
        payload: vec![0, 159, 146, 150],
        payload_bytes: 4,
    };
    let both = Batch {
        reports: vec![report(bench.probe, 0, &[Some(1.0)])],
        dead_letters: vec![letter],
    };
    bench.writer.write(&both).await?;
    // The careful way writes them too.
    bench.writer.write(&both).await?;
    let mut connection = bench.database.store.acquire().await?;
    let kept = dead_letter::list(&mut connection, &Filter::default(), 10).await?;
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].payload, [0, 159, 146, 150]);
    assert_eq!(kept[0].topic, "a\u{fffd}b");
    let counts = dead_letter::count_by_reason(&mut connection).await?;
    assert_eq!(counts, [("not_senml".to_owned(), 2)]);
    Ok(())
}

/// A report whose device's clock said `clock` seconds since 1970, and which arrived at a minute.
fn clamped(probe: ProbeKey, clock: i64, minute: i64, values: &[Option<f32>]) -> Report {
    let source = TimeSource::behind(Timestamp::from_seconds(clock));
    Report {
        source,
        ..report(probe, minute, values)
    }
}

#[tokio::test]
async fn a_report_with_a_wrong_clock_is_stored_once_however_often_it_comes() -> TestResult {
    let mut bench = Bench::new().await?;
    let values = [Some(1.0), None];
    for minute in [0, 7, 7, 400] {
        let again = clamped(bench.probe, 12, minute, &values);
        bench.writer.write(&batch(vec![again])).await?;
    }
    let in_one = (0..3)
        .map(|n| clamped(bench.probe, 12, 500 + n, &values))
        .collect();
    let written = bench.writer.write(&batch(in_one)).await?;
    assert_eq!((written.stored, written.duplicates), (0, 3));
    let stored = bench.stored().await?;
    assert_eq!(stored.len(), 1);
    assert_eq!(crate::from_db(stored[0].time), at(0));
    assert_eq!(
        stored[0].source,
        TimeSource::Behind(Timestamp::from_seconds(12))
    );
    Ok(())
}

#[tokio::test]
async fn other_values_or_another_clock_make_another_report() -> TestResult {
    let mut bench = Bench::new().await?;
    let reports = vec![
        clamped(bench.probe, 12, 0, &[Some(1.0), None]),
        clamped(bench.probe, 12, 1, &[Some(1.5), None]),
        clamped(bench.probe, 12, 2, &[None, Some(1.0)]),
        clamped(bench.probe, 13, 3, &[Some(1.0), None]),
    ];
    let written = bench.writer.write(&batch(reports)).await?;
    assert_eq!((written.stored, written.duplicates), (4, 0));
    Ok(())
}

#[tokio::test]
async fn reports_that_share_an_arrival_are_told_apart_by_their_clock() -> TestResult {
    let mut bench = Bench::new().await?;
    let own = report(bench.probe, 0, &[Some(1.0), None]);
    let first = clamped(bench.probe, 12, 0, &[Some(2.0), None]);
    let second = clamped(bench.probe, 13, 0, &[Some(3.0), None]);
    bench.writer.write(&batch(vec![own, first])).await?;
    // The place is taken in the database now, not in the batch.
    let written = bench.writer.write(&batch(vec![second])).await?;
    assert_eq!(written.stored, 1);
    let stored = bench.stored().await?;
    let values: Vec<_> = stored.iter().rev().map(|s| s.values[0]).collect();
    assert_eq!(values.len(), 3, "{stored:?}");
    assert_eq!(values[0], Some(1.0));
    Ok(())
}

#[tokio::test]
async fn two_processes_that_get_the_same_wrong_clock_store_it_once() -> TestResult {
    let bench = Bench::new().await?;
    let (mut one, mut two) = (
        Writer::open(&bench.database.store).await?,
        Writer::open(&bench.database.store).await?,
    );
    let resent = |minute| {
        let reports = (0..50).map(|n| clamped(bench.probe, n, minute, &[Some(1.0)]));
        batch(reports.collect())
    };
    let (first, second) = (resent(0), resent(9));
    let (one, two) = tokio::join!(one.write(&first), two.write(&second));
    let (one, two) = (one?, two?);
    assert_eq!(one.stored + two.stored, 50);
    assert_eq!(one.duplicates + two.duplicates, 50);
    assert_eq!(bench.stored().await?.len(), 50);
    Ok(())
}

fn with_outside(mut report: Report, slots: &[usize]) -> Report {
    for slot in slots {
        report.outside.insert(*slot);
    }
    report
}

#[tokio::test]
async fn a_filled_slot_brings_its_mark_along_and_a_repeated_one_does_not() -> TestResult {
    for in_one_batch in [true, false] {
        let mut bench = Bench::new().await?;
        let first = report(bench.probe, 0, &[Some(1.0), None]);
        let rest = report(bench.probe, 0, &[Some(7.0), Some(2.0)]);
        let rest = with_outside(rest, &[0, 1]);
        if in_one_batch {
            bench.writer.write(&batch(vec![first, rest])).await?;
        } else {
            bench.writer.write(&batch(vec![first])).await?;
            assert_eq!(bench.writer.write(&batch(vec![rest])).await?.filled, 1);
        }
        let stored = &bench.stored().await?[0];
        assert_eq!(stored.values, [Some(1.0), Some(2.0)]);
        assert!(!stored.outside.contains(0) && stored.outside.contains(1));
        assert_eq!(stored.source, TimeSource::Device);
    }
    Ok(())
}

#[tokio::test]
async fn late_and_repeated_reports_reach_a_compressed_chunk() -> TestResult {
    let mut bench = Bench::new().await?;
    if bench.database.store.flavour().await? != crate::Flavour::Timescale {
        let mut out = std::io::stderr();
        writeln!(out, "SKIPPED compressed chunks: this is not TimescaleDB")?;
        return Ok(());
    }
    let first = |n: i64| report(bench.probe, n * 15, &[Some(n as f32), None]);
    bench
        .writer
        .write(&batch((0..200).map(first).collect()))
        .await?;
    let now = to_db(at(0)) + time::Duration::days(30);
    crate::retention::round(&bench.database.store, 400, now).await?;
    let compressed: i64 = sqlx::query_scalar(
        "select count(compress_chunk(chunk)) from show_chunks('report') as chunk",
    )
    .fetch_one(&mut *bench.database.store.acquire().await?)
    .await?;
    assert!(compressed > 0);
    // New ones by COPY, then repeated ones, one that fills a slot, and a new one by the merge.
    let late = report(bench.probe, 7, &[Some(0.5), None]);
    assert_eq!(
        bench.writer.write(&batch(vec![late.clone()])).await?.stored,
        1
    );
    let again = (0..200).map(|n| report(bench.probe, n * 15, &[Some(-1.0), None]));
    let mut again: Vec<_> = again.collect();
    again.push(late);
    again[3].values[1] = Some(9.0);
    again.push(report(bench.probe, 8, &[Some(0.6), None]));
    let written = bench.writer.write(&batch(again)).await?;
    let expected = Written {
        stored: 1,
        filled: 1,
        duplicates: 200,
    };
    assert_eq!(written, expected);
    let stored = bench.stored().await?;
    assert_eq!(stored.len(), 202);
    let filled = stored.iter().find(|s| crate::from_db(s.time) == at(45));
    assert_eq!(
        filled.map(|s| s.values.clone()),
        Some(vec![Some(3.0), Some(9.0)])
    );
    Ok(())
}
