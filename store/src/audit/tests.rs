//! The audit log against a real PostgreSQL: nothing escapes it and nothing alters it.

use std::error::Error;

use time::macros::datetime;

use super::*;
use crate::account::{self, NewAccount, Role};
use crate::testing::{TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

async fn account(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let new = NewAccount {
        login: "supervisor",
        display_name: "Supervisor",
        role: Role::Supervisor,
        producer_id: None,
        password_hash: "$argon2id$secret",
    };
    account::insert(connection, &new, NOW).await
}

#[tokio::test]
async fn a_signed_change_says_who_when_before_and_after() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut transaction = database.store.begin().await?;
    let who = account(&mut transaction).await?;
    sign(&mut transaction, who, NOW).await?;
    sqlx::query("update producer set name = '新名' where id = $1")
        .bind(farm.producer)
        .execute(&mut *transaction)
        .await?;
    let filter = Filter {
        login: Some("supervisor".to_owned()),
        ..Filter::default()
    };
    let changes = list(&mut transaction, &filter, 10).await?;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].at, NOW);
    assert_eq!(changes[0].table, "producer");
    assert_eq!(changes[0].row, farm.producer.to_string());
    assert_eq!(
        changes[0].before,
        Some(serde_json::json!({ "name": "试验农场" }))
    );
    assert_eq!(
        changes[0].after,
        Some(serde_json::json!({ "name": "新名" }))
    );
    Ok(())
}

#[tokio::test]
async fn an_unsigned_change_is_noted_too_and_no_secret_is() -> TestResult {
    let database = TestDatabase::new().await?;
    let mut connection = database.store.acquire().await?;
    account(&mut connection).await?;
    let changes = list(&mut connection, &Filter::default(), 10).await?;
    let made = changes.first().ok_or("nothing was noted")?;
    assert_eq!((made.table.as_str(), &made.login), ("account", &None));
    let after = made.after.as_ref().ok_or("nothing after")?.to_string();
    assert!(
        after.contains("\"login\"") && !after.contains("argon2id"),
        "{after}"
    );
    Ok(())
}

#[tokio::test]
async fn what_changes_nothing_is_no_change_and_the_signature_ends_with_its_transaction()
-> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let who = account(&mut connection).await?;
    let before = list(&mut connection, &Filter::default(), 100).await?.len();
    sqlx::query("update producer set name = name")
        .execute(&mut *connection)
        .await?;
    let after = list(&mut connection, &Filter::default(), 100).await?.len();
    assert_eq!(before, after);
    sign(&mut connection, who, NOW).await?;
    sqlx::query("update plot set area_mu = 9 where id = $1")
        .bind(farm.plot)
        .execute(&mut *connection)
        .await?;
    let newest = list(&mut connection, &Filter::default(), 1).await?;
    assert_eq!(newest[0].login, None, "no transaction, no signature");
    Ok(())
}

#[tokio::test]
async fn the_log_refuses_to_be_changed() -> TestResult {
    let database = TestDatabase::new().await?;
    insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    for sql in ["update audit set row_key = ''", "delete from audit"] {
        let refused = sqlx::query(sql).execute(&mut *connection).await;
        let refused = refused.err().ok_or("the log was changed")?;
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    Ok(())
}
