//! What a gateway is still to hear: numbers of committed packs, gathered to `committed` messages,
//! its own status, and commands to the edge node that it is. A few messages may be unacknowledged at a time. An outbox may outlive its
//! connection: what was not acknowledged is then sent again on the next one, marked as such. It
//! does not outlive the process, and need not: a gateway that did not hear a number sends the pack
//! again.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroU16;

use bytes::Bytes;
use model::id::GatewayId;
use model::metric;
use model::topic::Topic;

use super::packet::{Outbound, Qos, Retained};
use crate::payload::Command;
use crate::payload::sparkplug::{is_command_filter, is_heard};

/// Numbers that wait for a slow gateway; the oldest are forgotten beyond it.
const NUMBERS_MAX: usize = 16_384;
/// Numbers that wait for a gateway that is not there.
const PARKED_NUMBERS_MAX: usize = 1_024;
/// Numbers in one message: it stays small enough for a microcontroller's buffer.
const NUMBERS_PER_MESSAGE: usize = 32;
/// Messages unacknowledged at a time.
const UNACKNOWLEDGED_MAX: u16 = 16;
/// Commands that wait for a slow gateway, and its subscriptions for them.
const COMMANDS_MAX: usize = 16;
/// Digits of a number and its comma.
const NUMBER_BYTES_MAX: usize = 21;
/// Fixed header, length of the topic, packet id, properties.
const FRAME_BYTES: usize = 5 + 2 + 2 + 1;

/// What a client takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Room {
    /// Publishes before it acknowledges one.
    pub(super) receive_max: Option<NonZeroU16>,
    /// Bytes of a packet.
    pub(super) packet_bytes_max: Option<u32>,
}

/// What can be subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// Numbers of committed packs.
    Committed,
    /// What the gateway last said of itself.
    Status,
}

/// The outgoing side of one session.
#[derive(Debug)]
pub(super) struct Outbox {
    /// The connection that may send; an older one of the same session may not any more.
    owner: Option<u64>,
    committed_topic: String,
    status_topic: String,
    committed: Option<Qos>,
    status: Option<Qos>,
    numbers: VecDeque<u64>,
    /// The state to be told, and whether it is what was kept rather than news.
    state: Option<(bool, bool)>,
    filters: BTreeSet<String>,
    commands: VecDeque<Command>,
    unacknowledged: VecDeque<Sent>,
    window: usize,
    per_message: usize,
    last_id: NonZeroU16,
}

/// A message that was sent and not acknowledged.
#[derive(Debug)]
struct Sent {
    packet_id: NonZeroU16,
    channel: Channel,
    payload: Bytes,
    retain: bool,
    /// It is to be sent again: its connection is gone.
    again: bool,
}

impl Outbox {
    /// For connection `owner` of a gateway whose client has this room.
    pub(super) fn new(gateway: GatewayId, owner: u64, room: Room) -> Self {
        let mut outbox = Self {
            owner: None,
            committed_topic: Topic::Committed { gateway }.to_string(),
            status_topic: Topic::Status { gateway }.to_string(),
            committed: None,
            status: None,
            numbers: VecDeque::new(),
            state: None,
            filters: BTreeSet::new(),
            commands: VecDeque::new(),
            unacknowledged: VecDeque::new(),
            window: 0,
            per_message: 0,
            last_id: NonZeroU16::MAX,
        };
        outbox.resume(owner, room);
        outbox
    }

    /// Goes on with another connection: what was not acknowledged is sent again.
    pub(super) fn resume(&mut self, owner: u64, room: Room) {
        self.owner = Some(owner);
        let bytes = room.packet_bytes_max.map_or(usize::MAX, |b| b as usize);
        let frame = FRAME_BYTES + self.committed_topic.len().max(self.status_topic.len());
        let fitting = bytes.saturating_sub(frame + 9) / NUMBER_BYTES_MAX;
        let window = room.receive_max.map_or(UNACKNOWLEDGED_MAX, NonZeroU16::get);
        self.window = usize::from(window.min(UNACKNOWLEDGED_MAX));
        self.per_message = fitting.clamp(1, NUMBERS_PER_MESSAGE);
        // A client that came back smaller gets its packs' numbers when it sends them again.
        self.unacknowledged
            .retain(|sent| sent.payload.len() + frame <= bytes);
        for sent in &mut self.unacknowledged {
            sent.again = true;
        }
    }

    /// Nobody is there to send to; numbers are gathered all the same, fewer of them.
    pub(super) fn park(&mut self) {
        self.owner = None;
        self.forget_beyond(PARKED_NUMBERS_MAX);
    }

    /// Which channel a filter names, if it is one of this gateway's own.
    pub(super) fn channel(&self, filter: &str) -> Option<Channel> {
        if filter == self.committed_topic {
            Some(Channel::Committed)
        } else if filter == self.status_topic {
            Some(Channel::Status)
        } else {
            None
        }
    }

