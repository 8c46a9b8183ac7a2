//! Production records against a real PostgreSQL: once per id, and no edit over an unseen one.

use std::error::Error;

use time::macros::{date, datetime};

use super::*;
use crate::input::{self, NewInput, NewMove};
use crate::testing::{Farm, TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
const SPRAY: Uuid = Uuid::from_u128(7);

async fn pesticide(connection: &mut PgConnection, farm: Farm) -> Result<Uuid, StoreError> {
    let id = Uuid::from_u128(1);
    let new = NewInput {
        id,
        producer_id: farm.producer,
        kind: "pesticide",
        name: "吡虫啉",
        registration: "PD20080000",
        ingredient: "imidacloprid 10 %",
        interval_days: Some(14),
        unit: "g",
        account_id: None,
    };
    input::insert(connection, &new, NOW).await?;
    Ok(id)
}

fn spraying(farm: Farm, input_id: Uuid) -> Deed {
    Deed {
        plot_id: farm.plot,
        lot_id: None,
        kind: "pesticide".to_owned(),
        done_on: date!(2026 - 10 - 01),
        input_id: Some(input_id),
        dose: Some(20.0),
        dose_unit: "g".to_owned(),
        area_mu: Some(2.0),
        interval_days: Some(14),
        target: "蚜虫".to_owned(),
        person: String::new(),
        note: String::new(),
        voided: false,
    }
}

#[tokio::test]
async fn an_edit_of_a_version_that_is_gone_changes_nothing() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let input = pesticide(&mut connection, farm).await?;
    let deed = spraying(farm, input);
    let whose = (SPRAY, farm.producer);
    assert!(insert(&mut connection, whose, &deed, None, NOW).await?);
    assert!(!insert(&mut connection, whose, &deed, None, NOW).await?);
    let edited = Deed {
        dose: Some(25.0),
        ..deed.clone()
    };
    assert!(update(&mut connection, (SPRAY, 1), &edited, None, NOW).await?);
    assert!(!update(&mut connection, (SPRAY, 1), &deed, None, NOW).await?);
    let kept = list(&mut connection, &Filter::default(), 10).await?;
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].version, kept[0].deed.dose), (2, Some(25.0)));
    assert_eq!(kept[0].registration, "PD20080000");
    Ok(())
}

#[tokio::test]
async fn a_treatment_counts_while_its_interval_reaches_into_the_period() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let input = pesticide(&mut connection, farm).await?;
    let deed = spraying(farm, input);
    insert(&mut connection, (SPRAY, farm.producer), &deed, None, NOW).await?;
    for (first, count) in [(date!(2026 - 10 - 15), 1), (date!(2026 - 10 - 16), 0)] {
        let found = list_treatments(&mut connection, farm.plot, None, first).await?;
        assert_eq!(found.len(), count, "{first}");
    }
    let voided = Deed {
        voided: true,
        ..deed
    };
    update(&mut connection, (SPRAY, 1), &voided, None, NOW).await?;
    let found = list_treatments(&mut connection, farm.plot, None, date!(2026 - 09 - 01)).await?;
    assert_eq!(found, []);
    Ok(())
}

#[tokio::test]
async fn stock_is_what_came_in_less_what_was_used() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let input = pesticide(&mut connection, farm).await?;
    let deed = spraying(farm, input);
    insert(&mut connection, (SPRAY, farm.producer), &deed, None, NOW).await?;
    let moved = |id, record_id, amount| NewMove {
        id: Uuid::from_u128(id),
        input_id: input,
        record_id,
        amount,
        moved_on: date!(2026 - 10 - 01),
        source: "",
        account_id: None,
    };
    assert!(input::insert_move(&mut connection, &moved(2, None, 100.0), NOW).await?);
    assert!(!input::insert_move(&mut connection, &moved(2, None, 100.0), NOW).await?);
    input::set_use(&mut connection, &moved(7, Some(SPRAY), -20.0), NOW).await?;
    input::set_use(&mut connection, &moved(7, Some(SPRAY), -25.0), NOW).await?;
    let kept = input::list(&mut connection, Some(farm.producer), None).await?;
    assert_eq!(kept[0].stock.to_string(), "75");
    input::delete_use(&mut connection, SPRAY).await?;
    let kept = input::list(&mut connection, None, Some(input)).await?;
    assert_eq!(kept[0].stock.to_string(), "100");
    Ok(())
}

#[tokio::test]
async fn a_pesticide_has_a_registration_and_an_interval() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let good = NewInput {
        id: Uuid::from_u128(1),
        producer_id: farm.producer,
        kind: "pesticide",
        name: "x",
        registration: "PD1",
        ingredient: "",
        interval_days: Some(7),
        unit: "g",
        account_id: None,
    };
    for (bad, rule) in [
        (
            NewInput {
                registration: "",
                ..good.clone()
            },
            "input_registered",
        ),
        (
            NewInput {
                interval_days: None,
                ..good.clone()
            },
            "input_interval_with_kind",
        ),
        (
            NewInput {
                interval_days: Some(366),
                ..good.clone()
            },
            "input_interval_in_range",
        ),
    ] {
        let refused = input::insert(&mut connection, &bad, NOW).await;
        let refused = refused
            .err()
            .and_then(|e| e.constraint().map(str::to_owned));
        assert_eq!(refused.as_deref(), Some(rule));
    }
    Ok(())
}

#[tokio::test]
async fn a_list_goes_on_after_a_record_and_keeps_to_its_kind() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let input = pesticide(&mut connection, farm).await?;
    let days = [
        (11, date!(2026 - 10 - 03)),
        (12, date!(2026 - 10 - 05)),
        (13, date!(2026 - 10 - 03)),
        (14, date!(2026 - 10 - 01)),
    ];
    for (id, done_on) in days {
        let deed = Deed {
            done_on,
            ..spraying(farm, input)
        };
        let whose = (Uuid::from_u128(id), farm.producer);
        insert(&mut connection, whose, &deed, None, NOW).await?;
    }
    let watering = Deed {
        kind: "irrigation".to_owned(),
        input_id: None,
        dose: None,
        interval_days: None,
        ..spraying(farm, input)
    };
    let whose = (Uuid::from_u128(15), farm.producer);
    insert(&mut connection, whose, &watering, None, NOW).await?;
    let mut filter = Filter {
        kind: Some("pesticide".to_owned()),
        ..Filter::default()
    };
    let mut seen = Vec::new();
    // Page by page, over a day that two records share.
    while let Some(record) = list(&mut connection, &filter, 1).await?.pop() {
        filter.after = Some(record.id);
        seen.push(record.id.as_u128());
    }
    assert_eq!(seen, [12, 11, 13, 14]);
    filter.kind = Some("irrigation".to_owned());
    filter.after = None;
    assert_eq!(list(&mut connection, &filter, 9).await?.len(), 1);
    Ok(())
}
