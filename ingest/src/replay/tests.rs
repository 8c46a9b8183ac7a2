//! Letters through the real pipeline into a real database: what was refused for want of a
//! registration is stored afterwards, once, with the time at which it arrived.

use std::error::Error;

use model::id::ProbeKey;
use model::time::Timestamp;
use store::account::{NewAccount, Role};
use store::dead_letter::{self, DeadLetter, Filter, Kept};
use store::reading::{self, Span};
use store::testing::{TestDatabase, insert_probe};
use time::macros::datetime;
use tokio::time::timeout;

use super::*;
use crate::config::PipelineLimits;
use crate::testing::{NOW, PATIENCE, TestClock};
use crate::writer::StoreSink;

type TestResult = Result<(), Box<dyn Error>>;

const ALL: Span = Span {
    from: datetime!(2020-01-01 0:00 UTC),
    to: datetime!(2030-01-01 0:00 UTC),
};

struct Bench {
    database: TestDatabase,
    probe: ProbeKey,
    operator: i64,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl Bench {
    async fn new() -> Result<Self, Box<dyn Error>> {
        let database = TestDatabase::new().await?;
        let store = database.store.clone();
        let probe = insert_probe(&store, "gw", "field", &["temperature"], 900).await?;
        let new = NewAccount {
            login: "op",
            display_name: "op",
            role: Role::Operator,
            producer_id: None,
            password_hash: "none",
        };
        let now = datetime!(2026-11-23 04:00 UTC);
        let operator = store::account::insert(&mut *store.acquire().await?, &new, now).await?;
        let clock = TestClock::new();
        let (pipeline, writing) = Pipeline::new(
            StoreSink::new(store.clone()),
            Arc::new(store.clone()),
            &PipelineLimits::default(),
            Arc::default(),
            Arc::clone(&clock) as _,
        );
        tokio::spawn(writing);
        let replays = Replays {
            store,
            pipeline,
            clock,
            // Long, so that a letter which is tried soon was noticed.
            period: PATIENCE * 10,
        };
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let running = tokio::spawn(async move { replays.run(&stopped).await });
        Ok(Self {
            database,
            probe,
            operator,
            stop,
            running,
        })
    }

    /// Leaves a letter and asks for it; what is written into it.
    async fn replay(&self, topic: &str, payload: &str) -> Result<Kept, Box<dyn Error>> {
        let letter = DeadLetter {
            arrived: NOW,
            gateway: Some("gw".to_owned()),
            topic: topic.to_owned(),
            reason: "unknown_probe",
            detail: "it was not registered then".to_owned(),
            payload: payload.as_bytes().to_vec(),
            payload_bytes: payload.len(),
        };
        let mut connection = self.database.store.acquire().await?;
        dead_letter::insert_all(&mut connection, &[letter]).await?;
        let newest = dead_letter::list(&mut connection, &Filter::default(), 1).await?;
        let id = newest.first().ok_or("no letter")?.id;
        self.again(id).await
    }

    async fn again(&self, id: i64) -> Result<Kept, Box<dyn Error>> {
        let mut connection = self.database.store.acquire().await?;
        let now = datetime!(2026-11-23 04:00 UTC);
        replay::request(&mut connection, id, self.operator, now).await?;
        let done = async {
            loop {
                let kept = dead_letter::find(&mut connection, id).await?;
                let kept = kept.ok_or("the letter is gone")?;
                if kept
                    .replay
                    .as_ref()
                    .is_some_and(|replay| replay.done.is_some())
                {
                    return Ok(kept);
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, done).await?
    }

    async fn stored(&self) -> Result<Vec<reading::Stored>, Box<dyn Error>> {
        let mut connection = self.database.store.acquire().await?;
        Ok(reading::list_raw(&mut connection, self.probe, ALL, 100).await?)
    }

    async fn letters(&self) -> Result<usize, Box<dyn Error>> {
        let mut connection = self.database.store.acquire().await?;
        let all = dead_letter::list(&mut connection, &Filter::default(), 500).await?;
        Ok(all.len())
    }

    async fn stop(self) -> TestResult {
        self.stop.cancel();
        Ok(timeout(PATIENCE, self.running).await??)
    }
}

fn outcome(kept: &Kept) -> Option<(Outcome, Option<&str>)> {
    let done = kept.replay.as_ref()?.done.as_ref()?;
    Some((done.outcome, done.reason.as_deref()))
}

#[tokio::test]
async fn a_letter_is_stored_with_the_time_of_its_arrival_and_only_once() -> TestResult {
    let bench = Bench::new().await?;
    let topic = "suyuan/v1/gw/field/telemetry";
    // A minute before it arrived, whenever it is tried again.
    let pack = r#"[{"n":"temperature","t":-60,"v":4.5}]"#;
    let kept = bench.replay(topic, pack).await?;
    assert_eq!(outcome(&kept), Some((Outcome::Stored, None)));
    let stored = bench.stored().await?;
    assert_eq!(stored.len(), 1);
    let at = Timestamp((stored[0].time.unix_timestamp_nanos() / 1_000) as i64);
    assert_eq!(at, NOW.plus_seconds(-60));
    // Stored once stays stored once, asked again or sent in another letter.
    assert_eq!(outcome(&bench.again(kept.id).await?), outcome(&kept));
    assert_eq!(outcome(&bench.replay(topic, pack).await?), outcome(&kept));
    assert_eq!(bench.stored().await?.len(), 1);
    bench.stop().await
}

#[tokio::test]
async fn what_is_refused_again_says_so_in_its_letter_and_leaves_no_other() -> TestResult {
    let bench = Bench::new().await?;
    for (topic, payload, expected) in [
        ("suyuan/v1/gw/field/telemetry", "no pack", "not_senml"),
        (
            "suyuan/v1/gw/nobody/telemetry",
            r#"[{"n":"temperature","v":1}]"#,
            "unknown_probe",
        ),
        ("nowhere", "x", "unknown_topic"),
    ] {
        let kept = bench.replay(topic, payload).await?;
        assert_eq!(outcome(&kept), Some((Outcome::Refused, Some(expected))));
        assert_eq!(
            kept.reason, "unknown_probe",
            "why it was refused first stays"
        );
    }
    let topic = "suyuan/v1/gw/field/telemetry";
    let pack = r#"[{"n":"temperature","v":1},{"n":"mood","v":1}]"#;
    let kept = bench.replay(topic, pack).await?;
    assert_eq!(
        outcome(&kept),
        Some((Outcome::Partly, Some("unknown_channel")))
    );
    assert_eq!(bench.stored().await?.len(), 1);
    assert_eq!(bench.letters().await?, 4);
    bench.stop().await
}

#[tokio::test]
async fn a_letter_is_stored_after_what_it_lacked_was_registered() -> TestResult {
    let bench = Bench::new().await?;
    let topic = "suyuan/v1/late/field/telemetry";
    let pack = r#"[{"n":"temperature","v":1}]"#;
    let kept = bench.replay(topic, pack).await?;
    assert!(matches!(outcome(&kept), Some((Outcome::Refused, _))));
    insert_probe(
        &bench.database.store,
        "late",
        "field",
        &["temperature"],
        900,
    )
    .await?;
    let again = bench.again(kept.id).await?;
    assert_eq!(outcome(&again), Some((Outcome::Stored, None)));
    bench.stop().await
}
