//! What a gateway is still to hear: numbers of committed packs, gathered to `committed` messages,
//! at most a few unacknowledged at a time, and commands to the edge node that it is. Nothing here survives the connection: a gateway that
//! did not hear a number sends the pack again.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::num::NonZeroU16;

use bytes::Bytes;
use model::id::GatewayId;
use model::metric;
use model::topic::Topic;

use super::packet::{Outbound, Qos};
use crate::payload::Command;
use crate::payload::sparkplug::{is_command_filter, is_heard};

/// Numbers that wait for a slow gateway; the oldest are forgotten beyond it.
const NUMBERS_MAX: usize = 16_384;
/// Numbers in one message: it stays small enough for a microcontroller's buffer.
const NUMBERS_PER_MESSAGE: usize = 32;
/// Messages unacknowledged at a time.
const UNACKNOWLEDGED_MAX: u16 = 16;
/// Commands that wait for a slow gateway, and its subscriptions for them.
const COMMANDS_MAX: usize = 16;
/// Digits of a number and its comma.
const NUMBER_BYTES_MAX: usize = 21;

/// The outgoing side of one connection.
#[derive(Debug)]
pub(super) struct Outbox {
    topic: String,
    wanted: Option<Qos>,
    numbers: VecDeque<u64>,
    filters: BTreeSet<String>,
    commands: VecDeque<Command>,
    unacknowledged: HashSet<NonZeroU16>,
    window: usize,
    per_message: usize,
    last_id: NonZeroU16,
}

impl Outbox {
    /// For a gateway whose client takes `receive_max` publishes at a time and packets up to
    /// `packet_bytes_max`.
    pub(super) fn new(
        gateway: GatewayId,
        receive_max: Option<NonZeroU16>,
        packet_bytes_max: Option<u32>,
    ) -> Self {
        let topic = Topic::Committed { gateway }.to_string();
        // Fixed header, topic length, packet id, properties, and `{"sq":[]}`.
        let frame_bytes = 5 + 2 + topic.len() + 2 + 1 + 9;
        let room = packet_bytes_max.map_or(usize::MAX, |bytes| bytes as usize);
        let fitting = room.saturating_sub(frame_bytes) / NUMBER_BYTES_MAX;
        Self {
            topic,
            wanted: None,
            numbers: VecDeque::new(),
            filters: BTreeSet::new(),
            commands: VecDeque::new(),
            unacknowledged: HashSet::new(),
            window: receive_max.map_or(UNACKNOWLEDGED_MAX, |n| n.get().min(UNACKNOWLEDGED_MAX))
                as usize,
            per_message: fitting.clamp(1, NUMBERS_PER_MESSAGE),
            last_id: NonZeroU16::MAX,
        }
    }

    /// The topic of `committed`.
    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// Grants the lower of `QoS` 1 and what was asked.
    pub(super) fn subscribe(&mut self, asked: Qos) -> Qos {
        let granted = if asked == Qos::Zero {
            Qos::Zero
        } else {
            Qos::One
        };
        self.wanted = Some(granted);
        granted
    }

