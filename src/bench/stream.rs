//! The readings that every measurement sends: probes of eight channels whose values walk like
//! weather, one report a minute each. The same numbers become MQTT packets for the publishers and
//! rows for the limit, so that all of them do the same work. Packets are written once and then
//! only patched: the load generator must cost little beside what it loads.

use std::fmt::Write as _;

use model::id::ProbeKey;
use model::time::Timestamp;
use store::report::Report;

/// Channels of every probe: name, unit.
pub const CHANNELS: [(&str, &str); 8] = [
    ("temperature", "Cel"),
    ("humidity", "%RH"),
    ("soil-moisture-10", "%"),
    ("soil-moisture-30", "%"),
    ("soil-temperature-10", "Cel"),
    ("soil-temperature-30", "Cel"),
    ("illuminance", "lx"),
    ("battery", "%EL"),
];
/// Seconds between two reports of a probe.
pub const STEP_SECONDS: i64 = 60;
/// Every value has three digits, tenths: a packet's length never changes.
const TENTHS: std::ops::RangeInclusive<u16> = 100..=999;
/// First number of a pack: from here on all have ten digits.
pub const SEQUENCE_FIRST: u32 = 1_000_000_000;

/// In which form packs are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Payload {
    /// `SenML` in JSON, as stock publishers send it.
    Json,
    /// `SenML` in CBOR, as our firmware sends it.
    Cbor,
}

impl Payload {
    /// Its name in results and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Cbor => "cbor",
        }
    }
}

/// How a probe's values go on: a walk of single steps, the same for the same seed.
#[derive(Debug, Clone)]
pub struct Walk {
    tenths: [u16; CHANNELS.len()],
    state: u64,
}

impl Walk {
    /// A walk of its own for each probe.
    pub fn new(probe: u32) -> Self {
        Self {
            tenths: std::array::from_fn(|channel| 200 + 70 * channel as u16),
            state: u64::from(probe).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    /// The next values, in tenths.
    pub fn step(&mut self) -> [u16; CHANNELS.len()] {
        // xorshift64: two bits for each channel, down, up, or twice the same.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        for (channel, tenths) in self.tenths.iter_mut().enumerate() {
            let moved = match (self.state >> (2 * channel)) & 3 {
                0 => *tenths - 1,
                1 => *tenths + 1,
                _ => *tenths,
            };
            if TENTHS.contains(&moved) {
                *tenths = moved;
            }
        }
        self.tenths
    }
}

/// Reports of many probes as rows: what the limit copies.
#[derive(Debug)]
pub struct Rows {
    walks: Vec<(ProbeKey, Walk)>,
    next: usize,
    time: Timestamp,
}

impl Rows {
    /// Rows of these probes from a time on.
    pub fn new(probes: impl Iterator<Item = ProbeKey>, from: Timestamp) -> Self {
        let walks = probes
            .enumerate()
            .map(|(n, key)| (key, Walk::new(n as u32)));
        Self {
            walks: walks.collect(),
            next: 0,
            time: from,
        }
    }

    /// The next reports, one probe after the other.
    pub fn take(&mut self, count: usize) -> Vec<Report> {
        (0..count).map(|_| self.report()).collect()
    }

    fn report(&mut self) -> Report {
        if self.next == self.walks.len() {
            self.next = 0;
            self.time = self.time.plus_seconds(STEP_SECONDS);
        }
        let (key, walk) = &mut self.walks[self.next];
        self.next += 1;
        let values = walk.step().map(|tenths| Some(f32::from(tenths) / 10.0));
        Report::ordinary(*key, self.time, self.time, values.to_vec())
    }
}

/// What a packet is made from.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The gateway's id.
    pub gateway: String,
    /// The probe's name.
    pub probe: String,
    /// Number of the probe among all.
    pub number: u32,
    /// Reports in each message.
    pub reports: u32,
    /// The form.
    pub payload: Payload,
    /// Whether packs carry numbers, to be heard of by `committed`.
    pub numbered: bool,
}

/// A probe's messages, ready to be sent.
#[derive(Debug)]
pub struct Messages {
    packet: Vec<u8>,
    id_at: usize,
    patches: Patches,
    payload: Payload,
    reports: u32,
    walk: Walk,
    seconds: i64,
}

