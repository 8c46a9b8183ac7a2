//! Lots against a real PostgreSQL: registered once, and only legal steps.

use std::error::Error;

use time::macros::{date, datetime};

use super::*;
use crate::testing::{FARM_GTIN, Farm, TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

fn new_lot(farm: Farm, code: &str, request: u128) -> NewLot<'_> {
    NewLot {
        product_id: farm.product,
        plot_id: farm.plot,
        code,
        state: LotState::Growing,
        started_on: date!(2026 - 03 - 01),
        harvested_on: None,
        quantity: 12.5,
        recall_reason: None,
        request_id: Uuid::from_u128(request),
        account_id: None,
    }
}

#[tokio::test]
async fn a_request_sent_twice_registers_one_lot() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    assert!(!is_registered(&mut connection, Uuid::from_u128(1)).await?);
    let first = insert(&mut connection, &new_lot(farm, "A-1", 1), NOW).await?;
    let again = insert(&mut connection, &new_lot(farm, "A-1", 1), NOW).await?;
    assert_eq!(first, again);
    assert!(is_registered(&mut connection, Uuid::from_u128(1)).await?);
    assert_eq!(
        list(&mut connection, &Filter::default(), 10).await?.len(),
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_code_is_taken_once_a_product() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    insert(&mut connection, &new_lot(farm, "A-1", 1), NOW).await?;
    let taken = insert(&mut connection, &new_lot(farm, "A-1", 2), NOW).await;
    assert_eq!(
        taken
            .err()
            .and_then(|e| e.constraint().map(str::to_owned))
            .as_deref(),
        Some("lot_code_key")
    );
    Ok(())
}

#[tokio::test]
async fn the_database_itself_refuses_what_no_lot_can_be() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let good = new_lot(farm, "A-1", 1);
    for (bad, rule) in [
        (
            NewLot {
                code: "a 1",
                ..good.clone()
            },
            "lot_code_alphabet",
        ),
        (
            NewLot {
                quantity: 0.0,
                ..good.clone()
            },
            "lot_quantity_positive",
        ),
        (
            NewLot {
                harvested_on: Some(date!(2026 - 02 - 28)),
                ..good.clone()
            },
            "lot_period_ordered",
        ),
        (
            NewLot {
                state: LotState::Recalled,
                ..good.clone()
            },
            "lot_recall_has_reason",
        ),
    ] {
        let refused = insert(&mut connection, &bad, NOW).await;
        assert_eq!(
            refused
                .err()
                .and_then(|e| e.constraint().map(str::to_owned))
                .as_deref(),
            Some(rule)
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_lot_takes_legal_steps_and_no_others() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let lot = insert(&mut connection, &new_lot(farm, "A-1", 1), NOW).await?;
    let refused = step(&mut connection, lot, LotState::Released).await;
    assert!(matches!(refused, Err(StoreError::IllegalStep(_))));
    for to in [
        LotState::Harvested,
        LotState::InTest,
        LotState::Held,
        LotState::Released,
    ] {
        assert_eq!(step(&mut connection, lot, to).await?, Some(to));
    }
    assert_eq!(step(&mut connection, lot + 1, LotState::Held).await?, None);
    let found = find_by_code(&mut connection, FARM_GTIN, "A-1")
        .await?
        .ok_or("gone")?;
    assert_eq!((found.id, found.state), (lot, LotState::Released));
    Ok(())
}

#[tokio::test]
async fn a_filter_leaves_out_what_it_does_not_name() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let one = insert(&mut connection, &new_lot(farm, "A-1", 1), NOW).await?;
    insert(&mut connection, &new_lot(farm, "A-2", 2), NOW).await?;
    step(&mut connection, one, LotState::Harvested).await?;
    let harvested = Filter {
        state: Some(LotState::Harvested),
        ..Filter::default()
    };
    let found = list(&mut connection, &harvested, 10).await?;
    assert_eq!(
        found
            .iter()
            .map(|lot| lot.code.as_str())
            .collect::<Vec<_>>(),
        ["A-1"]
    );
    let foreign = Filter {
        producer_id: Some(farm.producer + 1),
        ..Filter::default()
    };
    assert!(list(&mut connection, &foreign, 10).await?.is_empty());
    assert_eq!(list(&mut connection, &Filter::default(), 1).await?.len(), 1);
    Ok(())
}