    /// Forgets the subscription and what was to be sent for it.
    pub(super) fn unsubscribe(&mut self) {
        self.wanted = None;
        self.numbers.clear();
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

    /// Adds committed numbers.
    pub(super) fn push(&mut self, numbers: &[u64]) {
        self.numbers.extend(numbers);
        let excess = self.numbers.len().saturating_sub(NUMBERS_MAX);
        if excess > 0 {
            self.numbers.drain(..excess);
            metrics::counter!(metric::DROPPED, "what" => "committed").increment(excess as u64);
        }
    }

    /// Whether there is anything to forget with this acknowledgement.
    pub(super) fn acknowledge(&mut self, packet_id: NonZeroU16) -> bool {
        self.unacknowledged.remove(&packet_id)
    }

    /// The next message, where there is one and the client has room for it.
    pub(super) fn next_message(&mut self) -> Option<Outbound> {
        if let Some(Command { topic, payload }) = self.commands.pop_front() {
            return Some(Outbound::Publish {
                packet_id: None,
                topic,
                payload,
            });
        }
        let qos = self.wanted?;
        if self.numbers.is_empty() || self.unacknowledged.len() >= self.window {
            return None;
        }
        let packet_id = (qos == Qos::One).then(|| self.next_id());
        let count = self.numbers.len().min(self.per_message);
        let numbers: Vec<String> = self.numbers.drain(..count).map(|n| n.to_string()).collect();
        let payload = Bytes::from(format!(r#"{{"sq":[{}]}}"#, numbers.join(",")));
        Some(Outbound::Publish {
            packet_id,
            topic: self.topic.clone(),
            payload,
        })
    }

    /// A packet id that is not in use: there are far fewer messages than ids.
    fn next_id(&mut self) -> NonZeroU16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(NonZeroU16::MIN);
            if self.unacknowledged.insert(self.last_id) {
                return self.last_id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(receive_max: u16, packet_bytes_max: Option<u32>) -> Outbox {
        let gateway = GatewayId::parse("gw").expect("a name");
        Outbox::new(gateway, NonZeroU16::new(receive_max), packet_bytes_max)
    }

    fn payload(message: Option<Outbound>) -> Option<(Option<u16>, String)> {
        match message? {
            Outbound::Publish {
                packet_id, payload, ..
            } => Some((
                packet_id.map(NonZeroU16::get),
                String::from_utf8(payload.to_vec()).expect("text"),
            )),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_wait_for_the_clients_receive_maximum() {
        let mut outbox = outbox(1, None);
        outbox.push(&[1, 2]);
        assert_eq!(payload(outbox.next_message()), None, "nobody subscribed");
        outbox.subscribe(Qos::Two);
        assert_eq!(
            payload(outbox.next_message()),
            Some((Some(1), r#"{"sq":[1,2]}"#.into()))
        );
        outbox.push(&[3]);
        assert_eq!(
            payload(outbox.next_message()),
            None,
            "one is unacknowledged"
        );
        assert!(outbox.acknowledge(NonZeroU16::MIN));
        assert!(!outbox.acknowledge(NonZeroU16::MIN));
        assert_eq!(
            payload(outbox.next_message()),
            Some((Some(2), r#"{"sq":[3]}"#.into()))
        );
    }

    #[test]
    fn a_command_reaches_an_edge_node_that_listens_for_it() {
        let mut outbox = outbox(1, None);
        let command = || Command {
            topic: "spBv1.0/farm/NCMD/e1".to_owned(),
            payload: Bytes::from_static(b"again"),
        };
        outbox.command(command());
        assert_eq!(payload(outbox.next_message()), None, "it does not listen");
        assert_eq!(outbox.listen("spBv1.0/farm/NCMD/e1/#"), Some(Qos::Zero));
        assert_eq!(outbox.listen("spBv1.0/+/NCMD/e1"), None);
        outbox.command(command());
        assert_eq!(payload(outbox.next_message()), Some((None, "again".into())));
        for _ in 0..=COMMANDS_MAX {
            outbox.command(command());
        }
        let sent = std::iter::from_fn(|| outbox.next_message()).count();
        assert_eq!(sent, COMMANDS_MAX);
        assert!(outbox.ignore("spBv1.0/farm/NCMD/e1/#"));
        assert!(!outbox.ignore("spBv1.0/farm/NCMD/e1/#"));
        for edge in 0..=COMMANDS_MAX {
            let filter = format!("spBv1.0/farm/NCMD/e{edge}");
            assert_eq!(outbox.listen(&filter).is_some(), edge < COMMANDS_MAX);
        }
    }

    #[test]
    fn a_message_fits_the_clients_packet_size() {
        let mut outbox = outbox(10, Some(256));
        outbox.subscribe(Qos::Zero);
        outbox.push(&[u64::MAX; 100]);
        let mut total = 0;
        while let Some((packet_id, text)) = payload(outbox.next_message()) {
            assert_eq!(packet_id, None);
            assert!(text.len() + outbox.topic().len() + 10 <= 256);
            total += text.matches("18446744073709551615").count();
        }
        assert_eq!(total, 100);
    }

    #[test]
    fn the_oldest_numbers_are_forgotten_beyond_the_bound() {
        let mut outbox = outbox(10, None);
        outbox.subscribe(Qos::Zero);
        let numbers: Vec<u64> = (0..NUMBERS_MAX as u64 + 5).collect();
        outbox.push(&numbers);
        let first = payload(outbox.next_message())
            .map(|(_, text)| text)
            .unwrap_or_default();
        assert!(first.starts_with(r#"{"sq":[5,6,"#), "{first}");
    }
}
