//! Labels against a real PostgreSQL: runs made once, labels bound once, pages of a list.

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
        goods: For::Lot(lot_id),
        on_activation: false,
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
    assert!(
        labels
            .iter()
            .all(|l| l.gtin == FARM_GTIN && l.lot.as_deref() == Some("A-1"))
    );
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
async fn a_label_is_bound_once_and_what_is_not_bound_has_no_lot() -> TestResult {
    let database = TestDatabase::new().await?;
    let lot = lot_of(&database).await?;
    let mut connection = database.store.acquire().await?;
    let product = lot::find(&mut connection, lot).await?.ok_or("gone")?;
    let names = serials(&["S1", "S2", "S3", "S4"]);
    let new = NewRun {
        goods: For::Product(product.product_id),
        ..run(lot, &names, 1)
    };
    let run_id = insert_run(&mut connection, &new, NOW).await?;
    let found = find_run(&mut connection, run_id).await?.ok_or("gone")?;
    assert_eq!((found.lot_id, found.on_activation), (None, true));
    let bind = |numbers, request| binding::NewBinding {
        run_id,
        numbers,
        lot_id: lot,
        request_id: Uuid::from_u128(request),
        account_id: None,
    };
    binding::insert(&mut connection, &bind((2, 3), 2), NOW).await?;
    binding::insert(&mut connection, &bind((2, 3), 2), NOW).await?;
    for (numbers, request) in [((3, 4), 3), ((1, 2), 4), ((1, 4), 5), ((2, 2), 6)] {
        let refused = binding::insert(&mut connection, &bind(numbers, request), NOW).await;
        let constraint = refused
            .err()
            .and_then(|e| e.constraint().map(str::to_owned));
        assert_eq!(constraint.as_deref(), Some(binding::ONCE), "{numbers:?}");
    }
    let labels = list(&mut connection, &Filter::default(), 10, 0).await?;
    let bound: Vec<_> = labels.iter().map(|label| label.lot_id.is_some()).collect();
    assert_eq!(bound, [false, true, true, false]);
    assert!(labels.iter().all(|label| !label.active && !label.voided));
    let of_lot = Filter {
        lot_id: Some(lot),
        ..Filter::default()
    };
    assert_eq!(list(&mut connection, &of_lot, 10, 0).await?.len(), 2);
    let counted = lot::find(&mut connection, lot).await?.ok_or("gone")?;
    assert_eq!(counted.labels, 2);
    let changed = sqlx::query("update label_binding set lot_id = lot_id")
        .execute(&mut *connection)
        .await;
    assert!(changed.is_err(), "a binding stands for good");
    Ok(())
}

#[tokio::test]
async fn pages_of_a_list_follow_each_other_without_gap_or_double() -> TestResult {
    let database = TestDatabase::new().await?;
    let lot = lot_of(&database).await?;
    let mut connection = database.store.acquire().await?;
    for (number, request) in [(10, 1), (20, 2), (30, 3)] {
        let names: Vec<String> = (number..number + 5).map(|n| format!("S{n}")).collect();
        insert_run(&mut connection, &run(lot, &names, request), NOW).await?;
    }
    let all = list(&mut connection, &Filter::default(), 100, 0).await?;
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let filter = Filter {
            after,
            ..Filter::default()
        };
        let page = list(&mut connection, &filter, 4, 0).await?;
        let Some(last) = page.last() else { break };
        after = Some(Cursor {
            run_id: last.run_id,
            number: last.number,
        });
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert_eq!(paged.len(), 15);
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
