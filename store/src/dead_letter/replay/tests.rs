//! Asking, taking and noting on a real PostgreSQL: once asked is once done, by one process.

use std::error::Error;

use sqlx::Connection as _;
use time::macros::datetime;

use super::*;
use crate::account::{self, NewAccount, Role};
use crate::dead_letter::{self, DeadLetter, Filter};
use crate::testing::TestDatabase;

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 04:00 UTC);

async fn operator(database: &TestDatabase) -> Result<i64, Box<dyn Error>> {
    let new = NewAccount {
        login: "op",
        display_name: "op",
        role: Role::Operator,
        producer_id: None,
        password_hash: "none",
    };
    let mut connection = database.store.acquire().await?;
    Ok(account::insert(&mut connection, &new, NOW).await?)
}

/// Letters of one reason each; their numbers, oldest first.
async fn letters(
    database: &TestDatabase,
    reasons: &[&'static str],
) -> Result<Vec<i64>, Box<dyn Error>> {
    let letter = |reason: &&'static str| DeadLetter {
        arrived: Timestamp::from_seconds(1_780_000_000),
        gateway: Some("gw".to_owned()),
        topic: "suyuan/v1/gw/p/telemetry".to_owned(),
        reason,
        detail: "why".to_owned(),
        payload: b"bytes".to_vec(),
        payload_bytes: 5,
    };
    let all: Vec<_> = reasons.iter().map(letter).collect();
    let mut connection = database.store.acquire().await?;
    dead_letter::insert_all(&mut connection, &all).await?;
    let kept = dead_letter::list(&mut connection, &Filter::default(), 500).await?;
    Ok(kept.iter().rev().map(|kept| kept.id).collect())
}

#[tokio::test]
async fn a_letter_is_asked_for_taken_and_noted_once() -> TestResult {
    let database = TestDatabase::new().await?;
    let operator = operator(&database).await?;
    let id = letters(&database, &["unknown_probe"]).await?[0];
    let mut connection = database.store.acquire().await?;
    assert_eq!(take(&mut connection).await?, None, "nobody asked");
    assert!(request(&mut connection, id, operator, NOW).await?);
    assert!(
        !request(&mut connection, id, operator, NOW).await?,
        "it waits"
    );
    let waiting = take(&mut connection).await?.ok_or("nothing waits")?;
    assert_eq!(
        (waiting.id, waiting.payload.as_slice()),
        (id, &b"bytes"[..])
    );
    assert_eq!(waiting.arrived, Timestamp::from_seconds(1_780_000_000));

    let now = from_db(NOW);
    let refused = Some(("unknown_channel", "a\0b"));
    note(&mut connection, id, Outcome::Refused, refused, now).await?;
    assert_eq!(take(&mut connection).await?, None, "it is done");
    let kept = dead_letter::find(&mut connection, id)
        .await?
        .ok_or("gone")?;
    let replay = kept.replay.ok_or("no replay")?;
    assert_eq!(replay.requested_by, "op");
    let done = replay.done.ok_or("not done")?;
    assert_eq!(
        (
            done.at,
            done.outcome,
            done.reason.as_deref(),
            done.detail.as_deref()
        ),
        (
            NOW,
            Outcome::Refused,
            Some("unknown_channel"),
            Some("a\u{fffd}b")
        )
    );

    assert!(
        request(&mut connection, id, operator, NOW).await?,
        "it was refused"
    );
    note(&mut connection, id, Outcome::Stored, None, now).await?;
    assert!(
        !request(&mut connection, id, operator, NOW).await?,
        "it is stored"
    );
    Ok(())
}

#[tokio::test]
async fn two_processes_never_take_the_same_letter_and_a_dead_one_gives_it_back() -> TestResult {
    let database = TestDatabase::new().await?;
    let operator = operator(&database).await?;
    let ids = letters(&database, &["a", "a"]).await?;
    let mut one = database.store.acquire().await?;
    let mut two = database.store.acquire().await?;
    for id in &ids {
        assert!(request(&mut one, *id, operator, NOW).await?);
    }
    let mut first = one.begin().await?;
    let mut second = two.begin().await?;
    let taken = (take(&mut first).await?, take(&mut second).await?);
    let numbers = (taken.0.map(|w| w.id), taken.1.map(|w| w.id));
    assert_eq!(numbers, (Some(ids[0]), Some(ids[1])));
    first.rollback().await?;
    let mut third = one.begin().await?;
    assert_eq!(take(&mut third).await?.map(|w| w.id), Some(ids[0]));
    Ok(())
}

#[tokio::test]
async fn all_letters_of_a_reason_are_asked_for_in_bounded_steps() -> TestResult {
    let database = TestDatabase::new().await?;
    let operator = operator(&database).await?;
    let ids = letters(&database, &["a", "b", "a", "a"]).await?;
    let selection = Selection {
        reason: "a".to_owned(),
        gateway: None,
        before: None,
    };
    let mut connection = database.store.acquire().await?;
    let asked = request_all(&mut connection, &selection, 2, operator, NOW).await?;
    assert_eq!(asked, [ids[3], ids[2]]);
    let asked = request_all(&mut connection, &selection, 2, operator, NOW).await?;
    assert_eq!(asked, [ids[0]], "those that wait are left out");
    let other = Selection {
        gateway: Some("other".to_owned()),
        reason: "b".to_owned(),
        before: None,
    };
    assert!(
        request_all(&mut connection, &other, 2, operator, NOW)
            .await?
            .is_empty()
    );
    Ok(())
}

#[tokio::test]
async fn a_letter_without_its_bytes_cannot_be_asked_for() -> TestResult {
    let database = TestDatabase::new().await?;
    let operator = operator(&database).await?;
    let mut connection = database.store.acquire().await?;
    let letter = |payload: &[u8], payload_bytes| DeadLetter {
        arrived: Timestamp::from_seconds(1_780_000_000),
        gateway: None,
        topic: String::new(),
        reason: "wrong_key",
        detail: String::new(),
        payload: payload.to_vec(),
        payload_bytes,
    };
    let all = [letter(b"", 0), letter(b"cut", 9)];
    dead_letter::insert_all(&mut connection, &all).await?;
    for kept in dead_letter::list(&mut connection, &Filter::default(), 9).await? {
        assert!(!kept.is_whole());
        assert!(!request(&mut connection, kept.id, operator, NOW).await?);
    }
    let selection = Selection {
        reason: "wrong_key".to_owned(),
        gateway: None,
        before: None,
    };
    assert!(
        request_all(&mut connection, &selection, 9, operator, NOW)
            .await?
            .is_empty()
    );
    Ok(())
}
