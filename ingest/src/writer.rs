//! The one task that writes. It gathers messages to a batch, writes the batch in one transaction,
//! and only then tells every message's door. What the database refuses is halved until the
//! culprit is alone, which is then kept as a dead letter; a database that is away answers nobody.

use std::future::Future;
use std::sync::Arc;

use model::metric;
use model::time::{MICROS_PER_SECOND, Timestamp};
use store::report::{Batch, WriteError, Writer, Written};
use store::{Store, chain};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::config::PipelineLimits;
use crate::health::Health;
use crate::reason::DeadReason;
use crate::stage::{Door, Kept, NotStored, Origin, Resolved};

/// A dead letter weighs as much as this many reports when a batch is filled up: its payload is
/// inserted by a statement of its own.
const LETTER_WEIGHT: usize = 10;
/// A full batch takes along what waits already, up to this many times its size: under load a
/// transaction costs less a report the larger it is, and nobody waits longer for it.
const FULL_TIMES: usize = 16;

/// The database is asked this many times more seldom while all is well.
const IDLE_FACTOR: u32 = 5;

/// Why a batch was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// The data; a smaller batch shows which part.
    #[error("the database refuses the data: {0}")]
    Refused(String),
    /// The database; the same batch may work later.
    #[error("the database cannot be written: {0}")]
    Unavailable(String),
}

/// Where batches go. Returns after the commit. A trait, so that tests can delay and fail commits.
pub trait Sink: Send + 'static {
    /// Writes all of a batch or nothing.
    fn write(&mut self, batch: &Batch) -> impl Future<Output = Result<Written, SinkError>> + Send;

    /// Whether a batch could be written now: asked after a failure, until it could.
    fn check(&mut self) -> impl Future<Output = Result<(), SinkError>> + Send;
}

/// The database as a sink; opens its connection when it is first needed.
#[derive(Debug)]
pub struct StoreSink {
    store: Store,
    writer: Option<Writer>,
}

impl StoreSink {
    /// A sink into `store`.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self {
            store,
            writer: None,
        }
    }
}

impl StoreSink {
    async fn open(&mut self) -> Result<&mut Writer, SinkError> {
        match &mut self.writer {
            Some(writer) => Ok(writer),
            none => {
                let opened = Writer::open(&self.store).await;
                Ok(none.insert(opened.map_err(|error| SinkError::Unavailable(chain(&error)))?))
            }
        }
    }
}

impl Sink for StoreSink {
    async fn write(&mut self, batch: &Batch) -> Result<Written, SinkError> {
        let writer = self.open().await?;
        writer.write(batch).await.map_err(|error| match error {
            WriteError::Refused(error) => SinkError::Refused(chain(&error)),
            WriteError::Unavailable(error) => SinkError::Unavailable(chain(&error)),
            WriteError::ReadOnly => SinkError::Unavailable(error.to_string()),
        })
    }

    async fn check(&mut self) -> Result<(), SinkError> {
        let writer = self.open().await?;
        let checked = writer.check().await;
        checked.map_err(|error| SinkError::Unavailable(chain(&error)))
    }
}

/// One message on its way to the writer.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) resolved: Resolved,
    /// Hears of the commit. A door that has gone away does not listen, and nothing is lost by it.
    pub(crate) done: oneshot::Sender<Result<Kept, NotStored>>,
}

/// Writes until every sender of items is gone.
pub(crate) struct BatchWriter<S> {
    sink: S,
    items: mpsc::Receiver<Item>,
    limits: PipelineLimits,
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
    /// The last batch was not written, and nothing has been since.
    is_away: bool,
}

