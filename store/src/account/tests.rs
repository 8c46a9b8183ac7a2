//! Accounts and sessions against a real PostgreSQL.

use std::error::Error;

use time::Duration;
use time::macros::datetime;

use super::listing::{self, Filter};
use super::*;
use crate::testing::{TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

fn person(role: Role, producer_id: Option<i64>) -> NewAccount<'static> {
    NewAccount {
        login: "one",
        display_name: "一",
        role,
        producer_id,
        password_hash: "hash",
    }
}

#[tokio::test]
async fn a_session_ends_at_its_hour_or_when_it_is_ended() -> TestResult {
    let database = TestDatabase::new().await?;
    let mut connection = database.store.acquire().await?;
    let id = insert(&mut connection, &person(Role::Lab, None), NOW).await?;
    let until = NOW + Duration::HOUR;
    insert_session(&mut connection, b"token", id, NOW, until).await?;
    let found = find_by_session(&mut connection, b"token", NOW)
        .await?
        .ok_or("no session")?;
    assert_eq!((found.id, found.role), (id, Role::Lab));
    assert_eq!(
        find_by_session(&mut connection, b"token", until).await?,
        None
    );
    assert_eq!(find_by_session(&mut connection, b"other", NOW).await?, None);
    assert!(delete_session(&mut connection, b"token").await?);
    assert!(!delete_session(&mut connection, b"token").await?);
    insert_session(&mut connection, b"again", id, NOW, until).await?;
    assert_eq!(delete_expired_sessions(&mut connection, until).await?, 1);
    Ok(())
}

#[tokio::test]
async fn producers_staff_belong_to_a_producer_and_nobody_else_does() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    for (role, producer) in [
        (Role::Producer, None),
        (Role::Operator, Some(farm.producer)),
    ] {
        let refused = insert(&mut connection, &person(role, producer), NOW).await;
        let rule = refused
            .err()
            .and_then(|error| error.constraint().map(str::to_owned));
        assert_eq!(rule.as_deref(), Some("account_producer_with_role"));
    }
    insert(
        &mut connection,
        &person(Role::Producer, Some(farm.producer)),
        NOW,
    )
    .await?;
    let (account, hash) = find_by_login(&mut connection, "one").await?.ok_or("gone")?;
    assert_eq!(
        (account.producer_id, hash.as_str()),
        (Some(farm.producer), "hash")
    );
    assert_eq!(count(&mut connection).await?, 1);
    Ok(())
}

#[tokio::test]
async fn of_two_first_accounts_the_second_finds_the_first() -> TestResult {
    let database = TestDatabase::new().await?;
    let mut one = database.store.begin().await?;
    let made = insert_first(&mut one, &person(Role::Operator, None), NOW).await?;
    assert_eq!(made.map(|account| account.role), Some(Role::Operator));
    let store = database.store.clone();
    let late = tokio::spawn(async move {
        let mut two = store.begin().await?;
        let new = NewAccount {
            login: "two",
            ..person(Role::Operator, None)
        };
        let made = insert_first(&mut two, &new, NOW).await?;
        two.commit().await?;
        Ok::<_, StoreError>(made)
    });
    // The second one waits for the lock; committing lets it go on, whenever it came.
    tokio::task::yield_now().await;
    one.commit().await?;
    assert_eq!(late.await??, None);
    let mut connection = database.store.acquire().await?;
    assert_eq!(count(&mut connection).await?, 1);
    Ok(())
}

#[tokio::test]
async fn an_account_is_found_by_a_part_of_what_stands_beside_it() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    for (login, role, producer_id) in [
        ("lab-1", Role::Lab, None),
        ("tea_1", Role::Producer, Some(farm.producer)),
        ("wang", Role::Supervisor, None),
    ] {
        let new = NewAccount {
            login,
            ..person(role, producer_id)
        };
        insert(&mut connection, &new, NOW).await?;
    }
    let found = async |connection: &mut PgConnection, filter: Filter| {
        let found = listing::search(connection, &filter, NOW, 10).await?;
        let logins = found.into_iter().map(|listed| listed.account.login);
        Ok::<_, StoreError>(logins.collect::<Vec<_>>())
    };
    let part = |part: &str| Filter {
        part: Some(part.to_owned()),
        ..Filter::default()
    };
    assert_eq!(found(&mut connection, part("WANG")).await?, ["wang"]);
    assert_eq!(found(&mut connection, part("_")).await?, ["tea_1"]);
    assert_eq!(found(&mut connection, part("%")).await?, [""; 0]);
    let after = Filter {
        after: Some("lab-1".to_owned()),
        ..Filter::default()
    };
    assert_eq!(found(&mut connection, after).await?, ["tea_1", "wang"]);
    let labs = Filter {
        role: Some(Role::Lab),
        ..Filter::default()
    };
    assert_eq!(found(&mut connection, labs).await?, ["lab-1"]);
    Ok(())
}
