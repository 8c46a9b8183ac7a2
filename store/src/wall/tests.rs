//! The wall's numbers against a real PostgreSQL.

use std::error::Error;

use model::lot::LotState;
use model::time::Timestamp;
use time::macros::{date, datetime};
use uuid::Uuid;

use super::*;
use crate::report::{Batch, Report, Writer};
use crate::testing::{TestDatabase, insert_farm, insert_probe};
use crate::{label, lot, scan, settle, to_db};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

#[tokio::test]
async fn a_label_counts_once_however_often_it_is_opened() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let lot = lot::NewLot {
        product_id: farm.product,
        plot_id: farm.plot,
        code: "A-1",
        state: LotState::Released,
        started_on: date!(2026 - 03 - 01),
        harvested_on: Some(date!(2026 - 11 - 01)),
        quantity: 10.0,
        recall_reason: None,
        request_id: Uuid::from_u128(1),
        account_id: None,
    };
    let lot_id = lot::insert(&mut connection, &lot, NOW).await?;
    let serials: Vec<String> = (0..3).map(|n| format!("{n:013}")).collect();
    let run = label::NewRun {
        goods: label::For::Lot(lot_id),
        on_activation: false,
        size: "40x30",
        serials: &serials,
        shorts: &[],
        request_id: Uuid::from_u128(2),
        account_id: None,
    };
    label::insert_run(&mut connection, &run, NOW).await?;
    let yesterday = NOW - time::Duration::DAY;
    for (serial, at) in [(0, yesterday), (0, NOW), (1, NOW)] {
        let query = scan::Query {
            serial: &serials[serial],
            day: at.date(),
            place: "",
            at,
        };
        scan::count(&mut connection, &query).await?;
    }
    let scans = count_scans(&mut connection, NOW - time::Duration::hours(1)).await?;
    assert_eq!(
        scans,
        Scans {
            labels: 2,
            today: 1
        }
    );
    let newest = list_scans(&mut connection).await?;
    assert_eq!(newest.len(), 2);
    assert_eq!((newest[0].at, newest[0].township.as_str()), (NOW, "毛坝乡"));
    Ok(())
}

#[tokio::test]
async fn intake_is_told_by_hours_and_by_the_present() -> TestResult {
    let database = TestDatabase::new().await?;
    let probe = insert_probe(&database.store, "g", "p", &["a", "b"], 600).await?;
    let mut writer = Writer::open(&database.store).await?;
    let start = Timestamp::from_seconds(1_795_431_600);
    let batch = Batch {
        reports: (0..6)
            .map(|n| {
                let time = Timestamp(start.0 + n * 600_000_000);
                Report::ordinary(probe, time, start, vec![Some(1.0), None])
            })
            .collect(),
        ..Batch::default()
    };
    writer.write(&batch).await?;
    let now = to_db(start) + time::Duration::HOUR;
    let mut connection = database.store.acquire().await?;
    settle::round(&database.store, now).await?;
    let hours = list_hours(&mut connection, to_db(start), now).await?;
    assert_eq!(hours.len(), 1);
    assert_eq!(
        (hours[0].values, hours[0].expected),
        (6, 6),
        "one channel spoke"
    );
    let recent = now - time::Duration::minutes(30);
    assert_eq!(count_reports(&mut connection, recent, now).await?, 3);
    Ok(())
}

#[tokio::test]
async fn a_township_stands_where_its_plots_are() -> TestResult {
    let database = TestDatabase::new().await?;
    insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let townships = list_townships(&mut connection, NOW).await?;
    assert_eq!(townships.len(), 1);
    let only = &townships[0];
    assert_eq!((only.plots, only.probes, only.alarms), (1, 0, 0));
    assert!((only.latitude - 29.0).abs() < 1e-9 && (only.longitude - 109.9).abs() < 1e-9);
    assert!(list_tests(&mut connection).await?.is_empty());
    Ok(())
}