    /// Grants the lower of `QoS` 1 and what was asked. `state` is what was kept of the status.
    pub(super) fn subscribe(
        &mut self,
        channel: Channel,
        asked: Qos,
        wants: Retained,
        state: bool,
    ) -> Qos {
        let granted = match asked {
            Qos::Zero => Qos::Zero,
            Qos::One | Qos::Two => Qos::One,
        };
        match channel {
            Channel::Committed => self.committed = Some(granted),
            Channel::Status => {
                let is_new = self.status.replace(granted).is_none();
                if wants == Retained::Always || (wants == Retained::WhenNew && is_new) {
                    self.state = Some((state, true));
                }
            }
        }
        granted
    }

    /// Forgets a subscription and what was to be sent for it; whether there was one.
    pub(super) fn unsubscribe(&mut self, channel: Channel) -> bool {
        match channel {
            Channel::Committed => {
                self.numbers.clear();
                self.committed.take().is_some()
            }
            Channel::Status => {
                self.state = None;
                self.status.take().is_some()
            }
        }
    }

    /// Subscribes for an edge node's own commands, if the filter is one for that. What it hears is
    /// only ever an answer to its own messages. Commands are `QoS` 0, as Sparkplug wants it.
    pub(super) fn listen(&mut self, filter: &str) -> Option<Qos> {
        let has_room = self.filters.len() < COMMANDS_MAX || self.filters.contains(filter);
        if !is_command_filter(filter) || !has_room {
            return None;
        }
        self.filters.insert(filter.to_owned());
        Some(Qos::Zero)
    }

    /// Ends such a subscription; returns whether there was one.
    pub(super) fn ignore(&mut self, filter: &str) -> bool {
        self.filters.remove(filter)
    }

    /// Adds a command, if the gateway listens for it.
    pub(super) fn command(&mut self, command: Command) {
        let is_heard = self
            .filters
            .iter()
            .any(|filter| is_heard(filter, &command.topic));
        if is_heard && self.commands.len() < COMMANDS_MAX {
            self.commands.push_back(command);
        } else {
            metrics::counter!(metric::DROPPED, "what" => "command").increment(1);
        }
    }

    /// Adds committed numbers, where they are wanted; whether they are.
    pub(super) fn push(&mut self, numbers: &[u64]) -> bool {
        if self.committed.is_none() {
            return false;
        }
        self.numbers.extend(numbers);
        let is_there = self.owner.is_some();
        self.forget_beyond(if is_there {
            NUMBERS_MAX
        } else {
            PARKED_NUMBERS_MAX
        });
        true
    }

    /// News of the gateway's state, where they are wanted; whether they are.
    pub(super) fn tell(&mut self, online: bool) -> bool {
        if self.status.is_none() {
            return false;
        }
        self.state = Some((online, false));
        true
    }

    fn forget_beyond(&mut self, numbers_max: usize) {
        let excess = self.numbers.len().saturating_sub(numbers_max);
        if excess > 0 {
            self.numbers.drain(..excess);
            metrics::counter!(metric::DROPPED, "what" => "committed").increment(excess as u64);
        }
    }

    /// Forgets what a client has acknowledged; whether there was anything to forget.
    pub(super) fn acknowledge(&mut self, owner: u64, packet_id: NonZeroU16) -> bool {
        let place = self.unacknowledged.iter().position(|sent| {
            self.owner == Some(owner) && sent.packet_id == packet_id && !sent.again
        });
        place.is_some_and(|place| self.unacknowledged.remove(place).is_some())
    }

    /// The next message for connection `owner`, where there is one and the client has room for it.
    pub(super) fn next_message(&mut self, owner: u64) -> Option<Outbound> {
        if self.owner != Some(owner) {
            return None;
        }
        if let Some(Command { topic, payload }) = self.commands.pop_front() {
            return Some(Outbound::Publish {
                packet_id: None,
                topic,
                payload,
                retain: false,
                dup: false,
            });
        }
        let in_flight = self.unacknowledged.iter().filter(|sent| !sent.again);
        let has_room = in_flight.count() < self.window;
        if let Some(sent) = self.unacknowledged.iter_mut().find(|sent| sent.again) {
            if !has_room {
                return None;
            }
            sent.again = false;
            let (id, payload, retain) = (sent.packet_id, sent.payload.clone(), sent.retain);
            let channel = sent.channel;
            return Some(self.publish(Some(id), channel, payload, retain, true));
        }
        let (channel, qos) = match (self.committed, self.status) {
            (Some(qos), _) if !self.numbers.is_empty() => (Channel::Committed, qos),
            (_, Some(qos)) if self.state.is_some() => (Channel::Status, qos),
            _ => return None,
        };
        if qos != Qos::Zero && !has_room {
            return None;
        }
        let (payload, retain) = self.take_payload(channel);
        if qos == Qos::Zero {
            return Some(self.publish(None, channel, payload, retain, false));
        }
        let packet_id = self.next_id();
        self.unacknowledged.push_back(Sent {
            packet_id,
            channel,
            payload: payload.clone(),
            retain,
            again: false,
        });
        Some(self.publish(Some(packet_id), channel, payload, retain, false))
    }

