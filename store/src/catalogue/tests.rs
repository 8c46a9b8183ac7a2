//! The catalogue against a real PostgreSQL: what is found, and which lots may be named in public.

use std::error::Error;

use time::macros::{date, datetime};
use uuid::Uuid;

use super::*;
use crate::lot::{self, NewLot};
use crate::testing::{FARM_GTIN, Farm, TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

async fn register(
    connection: &mut PgConnection,
    farm: Farm,
    state: LotState,
    number: u128,
) -> Result<(), StoreError> {
    let lot = NewLot {
        product_id: farm.product,
        plot_id: farm.plot,
        code: &format!("L-{number}"),
        state,
        started_on: date!(2026 - 03 - 01),
        harvested_on: Some(date!(2026 - 11 - 01)),
        quantity: 10.0,
        recall_reason: (state == LotState::Recalled).then_some("residue"),
        request_id: Uuid::from_u128(number),
        account_id: None,
    };
    lot::insert(
        connection,
        &lot,
        NOW + time::Duration::minutes(number as i64),
    )
    .await?;
    Ok(())
}

#[tokio::test]
async fn words_find_a_product_by_name_producer_or_township() -> TestResult {
    let database = TestDatabase::new().await?;
    insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    for (words, hits) in [
        ("莓茶", 1),
        ("vine TEA", 1),
        ("毛坝", 1),
        ("试验", 1),
        ("%", 0),
        ("猪", 0),
    ] {
        let filter = Filter {
            words: Some(words.to_owned()),
            ..Filter::default()
        };
        assert_eq!(
            list(&mut connection, &filter, 0).await?.len(),
            hits,
            "{words}"
        );
    }
    assert_eq!(
        list_categories(&mut connection).await?,
        [("莓茶".to_owned(), 1)]
    );
    assert!(find(&mut connection, "00000000000000").await?.is_none());
    Ok(())
}

#[tokio::test]
async fn only_lots_that_buyers_may_hold_are_named() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let states = [
        LotState::Growing,
        LotState::Harvested,
        LotState::InTest,
        LotState::Held,
        LotState::Released,
        LotState::Shipped,
        LotState::SoldOut,
        LotState::Recalled,
    ];
    for (number, state) in states.into_iter().enumerate() {
        register(&mut connection, farm, state, number as u128).await?;
    }
    let named = list_on_sale(&mut connection, Some(FARM_GTIN), LOTS_MAX).await?;
    let codes: Vec<_> = named.iter().map(|lot| lot.code.as_str()).collect();
    assert_eq!(codes, ["L-7", "L-6", "L-5", "L-4"], "newest first");
    let entry = find(&mut connection, FARM_GTIN)
        .await?
        .ok_or("no product")?;
    assert_eq!(entry.lots, 3, "a recalled lot is no offer");
    assert_eq!(list_on_sale(&mut connection, None, 2).await?.len(), 2);
    Ok(())
}