/// Where a packet changes from message to message.
#[derive(Debug, Default)]
struct Patches {
    time: usize,
    sequence: Option<usize>,
    values: Vec<usize>,
}

impl Messages {
    /// Messages of a probe, the first report at `from`.
    pub fn new(shape: &Shape, from: Timestamp) -> Self {
        let (payload, mut patches) = match shape.payload {
            Payload::Json => json(shape),
            Payload::Cbor => cbor(shape),
        };
        let topic = format!("suyuan/v1/{}/{}/telemetry", shape.gateway, shape.probe);
        let mut packet = vec![0x32];
        super::part::wire::put_length(&mut packet, 2 + topic.len() + 2 + payload.len());
        super::part::wire::put_text(&mut packet, topic.as_bytes());
        let id_at = packet.len();
        packet.extend([0, 0]);
        let shift = packet.len();
        packet.extend(payload);
        patches.time += shift;
        patches.sequence = patches.sequence.map(|at| at + shift);
        patches.values.iter_mut().for_each(|at| *at += shift);
        Self {
            packet,
            id_at,
            patches,
            payload: shape.payload,
            reports: shape.reports,
            walk: Walk::new(shape.number),
            seconds: from.seconds(),
        }
    }

    /// Appends the next message as an MQTT packet.
    pub fn next(&mut self, packet_id: u16, sequence: u32, out: &mut Vec<u8>) {
        self.packet[self.id_at..self.id_at + 2].copy_from_slice(&packet_id.to_be_bytes());
        let seconds = self.seconds as u32;
        self.patch_number(self.patches.time, seconds);
        if let Some(at) = self.patches.sequence {
            self.patch_number(at, sequence);
        }
        for report in 0..self.reports as usize {
            for (channel, tenths) in self.walk.step().into_iter().enumerate() {
                let at = self.patches.values[report * CHANNELS.len() + channel];
                self.patch_value(at, tenths);
            }
        }
        self.seconds += STEP_SECONDS * i64::from(self.reports);
        out.extend_from_slice(&self.packet);
    }

    fn patch_number(&mut self, at: usize, number: u32) {
        match self.payload {
            Payload::Json => digits(&mut self.packet[at..at + 10], number),
            Payload::Cbor => self.packet[at..at + 4].copy_from_slice(&number.to_be_bytes()),
        }
    }

    fn patch_value(&mut self, at: usize, tenths: u16) {
        match self.payload {
            Payload::Json => {
                digits(&mut self.packet[at..at + 2], u32::from(tenths) / 10);
                self.packet[at + 3] = b'0' + (tenths % 10) as u8;
            }
            Payload::Cbor => self.packet[at..at + 2].copy_from_slice(&tenths.to_be_bytes()),
        }
    }
}

