//! A signed-in gateway's connection. One loop polls the commits in order, the numbers to send, the
//! socket, and writes when nothing else is ready: that is how acknowledgements go out once a batch
//! and not once a message. Reading stops while too much waits for its commit.

mod farewell;

use std::num::NonZeroU16;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::future::FutureExt as _;
use futures_util::stream::{FuturesOrdered, StreamExt as _};
use model::metric;
use model::topic::{PREFIX, Topic};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Sleep, sleep};
use tokio_util::codec::{Encoder as _, FramedRead};

use super::Shared;
use super::handshake::Guest;
use super::packet::{
    AckReason, ConnAck, Goodbye, Inbound, Incoming, Outbound, Qos, Retained, Version,
};
use super::step::{Done, Outcome, Step, Underway, Upload, Waiting, end_of, room_of, write_out};
use super::watch::{Ending, Watch};
use super::wire::{Wire, WireError};
use crate::reason::DeadReason;
use crate::refusal::Refusal;
use crate::stage::{Door, Kept, Kind, Origin, Received, Stored};
use crate::window::Admission;

/// Bytes that may wait for the socket before nothing more is read from it.
const OUT_BYTES_MAX: usize = 64 * 1024;
/// Packets that are handled one after the other before anything else has its turn.
const PACKETS_AT_ONCE: usize = 64;
/// Filters in one SUBSCRIBE: there is one topic to subscribe.
const FILTERS_MAX: usize = 8;

