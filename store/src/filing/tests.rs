use serde_json::json;

use super::*;
use crate::product::{self, NewProduct};
use crate::testing::{FARM_GTIN, TestDatabase, insert_farm};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn hand(request: u128) -> Hand {
    Hand {
        account_id: None,
        request_id: Uuid::from_u128(request),
        now: OffsetDateTime::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn what_was_approved_stands_until_the_next_version_is() -> Outcome {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.begin().await?;
    let subject = Subject::Product(farm.product);
    let was = lock(&mut connection, subject).await?.ok_or("no product")?;
    assert_eq!((was.version, was.standing_version), (1, Some(1)));
    let next = (&json!({ "name": "next" }), FilingState::Draft);
    let is = write(&mut connection, subject, was, next, hand(1)).await?;
    assert_eq!(
        (is.state, is.pending),
        (FilingState::Approved, Some(FilingState::Draft))
    );
    let refused = turn(
        &mut connection,
        subject,
        is,
        (FilingStep::Approve, ""),
        hand(2),
    )
    .await;
    assert!(matches!(refused, Err(StoreError::IllegalFiling(_))));
    let is = turn(
        &mut connection,
        subject,
        is,
        (FilingStep::Submit, ""),
        hand(3),
    )
    .await?;
    let is = turn(
        &mut connection,
        subject,
        is,
        (FilingStep::Suspend, "why"),
        hand(4),
    )
    .await?;
    let is = turn(
        &mut connection,
        subject,
        is,
        (FilingStep::Approve, ""),
        hand(5),
    )
    .await?;
    assert_eq!(
        (is.state, is.standing_version),
        (FilingState::Suspended, Some(2))
    );
    let is = turn(
        &mut connection,
        subject,
        is,
        (FilingStep::Resume, "well"),
        hand(6),
    )
    .await?;
    assert_eq!(lock(&mut connection, subject).await?, Some(is));
    tells_its_steps(&mut connection, subject).await
}

/// The journal of the product above.
async fn tells_its_steps(connection: &mut PgConnection, subject: Subject) -> Outcome {
    let steps = list_steps(&mut *connection, subject, 1).await?;
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step.step.as_str(), step.version))
        .collect();
    let wanted = [
        ("write", 2),
        ("submit", 2),
        ("suspend", 1),
        ("approve", 2),
        ("resume", 2),
    ];
    assert_eq!(told, wanted);
    let again = find_done(connection, Uuid::from_u128(3)).await?;
    assert_eq!(again.map(|done| done.step).as_deref(), Some("submit"));
    Ok(())
}

#[tokio::test]
async fn versions_and_journal_cannot_be_changed() -> Outcome {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    for statement in [
        "update filing_version set body = '{}'",
        "delete from filing_version",
    ] {
        let mut connection = database.store.acquire().await?;
        let tried = sqlx::query(statement).execute(&mut *connection).await;
        assert!(tried.is_err(), "{statement}");
    }
    let mut connection = database.store.acquire().await?;
    let versions = list_versions(&mut connection, Subject::Product(farm.product), None, 9).await?;
    assert_eq!(versions.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_number_that_a_product_had_leads_to_it_and_to_nothing_else() -> Outcome {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let new = |gtin: &'static str| NewProduct {
        producer_id: farm.producer,
        gtin,
        name: "莓茶",
        name_en: "",
        category: "莓茶",
        variety: "",
        specification: "",
        unit: "KGM",
        shelf_life_days: 1,
        regime: "sc",
        season: "",
    };
    let (now, none) = (OffsetDateTime::UNIX_EPOCH, json!({}));
    let real = new("06901234567892");
    product::set(&mut connection, farm.product, &real, (&none, true), now).await?;
    for gtin in [FARM_GTIN, real.gtin] {
        let found = product::find_by_gtin(&mut connection, gtin).await?;
        assert_eq!(found.map(|row| row.gtin).as_deref(), Some(real.gtin));
    }
    let other = product::insert(&mut connection, &new(FARM_GTIN), now).await;
    let refused = other
        .err()
        .and_then(|error| error.constraint().map(str::to_owned));
    assert_eq!(refused.as_deref(), Some("product_gtin_key"));
    let back = new(FARM_GTIN);
    product::set(&mut connection, farm.product, &back, (&none, true), now).await?;
    let aliases = product::list_aliases(&mut connection, farm.product).await?;
    assert_eq!(aliases, [(real.gtin.to_owned(), now)]);
    Ok(())
}
