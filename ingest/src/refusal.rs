//! Refused connections leave a trace: every one is counted, and the first of a minute, of one
//! client for one reason, leaves a dead letter without payload. A stranger who tries a thousand
//! keys a second can therefore not fill the database.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use model::metric;
use model::time::Timestamp;
use store::dead_letter::DeadLetter;

use crate::clock::Clock;
use crate::pipeline::Pipeline;
use crate::quiet::Quiet;
use crate::reason::DeadReason;
use crate::stage::{Door, Origin, Resolved};

/// One letter a reason and client in this time.
const QUIET_SECONDS: i64 = 60;
/// Characters of a foreign name that a letter repeats.
const NAME_CHARS_MAX: usize = 64;
/// Characters of a foreign topic that a letter repeats.
const TOPIC_CHARS_MAX: usize = 256;

/// Counts refusals and leaves letters about them.
pub(crate) struct Refusals {
    pipeline: Pipeline,
    clock: Arc<dyn Clock>,
    quiet: Quiet,
}

/// One refusal.
#[derive(Debug)]
pub(crate) struct Refusal<'a> {
    pub(crate) reason: DeadReason,
    pub(crate) peer: IpAddr,
    /// The gateway as it was named; before signing in this may be anything.
    pub(crate) gateway: Option<&'a str>,
    pub(crate) topic: &'a str,
    pub(crate) detail: String,
}

impl Refusals {
    pub(crate) fn new(pipeline: Pipeline, clock: Arc<dyn Clock>) -> Self {
        Self {
            pipeline,
            clock,
            quiet: Quiet::new(QUIET_SECONDS),
        }
    }

    pub(crate) fn note(&self, refusal: &Refusal<'_>) {
        let reason = refusal.reason;
        let now = self.clock.now();
        // A made-up name must not buy a client more letters, so strangers go by address.
        let client = match (reason, refusal.gateway) {
            (DeadReason::ForeignTopic | DeadReason::Oversized, Some(name)) => name.to_owned(),
            _ => refusal.peer.to_string(),
        };
        if self.quiet.is_due(reason, &client, now) {
            tracing::info!(%reason, peer = %refusal.peer, detail = refusal.detail, "refused");
            // The writer counts the letter when it is committed.
            if self.pipeline.leave(letter(refusal, now)) {
                return;
            }
            metrics::counter!(metric::DROPPED, "what" => "refusal").increment(1);
        }
        metrics::counter!(metric::DEAD_LETTERS, "reason" => reason.as_str()).increment(1);
    }
}

fn letter(refusal: &Refusal<'_>, now: Timestamp) -> Resolved {
    let short = |text: &str, chars| text.chars().take(chars).collect::<String>();
    let gateway = refusal.gateway.map(|name| short(name, NAME_CHARS_MAX));
    let topic = short(refusal.topic, TOPIC_CHARS_MAX);
    let detail = format!("{}; from {}", refusal.detail, refusal.peer);
    let letter = DeadLetter {
        arrived: now,
        gateway: gateway.clone(),
        topic: topic.clone(),
        reason: refusal.reason.as_str(),
        detail,
        payload: Vec::new(),
        payload_bytes: 0,
    };
    let payload = Bytes::new();
    let origin = Origin {
        door: Door::Front,
        gateway,
        topic,
        payload,
        arrived: now,
    };
    Resolved {
        origin,
        sequence: None,
        reports: Vec::new(),
        letter: Some((refusal.reason, letter)),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;
    use crate::testing::{FakeDatabase, FakeDirectory, Mode, TestClock, limits};

    fn refusal(reason: DeadReason, last: u8) -> Refusal<'static> {
        Refusal {
            reason,
            peer: Ipv4Addr::new(10, 0, 0, last).into(),
            gateway: Some("any-name"),
            topic: "",
            detail: "the key is another".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_client_leaves_one_letter_a_minute_for_each_reason() {
        let (database, clock) = (FakeDatabase::new(Mode::Commit), TestClock::new());
        let directory = FakeDirectory::demo();
        let (pipeline, writing) = Pipeline::new(
            database.clone(),
            directory,
            &limits(),
            Arc::default(),
            Arc::clone(&clock) as _,
        );
        tokio::spawn(writing);
        let refusals = Refusals::new(pipeline, Arc::clone(&clock) as _);
        for _ in 0..1_000 {
            refusals.note(&refusal(DeadReason::WrongKey, 1));
        }
        refusals.note(&refusal(DeadReason::UnknownGateway, 1));
        refusals.note(&refusal(DeadReason::WrongKey, 2));
        database.until(|tables| tables.letters.len() == 3).await;
        clock.advance(Duration::from_secs(61));
        refusals.note(&refusal(DeadReason::WrongKey, 1));
        let letters = database
            .until(|tables| tables.letters.len() > 3)
            .await
            .letters;
        assert_eq!(letters.len(), 4);
        assert!(
            letters
                .iter()
                .all(|l| l.payload.is_empty() && l.detail.contains("from 10.0.0."))
        );
    }
}