    fn take_payload(&mut self, channel: Channel) -> (Bytes, bool) {
        match channel {
            Channel::Committed => {
                let count = self.numbers.len().min(self.per_message);
                let numbers: Vec<String> =
                    self.numbers.drain(..count).map(|n| n.to_string()).collect();
                let text = format!(r#"{{"sq":[{}]}}"#, numbers.join(","));
                (Bytes::from(text), false)
            }
            Channel::Status => {
                let (online, retain) = self.state.take().unwrap_or_default();
                let word: &'static [u8] = if online {
                    br#"{"state":"online"}"#
                } else {
                    br#"{"state":"offline"}"#
                };
                (Bytes::from_static(word), retain)
            }
        }
    }

    fn publish(
        &self,
        packet_id: Option<NonZeroU16>,
        channel: Channel,
        payload: Bytes,
        retain: bool,
        dup: bool,
    ) -> Outbound {
        let topic = match channel {
            Channel::Committed => self.committed_topic.clone(),
            Channel::Status => self.status_topic.clone(),
        };
        Outbound::Publish {
            packet_id,
            topic,
            payload,
            retain,
            dup,
        }
    }

    /// A packet id that is not in use: there are far fewer messages than ids.
    fn next_id(&mut self) -> NonZeroU16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(NonZeroU16::MIN);
            let mut used = self.unacknowledged.iter().map(|sent| sent.packet_id);
            if used.all(|id| id != self.last_id) {
                return self.last_id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: u64 = 1;

    fn room(receive_max: u16, packet_bytes_max: Option<u32>) -> Room {
        Room {
            receive_max: NonZeroU16::new(receive_max),
            packet_bytes_max,
        }
    }

    fn outbox(receive_max: u16, packet_bytes_max: Option<u32>, qos: Qos) -> Outbox {
        let gateway = GatewayId::parse("gw").expect("a name");
        let mut outbox = Outbox::new(gateway, OWNER, room(receive_max, packet_bytes_max));
        outbox.subscribe(Channel::Committed, qos, Retained::Always, true);
        outbox
    }

    /// Packet id, whether it is sent again, and payload.
    fn payload(message: Option<Outbound>) -> Option<(Option<u16>, bool, String)> {
        match message? {
            Outbound::Publish {
                packet_id,
                payload,
                dup,
                ..
            } => Some((
                packet_id.map(NonZeroU16::get),
                dup,
                String::from_utf8(payload.to_vec()).expect("text"),
            )),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_wait_for_the_clients_receive_maximum() {
        let mut outbox = outbox(1, None, Qos::Two);
        assert!(outbox.push(&[1, 2]));
        assert_eq!(
            payload(outbox.next_message(OWNER)),
            Some((Some(1), false, r#"{"sq":[1,2]}"#.into()))
        );
        outbox.push(&[3]);
        assert_eq!(
            payload(outbox.next_message(OWNER)),
            None,
            "one is unacknowledged"
        );
        assert!(outbox.acknowledge(OWNER, NonZeroU16::MIN));
        assert!(!outbox.acknowledge(OWNER, NonZeroU16::MIN));
        assert_eq!(
            payload(outbox.next_message(OWNER)),
            Some((Some(2), false, r#"{"sq":[3]}"#.into()))
        );
    }

    #[test]
    fn what_was_not_acknowledged_comes_again_on_the_next_connection_first_and_marked() {
        let mut outbox = outbox(10, None, Qos::One);
        for number in 1..=3 {
            outbox.push(&[number]);
            assert!(outbox.next_message(OWNER).is_some());
        }
        assert!(outbox.acknowledge(OWNER, NonZeroU16::new(2).expect("an id")));
        outbox.park();
        outbox.push(&[4]);
        assert_eq!(payload(outbox.next_message(OWNER)), None, "nobody is there");
        outbox.resume(2, room(10, None));
        assert_eq!(
            payload(outbox.next_message(OWNER)),
            None,
            "the old connection is out"
        );
        assert!(
            !outbox.acknowledge(OWNER, NonZeroU16::MIN),
            "and says nothing any more"
        );
        let sent: Vec<_> = std::iter::from_fn(|| payload(outbox.next_message(2))).collect();
        let expected = [
            (Some(1), true, r#"{"sq":[1]}"#),
            (Some(3), true, r#"{"sq":[3]}"#),
            (Some(4), false, r#"{"sq":[4]}"#),
        ];
        assert_eq!(
            sent,
            expected.map(|(id, dup, text)| (id, dup, text.to_owned()))
        );
    }

    #[test]
    fn a_resumed_client_gets_no_more_at_once_than_it_takes() {
        let mut outbox = outbox(10, None, Qos::One);
        for number in 1..=3 {
            outbox.push(&[number]);
            assert!(outbox.next_message(OWNER).is_some());
        }
        outbox.resume(2, room(1, None));
        assert!(outbox.next_message(2).is_some());
        assert!(outbox.next_message(2).is_none());
        assert!(outbox.acknowledge(2, NonZeroU16::MIN));
        assert!(outbox.next_message(2).is_some());
    }

    #[test]
    fn a_message_fits_the_clients_packet_size() {
        let mut outbox = outbox(10, Some(256), Qos::Zero);
        outbox.push(&[u64::MAX; 100]);
        let mut total = 0;
        while let Some((packet_id, _, text)) = payload(outbox.next_message(OWNER)) {
            assert_eq!(packet_id, None);
            assert!(text.len() + outbox.committed_topic.len() + 10 <= 256);
            total += text.matches("18446744073709551615").count();
        }
        assert_eq!(total, 100);
    }

    #[test]
    fn the_oldest_numbers_are_forgotten_beyond_the_bound_and_sooner_when_nobody_is_there() {
        let mut outbox = outbox(10, None, Qos::Zero);
        let numbers: Vec<u64> = (0..NUMBERS_MAX as u64 + 5).collect();
        outbox.push(&numbers);
        let (_, _, first) = payload(outbox.next_message(OWNER)).expect("a message");
        assert!(first.starts_with(r#"{"sq":[5,6,"#), "{first}");
        outbox.park();
        outbox.push(&numbers);
        assert_eq!(outbox.numbers.len(), PARKED_NUMBERS_MAX);
    }

    #[test]
    fn what_was_kept_of_the_status_is_told_once_and_news_as_they_come() {
        let mut outbox = outbox(10, None, Qos::Zero);
        assert!(!outbox.tell(true), "nobody asked");
        let subscribe = |outbox: &mut Outbox, wants| {
            outbox.subscribe(Channel::Status, Qos::Zero, wants, false);
            payload(outbox.next_message(OWNER)).map(|(_, _, text)| text)
        };
        let offline = Some(r#"{"state":"offline"}"#.to_owned());
        assert_eq!(subscribe(&mut outbox, Retained::WhenNew), offline);
        assert_eq!(subscribe(&mut outbox, Retained::WhenNew), None);
        assert_eq!(subscribe(&mut outbox, Retained::Never), None);
        assert_eq!(subscribe(&mut outbox, Retained::Always), offline);
        assert!(outbox.tell(true));
        match outbox.next_message(OWNER) {
            Some(Outbound::Publish { topic, retain, .. }) => {
                assert_eq!((topic.as_str(), retain), ("suyuan/v1/gw/status", false));
            }
            other => panic!("{other:?}"),
        }
        assert!(outbox.unsubscribe(Channel::Status) && !outbox.unsubscribe(Channel::Status));
    }

    #[test]
    fn a_command_reaches_an_edge_node_that_listens_for_it() {
        let mut outbox = outbox(1, None, Qos::Zero);
        let command = || Command {
            topic: "spBv1.0/farm/NCMD/e1".to_owned(),
            payload: Bytes::from_static(b"again"),
        };
        outbox.command(command());
        assert_eq!(
            payload(outbox.next_message(OWNER)),
            None,
            "it does not listen"
        );
        assert_eq!(outbox.listen("spBv1.0/farm/NCMD/e1/#"), Some(Qos::Zero));
        assert_eq!(outbox.listen("spBv1.0/+/NCMD/e1"), None);
        outbox.command(command());
        assert_eq!(
            payload(outbox.next_message(OWNER)),
            Some((None, false, "again".into()))
        );
        for _ in 0..=COMMANDS_MAX {
            outbox.command(command());
        }
        let sent = std::iter::from_fn(|| outbox.next_message(OWNER)).count();
        assert_eq!(sent, COMMANDS_MAX);
        assert!(outbox.ignore("spBv1.0/farm/NCMD/e1/#"));
        assert!(!outbox.ignore("spBv1.0/farm/NCMD/e1/#"));
        for edge in 0..=COMMANDS_MAX {
            let filter = format!("spBv1.0/farm/NCMD/e{edge}");
            assert_eq!(outbox.listen(&filter).is_some(), edge < COMMANDS_MAX);
        }
    }
}
