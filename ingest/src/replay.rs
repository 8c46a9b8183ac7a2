//! Dead letters that an operator wants tried again. Their bytes go through the pipeline as if they
//! had just come, with the time of their arrival; what comes of it is written into the letter. Any
//! number of processes may do this at once: each letter is taken by one, and given back where that
//! one dies.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::metric;
use model::topic::Topic;
use store::dead_letter::replay::{self, Outcome, Waiting};
use store::notice::ReplayListener;
use store::{Store, StoreError, chain};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::directory::DirectoryError;
use crate::pipeline::{Pipeline, Replayed};
use crate::stage::{Door, Kind, NotStored, Origin, Received};

/// Why a round did not end as it should.
#[derive(Debug, thiserror::Error)]
enum ReplayError {
    #[error("the letters cannot be asked for")]
    Store(#[from] StoreError),
    #[error("the list of probes cannot be read")]
    Directory(#[from] DirectoryError),
    #[error("a letter cannot be tried now")]
    NotStored(#[from] NotStored),
}

/// What this task works with.
pub(crate) struct Replays {
    pub(crate) store: Store,
    pub(crate) pipeline: Pipeline,
    pub(crate) clock: Arc<dyn Clock>,
    /// How often is looked without a notice.
    pub(crate) period: Duration,
}

impl Replays {
    /// Tries again what is asked for, until told to stop. A failure is logged, and the letter
    /// waits for the next look.
    pub(crate) async fn run(self, stop: &CancellationToken) {
        let mut listener = None;
        loop {
            let looked = stop.run_until_cancelled(self.look(&mut listener)).await;
            match looked {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    listener = None;
                    let error = chain(&error);
                    tracing::warn!(error, "dead letters wait to be tried again");
                }
            }
            let noticed = async {
                match &mut listener {
                    // An error is found out by the next look.
                    Some(listener) => drop(listener.next().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = noticed => {}
                () = sleep(self.period) => {}
            }
        }
    }

    /// Listens before it looks: what is asked for in between is noticed.
    async fn look(&self, listener: &mut Option<ReplayListener>) -> Result<(), ReplayError> {
        if listener.is_none() {
            *listener = Some(ReplayListener::open(&self.store).await?);
        }
        let mut is_fresh = false;
        while self.one(&mut is_fresh).await? {}
        Ok(())
    }

    /// Tries one letter; `false` where none waits. The transaction holds the letter until its
    /// outcome is written; the readings are committed by the writer before that, and a death in
    /// between makes them come twice, which stores them once.
    async fn one(&self, is_fresh: &mut bool) -> Result<bool, ReplayError> {
        let mut transaction = self.store.begin().await?;
        let Some(waiting) = replay::take(&mut transaction).await? else {
            return Ok(false);
        };
        if !*is_fresh {
            // What was registered just before it was asked for is known.
            self.pipeline.registry().reload().await?;
            *is_fresh = true;
        }
        let id = waiting.id;
        let room = self.pipeline.window().clone().admit(waiting.payload.len());
        let room = room.await;
        let replayed = self.pipeline.replay(received(waiting)).await?;
        drop(room);
        let outcome = outcome_of(&replayed);
        let refused = replayed.refused.as_ref();
        let refused = refused.map(|(reason, detail)| (reason.as_str(), detail.as_str()));
        replay::note(&mut transaction, id, outcome, refused, self.clock.now()).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        metrics::counter!(metric::REPLAYS, "outcome" => outcome.code()).increment(1);
        tracing::info!(id, outcome = outcome.code(), "dead letter tried again");
        Ok(true)
    }
}

const fn outcome_of(replayed: &Replayed) -> Outcome {
    match (replayed.has_readings, &replayed.refused) {
        (_, None) => Outcome::Stored,
        (true, Some(_)) => Outcome::Partly,
        (false, Some(_)) => Outcome::Refused,
    }
}

/// A letter as the message that it was.
fn received(waiting: Waiting) -> Received {
    let payload = Bytes::from(waiting.payload);
    let topic = Topic::parse(&waiting.topic).ok();
    let kind = Kind::of(&waiting.topic, topic.as_ref(), &payload);
    Received {
        origin: Origin {
            // A letter names its gateway where one had signed in, or where its topic does.
            door: Door::Replay {
                vouched: waiting.gateway.is_some(),
            },
            gateway: waiting.gateway,
            topic: waiting.topic,
            payload,
            arrived: waiting.arrived,
        },
        kind,
    }
}

#[cfg(test)]
mod tests;
