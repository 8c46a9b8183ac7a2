//! The scan record against a real PostgreSQL: nothing is lost when many ask at once, and nothing
//! about them is kept.

use std::error::Error;

use model::lot::LotState;
use time::macros::{date, datetime};
use uuid::Uuid;

use super::*;
use crate::label::{self, For, NewRun};
use crate::lot::{self, NewLot};
use crate::testing::{TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
const DAY: Date = date!(2026 - 11 - 23);

async fn labelled() -> Result<TestDatabase, Box<dyn Error>> {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
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
    let lot_id = lot::insert(&mut connection, &new, NOW).await?;
    let run = NewRun {
        goods: For::Lot(lot_id),
        on_activation: false,
        size: "40x30mm",
        serials: &["S1".to_owned(), "S2".to_owned()],
        shorts: &[],
        request_id: Uuid::from_u128(8),
        account_id: None,
    };
    label::insert_run(&mut connection, &run, NOW).await?;
    drop(connection);
    Ok(database)
}

fn query(day: Date, place: &str) -> Query<'_> {
    Query {
        serial: "S1",
        day,
        place,
        at: NOW,
    }
}

#[tokio::test]
async fn a_hundred_who_ask_at_once_are_counted_as_a_hundred() -> TestResult {
    let database = labelled().await?;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let store = database.store.clone();
        asking.spawn(async move {
            let mut connection = store.acquire().await?;
            count(&mut connection, &query(DAY, "毛坝乡")).await
        });
    }
    let mut seen = Vec::new();
    while let Some(asked) = asking.join_next().await {
        seen.push(asked??.ok_or("no label")?.count);
    }
    seen.sort_unstable();
    assert_eq!(
        seen,
        (1..=100).collect::<Vec<_>>(),
        "each saw its own number"
    );
    let days = list_days(&mut *database.store.acquire().await?, (DAY, DAY), 10).await?;
    assert_eq!((days[0].count, days[0].labels), (100, 1));
    Ok(())
}

#[tokio::test]
async fn days_and_places_are_counted_apart_and_the_first_query_stays_the_first() -> TestResult {
    let database = labelled().await?;
    let mut connection = database.store.acquire().await?;
    let tomorrow = DAY.next_day().ok_or("no day")?;
    for (day, place) in [
        (DAY, ""),
        (DAY, "毛坝乡"),
        (DAY, "毛坝乡"),
        (tomorrow, "石堤镇"),
    ] {
        count(&mut connection, &query(day, place)).await?;
    }
    let later = Query {
        at: NOW + time::Duration::HOUR,
        ..query(tomorrow, "")
    };
    let record = count(&mut connection, &later).await?.ok_or("no label")?;
    let wanted = Record {
        first: NOW,
        count: 5,
        days: 2,
        places: 2,
        busiest: 3,
        suspected: false,
    };
    assert_eq!(record, wanted);
    let nobody = Query {
        serial: "S9",
        ..later
    };
    assert_eq!(count(&mut connection, &nobody).await?, None);
    assert!(suspect(&mut connection, "S1", NOW).await?);
    assert!(
        !suspect(&mut connection, "S1", NOW).await?,
        "it speaks once"
    );
    let suspects = list_suspects(&mut connection, None, 10).await?;
    assert_eq!(
        (suspects.len(), suspects[0].days, suspects[0].places),
        (1, 2, 2)
    );
    Ok(())
}

#[tokio::test]
async fn the_record_has_no_column_for_who_asked() -> TestResult {
    let database = labelled().await?;
    let mut connection = database.store.acquire().await?;
    let columns: Vec<String> = sqlx::query_scalar(
        "select column_name::text from information_schema.columns
         where table_name = 'scan_day' order by ordinal_position",
    )
    .fetch_all(&mut *connection)
    .await?;
    assert_eq!(columns, ["serial", "day", "place", "count"]);
    assert!(is_place(&mut connection, "毛坝乡").await?);
    for text in ["", "203.0.113.7", "张三", "毛坝乡 3 组"] {
        assert!(!is_place(&mut connection, text).await?, "{text}");
    }
    Ok(())
}
