//! What runs together in one process: the tasks of a role on one database, from start to an
//! orderly end. A task that ends early or panics ends the whole process: half a system would
//! look healthy and lose readings.

use std::future::{self, Future};
use std::time::Duration;

use anyhow::{Context, bail};
use store::Store;
use store::cluster::Cluster;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long the database's connections may take to close.
const GOODBYE: Duration = Duration::from_secs(2);

/// The tasks of a process, what they stand on, and how they are told to stop.
pub struct System {
    store: Store,
    cluster: Option<Cluster>,
    tasks: JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: CancellationToken,
}

impl System {
    /// A system without tasks, on a database and perhaps the private cluster below it.
    pub fn new(store: Store, cluster: Option<Cluster>) -> Self {
        Self {
            store,
            cluster,
            tasks: JoinSet::new(),
            stop: CancellationToken::new(),
        }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Cancelled when the system is to stop.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task; its name is for the log.
    pub fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.tasks.spawn(async move { (name, task.await) });
    }

    /// Ends a system without tasks: a command that is done.
    pub async fn close(self) -> anyhow::Result<()> {
        self.store.close().await;
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }

    /// Runs until SIGINT, SIGTERM or the end of a task, then stops everything within the
    /// deadline: doors first, the database last.
    pub async fn run(mut self, deadline: Duration) -> anyhow::Result<()> {
        let why = tokio::select! {
            signal = wait_for_signal() => signal.map(|name| tracing::info!(name, "stopping")),
            ended = self.tasks.join_next() => describe_end(ended),
            error = cluster_ended(&mut self.cluster) => Err(error),
        };
        self.stop.cancel();
        let ended = timeout(deadline, self.finish_tasks()).await;
        if ended.is_err() {
            tracing::error!(?deadline, "some tasks did not end in time and are dropped");
            self.tasks.shutdown().await;
        }
        // A database that stands still does not take a goodbye either.
        if timeout(GOODBYE, self.store.close()).await.is_err() {
            tracing::warn!("the database did not take our goodbye");
        }
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        tracing::info!("stopped");
        why.and(ended.unwrap_or(Ok(())))
    }

    /// Waits for every task; the first failure is kept, the others are logged.
    async fn finish_tasks(&mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            let (name, result) = ended.context("a task panicked")?;
            if let Err(error) = result.with_context(|| format!("stopping {name}")) {
                tracing::error!(error = format!("{error:#}"), "a task failed while stopping");
                outcome = Err(error);
            }
        }
        outcome
    }
}

/// SIGINT or SIGTERM.
async fn wait_for_signal() -> anyhow::Result<&'static str> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok("SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

type Ended = Option<Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>>;

/// A task that ends while nobody asked it to is a failure, whatever it returned.
fn describe_end(ended: Ended) -> anyhow::Result<()> {
    match ended {
        Some(Ok((name, Err(error)))) => Err(error.context(format!("{name} failed"))),
        Some(Ok((name, Ok(())))) => bail!("{name} ended by itself"),
        Some(Err(error)) => Err(error).context("a task panicked"),
        None => bail!("there is nothing to run"),
    }
}

async fn cluster_ended(cluster: &mut Option<Cluster>) -> anyhow::Error {
    match cluster {
        Some(cluster) => anyhow::Error::new(cluster.ended().await),
        None => future::pending().await,
    }
}
