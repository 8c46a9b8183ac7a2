//! What both doors hold: hand in a message, hear when it is committed. Decoding and resolving run
//! in the caller's task; one writer task owns the batch.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, FutureExt as _};
use model::id::{GatewayId, ProbeName};
use model::metric;
use model::time::Timestamp;
use store::report::Report;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::config::PipelineLimits;
use crate::directory::{Directory, DirectoryError};
use crate::health::Health;
use crate::payload::{Adapters, Command, Device, Format};
use crate::quiet::Quiet;
use crate::reason::DeadReason;
use crate::registry::{Found, Registry};
use crate::resolve::{self, TimeBounds, direct};
use crate::snapshot::{Shelf, Shelved, Snapshots};
use crate::stage::{Decoded, Door, Kept, Kind, NotStored, Origin, Received, Resolved, Stored};
use crate::window::Window;
use crate::writer::{BatchWriter, Item, Sink};

/// One letter about a wrong clock a topic in this time: its readings are kept anyway.
const CLOCK_QUIET_SECONDS: i64 = 3_600;

/// A handle to the pipeline; the writer stops when the last one is dropped.
#[derive(Clone)]
pub struct Pipeline {
    directory: Arc<dyn Directory>,
    registry: Arc<Registry>,
    adapters: Arc<Adapters>,
    bounds: TimeBounds,
    quiet: Arc<Quiet>,
    snapshots: Option<Snapshots>,
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
            adapters: Arc::new(Adapters::new(limits.local_offset_seconds)),
            bounds: TimeBounds {
                age_max: limits.age_max,
                ahead_max: limits.ahead_max,
            },
            quiet: Arc::new(Quiet::new(CLOCK_QUIET_SECONDS)),
            snapshots: None,
            window: Window::new(limits.window_bytes, Arc::clone(&health)),
            items,
        };
        (
            pipeline,
            BatchWriter::new(sink, queue, limits.clone(), health, clock).run(),
        )
    }

    /// The same pipeline with a place for pictures.
    #[must_use]
    pub fn with_shelf(mut self, place: Option<Arc<dyn Shelf>>) -> Self {
        self.snapshots = place.map(|place| Snapshots::new(place, self.bounds));
        self
    }

    /// Begins to take a message. An ordinary one is with the writer when this returns, as long as
    /// that has room; every other begins when what is returned is first polled.
    #[must_use]
    pub fn start(&self, received: Received) -> Taking {
        let Received { mut origin, kind } = received;
        if let Some((sequence, reports)) = self.read_directly(&origin, kind) {
            let resolved = Resolved {
                origin,
                sequence,
                reports,
                letter: None,
            };
            let (done, committed) = oneshot::channel();
            match self.items.try_send(Item { resolved, done }) {
                Ok(()) => return Taking::Short(sequence, committed),
                // Waiting for room is the long way's.
                Err(TrySendError::Full(item) | TrySendError::Closed(item)) => {
                    origin = item.resolved.origin;
                }
            }
        }
        let pipeline = self.clone();
        Taking::Long(async move { pipeline.take(Received { origin, kind }).await }.boxed())
    }

    /// Reads an ordinary pack of a probe that is known, and that is the speaker's.
    fn read_directly(&self, origin: &Origin, kind: Kind) -> Option<(Option<u64>, Vec<Report>)> {
        let Kind::Payload(Format::Senml { gateway, probe }) = kind else {
            return None;
        };
        let Found::Probe(probe) = self.registry.peek(&Device::Probe(gateway, probe)) else {
            return None;
        };
        let is_own = origin.gateway.as_deref() == Some(probe.gateway.as_str());
        if origin.door == Door::Front && !is_own {
            return None;
        }
        direct::read(&origin.payload, &probe, origin.arrived, self.bounds)
    }

    /// Takes a message all the way; returns after its commit.
    ///
    /// # Errors
    /// It is not in the database and must not be acknowledged.
    pub async fn take(&self, received: Received) -> Result<Stored, NotStored> {
        let Received { origin, kind } = received;
        match kind {
            Kind::Presence { gateway, online } => {
                let noted = self
                    .directory
                    .set_presence(&gateway, online, origin.arrived)
                    .await;
                noted.map_err(|error| away(&error))?;
                Ok(unwritten(Kept::Presence))
            }
            Kind::Dead { reason, detail } => {
                let dead = Resolved::dead(origin, None, reason, detail.to_owned());
                self.write(dead, None).await
            }
            Kind::Snapshot {
                gateway,
                camera,
                said,
            } => match self.shelve(&origin, (&gateway, &camera), said).await? {
                Shelved::Kept => Ok(unwritten(Kept::Picture)),
                Shelved::Refused(reason, detail) => {
                    let dead = Resolved::dead(origin, None, reason, detail);
                    self.write(dead, None).await
                }
            },
            Kind::Payload(format) => match self.resolve(origin, format).await? {
                Worth::Written(resolved, command) => self.write_flagged(*resolved, command).await,
                Worth::Unwritten(kept) => Ok(unwritten(kept)),
            },
        }
    }

    /// Takes the message of a dead letter all the way again; `received` is what it was when it
    /// arrived. It leaves no other letter: what is refused again is returned.
    ///
    /// # Errors
    /// The database did not take it; it may be tried once more.
    pub(crate) async fn replay(&self, received: Received) -> Result<Replayed, NotStored> {
        let Received { origin, kind } = received;
        let mut resolved = match kind {
            // The state of a gateway is that of today.
            Kind::Presence { .. } => return Ok(Replayed::default()),
            Kind::Dead { reason, detail } => {
                return Ok(Replayed {
                    has_readings: false,
                    refused: Some((reason, detail.to_owned())),
                });
            }
            Kind::Snapshot {
                gateway,
                camera,
                said,
            } => {
                let shelved = self.shelve(&origin, (&gateway, &camera), said).await?;
                return Ok(match shelved {
                    Shelved::Kept => Replayed::default(),
                    Shelved::Refused(reason, detail) => Replayed {
                        has_readings: false,
                        refused: Some((reason, detail)),
                    },
                });
            }
            Kind::Payload(format) => match self.resolve(origin, format).await? {
                Worth::Written(resolved, _) => resolved,
                Worth::Unwritten(_) => return Ok(Replayed::default()),
            },
        };
        let letter = resolved.letter.take();
        // A clock that is not believed is a remark: the readings are kept.
        let letter = letter.filter(|(reason, _)| !reason.is_clock());
        let mut replayed = Replayed {
            has_readings: !resolved.reports.is_empty(),
            refused: letter.map(|(reason, letter)| (reason, letter.detail)),
        };
        if replayed.has_readings
            && let Kept::DeadLetter(reason) = self.write(*resolved, None).await?.kept
        {
            replayed.has_readings = false;
            let detail = "the log of ingest has what the database said";
            replayed.refused = Some((reason, detail.to_owned()));
        }
        Ok(replayed)
    }

    async fn resolve(&self, origin: Origin, format: Format) -> Result<Worth, NotStored> {
        let is_replay = matches!(origin.door, Door::Replay { .. });
        // Nothing is awaited before this: what a format remembers is told in the order of arrival.
        let mut message = match self.adapters.decode(format, &origin) {
            Ok(message) => message,
            Err(refusal) => {
                let dead = Resolved::dead(origin, None, refusal.reason, refusal.detail);
                return Ok(Worth::Written(Box::new(dead), None));
            }
        };
        if let Some(presence) = message.presence.as_ref().filter(|_| !is_replay) {
            let noted = self
                .directory
                .set_device_presence(presence, origin.voucher(), origin.arrived)
                .await;
            noted.map_err(|error| away(&error))?;
        }
        if message.packs.is_empty() {
            let kept = match message.presence {
                Some(_) => Kept::Presence,
                None => Kept::Nothing,
            };
            return Ok(Worth::Unwritten(kept));
        }
        if let Some((scheme, id)) = message.once.take() {
            let first = self.directory.first_arrival(scheme, &id, origin.arrived);
            message.move_to(first.await.map_err(|error| away(&error))?, origin.arrived);
        }
        let mut found = Vec::with_capacity(message.packs.len());
        for pack in &message.packs {
            let one = self.registry.find(&pack.device, origin.arrived).await;
            found.push(one.map_err(|error| away(&error))?);
        }
        let mut decoded = Decoded { origin, message };
        let command = decoded.message.command.take();
        // A device that nobody has registered is not told what to do.
        let command = command.filter(|_| found.iter().any(|f| matches!(f, Found::Probe(_))));
        let resolved = resolve::resolve(decoded, &found, self.bounds);
        Ok(Worth::Written(Box::new(resolved), command))
    }

    /// Writes readings; of letters about a clock only the first of an hour.
    async fn write_flagged(
        &self,
        mut resolved: Resolved,
        command: Option<Command>,
    ) -> Result<Stored, NotStored> {
        let reason = resolved.letter.as_ref().map(|(reason, _)| *reason);
        let Some(reason) = reason.filter(|reason| reason.is_clock()) else {
            return self.write(resolved, command).await;
        };
        let topic = resolved.origin.topic.clone();
        if !self.quiet.is_due(reason, &topic, resolved.origin.arrived) {
            resolved.letter = None;
            metrics::counter!(metric::DEAD_LETTERS, "reason" => reason.as_str()).increment(1);
            return self.write(resolved, command).await;
        }
        let stored = self.write(resolved, command).await;
        if stored.is_err() {
            self.quiet.forget(reason, &topic);
        }
        stored
    }

    async fn write(
        &self,
        resolved: Resolved,
        command: Option<Command>,
    ) -> Result<Stored, NotStored> {
        let sequence = resolved.sequence;
        let (done, committed) = oneshot::channel();
        let sent = self.items.send(Item { resolved, done }).await;
        sent.map_err(|_| NotStored::Stopping)?;
        let kept = committed.await.map_err(|_| NotStored::Stopping)??;
        Ok(Stored {
            sequence,
            kept,
            command,
        })
    }

    async fn shelve(
        &self,
        origin: &Origin,
        camera: (&GatewayId, &ProbeName),
        said: Option<Timestamp>,
    ) -> Result<Shelved, NotStored> {
        match &self.snapshots {
            Some(snapshots) => snapshots.take(origin, camera, said).await,
            None => Ok(Shelved::Refused(
                DeadReason::NotSupported,
                "this process has no place for pictures".to_owned(),
            )),
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

/// A message that is being taken: ready after its commit, as [`Pipeline::take`].
pub enum Taking {
    /// It is with the writer: its number, and the news of its commit.
    Short(Option<u64>, oneshot::Receiver<Result<Kept, NotStored>>),
    /// Anything else.
    Long(BoxFuture<'static, Result<Stored, NotStored>>),
}

impl Taking {
    /// Whether nothing has begun yet.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        matches!(self, Self::Long(_))
    }
}

impl Future for Taking {
    type Output = Result<Stored, NotStored>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Short(sequence, committed) => {
                let sequence = *sequence;
                committed.poll_unpin(context).map(|news| {
                    Ok(Stored {
                        sequence,
                        kept: news.map_err(|_| NotStored::Stopping)??,
                        command: None,
                    })
                })
            }
            Self::Long(taking) => taking.poll_unpin(context),
        }
    }
}

/// What a message turned out to be.
enum Worth {
    /// Rows to be written, and what its sender is to be told then.
    Written(Box<Resolved>, Option<Command>),
    /// Done without the writer.
    Unwritten(Kept),
}

/// What came of the message of a dead letter, tried again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// Whether readings of it are in the database.
    pub(crate) has_readings: bool,
    /// What was refused again, and why.
    pub(crate) refused: Option<(DeadReason, String)>,
}

/// What is in the database, or needs not be, without the writer.
const fn unwritten(kept: Kept) -> Stored {
    Stored {
        sequence: None,
        kept,
        command: None,
    }
}

fn away(error: &DirectoryError) -> NotStored {
    tracing::warn!(%error, "a message cannot be resolved");
    NotStored::DatabaseAway
}
