//! Farms against a real PostgreSQL: what stands there and what calls there.

use std::error::Error;

use model::alarm::{Bound, Excursion, Limit};
use model::time::Timestamp;
use time::Duration;
use time::macros::datetime;

use super::*;
use crate::account::{self, NewAccount, Role};
use crate::alarm::{self, Filter, NewRule, NewShelving, PastAlarm};
use crate::plot;
use crate::testing::{TestDatabase, insert_farm, insert_probe};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

/// Makes a rule of a probe; returns its number.
async fn rule(
    connection: &mut PgConnection,
    probe: ProbeKey,
    (name, severity): (&str, Severity),
) -> Result<i64, StoreError> {
    let rule = NewRule {
        probe,
        channel: 0,
        name,
        name_en: name,
        limit: Limit {
            bound: Bound::Below,
            value: 0.0,
            hold_seconds: 0,
        },
        severity,
    };
    alarm::insert_rule(connection, &rule).await
}

/// Raises an alarm so many hours ago; returns its number.
async fn raise(
    connection: &mut PgConnection,
    rule_id: i64,
    hours_ago: i64,
    cleared: bool,
) -> Result<i64, StoreError> {
    let at = NOW - Duration::hours(hours_ago);
    let since = Timestamp::from_seconds(at.unix_timestamp());
    let past = PastAlarm {
        rule_id,
        excursion: Excursion {
            since,
            extreme: -1.0,
            last: -1.0,
            last_at: since,
        },
        detected_at: at,
        cleared_at: cleared.then(|| at + Duration::minutes(30)),
    };
    alarm::insert_past(connection, &past).await
}

async fn person(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let new = NewAccount {
        login: "supervisor",
        display_name: "Supervisor",
        role: Role::Supervisor,
        producer_id: None,
        password_hash: "",
    };
    account::insert(connection, &new, NOW).await
}

#[tokio::test]
async fn a_farm_counts_the_rules_that_call_there_and_names_the_worst() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let probe = insert_probe(&database.store, "gw", "p1", &["t"], 600).await?;
    let mut connection = database.store.acquire().await?;
    let bare = list(&mut connection, None, NOW).await?;
    assert_eq!((bare[0].probes.len(), bare[0].interval_seconds), (0, None));
    plot::place_probe(
        &mut connection,
        probe.0,
        farm.plot,
        NOW - Duration::days(30),
    )
    .await?;
    let soil = rule(&mut connection, probe, ("soil", Severity::Medium)).await?;
    let frost = rule(&mut connection, probe, ("frost", Severity::Critical)).await?;
    raise(&mut connection, soil, 3, true).await?;
    raise(&mut connection, soil, 2, true).await?;
    raise(&mut connection, frost, 1, false).await?;
    let found = list(&mut connection, Some(farm.plot), NOW).await?;
    let [found] = &found[..] else {
        return Err("one farm".into());
    };
    assert_eq!(found.probes, [probe]);
    assert_eq!(found.interval_seconds, Some(600));
    assert_eq!((found.alarms, found.worst), (2, Some(Severity::Critical)));
    Ok(())
}

#[tokio::test]
async fn repeats_stand_under_the_newest_alarm_of_their_rule() -> TestResult {
    let database = TestDatabase::new().await?;
    insert_farm(&database.store).await?;
    let probe = insert_probe(&database.store, "gw", "p1", &["t"], 600).await?;
    let mut connection = database.store.acquire().await?;
    let frost = rule(&mut connection, probe, ("frost", Severity::High)).await?;
    raise(&mut connection, frost, 9 * 24, true).await?;
    let earlier = raise(&mut connection, frost, 5, true).await?;
    let newest = raise(&mut connection, frost, 1, false).await?;
    let grouped = Filter {
        open: true,
        grouped: true,
        ..Filter::default()
    };
    let found = alarm::list(&mut connection, &grouped, NOW, 10).await?;
    let told: Vec<_> = found.iter().map(|row| (row.id, row.repeats)).collect();
    assert_eq!(told, [(newest, 2)], "the one of nine days ago is no repeat");
    let who = person(&mut connection).await?;
    alarm::acknowledge_repeats(&mut connection, newest, who, "seen", NOW).await?;
    let kept = alarm::find(&mut connection, earlier, NOW).await?;
    assert_eq!(kept.map(|row| row.note).as_deref(), Some("seen"));
    let kept = alarm::find(&mut connection, newest, NOW).await?;
    assert!(kept.is_some_and(|row| row.acknowledged_at.is_none()));
    let searched = Filter {
        words: Some("FROST".to_owned()),
        after: Some(newest),
        ..Filter::default()
    };
    let rest = alarm::list(&mut connection, &searched, NOW, 10).await?;
    assert_eq!(rest.len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_is_on_the_shelf_returns_by_itself_and_takes_its_repeats_along() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let probe = insert_probe(&database.store, "gw", "p1", &["t"], 600).await?;
    let mut connection = database.store.acquire().await?;
    plot::place_probe(&mut connection, probe.0, farm.plot, NOW - Duration::days(9)).await?;
    let frost = rule(&mut connection, probe, ("frost", Severity::High)).await?;
    let first = raise(&mut connection, frost, 2, true).await?;
    let who = person(&mut connection).await?;
    let until = NOW + Duration::hours(1);
    let put = NewShelving {
        at: NOW,
        until,
        reason: "heaters are burning",
        account_id: who,
    };
    alarm::shelve(&mut connection, first, put).await?;
    let again = raise(&mut connection, frost, 0, false).await?;
    let shelved = alarm::find(&mut connection, again, NOW).await?;
    let shelving = shelved
        .and_then(|row| row.shelving)
        .ok_or("not on the shelf")?;
    assert_eq!(
        (shelving.until, shelving.by.as_str()),
        (until, "Supervisor")
    );
    assert_eq!(list(&mut connection, None, NOW).await?[0].alarms, 0);
    let before = until - Duration::seconds(1);
    let none = alarm::list_returned(&mut connection, NOW, before).await?;
    assert!(none.is_empty());
    assert_eq!(
        alarm::list_returned(&mut connection, before, until).await?,
        [again]
    );
    let back = alarm::find(&mut connection, again, until).await?;
    assert!(back.is_some_and(|row| row.shelving.is_none()));
    assert_eq!(list(&mut connection, None, until).await?[0].alarms, 1);
    assert!(alarm::unshelve(&mut connection, again, (who, NOW)).await?);
    assert!(!alarm::unshelve(&mut connection, again, (who, NOW)).await?);
    let ended = alarm::list_returned(&mut connection, before, until).await?;
    assert!(ended.is_empty(), "it was taken off before");
    Ok(())
}
