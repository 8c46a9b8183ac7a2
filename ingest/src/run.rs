//! Starts the parts, watches them, and stops them in order: doors first, then the writer, so that
//! whatever was taken is committed and acknowledged before the connections close.

use std::sync::Arc;
use std::time::Duration;

use store::Store;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::broker;
use crate::clock::Clock;
use crate::config::IngestConfig;
use crate::directory::{Directory, DirectoryError};
use crate::front::Front;
use crate::health::Health;
use crate::pipeline::Pipeline;
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
    run_with(
        config,
        StoreSink::new(store),
        directory,
        clock,
        health,
        cancel,
    )
    .await
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
    let deadline = config.shutdown_deadline;
    // Cancelled by the caller, or by us when a task fails.
    let stop = cancel.child_token();
    let parts = Box::pin(parts(config, sink, directory, clock, health, stop.clone()));
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

async fn parts<S: Sink>(
    config: IngestConfig,
    sink: S,
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), IngestError> {
    let limits = &config.pipeline;
    let (pipeline, writing) = Pipeline::new(
        sink,
        directory,
        limits,
        Arc::clone(&health),
        Arc::clone(&clock),
    );
    pipeline.registry().reload().await?;

    let mut writer = JoinSet::new();
    writer.spawn(writing);
    let mut doors = JoinSet::new();
    if let Some(listener) = config.front {
        let (health, clock) = (Arc::clone(&health), Arc::clone(&clock));
        let limits = config.front_limits;
        let front = Front::new(
            listener,
            limits,
            pipeline.clone(),
            health,
            clock,
            stop.clone(),
        );
        doors.spawn(front.run());
    }
    if let Some(broker) = config.broker {
        let (health, clock) = (Arc::clone(&health), Arc::clone(&clock));
        let stop = stop.clone();
        let pipeline = pipeline.clone();
        doors.spawn(async move {
            broker::run(broker, pipeline, health, clock, stop).await;
            Ok(())
        });
    }
    doors.spawn(keep_fresh(pipeline, limits.registry_refresh, stop.clone()));
    doors.spawn(keep_gauges(health, clock, stop.clone()));
    watch(doors, writer, &stop).await
}

async fn keep_fresh(
    pipeline: Pipeline,
    period: Duration,
    stop: CancellationToken,
) -> Result<(), JoinError> {
    pipeline.registry().refresh_until(period, &stop).await;
    Ok(())
}

async fn keep_gauges(
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), JoinError> {
    while stop
        .run_until_cancelled(tokio::time::sleep(GAUGES_PERIOD))
        .await
        .is_some()
    {
        health.publish(clock.now());
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
