//! What was measured around a lot: only its plot, only its time, gaps left as gaps.

use std::error::Error;

use model::time::Timestamp;
use time::macros::{date, datetime};

use super::*;
use crate::plot;
use crate::report::{Batch, Report, Writer};
use crate::settle;
use crate::testing::{TestDatabase, insert_farm, insert_probe};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);
/// Midnight in China on 2026-05-01.
const MIDNIGHT: OffsetDateTime = datetime!(2026-04-30 16:00 UTC);

#[tokio::test]
async fn only_readings_of_the_plot_and_the_period_count_and_gaps_stay() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let here = insert_probe(&database.store, "gw-1", "p", &["t"], 3_600).await?;
    let elsewhere = insert_probe(&database.store, "gw-2", "p", &["t"], 3_600).await?;
    let mut connection = database.store.acquire().await?;
    // Placed two hours into the first day.
    let placed = MIDNIGHT + Duration::hours(2);
    plot::place_probe(&mut connection, here.0, farm.plot, placed).await?;
    let report = |probe, hour: i64, value| {
        let time = Timestamp::from_seconds(MIDNIGHT.unix_timestamp() + hour * 3_600);
        Report::ordinary(probe, time, time, vec![Some(value)])
    };
    let reports = vec![
        report(here, 0, 99.0),
        report(here, 2, 1.0),
        report(here, 3, 2.0),
        report(here, 6, 5.0),
        report(here, 24, 99.0),
        report(elsewhere, 4, 99.0),
    ];
    let mut writer = Writer::open(&database.store).await?;
    writer
        .write(&Batch {
            reports,
            dead_letters: Vec::new(),
        })
        .await?;
    settle::round(&database.store, NOW).await?;
    let period = Period {
        first: date!(2026 - 05 - 01),
        last: date!(2026 - 05 - 01),
    };
    let monitored = list_monitored(&mut connection, farm.plot, period, NOW).await?;
    assert_eq!(monitored.len(), 1);
    let channel = &monitored[0];
    assert_eq!((channel.step_seconds, channel.expected), (3_600, 22));
    assert_eq!(channel.span.from, placed);
    let hours: Vec<_> = channel
        .steps
        .iter()
        .map(|s| (s.start - MIDNIGHT).whole_hours())
        .collect();
    assert_eq!(hours, [2, 3, 6]);
    assert_eq!(
        channel.steps.iter().map(|s| s.max).collect::<Vec<_>>(),
        [1.0, 2.0, 5.0]
    );
    Ok(())
}

#[tokio::test]
async fn a_season_is_shown_by_days() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let probe = insert_probe(&database.store, "gw-1", "p", &["t"], 3_600).await?;
    let mut connection = database.store.acquire().await?;
    plot::place_probe(&mut connection, probe.0, farm.plot, MIDNIGHT).await?;
    let report = |hour: i64| {
        let time = Timestamp::from_seconds(MIDNIGHT.unix_timestamp() + hour * 3_600);
        Report::ordinary(probe, time, time, vec![Some(hour as f32)])
    };
    let reports = (0..72)
        .filter(|hour| !(24..48).contains(hour))
        .map(report)
        .collect();
    let mut writer = Writer::open(&database.store).await?;
    writer
        .write(&Batch {
            reports,
            dead_letters: Vec::new(),
        })
        .await?;
    settle::round(&database.store, NOW).await?;
    let period = Period {
        first: date!(2026 - 05 - 01),
        last: date!(2026 - 05 - 20),
    };
    let monitored = list_monitored(&mut connection, farm.plot, period, NOW).await?;
    let channel = &monitored[0];
    assert_eq!((channel.step_seconds, channel.expected), (86_400, 480));
    let days: Vec<_> = channel
        .steps
        .iter()
        .map(|s| (s.start - MIDNIGHT).whole_days())
        .collect();
    assert_eq!(days, [0, 2]);
    assert_eq!(
        (
            channel.steps[0].n,
            channel.steps[0].first,
            channel.steps[0].last
        ),
        (24, 0.0, 23.0)
    );
    Ok(())
}