/// One connection.
pub(super) struct Session<R, W> {
    reader: FramedRead<R, Wire>,
    writer: W,
    wire: Wire,
    out: BytesMut,
    /// Something was written that may not have left our side yet.
    unflushed: bool,
    guest: Guest,
    shared: Arc<Shared>,
    inflight: FuturesOrdered<Underway>,
    waiting: Option<Waiting>,
    upload: Upload,
    /// Something in flight has not begun: nothing is read before it has had its turn.
    unbegun: bool,
    /// While the gateway is over its rate.
    pause: Option<Pin<Box<Sleep>>>,
    watch: Watch,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Session<R, W> {
    pub(super) fn new(
        reader: FramedRead<R, Wire>,
        writer: W,
        guest: Guest,
        welcome: ConnAck,
        shared: Arc<Shared>,
    ) -> Self {
        let mut session = Self {
            reader,
            writer,
            wire: Wire::of_version(guest.version, guest.packet_bytes_max),
            out: BytesMut::new(),
            unflushed: false,
            watch: Watch::new(&guest, &shared.limits),
            guest,
            shared,
            inflight: FuturesOrdered::new(),
            waiting: None,
            upload: Upload::Small,
            unbegun: false,
            pause: None,
        };
        session.send(Outbound::ConnAck(Ok(welcome)));
        session
    }

    pub(super) async fn run(mut self) {
        let ending = loop {
            let step = self.next_step().await;
            if let Err(ending) = self.handle(step) {
                break ending;
            }
        };
        tracing::debug!(gateway = %self.guest.gateway, why = ending.word(), "connection ended");
        metrics::counter!(metric::FRONT_CLOSED, "reason" => ending.word()).increment(1);
        self.finish(ending).await;
    }

    /// The order is the priority; writing comes last, when nothing else is ready.
    async fn next_step(&mut self) -> Step {
        if self.reader.decoder().expected() == 0 && self.waiting.is_none() {
            // The large packet has arrived and its message is in the window.
            self.upload = Upload::Small;
        }
        // What is in flight has its turn before anything is read.
        self.unbegun = false;
        let may_read = self.may_read();
        let has_out = !self.out.is_empty() || self.unflushed;
        tokio::select! {
            biased;
            () = self.shared.cancel.cancelled() => Step::Stop,
            () = self.guest.membership.taken_over.cancelled() => Step::TakenOver,
            Some(done) = self.inflight.next(), if !self.inflight.is_empty() => Step::Done(done),
            () = self.guest.membership.line.bell.notified() => Step::Bell,
            room = room_of(&mut self.waiting), if self.waiting.is_some() => Step::Admitted(room),
            room = self.upload.room() => Step::Room(room),
            () = end_of(&mut self.pause) => Step::Resume,
            packet = self.reader.next(), if may_read => Step::Packet(packet),
            step = write_out(&mut self.writer, &mut self.out), if has_out => step,
            () = self.watch.tick() => Step::Tick,
        }
    }

    fn may_read(&self) -> bool {
        self.waiting.is_none()
            && self.pause.is_none()
            && !matches!(self.upload, Upload::Waiting(_))
            && self.inflight.len() < usize::from(self.shared.limits.inflight)
            && self.out.len() < OUT_BYTES_MAX
    }

    /// Asks for the room of a large packet whose header has come.
    fn ask_for_room(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let bytes = bytes.min(self.shared.limits.upload_bytes);
        let uploads = Arc::clone(&self.shared.uploads);
        self.upload = match Arc::clone(&uploads).try_acquire_many_owned(bytes) {
            Ok(room) => Upload::Granted { _room: room },
            Err(_) => {
                Upload::Waiting(async move { uploads.acquire_many_owned(bytes).await.ok() }.boxed())
            }
        };
    }

    fn handle(&mut self, step: Step) -> Result<(), Ending> {
        match step {
            Step::Stop => return Err(Ending::Goodbye(Goodbye::Stopping)),
            Step::TakenOver => return Err(Ending::Goodbye(Goodbye::TakenOver)),
            Step::Done(done) => self.acknowledge_all(done)?,
            Step::Bell => self.send_outbox(),
            Step::Admitted(room) => {
                if let (Some(waiting), Some(room)) = (self.waiting.take(), room) {
                    self.commit(waiting.packet_id, waiting.received, waiting.retain, room);
                }
            }
            Step::Packet(packet) => {
                self.watch.heard();
                self.handle_packet(packet)?;
                return self.handle_more_packets();
            }
            Step::Wrote(Ok(bytes)) if bytes > 0 => {
                self.unflushed = true;
                self.watch.wrote();
            }
            Step::Wrote(_) | Step::Flushed(Err(_)) => return Err(Ending::Lost),
            Step::Flushed(Ok(())) => self.unflushed = false,
            Step::Room(room) => self.upload = Upload::Granted { _room: room },
            Step::Resume => self.pause = None,
            Step::Tick => {
                let (may_read, partial) = (self.may_read(), self.reader.read_buffer().len());
                let is_flushed = self.out.is_empty() && !self.unflushed;
                self.watch.check(may_read, partial, is_flushed)?;
            }
        }
        Ok(())
    }

    /// Handles the packets that have come with the last one: waiting for each by itself would cost
    /// as much as handling it.
    fn handle_more_packets(&mut self) -> Result<(), Ending> {
        for _ in 0..PACKETS_AT_ONCE {
            if self.unbegun || !self.may_read() {
                break;
            }
            let Some(packet) = self.reader.next().now_or_never() else {
                break;
            };
            self.handle_packet(packet)?;
        }
        Ok(())
    }

    fn handle_packet(&mut self, packet: Option<Result<Inbound, WireError>>) -> Result<(), Ending> {
        match packet {
            None | Some(Err(WireError::Io(_))) => Err(Ending::Lost),
            Some(Err(WireError::TooLarge { bytes, bytes_max })) => {
                let detail = format!("a packet of {bytes} bytes; {bytes_max} are allowed");
                self.note(DeadReason::Oversized, "", detail);
                Err(Ending::Goodbye(Goodbye::TooLarge))
            }
            Some(Err(_)) => Err(Ending::Goodbye(Goodbye::Malformed)),
            Some(Ok(packet)) => self.handle_inbound(packet),
        }
    }

    fn handle_inbound(&mut self, packet: Inbound) -> Result<(), Ending> {
        match packet {
            Inbound::Large(bytes) => self.ask_for_room(bytes),
            Inbound::Publish(publish) => return self.publish(publish),
            Inbound::PubAck(packet_id) => {
                let membership = &self.guest.membership;
                let mut outbox = membership.line.outbox();
                let is_known = outbox.acknowledge(membership.number, packet_id);
                drop(outbox);
                if is_known {
                    self.send_outbox();
                }
            }
            Inbound::Subscribe { packet_id, filters } => {
                if filters.len() > FILTERS_MAX {
                    return Err(Ending::Goodbye(Goodbye::Protocol));
                }
                let granted = filters
                    .iter()
                    .map(|(filter, qos, wants)| self.subscribe(filter, *qos, *wants))
                    .collect();
                self.send(Outbound::SubAck { packet_id, granted });
                self.send_outbox();
            }
            Inbound::Unsubscribe { packet_id, filters } => {
                if filters.len() > FILTERS_MAX {
                    return Err(Ending::Goodbye(Goodbye::Protocol));
                }
                let existed = filters
                    .iter()
                    .map(|filter| self.unsubscribe(filter))
                    .collect();
                self.send(Outbound::UnsubAck { packet_id, existed });
            }
            Inbound::Ping => self.send(Outbound::Pong),
            Inbound::Disconnect {
                with_will,
                session_seconds,
            } => {
                self.change_session(session_seconds);
                return Err(if with_will {
                    Ending::WithWill
                } else {
                    Ending::Clean
                });
            }
            Inbound::Connect(_) => return Err(Ending::Goodbye(Goodbye::Protocol)),
        }
        Ok(())
    }

    /// A client that had no session to be kept cannot ask for one when it leaves.
    fn change_session(&mut self, seconds: Option<u32>) {
        if let Some(seconds) = seconds
            && !self.guest.session.is_zero()
        {
            let asked = Duration::from_secs(u64::from(seconds));
            self.guest.session = asked.min(self.shared.limits.session_max);
        }
    }

    fn subscribe(&self, filter: &str, asked: Qos, wants: Retained) -> Option<Qos> {
        let membership = &self.guest.membership;
        // Asked before the outbox is locked: the hub locks it while it holds its own lock.
        let state = membership.state();
        let mut outbox = membership.line.outbox();
        match outbox.channel(filter) {
            Some(channel) => Some(outbox.subscribe(channel, asked, wants, state)),
            None => outbox.listen(filter),
        }
    }

    fn unsubscribe(&self, filter: &str) -> bool {
        let mut outbox = self.guest.membership.line.outbox();
        match outbox.channel(filter) {
            Some(channel) => outbox.unsubscribe(channel),
            None => outbox.ignore(filter),
        }
    }

    fn publish(&mut self, publish: Incoming) -> Result<(), Ending> {
        if publish.qos == Qos::Two {
            return Err(Ending::Goodbye(Goodbye::Qos));
        }
        if publish.has_alias || publish.topic.is_empty() {
            return Err(Ending::Goodbye(Goodbye::TopicAlias));
        }
        self.pay();
        let topic = Topic::parse(&publish.topic).ok();
        if !self.is_own(&publish.topic, topic.as_ref()) {
            return self.forbid(&publish);
        }
        let mut received = self.received(publish.topic, topic.as_ref(), publish.payload);
        received.kind = received.kind.with_time(publish.time.as_deref());
        let bytes = received.origin.payload.len();
        let window = self.shared.pipeline.window();
        if let Some(room) = window.try_admit(bytes) {
            self.commit(publish.packet_id, received, publish.retain, room);
        } else {
            let room = window.clone().admit(bytes).boxed();
            self.waiting = Some(Waiting {
                room,
                packet_id: publish.packet_id,
                received,
                retain: publish.retain,
            });
        }
        Ok(())
    }

    /// Counts a publish against the gateway's rate. It is taken all the same; the next one is not
    /// read before the rate allows it.
    fn pay(&mut self) {
        let wait = self.guest.membership.pay(self.shared.clock.now());
        if !wait.is_zero() {
            metrics::counter!(metric::FRONT_THROTTLED).increment(1);
            self.pause = Some(Box::pin(sleep(wait)));
        }
    }

    /// Whether the topic is below the gateway's own id. One outside our prefix belongs to nobody;
    /// it is kept as a dead letter, because a device of another make may well be ours.
    fn is_own(&self, text: &str, topic: Option<&Topic>) -> bool {
        match (topic, text.strip_prefix(PREFIX)) {
            (Some(topic), _) => *topic.gateway() == self.guest.gateway,
            (None, Some(rest)) => rest.split('/').next() == Some(self.guest.gateway.as_str()),
            (None, None) => true,
        }
    }

    fn forbid(&mut self, publish: &Incoming) -> Result<(), Ending> {
        let detail = "a gateway may publish below its own id only".to_owned();
        self.note(DeadReason::ForeignTopic, &publish.topic, detail);
        if self.guest.version == Version::V3 {
            // A 3.1.1 acknowledgement carries no reason.
            return Err(Ending::Refused);
        }
        let done = Done {
            packet_id: publish.packet_id,
            outcome: Outcome::Forbidden,
            state: None,
        };
        self.inflight.push_back(Underway::Done(Some(done)));
        Ok(())
    }

    fn received(&self, text: String, topic: Option<&Topic>, payload: bytes::Bytes) -> Received {
        let kind = Kind::of(&text, topic, &payload);
        let gateway = Some(self.guest.gateway.to_string());
        let arrived = self.shared.clock.now();
        Received {
            origin: Origin {
                door: Door::Front,
                gateway,
                topic: text,
                payload,
                arrived,
            },
            kind,
        }
    }

    /// Sends a message on its way; its acknowledgement takes its place in the line.
    fn commit(
        &mut self,
        packet_id: Option<NonZeroU16>,
        received: Received,
        retain: bool,
        room: Admission,
    ) {
        let state = match received.kind {
            Kind::Presence { online, .. } => Some((online, retain)),
            _ => None,
        };
        let taking = self.shared.pipeline.start(received);
        self.unbegun |= taking.is_long();
        self.inflight.push_back(Underway::Taking {
            packet_id,
            state,
            taking,
            room: Some(room),
        });
    }

    /// Acknowledges this one and all that are ready behind it, then announces their numbers at
    /// once.
    fn acknowledge_all(&mut self, first: Done) -> Result<(), Ending> {
        let mut numbers = Vec::new();
        let mut next = Some(first);
        let mut result = Ok(());
        while let Some(done) = next {
            result = self.acknowledge(&done, &mut numbers);
            if result.is_err() {
                break;
            }
            next = self.inflight.next().now_or_never().flatten();
        }
        if !numbers.is_empty() {
            self.shared.hub.announce(self.guest.gateway, &numbers);
        }
        result
    }

    fn acknowledge(&mut self, done: &Done, numbers: &mut Vec<u64>) -> Result<(), Ending> {
        let reason = match &done.outcome {
            Outcome::Committed(stored) => {
                numbers.extend(stored.sequence);
                if let Some((online, keep)) = done.state {
                    let hub = &self.shared.hub;
                    hub.announce_state(self.guest.gateway, online, keep);
                }
                match stored.kept {
                    Kept::Readings | Kept::Picture | Kept::Presence | Kept::Nothing => {
                        AckReason::Success
                    }
                    Kept::DeadLetter(_) => AckReason::PayloadInvalid,
                }
            }
            Outcome::Forbidden => AckReason::NotAuthorized,
            Outcome::NotStored(error) => {
                tracing::debug!(gateway = %self.guest.gateway, %error, "not acknowledged");
                return Err(Ending::Goodbye(Goodbye::NotStored));
            }
        };
        if let Some(packet_id) = done.packet_id {
            self.send(Outbound::PubAck { packet_id, reason });
        }
        if let Outcome::Committed(Stored {
            command: Some(command),
            ..
        }) = &done.outcome
        {
            self.guest.membership.line.outbox().command(command.clone());
            self.send_outbox();
        }
        Ok(())
    }

    fn send_outbox(&mut self) {
        while let Some(message) = self.next_message() {
            self.send(message);
        }
    }

    fn next_message(&self) -> Option<Outbound> {
        let membership = &self.guest.membership;
        membership.line.outbox().next_message(membership.number)
    }

    fn send(&mut self, packet: Outbound) {
        if let Err(error) = self.wire.encode(packet, &mut self.out) {
            tracing::warn!(gateway = %self.guest.gateway, %error, "a packet was left out");
        }
    }

    fn note(&self, reason: DeadReason, topic: &str, detail: String) {
        let gateway = Some(self.guest.gateway.as_str());
        let peer = self.guest.peer;
        self.shared.refusals.note(&Refusal {
            reason,
            peer,
            gateway,
            topic,
            detail,
        });
    }
}
