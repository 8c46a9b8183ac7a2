//! What a session's loop waits for: one value for each thing that can happen to it.

use std::future::Future;
use std::num::NonZeroU16;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use futures_util::future::{BoxFuture, FutureExt as _, pending};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

use super::packet::Inbound;
use super::wire::WireError;
use crate::pipeline::Taking;
use crate::stage::{NotStored, Received, Stored};
use crate::window::Admission;

/// A publish whose turn to be acknowledged has come.
pub(super) struct Done {
    pub(super) packet_id: Option<NonZeroU16>,
    pub(super) outcome: Outcome,
    /// What the gateway said of itself, and whether that is to be kept.
    pub(super) state: Option<(bool, bool)>,
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

/// A publish that waits for its turn to be acknowledged.
pub(super) enum Underway {
    /// It is being taken.
    Taking {
        packet_id: Option<NonZeroU16>,
        state: Option<(bool, bool)>,
        taking: Taking,
        /// Its room in the window, given back with its commit.
        room: Option<Admission>,
    },
    /// It is done with.
    Done(Option<Done>),
}

impl Future for Underway {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Done> {
        match &mut *self {
            Self::Taking {
                packet_id,
                state,
                taking,
                room,
            } => {
                let taken = ready!(taking.poll_unpin(context));
                drop(room.take());
                Poll::Ready(Done {
                    packet_id: *packet_id,
                    outcome: taken.map_or_else(Outcome::NotStored, Outcome::Committed),
                    state: *state,
                })
            }
            // Polled again after its end, which nobody does, it never ends.
            Self::Done(done) => done.take().map_or(Poll::Pending, Poll::Ready),
        }
    }
}

/// A publish that waits for room.
pub(super) struct Waiting {
    pub(super) room: BoxFuture<'static, Option<Admission>>,
    pub(super) packet_id: Option<NonZeroU16>,
    pub(super) received: Received,
    pub(super) retain: bool,
}

/// What the loop woke up for.
pub(super) enum Step {
    /// The process stops.
    Stop,
    /// The client id signed in elsewhere.
    TakenOver,
    /// The oldest publish is committed or not.
    Done(Done),
    /// There may be something to tell.
    Bell,
    /// There is room for the publish that waits.
    Admitted(Option<Admission>),
    /// A packet, or the end of them.
    Packet(Option<Result<Inbound, WireError>>),
    /// Bytes went out.
    Wrote(std::io::Result<usize>),
    /// All that was written has left our side.
    Flushed(std::io::Result<()>),
    /// There is room for the large packet that is coming.
    Room(OwnedSemaphorePermit),
    /// The gateway's rate allows to read again.
    Resume,
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

/// Room for a packet that is large enough to be asked about before it is read.
#[derive(Default)]
pub(super) enum Upload {
    /// None is coming.
    #[default]
    Small,
    /// It is not read until there is room.
    Waiting(BoxFuture<'static, Option<OwnedSemaphorePermit>>),
    /// It has its room, until its message is in the window.
    Granted {
        /// Given back when dropped.
        _room: OwnedSemaphorePermit,
    },
}

impl Upload {
    /// Waits for the room of a packet that waits for it, for ever where none does.
    pub(super) async fn room(&mut self) -> OwnedSemaphorePermit {
        if let Self::Waiting(room) = self
            && let Some(room) = room.as_mut().await
        {
            return room;
        }
        pending().await
    }
}

/// Writes what is to be written, or sees that what was written leaves: a TLS stream may hold a
/// record back. Nothing is lost where it is dropped half-way.
pub(super) async fn write_out(writer: &mut (impl AsyncWrite + Unpin), out: &mut BytesMut) -> Step {
    if out.is_empty() {
        Step::Flushed(writer.flush().await)
    } else {
        Step::Wrote(writer.write_buf(out).await)
    }
}

/// Waits for the end of a pause, for ever where there is none.
pub(super) async fn end_of(pause: &mut Option<Pin<Box<Sleep>>>) {
    match pause {
        Some(pause) => pause.as_mut().await,
        None => pending().await,
    }
}