impl<S: Sink> BatchWriter<S> {
    pub(crate) fn new(
        sink: S,
        items: mpsc::Receiver<Item>,
        limits: PipelineLimits,
        health: Arc<Health>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            sink,
            items,
            limits,
            health,
            clock,
            is_away: false,
        }
    }

    pub(crate) async fn run(mut self) {
        while let Some(part) = self.gather().await {
            let written = self.commit(part).await;
            self.is_away = written.is_err();
            self.health.set_database(written);
            self.health.set_oldest(None);
            if self.is_away {
                sleep(self.limits.retry_pause).await;
            }
        }
    }

    /// The next message. While none comes the database is asked now and then whether it could be
    /// written: that it is away, or back, is known though no device may come in to find out.
    async fn next(&mut self) -> Option<Item> {
        loop {
            let period = self.limits.check_period * if self.is_away { 1 } else { IDLE_FACTOR };
            let came = timeout(period, self.items.recv()).await;
            if let Ok(item) = came {
                return item;
            }
            let checked = timeout(self.limits.check_timeout, self.sink.check()).await;
            let checked = checked.unwrap_or_else(|_| {
                let why = "it does not answer".to_owned();
                Err(SinkError::Unavailable(why))
            });
            self.is_away = checked.is_err();
            self.health.set_database(checked);
        }
    }

    /// Collects a batch: until it is full, has lingered, or nothing more comes.
    async fn gather(&mut self) -> Option<Part> {
        let mut part = Part::default();
        let first = self.next().await?;
        self.health.set_oldest(Some(first.resolved.origin.arrived));
        part.push(first);
        let linger = sleep(self.limits.batch_linger);
        tokio::pin!(linger);
        while part.weight() < self.limits.batch_reports {
            if let Ok(item) = self.items.try_recv() {
                part.push(item);
                continue;
            }
            tokio::select! {
                biased;
                item = self.items.recv() => match item {
                    Some(item) => part.push(item),
                    None => break,
                },
                () = &mut linger => break,
                () = sleep(self.limits.batch_quiet) => break,
            }
        }
        while part.weight() < self.limits.batch_reports * FULL_TIMES
            && let Ok(item) = self.items.try_recv()
        {
            part.push(item);
        }
        Some(part)
    }

    /// Writes a batch, in halves where the database refuses it; whether it could be written.
    async fn commit(&mut self, part: Part) -> Result<(), SinkError> {
        let mut parts = vec![part];
        while let Some(part) = parts.pop() {
            match self.write(&part.batch).await {
                Ok(written) => {
                    let oldest = part.waiting.first().map(|waiting| waiting.origin.arrived);
                    part.acknowledge(written);
                    if let Some(oldest) = oldest {
                        let lag = seconds(oldest, self.clock.now());
                        metrics::histogram!(metric::COMMIT_LAG).record(lag);
                    }
                }
                Err(SinkError::Refused(detail)) => match part.halve() {
                    Ok((first, second)) => parts.extend([second, first]),
                    Err(culprit) => parts.extend(culprit.into_letter(&detail)),
                },
                Err(error @ SinkError::Unavailable(_)) => {
                    tracing::error!(%error, "a batch was not written; nobody is acknowledged");
                    metrics::counter!(metric::BATCHES_FAILED).increment(1);
                    part.fail();
                    parts.into_iter().for_each(Part::fail);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn write(&mut self, batch: &Batch) -> Result<Written, SinkError> {
        let started = self.clock.now();
        let written = timeout(self.limits.commit_timeout, self.sink.write(batch)).await;
        metrics::histogram!(metric::BATCH_COMMIT).record(seconds(started, self.clock.now()));
        written.unwrap_or_else(|_| {
            Err(SinkError::Unavailable(
                "the commit took longer than its limit".to_owned(),
            ))
        })
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.0.saturating_sub(from.0).max(0) as f64 / MICROS_PER_SECOND as f64
}

/// A batch and who waits for it.
#[derive(Default)]
struct Part {
    batch: Batch,
    waiting: Vec<Waiting>,
}

/// One message in a batch: how much of the batch is its own, in the order of arrival.
struct Waiting {
    reports: usize,
    letter: Option<DeadReason>,
    letters: usize,
    origin: Origin,
    done: oneshot::Sender<Result<Kept, NotStored>>,
}

impl Part {
    fn push(&mut self, item: Item) {
        let Resolved {
            origin,
            reports,
            letter,
            ..
        } = item.resolved;
        let reason = letter.as_ref().map(|(reason, _)| *reason);
        self.waiting.push(Waiting {
            reports: reports.len(),
            letter: reason,
            letters: usize::from(reason.is_some()),
            origin,
            done: item.done,
        });
        self.batch.reports.extend(reports);
        self.batch
            .dead_letters
            .extend(letter.map(|(_, letter)| letter));
    }

    fn weight(&self) -> usize {
        self.batch.reports.len() + self.batch.dead_letters.len() * LETTER_WEIGHT
    }

    fn acknowledge(self, written: Written) {
        metrics::counter!(metric::REPORTS_STORED).increment(written.stored);
        metrics::counter!(metric::REPORTS_DUPLICATE).increment(written.duplicates);
        metrics::counter!(metric::REPORTS_FILLED).increment(written.filled);
        for waiting in self.waiting {
            if let Some(reason) = waiting.letter {
                metrics::counter!(metric::DEAD_LETTERS, "reason" => reason.as_str()).increment(1);
            }
            let kept = match waiting.letter {
                Some(reason) if waiting.reports == 0 => Kept::DeadLetter(reason),
                _ => Kept::Readings,
            };
            // Nobody listens where the connection is gone; the message is stored all the same.
            let _ = waiting.done.send(Ok(kept));
        }
    }

    fn fail(self) {
        for waiting in self.waiting {
            let _ = waiting.done.send(Err(NotStored::DatabaseAway));
        }
    }

    /// Two halves, or the part itself where it is one message.
    fn halve(mut self) -> Result<(Self, Self), Self> {
        if self.waiting.len() < 2 {
            return Err(self);
        }
        let waiting = self.waiting.split_off(self.waiting.len() / 2);
        let reports = self.waiting.iter().map(|w| w.reports).sum();
        let letters = self.waiting.iter().map(|w| w.letters).sum();
        let batch = Batch {
            reports: self.batch.reports.split_off(reports),
            dead_letters: self.batch.dead_letters.split_off(letters),
        };
        Ok((self, Self { batch, waiting }))
    }

    /// The message that the database refuses, as a dead letter. A message that is one already
    /// stays unacknowledged: what is not in the database is never acknowledged.
    fn into_letter(self, detail: &str) -> Option<Self> {
        let is_letter = self.batch.reports.is_empty();
        let waiting = self.waiting.into_iter().next()?;
        let reason = DeadReason::RefusedByDatabase;
        tracing::warn!(
            topic = waiting.origin.topic,
            detail,
            "the database refuses a message"
        );
        if is_letter {
            let _ = waiting.done.send(Err(NotStored::DatabaseAway));
            return None;
        }
        if matches!(waiting.origin.door, Door::Replay { .. }) {
            // It is a letter's already, which keeps its bytes.
            let _ = waiting.done.send(Ok(Kept::DeadLetter(reason)));
            return None;
        }
        let letter = waiting.origin.letter(reason, detail.to_owned());
        let batch = Batch {
            reports: Vec::new(),
            dead_letters: vec![letter],
        };
        let waiting = Waiting {
            reports: 0,
            letter: Some(reason),
            letters: 1,
            ..waiting
        };
        Some(Self {
            batch,
            waiting: vec![waiting],
        })
    }
}

#[cfg(test)]
mod tests;
