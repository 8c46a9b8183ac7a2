//! Labels against a real PostgreSQL: runs made once, scans counted one by one.

use std::error::Error;

use model::lot::LotState;
use time::macros::{date, datetime};

use super::*;
use crate::lot::{self, NewLot};
use crate::testing::{FARM_GTIN, TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

async fn lot_of(database: &TestDatabase) -> Result<i64, Box<dyn Error>> {
    let farm = insert_farm(&database.store).await?;
    let new = NewLot {
        product_id: farm.product,
        plot_id: farm.plot,
        code: "A-1",
        state: LotState::Harvested,
        started_on: date!(2026 - 03 - 01),
        harvested_on: Some(date!(2026 - 10 - 01)),
        quantity: 1.0,
        recall_reason: None,
        request_id: Uuid::from_u128(7),
        account_id: None,
    };
    Ok(lot::insert(&mut *database.store.acquire().await?, &new, NOW).await?)
}

fn serials(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn run(lot_id: i64, serials: &[String], request: u128) -> NewRun<'_> {
    let request_id = Uuid::from_u128(request);
    NewRun {
        lot_id,
        size: "40x30mm",
        serials,
        shorts: &[],
        request_id,
        account_id: None,
    }
}

#[tokio::test]
async fn a_run_sent_twice_is_made_once_and_keeps_its_order() -> TestResult {
    let database = TestDatabase::new().await?;
    let lot = lot_of(&database).await?;
    let mut connection = database.store.acquire().await?;
    let (first, other) = (serials(&["S1", "S2", "S3"]), serials(&["S4", "S5", "S6"]));
    let made = insert_run(&mut connection, &run(lot, &first, 1), NOW).await?;
    assert_eq!(
        insert_run(&mut connection, &run(lot, &other, 1), NOW).await?,
        made
    );
    let labels = list(&mut connection, &Filter::default(), 10, 0).await?;
    assert_eq!(
        labels.iter().map(|l| l.serial.clone()).collect::<Vec<_>>(),
        first
    );
    assert_eq!(
        labels.iter().map(|l| l.number).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(labels.iter().all(|l| l.gtin == FARM_GTIN && l.lot == "A-1"));
    assert_eq!(list_runs(&mut connection, lot).await?[0].count, 3);
    assert_eq!(
        list(&mut connection, &Filter::default(), 10, 2)
            .await?
            .len(),
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_serial_that_exists_refuses_the_whole_run() -> TestResult {
    let database = TestDatabase::new().await?;
    let lot = lot_of(&database).await?;
    let (first, clash) = (serials(&["S1"]), serials(&["S2", "S1"]));
    let mut transaction = database.store.begin().await?;
    insert_run(&mut transaction, &run(lot, &first, 1), NOW).await?;
    transaction.commit().await?;
    let mut transaction = database.store.begin().await?;
    let refused = insert_run(&mut transaction, &run(lot, &clash, 2), NOW).await;
    assert_eq!(
        refused
            .err()
            .and_then(|e| e.constraint().map(str::to_owned))
            .as_deref(),
        Some("label_pkey")
    );
    drop(transaction);
    let mut connection = database.store.acquire().await?;
    assert_eq!(
        list(&mut connection, &Filter::default(), 10, 0)
            .await?
            .len(),
        1
    );
    Ok(())
}

#[tokio::test]
async fn scans_are_counted_and_the_first_one_stays_the_first() -> TestResult {
    let database = TestDatabase::new().await?;
    let lot = lot_of(&database).await?;
    let mut connection = database.store.acquire().await?;
    let names = serials(&["S1"]);
    insert_run(&mut connection, &run(lot, &names, 1), NOW).await?;
    let later = NOW + time::Duration::HOUR;
    assert_eq!(
        count_scan(&mut connection, "S1", NOW).await?,
        Some((NOW, 1))
    );
    assert_eq!(
        count_scan(&mut connection, "S1", later).await?,
        Some((NOW, 2))
    );
    assert_eq!(count_scan(&mut connection, "S9", later).await?, None);
    let kept = find(&mut connection, "S1").await?.ok_or("gone")?;
    assert_eq!((kept.scan_count, kept.first_scanned_at), (2, Some(NOW)));
    Ok(())
}

#[tokio::test]
async fn a_short_code_is_drawn_anew_until_nobody_has_it_and_finds_its_label() -> TestResult {
    let database = TestDatabase::new().await?;
    let lot = lot_of(&database).await?;
    let mut transaction = database.store.begin().await?;
    let names = serials(&["S1", "S2", "S3"]);
    let taken = ShortCode::from_random(7).to_string();
    let first = NewRun {
        shorts: std::slice::from_ref(&taken),
        ..run(lot, &names, 1)
    };
    insert_run(&mut transaction, &first, NOW).await?;
    // Chance that comes back to what there is, twice in a row.
    let mut bits = [7, 8, 8, 7, 9].into_iter();
    let draw = || ShortCode::from_random(bits.next().unwrap_or(10));
    let drawn = draw_shorts(&mut transaction, 2, draw).await?;
    let expected = [8, 9].map(|bits| ShortCode::from_random(bits).to_string());
    assert_eq!(drawn, expected);
    let broken = draw_shorts(&mut transaction, 1, || ShortCode::from_random(7)).await;
    assert!(broken.is_err());
    let found = find_short(&mut transaction, &ShortCode::parse(&taken)?).await?;
    assert_eq!(found.map(|label| label.serial).as_deref(), Some("S1"));
    let nobody = find_short(&mut transaction, &ShortCode::from_random(9)).await?;
    assert_eq!(nobody, None);
    let said = list_printable(&mut transaction, 1, (1, 3), 9).await?;
    let shorts: Vec<_> = said.into_iter().map(|label| label.short).collect();
    assert_eq!(shorts, [Some(taken), None, None]);
    Ok(())
}
