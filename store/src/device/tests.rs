//! Aliases and what goes with them, against a real PostgreSQL.

use std::error::Error;

use time::macros::datetime;

use super::*;
use crate::testing::{TestDatabase, insert_probe};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

#[tokio::test]
async fn a_device_is_one_probe_until_it_is_taken_away() -> TestResult {
    let database = TestDatabase::new().await?;
    let one = insert_probe(&database.store, "gw", "p", &["t"], 600).await?;
    let two = insert_probe(&database.store, "gw2", "p", &["t"], 600).await?;
    let mut connection = database.store.acquire().await?;
    let plug = (Scheme::Tasmota, "plug");
    assert_eq!(insert_alias(&mut connection, plug, one, NOW).await?, one);
    assert_eq!(
        insert_alias(&mut connection, plug, one, NOW).await?,
        one,
        "twice is once"
    );
    assert_eq!(
        insert_alias(&mut connection, plug, two, NOW).await?,
        one,
        "it is another's"
    );
    let same_name = (Scheme::ChirpStack, "plug");
    assert_eq!(
        insert_alias(&mut connection, same_name, two, NOW).await?,
        two
    );
    delete_alias(&mut connection, plug, two).await?;
    assert_eq!(
        list_aliases(&mut connection, None).await?.len(),
        2,
        "not its own"
    );
    delete_alias(&mut connection, plug, one).await?;
    delete_alias(&mut connection, plug, one).await?;
    assert_eq!(list_aliases(&mut connection, Some(one)).await?, []);
    assert_eq!(
        list_aliases(&mut connection, Some(two)).await?[0].external_id,
        "plug"
    );
    let long = "x".repeat(201);
    let refused = insert_alias(&mut connection, (Scheme::Tasmota, &long), one, NOW).await;
    let refused = refused.err().ok_or("a name without end")?;
    assert_eq!(
        refused.constraint(),
        Some("device_alias_external_id_length")
    );
    Ok(())
}

#[tokio::test]
async fn with_an_edge_node_go_its_devices_and_nobody_elses() -> TestResult {
    let database = TestDatabase::new().await?;
    let own = insert_probe(&database.store, "gw", "p", &["t"], 600).await?;
    let other = insert_probe(&database.store, "gw2", "p", &["t"], 600).await?;
    let mut connection = database.store.acquire().await?;
    for (id, probe) in [
        ("g/e", own),
        ("g/e/d", own),
        ("g/e2", own),
        ("g/e/x", other),
    ] {
        insert_alias(&mut connection, (Scheme::Sparkplug, id), probe, NOW).await?;
    }
    let at = |seconds| Timestamp::from_seconds(NOW.unix_timestamp() + seconds);
    let edge = (Scheme::Sparkplug, "g/e");
    set_presence(&mut connection, edge, true, None, at(1)).await?;
    let device = (Scheme::Sparkplug, "g/e/d");
    set_presence(&mut connection, device, true, None, at(2)).await?;
    set_presence(&mut connection, edge, false, Some("gw"), at(1)).await?;
    let states = list_aliases(&mut connection, None).await?;
    let states: Vec<_> = states
        .iter()
        .map(|a| (a.external_id.as_str(), a.online))
        .collect();
    // The device's birth is younger than the news of the edge's death.
    let expected = [
        ("g/e", Some(false)),
        ("g/e/d", Some(true)),
        ("g/e/x", None),
        ("g/e2", None),
    ];
    assert_eq!(states, expected);
    set_presence(&mut connection, edge, false, Some("gw2"), at(9)).await?;
    set_presence(&mut connection, edge, false, None, at(9)).await?;
    let states = list_aliases(&mut connection, Some(own)).await?;
    let states: Vec<_> = states.iter().map(|a| a.online).collect();
    assert_eq!(states, [Some(false), Some(false), None]);
    Ok(())
}

#[tokio::test]
async fn a_message_arrived_first_when_it_arrived_first() -> TestResult {
    let database = TestDatabase::new().await?;
    let mut connection = database.store.acquire().await?;
    let now = from_db(NOW);
    let (id, scheme) = ("3ac7e3c4", Scheme::ChirpStack);
    assert_eq!(first_arrival(&mut connection, scheme, id, now).await?, now);
    let later = now.plus_seconds(60);
    assert_eq!(
        first_arrival(&mut connection, scheme, id, later).await?,
        now
    );
    assert_eq!(
        first_arrival(&mut connection, scheme, "other", later).await?,
        later
    );
    // A month later it is forgotten.
    let much_later = now.plus_seconds(31 * 86_400);
    assert_eq!(
        first_arrival(&mut connection, scheme, id, much_later).await?,
        much_later
    );
    Ok(())
}
