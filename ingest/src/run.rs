//! Starts the parts, watches them, and stops them in order: doors first, then the writer, so that
//! whatever was taken is committed and acknowledged before the connections close.

use std::sync::Arc;
use std::time::Duration;

use store::notice::ProbesListener;
use store::{Store, chain};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::broker;
use crate::clock::Clock;
use crate::config::{BrokerConfig, IngestConfig};
use crate::directory::{Directory, DirectoryError};
use crate::front::{Front, Sockets};
use crate::health::Health;
use crate::pipeline::Pipeline;
use crate::replay::Replays;
use crate::writer::{Sink, StoreSink};

/// How often the gauges of [`Health`] are written.
const GAUGES_PERIOD: Duration = Duration::from_secs(5);

/// Why ingest ended other than by being told to.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The list of probes could not be read at the start.
    #[error("the list of probes cannot be read")]
    Directory(#[from] DirectoryError),
    /// A task panicked.
    #[error("a task of ingest failed")]
    Task(#[from] JoinError),
    /// The writer ended while doors were open.
    #[error("the writer ended early")]
    WriterGone,
    /// The shutdown took longer than its deadline; what was not acknowledged comes again.
    #[error("the shutdown took longer than {0:?}")]
    Deadline(Duration),
}

/// Runs ingest on the database until `cancel`; returns when everything taken is committed and
/// acknowledged, or at the deadline.
pub async fn run(
    config: IngestConfig,
    store: Store,
    clock: Arc<dyn Clock>,
    health: Arc<Health>,
    cancel: CancellationToken,
) -> Result<(), IngestError> {
    let directory: Arc<dyn Directory> = Arc::new(store.clone());
    let sink = StoreSink::new(store.clone());
    let world = World {
        directory,
        clock,
        health,
        replays: Some(store),
    };
    run_in(world, config, sink, cancel).await
}

/// As [`run`], with the database's two sides given: what tests use.
pub async fn run_with<S: Sink>(
    config: IngestConfig,
    sink: S,
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
    health: Arc<Health>,
    cancel: CancellationToken,
) -> Result<(), IngestError> {
    let world = World {
        directory,
        clock,
        health,
        replays: None,
    };
    run_in(world, config, sink, cancel).await
}

/// What ingest works in.
struct World {
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
    health: Arc<Health>,
    /// Where dead letters to be tried again are found, and what tells of changed probes.
    replays: Option<Store>,
}

async fn run_in<S: Sink>(
    world: World,
    config: IngestConfig,
    sink: S,
    cancel: CancellationToken,
) -> Result<(), IngestError> {
    let deadline = config.shutdown_deadline;
    // Cancelled by the caller, or by us when a task fails.
    let stop = cancel.child_token();
    let parts = Box::pin(parts(world, config, sink, stop.clone()));
    let mut parts = std::pin::pin!(parts);
    tokio::select! {
        ended = &mut parts => return ended,
        () = cancel.cancelled() => {}
    }
    match timeout(deadline, parts).await {
        Ok(ended) => ended,
        Err(_) => Err(IngestError::Deadline(deadline)),
    }
}

/// Everything that runs, until `stop` or the first failure.
async fn parts<S: Sink>(
    world: World,
    config: IngestConfig,
    sink: S,
    stop: CancellationToken,
) -> Result<(), IngestError> {
    let World {
        directory,
        clock,
        health,
        replays,
    } = world;
    let limits = &config.pipeline;
    let (for_pipeline, its_clock) = (Arc::clone(&health), Arc::clone(&clock));
    let (pipeline, writing) = Pipeline::new(sink, directory, limits, for_pipeline, its_clock);
    let pipeline = pipeline.with_shelf(config.shelf);
    pipeline.registry().reload().await?;

    let mut writer = JoinSet::new();
    writer.spawn(writing);
    let mut doors = JoinSet::new();
    // Wanted from now on: nobody is ready before they are.
    if config.front.is_some() || config.front_tls.is_some() {
        health.set_front(false);
        let sockets = Sockets {
            plain: config.front,
            tls: config.front_tls,
        };
        let (health, clock) = (Arc::clone(&health), Arc::clone(&clock));
        let limits = config.front_limits;
        let front = Front::new(
            sockets,
            limits,
            pipeline.clone(),
            health,
            clock,
            stop.clone(),
        );
        doors.spawn(front.run());
    }
    if let Some(broker) = config.broker {
        health.set_broker(false);
        let (pipeline, health) = (pipeline.clone(), Arc::clone(&health));
        doors.spawn(serve_broker(
            broker,
            pipeline,
            health,
            Arc::clone(&clock),
            stop.clone(),
        ));
    }
    let for_notices = replays.clone();
    if let Some(store) = replays {
        let replays = Replays {
            store,
            pipeline: pipeline.clone(),
            clock: Arc::clone(&clock),
            period: limits.replay_period,
        };
        doors.spawn(serve_replays(replays, stop.clone()));
    }
    doors.spawn(keep_fresh(
        pipeline,
        for_notices,
        limits.registry_refresh,
        stop.clone(),
    ));
    doors.spawn(keep_gauges(health, clock, stop.clone()));
    watch(doors, writer, &stop).await
}

async fn serve_broker(
    config: BrokerConfig,
    pipeline: Pipeline,
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), JoinError> {
    broker::run(config, pipeline, health, clock, stop).await;
    Ok(())
}

async fn serve_replays(replays: Replays, stop: CancellationToken) -> Result<(), JoinError> {
    replays.run(&stop).await;
    Ok(())
}

/// Reads the list of probes every `period`, and at once where one has another profile; a failure
/// is logged and tried again.
async fn keep_fresh(
    pipeline: Pipeline,
    notices: Option<Store>,
    period: Duration,
    stop: CancellationToken,
) -> Result<(), JoinError> {
    let mut listener = None;
    loop {
        let waited = async {
            tokio::select! {
                () = sleep(period) => {}
                () = probes_changed(notices.as_ref(), &mut listener) => {}
            }
        };
        if stop.run_until_cancelled(waited).await.is_none() {
            return Ok(());
        }
        if let Err(error) = pipeline.registry().reload().await {
            tracing::warn!(%error, "the list of probes could not be read");
        }
    }
}

/// Returns when a probe has another profile, or when it begins to listen: what changed before that
/// was not told. Where the database does not answer, the list's period has to do.
async fn probes_changed(notices: Option<&Store>, listener: &mut Option<ProbesListener>) {
    let heard = match (listener.as_mut(), notices) {
        (Some(listening), _) => listening.next().await,
        (None, Some(store)) => ProbesListener::open(store)
            .await
            .map(|new| *listener = Some(new)),
        (None, None) => std::future::pending().await,
    };
    if let Err(error) = heard {
        *listener = None;
        tracing::debug!(error = chain(&error), "not told of changed probes");
        std::future::pending::<()>().await;
    }
}

async fn keep_gauges(
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), JoinError> {
    loop {
        health.publish(clock.now());
        if stop
            .run_until_cancelled(sleep(GAUGES_PERIOD))
            .await
            .is_none()
        {
            break;
        }
    }
    Ok(())
}

/// Waits for the doors, then for the writer, which ends when the last door has let go of it. The
/// first failure stops the rest and is returned.
async fn watch(
    mut doors: JoinSet<Result<(), JoinError>>,
    mut writer: JoinSet<()>,
    stop: &CancellationToken,
) -> Result<(), IngestError> {
    let mut failure = None;
    while !doors.is_empty() {
        let ended = tokio::select! {
            Some(ended) = doors.join_next() => ended.and_then(|door| door).map_err(Into::into),
            Some(ended) = writer.join_next() => match ended {
                // Being stopped, the doors may have let go of it before they are joined here.
                Ok(()) if stop.is_cancelled() => Ok(()),
                Ok(()) => Err(IngestError::WriterGone),
                Err(error) => Err(IngestError::Task(error)),
            },
        };
        if let Err(error) = ended {
            stop.cancel();
            failure.get_or_insert(error);
        }
    }
    while let Some(ended) = writer.join_next().await {
        if let Err(error) = ended {
            failure.get_or_insert(IngestError::Task(error));
        }
    }
    failure.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
    use tokio::net::TcpListener;

    use super::*;
    use crate::testing::{FakeDatabase, FakeDirectory, KEY, Mode, NOW, PATIENCE, TestClock};

    #[tokio::test]
    async fn ingest_runs_from_start_to_stop_and_leaves_nothing_running() {
        let database = FakeDatabase::new(Mode::Commit);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let config = IngestConfig {
            front: Some(listener),
            ..IngestConfig::new()
        };
        let (health, cancel) = (Arc::new(Health::default()), CancellationToken::new());
        let running = tokio::spawn(run_with(
            config,
            database.clone(),
            FakeDirectory::demo(),
            TestClock::new(),
            Arc::clone(&health),
            cancel.clone(),
        ));
        let mut options = MqttOptions::new("c", "127.0.0.1", port);
        options.set_credentials("demo-gw", KEY);
        let (client, mut connection) = AsyncClient::new(options, 10);
        let topic = "suyuan/v1/demo-gw/demo-probe/telemetry";
        let payload = r#"[{"n":"temperature","v":1}]"#;
        client
            .publish(topic, QoS::AtLeastOnce, false, payload)
            .await
            .expect("queued");
        let acknowledged = async {
            while !matches!(
                connection.poll().await,
                Ok(Event::Incoming(Packet::PubAck(_)))
            ) {}
        };
        assert!(timeout(PATIENCE, acknowledged).await.is_ok());
        assert_eq!(health.report(NOW).front_listening, Some(true));
        cancel.cancel();
        let ended = timeout(PATIENCE, running)
            .await
            .expect("in time")
            .expect("no panic");
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(database.tables().reports.len(), 1);
        assert_eq!(health.report(NOW).front_listening, Some(false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_does_not_wait_longer_than_its_deadline() {
        let database = FakeDatabase::new(Mode::Commit);
        let (health, cancel) = (Arc::new(Health::default()), CancellationToken::new());
        cancel.cancel();
        // A broker that accepts and never answers cannot hold the stop up.
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = silent.local_addr().expect("an address").port();
        let url = format!("mqtt://127.0.0.1:{port}")
            .parse()
            .expect("an address");
        let broker = Some(BrokerConfig::new(url, "c"));
        let config = IngestConfig {
            broker,
            ..IngestConfig::new()
        };
        let directory = FakeDirectory::demo();
        let ended = run_with(
            config,
            database,
            directory,
            TestClock::new(),
            health,
            cancel,
        )
        .await;
        assert!(
            matches!(ended, Ok(()) | Err(IngestError::Deadline(_))),
            "{ended:?}"
        );
    }
}
