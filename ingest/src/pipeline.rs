//! What both doors hold: hand in a message, hear when it is committed. Decoding and resolving run
//! in the caller's task; one writer task owns the batch.

use std::future::Future;
use std::sync::Arc;

use model::id::{GatewayId, ProbeName};
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::config::PipelineLimits;
use crate::directory::{Directory, DirectoryError};
use crate::health::Health;
use crate::registry::Registry;
use crate::resolve::{self, TimeBounds};
use crate::stage::{Kept, Kind, NotStored, Origin, Received, Resolved, Stored};
use crate::window::Window;
use crate::writer::{BatchWriter, Item, Sink};

/// A handle to the pipeline; the writer stops when the last one is dropped.
#[derive(Clone)]
pub struct Pipeline {
    directory: Arc<dyn Directory>,
    registry: Arc<Registry>,
    bounds: TimeBounds,
    window: Window,
    items: mpsc::Sender<Item>,
}

impl Pipeline {
    /// A pipeline into `sink`, and its writer, to be awaited by the caller in a task of its own.
    pub fn new<S: Sink>(
        sink: S,
        directory: Arc<dyn Directory>,
        limits: &PipelineLimits,
        health: Arc<Health>,
        clock: Arc<dyn Clock>,
    ) -> (Self, impl Future<Output = ()> + Send + use<S>) {
        let (items, queue) = mpsc::channel(limits.queue_messages);
        let registry = Registry::new(
            Arc::clone(&directory),
            Arc::clone(&clock),
            limits.registry_retry,
        );
        let pipeline = Self {
            directory,
            registry: Arc::new(registry),
            bounds: TimeBounds {
                age_max: limits.age_max,
                ahead_max: limits.ahead_max,
            },
            window: Window::new(limits.window_bytes, Arc::clone(&health)),
            items,
        };
        (
            pipeline,
            BatchWriter::new(sink, queue, limits.clone(), health, clock).run(),
        )
    }

    /// Takes a message all the way; returns after its commit.
    ///
    /// # Errors
    /// It is not in the database and must not be acknowledged.
    pub async fn take(&self, received: Received) -> Result<Stored, NotStored> {
        let Received { origin, kind } = received;
        let resolved = match kind {
            Kind::Presence { gateway, online } => {
                let noted = self
                    .directory
                    .set_presence(&gateway, online, origin.arrived)
                    .await;
                noted.map_err(|error| away(&error))?;
                return Ok(Stored {
                    sequence: None,
                    kept: Kept::Presence,
                });
            }
            Kind::Dead { reason, detail } => {
                Resolved::dead(origin, None, reason, detail.to_owned())
            }
            Kind::Telemetry { gateway, probe } => self.resolve(origin, gateway, probe).await?,
        };
        let sequence = resolved.sequence;
        let (done, committed) = oneshot::channel();
        let sent = self.items.send(Item { resolved, done }).await;
        sent.map_err(|_| NotStored::Stopping)?;
        let kept = committed.await.map_err(|_| NotStored::Stopping)??;
        Ok(Stored { sequence, kept })
    }

    async fn resolve(
        &self,
        origin: Origin,
        gateway: GatewayId,
        probe: ProbeName,
    ) -> Result<Resolved, NotStored> {
        match resolve::decode(origin, gateway, probe) {
            Err(dead) => Ok(*dead),
            Ok(decoded) => {
                let found = self
                    .registry
                    .find(&gateway, &probe, decoded.origin.arrived)
                    .await;
                let found = found.map_err(|error| away(&error))?;
                Ok(resolve::resolve(decoded, &found, self.bounds))
            }
        }
    }

    /// Leaves a dead letter without waiting for it; `false` where the writer has no room.
    pub(crate) fn leave(&self, resolved: Resolved) -> bool {
        let (done, _) = oneshot::channel();
        self.items.try_send(Item { resolved, done }).is_ok()
    }

    /// The database's answers beside the writer.
    #[must_use]
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// The list of probes, for whoever keeps it fresh.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The room for messages.
    #[must_use]
    pub const fn window(&self) -> &Window {
        &self.window
    }
}

fn away(error: &DirectoryError) -> NotStored {
    tracing::warn!(%error, "a message cannot be resolved");
    NotStored::DatabaseAway
}
