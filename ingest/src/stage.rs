//! The stages of a message, each its own type: received, decoded, resolved, stored. A message can
//! only move forward, and only `Stored` lets a door acknowledge.

use bytes::Bytes;
use model::id::{GatewayId, ProbeName};
use model::time::Timestamp;
use model::topic::Topic;
use serde::Deserialize;
use store::dead_letter::DeadLetter;
use store::report::Report;

use crate::payload::{Command, Format, Message};
use crate::reason::DeadReason;
use crate::snapshot;

/// Most bytes of a payload that a dead letter keeps: a snapshot.
pub const KEPT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Who vouches for the gateway in the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Our own front: the gateway signed in.
    Front,
    /// Somebody's broker: whatever its access rules are.
    Broker,
    /// An operator: a dead letter is tried again.
    Replay {
        /// Whether its gateway had signed in.
        vouched: bool,
    },
}

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What devices say, in one of the formats of [`payload`](crate::payload).
    Payload(Format),
    /// A camera's picture is to be kept.
    Snapshot {
        /// Whose gateway.
        gateway: GatewayId,
        /// Which camera took it.
        camera: ProbeName,
        /// When, by the message's user property `time`.
        said: Option<Timestamp>,
    },
    /// A gateway says whether it is there.
    Presence {
        /// Which.
        gateway: GatewayId,
        /// Whether it is.
        online: bool,
    },
    /// Nothing that anybody can do anything with; kept for a person to look at.
    Dead {
        /// Why.
        reason: DeadReason,
        /// Why, for a person.
        detail: &'static str,
    },
}

/// `{"state":"online"}`
#[derive(Deserialize)]
struct Status {
    state: State,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Online,
    Offline,
}

impl Kind {
    /// What a message on the topic `text` asks for; `topic` is `None` where it is none of ours.
    #[must_use]
    pub fn of(text: &str, topic: Option<&Topic>, payload: &[u8]) -> Self {
        if let Some(format) = Format::of(text, topic) {
            return Self::Payload(format);
        }
        match topic {
            Some(Topic::Status { gateway }) => match serde_json::from_slice::<Status>(payload) {
                Ok(status) => {
                    let online = matches!(status.state, State::Online);
                    Self::Presence {
                        gateway: *gateway,
                        online,
                    }
                }
                Err(_) => Self::Dead {
                    reason: DeadReason::NotStatus,
                    detail: r#"a status is {"state":"online"} or {"state":"offline"}"#,
                },
            },
            Some(Topic::Snapshot { gateway, camera }) => Self::Snapshot {
                gateway: *gateway,
                camera: *camera,
                said: None,
            },
            Some(Topic::Telemetry { .. } | Topic::Modbus { .. } | Topic::Committed { .. })
            | None => Self::Dead {
                reason: DeadReason::UnknownTopic,
                detail: "nothing is expected on this topic",
            },
        }
    }
}

impl Kind {
    /// The same with what the message's user property `time` says; only a picture asks for it.
    #[must_use]
    pub fn with_time(mut self, property: Option<&str>) -> Self {
        if let Self::Snapshot { said, .. } = &mut self {
            *said = property.and_then(snapshot::said_by_property);
        }
        self
    }
}

/// Where a message came from: what a dead letter says of it.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Through which door.
    pub door: Door,
    /// User name, or the topic's gateway behind a broker.
    pub gateway: Option<String>,
    /// Topic as it was given.
    pub topic: String,
    /// The bytes.
    pub payload: Bytes,
    /// When it came.
    pub arrived: Timestamp,
}

impl Origin {
    /// The gateway that vouches for a message: the one that signed in. Behind a broker nobody does.
    #[must_use]
    pub fn voucher(&self) -> Option<&str> {
        match self.door {
            Door::Front | Door::Replay { vouched: true } => self.gateway.as_deref(),
            Door::Broker | Door::Replay { vouched: false } => None,
        }
    }

    /// A dead letter with the payload.
    #[must_use]
    pub fn letter(&self, reason: DeadReason, detail: String) -> DeadLetter {
        DeadLetter {
            arrived: self.arrived,
            gateway: self.gateway.clone(),
            topic: self.topic.clone(),
            reason: reason.as_str(),
            detail,
            payload: self.payload[..self.payload.len().min(KEPT_BYTES_MAX)].to_vec(),
            payload_bytes: self.payload.len(),
        }
    }
}

/// A message as a door hands it on.
#[derive(Debug, Clone)]
pub struct Received {
    /// Where it came from.
    pub origin: Origin,
    /// What it asks for.
    pub kind: Kind,
}

/// A message that was read, its probes and channels not yet known.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Where it came from.
    pub origin: Origin,
    /// What it says.
    pub message: Message,
}

/// Rows to be, not yet written.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Where they came from.
    pub origin: Origin,
    /// The pack's number at its gateway.
    pub sequence: Option<u64>,
    /// Readings.
    pub reports: Vec<Report>,
    /// What could not be resolved: at most one letter a message.
    pub letter: Option<(DeadReason, DeadLetter)>,
}

impl Resolved {
    /// A message of which nothing but a dead letter remains.
    #[must_use]
    pub fn dead(origin: Origin, sequence: Option<u64>, reason: DeadReason, detail: String) -> Self {
        let letter = Some((reason, origin.letter(reason, detail)));
        Self {
            origin,
            sequence,
            reports: Vec::new(),
            letter,
        }
    }
}

/// How a committed message is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// As readings, all of it or all that could be resolved.
    Readings,
    /// As a dead letter only.
    DeadLetter(DeadReason),
    /// As a picture.
    Picture,
    /// As the state of a gateway or device.
    Presence,
    /// Not at all: understood, and there is nothing in it to keep.
    Nothing,
}

/// A message that is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The pack's number at its gateway, to be echoed.
    pub sequence: Option<u64>,
    /// How it is kept.
    pub kept: Kept,
    /// What its sender is to be told now.
    pub command: Option<Command>,
}

/// Why a message is not in the database. It must not be acknowledged; it may come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotStored {
    /// The database was away.
    #[error("the database did not take it")]
    DatabaseAway,
    /// Ingest is stopping.
    #[error("ingest is stopping")]
    Stopping,
}
