//! What a session's loop waits for: one value for each thing that can happen to it.

use std::num::NonZeroU16;
use std::sync::Arc;

use futures_util::future::{BoxFuture, pending};

use super::packet::Inbound;
use super::wire::WireError;
use crate::stage::{NotStored, Received, Stored};
use crate::window::Admission;

/// A publish whose turn to be acknowledged has come.
pub(super) struct Done {
    pub(super) packet_id: Option<NonZeroU16>,
    pub(super) outcome: Outcome,
}

/// What became of it.
pub(super) enum Outcome {
    /// It is in the database.
    Committed(Stored),
    /// It is not the gateway's to say.
    Forbidden,
    /// It is not in the database: the connection must end.
    NotStored(NotStored),
}

/// A publish that waits for room.
pub(super) struct Waiting {
    pub(super) room: BoxFuture<'static, Option<Admission>>,
    pub(super) packet_id: Option<NonZeroU16>,
    pub(super) received: Received,
}

/// What the loop woke up for.
pub(super) enum Step {
    /// The process stops.
    Stop,
    /// The client id signed in elsewhere.
    TakenOver,
    /// The oldest publish is committed or not.
    Done(Done),
    /// Numbers to send.
    Mail(Arc<[u64]>),
    /// There is room for the publish that waits.
    Admitted(Option<Admission>),
    /// A packet, or the end of them.
    Packet(Option<Result<Inbound, WireError>>),
    /// Bytes went out.
    Wrote(std::io::Result<usize>),
    /// Time to look for silence.
    Tick,
}

/// Waits for the room of the publish that waits, for ever where none does.
pub(super) async fn room_of(waiting: &mut Option<Waiting>) -> Option<Admission> {
    match waiting {
        Some(waiting) => waiting.room.as_mut().await,
        None => pending().await,
    }
}