fn digits(target: &mut [u8], mut number: u32) {
    for digit in target.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn json(shape: &Shape) -> (Vec<u8>, Patches) {
    let mut patches = Patches::default();
    let mut text = format!(r#"[{{"bn":"{}:{}:","bt":"#, shape.gateway, shape.probe);
    patches.time = text.len();
    text.push_str("0000000000,");
    if shape.numbered {
        text.push_str(r#""sq":"#);
        patches.sequence = Some(text.len());
        text.push_str("0000000000,");
    }
    for report in 0..i64::from(shape.reports) {
        for (channel, (name, unit)) in CHANNELS.iter().enumerate() {
            if report > 0 || channel > 0 {
                text.push_str(",{");
            }
            // Writing to a text cannot fail.
            let _ = write!(text, r#""n":"{name}","u":"{unit}","v":"#);
            patches.values.push(text.len());
            text.push_str("00.0");
            if report > 0 {
                let _ = write!(text, r#","t":{}"#, report * STEP_SECONDS);
            }
            text.push('}');
        }
    }
    text.push(']');
    (text.into_bytes(), patches)
}

/// Written by hand, with every number in its longest form, so that it can be patched.
fn cbor(shape: &Shape) -> (Vec<u8>, Patches) {
    let mut patches = Patches::default();
    let records = shape.reports * CHANNELS.len() as u32;
    let mut bytes = vec![0x99];
    bytes.extend((records as u16).to_be_bytes());
    for report in 0..shape.reports {
        for (channel, (name, unit)) in CHANNELS.iter().enumerate() {
            let is_first = report == 0 && channel == 0;
            let base = if is_first {
                2 + u8::from(shape.numbered)
            } else {
                0
            };
            bytes.push(0xa3 + base + u8::from(report > 0));
            if is_first {
                bytes.push(0x21);
                cbor_text(&mut bytes, &format!("{}:{}:", shape.gateway, shape.probe));
                bytes.extend([0x22, 0x1a, 0, 0, 0, 0]);
                patches.time = bytes.len() - 4;
                if shape.numbered {
                    cbor_text(&mut bytes, "sq");
                    bytes.extend([0x1a, 0, 0, 0, 0]);
                    patches.sequence = Some(bytes.len() - 4);
                }
            }
            bytes.push(0x00);
            cbor_text(&mut bytes, name);
            bytes.push(0x01);
            cbor_text(&mut bytes, unit);
            // Value: decimal fraction [-1, tenths].
            bytes.extend([0x02, 0xc4, 0x82, 0x20, 0x19, 0, 0]);
            patches.values.push(bytes.len() - 2);
            if report > 0 {
                bytes.extend([0x06, 0x19]);
                bytes.extend((report as u16 * STEP_SECONDS as u16).to_be_bytes());
            }
        }
    }
    (bytes, patches)
}

/// A text of less than 256 bytes.
fn cbor_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend([0x78, text.len() as u8]);
    bytes.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use ingest::senml::{self, Value};

    use super::*;

    const FROM: Timestamp = Timestamp::from_seconds(1_767_571_200);

    fn shape(payload: Payload, reports: u32) -> Shape {
        Shape {
            gateway: "gw".into(),
            probe: "p".into(),
            number: 3,
            reports,
            payload,
            numbered: true,
        }
    }

    /// Topic, packet id and payload of a PUBLISH with `QoS` 1.
    fn publish(packet: &[u8]) -> (&[u8], u16, &[u8]) {
        let body = &packet[1 + packet[1..].iter().take_while(|b| **b >= 0x80).count() + 1..];
        let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
        let (topic, rest) = body[2..].split_at(topic);
        (topic, u16::from_be_bytes([rest[0], rest[1]]), &rest[2..])
    }

    #[test]
    fn messages_say_in_both_forms_what_the_rows_say() {
        for (payload, reports) in [(Payload::Json, 1), (Payload::Json, 16), (Payload::Cbor, 16)] {
            let mut messages = Messages::new(&shape(payload, reports), FROM);
            let mut rows = Rows::new([ProbeKey(1)].into_iter(), FROM);
            // The rows' only probe walks like the messages' probe.
            rows.walks[0].1 = Walk::new(3);
            for round in 0..2 {
                let mut packet = Vec::new();
                messages.next(7, SEQUENCE_FIRST + round, &mut packet);
                let (topic, id, bytes) = publish(&packet);
                assert_eq!((topic, id), (&b"suyuan/v1/gw/p/telemetry"[..], 7));
                let pack = senml::decode(bytes, FROM).expect("a pack");
                assert_eq!(pack.sequence, Some(u64::from(SEQUENCE_FIRST + round)));
                let expected = rows.take(reports as usize);
                assert_eq!(pack.measurements.len(), expected.len() * CHANNELS.len());
                for (place, found) in pack.measurements.iter().enumerate() {
                    let (report, channel) = (place / CHANNELS.len(), place % CHANNELS.len());
                    assert_eq!(found.time, expected[report].time);
                    assert_eq!(found.local_name(), CHANNELS[channel].0);
                    let Some(Value::Number(value)) = found.value else {
                        panic!("no number");
                    };
                    assert_eq!(Some(value as f32), expected[report].values[channel]);
                }
            }
        }
    }

    #[test]
    fn a_walk_stays_within_its_digits_and_does_not_stand_still() {
        let mut walk = Walk::new(1);
        let first = walk.step();
        for _ in 0..10_000 {
            assert!(walk.step().iter().all(|tenths| TENTHS.contains(tenths)));
        }
        assert_ne!(first, walk.step());
    }
}
