//! The writer and the pipeline before it, against a database that can be held, refuse, and fail.

use std::time::Duration;

use bytes::Bytes;
use model::topic::Topic;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::pipeline::Pipeline;
use crate::stage::{Door, Kind, Received, Stored};
use crate::testing::{FakeDatabase, FakeDirectory, Mode, NOW, PATIENCE, TestClock, limits};

struct Bench {
    database: FakeDatabase,
    pipeline: Pipeline,
    health: Arc<Health>,
}

fn bench(mode: Mode, limits: &PipelineLimits) -> Bench {
    let database = FakeDatabase::new(mode);
    let health = Arc::new(Health::default());
    let (pipeline, writing) = Pipeline::new(
        database.clone(),
        FakeDirectory::demo(),
        limits,
        Arc::clone(&health),
        TestClock::new(),
    );
    tokio::spawn(writing);
    Bench {
        database,
        pipeline,
        health,
    }
}

/// A pack of one value, measured so many seconds ago.
fn message(seconds_ago: i64, value: f32) -> Received {
    let topic = "suyuan/v1/demo-gw/demo-probe/telemetry";
    let time = NOW.seconds() - seconds_ago;
    let payload = format!(r#"[{{"n":"temperature","v":{value},"t":{time},"sq":{seconds_ago}}}]"#);
    let origin = Origin {
        door: Door::Front,
        gateway: Some("demo-gw".to_owned()),
        topic: topic.to_owned(),
        payload: Bytes::from(payload),
        arrived: NOW,
    };
    let kind = Kind::of(topic, Topic::parse(topic).ok().as_ref(), &origin.payload);
    Received { origin, kind }
}

impl Bench {
    fn send(&self, seconds_ago: i64, value: f32) -> JoinHandle<Result<Stored, NotStored>> {
        let pipeline = self.pipeline.clone();
        tokio::spawn(async move { pipeline.take(message(seconds_ago, value)).await })
    }
}

async fn all(sent: Vec<JoinHandle<Result<Stored, NotStored>>>) -> Vec<Result<Stored, NotStored>> {
    let mut answers = Vec::new();
    for one in sent {
        answers.push(
            timeout(PATIENCE, one)
                .await
                .expect("in time")
                .expect("no panic"),
        );
    }
    answers
}

const fn readings(sequence: u64) -> Stored {
    Stored {
        sequence: Some(sequence),
        kept: Kept::Readings,
        command: None,
    }
}

#[tokio::test]
async fn a_full_batch_does_not_wait_for_its_linger() {
    let hour = Duration::from_hours(1);
    let limits = PipelineLimits {
        batch_reports: 5,
        batch_linger: hour,
        batch_quiet: hour,
        ..limits()
    };
    let bench = bench(Mode::Commit, &limits);
    let sent = (0..5).map(|n| bench.send(n, 1.0)).collect();
    assert_eq!(
        all(sent).await,
        (0..5).map(|n| Ok(readings(n))).collect::<Vec<_>>()
    );
    assert_eq!(bench.database.tables().batches, [5]);
}

#[tokio::test]
async fn a_full_batch_takes_along_what_waits_up_to_a_bound() {
    let limits = PipelineLimits {
        batch_reports: 5,
        ..limits()
    };
    let bench = bench(Mode::Hold, &limits);
    let first = bench.send(1_000, 1.0);
    bench.database.until_attempts(1).await;
    // The probe is known now and the writer is held: these are queued before `start` returns.
    let waiting: Vec<_> = (0..240)
        .map(|n| bench.pipeline.start(message(n, 1.0)))
        .collect();
    bench.database.set(Mode::Commit);
    for one in waiting {
        assert!(one.await.is_ok());
    }
    assert!(first.await.is_ok_and(|stored| stored.is_ok()));
    let full = 5 * FULL_TIMES;
    let batches = bench.database.tables().batches.clone();
    assert_eq!(batches, [1, full, full, full]);
}

#[tokio::test]
async fn a_lone_message_is_written_when_nothing_follows() {
    let limits = PipelineLimits {
        batch_linger: Duration::from_hours(1),
        ..limits()
    };
    let bench = bench(Mode::Commit, &limits);
    assert_eq!(all(vec![bench.send(1, 1.0)]).await, [Ok(readings(1))]);
}

#[tokio::test]
async fn a_batch_is_written_after_its_linger_at_the_latest() {
    let quiet = Duration::from_hours(1);
    let limits = PipelineLimits {
        batch_quiet: quiet,
        ..limits()
    };
    let bench = bench(Mode::Commit, &limits);
    assert_eq!(all(vec![bench.send(1, 1.0)]).await, [Ok(readings(1))]);
}

#[tokio::test]
async fn nobody_hears_before_the_commit_and_what_waits_is_one_batch() {
    let bench = bench(Mode::Hold, &limits());
    let first = bench.send(1, 1.0);
    bench.database.until_attempts(1).await;
    let others: Vec<_> = (2..50).map(|n| bench.send(n, 1.0)).collect();
    tokio::task::yield_now().await;
    assert!(!first.is_finished() && others.iter().all(|other| !other.is_finished()));
    let waited = bench
        .health
        .report(NOW.plus_seconds(3))
        .oldest_unacknowledged_age_seconds;
    assert!((waited - 3.0).abs() < 1e-9);
    bench.database.set(Mode::Commit);
    assert_eq!(all(vec![first]).await, [Ok(readings(1))]);
    assert_eq!(all(others).await.len(), 48);
    let tables = bench.database.tables();
    assert_eq!(tables.reports.len(), 49);
    assert!(tables.batches.len() <= 4, "{:?}", tables.batches);
}

#[tokio::test]
async fn the_message_that_the_database_refuses_is_kept_and_the_others_are_stored() {
    let bench = bench(Mode::Hold, &limits());
    let first = bench.send(100, 1.0);
    bench.database.until_attempts(1).await;
    let mut sent: Vec<_> = (0..20)
        .map(|n| bench.send(n, if n == 13 { 666.0 } else { 1.0 }))
        .collect();
    bench.database.set(Mode::Refuse(666.0));
    sent.insert(0, first);
    let answers = all(sent).await;
    let culprit = Kept::DeadLetter(DeadReason::RefusedByDatabase);
    for (n, answer) in answers[1..].iter().enumerate() {
        let kept = if n == 13 { culprit } else { Kept::Readings };
        assert_eq!(
            *answer,
            Ok(Stored {
                sequence: Some(n as u64),
                kept,
                command: None,
            })
        );
    }
    let tables = bench.database.tables();
    assert_eq!(
        (tables.reports.len(), tables.reasons()),
        (20, vec!["refused_by_database"])
    );
    assert_eq!(tables.letters[0].payload, message(13, 666.0).origin.payload);
}

#[tokio::test]
async fn a_database_that_is_away_acknowledges_nobody_and_comes_back() {
    let bench = bench(Mode::Away, &limits());
    let sent = (0..5).map(|n| bench.send(n, 1.0)).collect();
    assert_eq!(all(sent).await, vec![Err(NotStored::DatabaseAway); 5]);
    assert!(!bench.health.report(NOW).is_ready());
    bench.database.set(Mode::Commit);
    assert_eq!(all(vec![bench.send(1, 1.0)]).await, [Ok(readings(1))]);
    assert_eq!(bench.database.tables().reports.len(), 1);
    assert!(bench.health.report(NOW).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_takes_too_long_counts_as_failed() {
    let bench = bench(Mode::Hold, &limits());
    // Time is paused and jumps to the limit, because everybody waits.
    let answer = bench.pipeline.take(message(1, 1.0)).await;
    assert_eq!(answer, Err(NotStored::DatabaseAway));
}

#[tokio::test]
async fn the_same_message_twice_is_stored_once_and_acknowledged_twice() {
    let bench = bench(Mode::Commit, &limits());
    assert_eq!(all(vec![bench.send(4, 1.0)]).await, [Ok(readings(4))]);
    assert_eq!(all(vec![bench.send(4, 1.0)]).await, [Ok(readings(4))]);
    assert_eq!(bench.database.tables().reports.len(), 1);
}
