//! The node against a server and a network of the test's own: packs are lost, doubled and late,
//! the power fails, and in the end every kept reading must have arrived.

use super::*;
use crate::probe::{Channel, NOTHING};
use crate::queue::tests::flash::{Damage, Fault, Flash};
use minicbor::Decoder;
use minicbor::data::Type;
use model::id::ProbeName;
use model::senml::{Decimal, key};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

type Board = Flash<4, 1024>;

const AIR: &[Channel<'_>] = &[
    Channel {
        name: "temperature",
        unit: "Cel",
    },
    Channel {
        name: "humidity",
        unit: "%RH",
    },
];
const SOIL: &[Channel<'_>] = &[Channel {
    name: "soil-moisture",
    unit: "%",
}];
const START: i64 = 1_764_000_000_000_000;

fn profiles() -> [Profile<'static>; 2] {
    let name = |text| ProbeName::parse(text).expect("a name");
    [
        Profile {
            name: name("air"),
            channels: AIR,
        },
        Profile {
            name: name("soil"),
            channels: SOIL,
        },
    ]
}

fn node<'a>(profiles: &'a [Profile<'a>], flash: Board) -> Node<'a, Board> {
    let gateway = GatewayId::parse("gw").expect("a name");
    let settings = Settings {
        linger_ms: 50,
        resend_floor_ms: 1_000,
        resend_ceiling_ms: 8_000,
        busy_ms: 10,
    };
    Node::new(
        gateway,
        profiles,
        Queue::open(flash).expect("the flash opens"),
        settings,
    )
}

fn sample(hundredths: i64) -> Sample {
    let mut values = NOTHING;
    values[0] = Some(Decimal::new(hundredths, -2));
    values
}

/// One value of a pack: full name, seconds, value, as text.
type Row = (String, String, String);

fn number(decoder: &mut Decoder<'_>) -> Result<Decimal, minicbor::decode::Error> {
    if decoder.datatype()? != Type::Tag {
        return Ok(Decimal::new(decoder.i64()?, 0));
    }
    decoder.tag()?;
    decoder.array()?;
    let exponent = decoder.i8()?;
    Ok(Decimal::new(decoder.i64()?, exponent))
}

/// Reads a pack: its number and its values.
fn read(payload: &[u8]) -> Result<(u32, Vec<Row>), minicbor::decode::Error> {
    let mut decoder = Decoder::new(payload);
    let (mut sequence, mut base, mut base_time) = (0, String::new(), 0.0);
    let mut rows = Vec::new();
    for _ in 0..decoder.array()?.unwrap_or_default() {
        let (mut name, mut value, mut time) = (String::new(), String::new(), 0.0);
        for _ in 0..decoder.map()?.unwrap_or_default() {
            if decoder.datatype()? == Type::String {
                assert_eq!(decoder.str()?, "sq");
                sequence = decoder.u32()?;
                continue;
            }
            match decoder.i8()? {
                key::BASE_NAME => base = decoder.str()?.to_string(),
                key::BASE_TIME => base_time = number(&mut decoder)?.to_f64(),
                key::NAME => name = decoder.str()?.to_string(),
                key::UNIT => assert!(!decoder.str()?.is_empty()),
                key::VALUE => value = number(&mut decoder)?.to_string(),
                key::TIME => time = number(&mut decoder)?.to_f64(),
                other => panic!("unexpected key {other}"),
            }
        }
        rows.push((
            format!("{base}{name}"),
            format!("{:.3}", base_time + time),
            value,
        ));
    }
    Ok((sequence, rows))
}

/// A network that keeps what it is given, and can refuse.
#[derive(Debug, Default)]
struct Wire {
    sent: Vec<(String, u32, Vec<u8>)>,
    refuse: Option<UplinkError>,
}

impl Uplink for Wire {
    fn send(&mut self, pack: &Pack<'_>) -> Result<(), UplinkError> {
        if let Some(error) = self.refuse {
            return Err(error);
        }
        let (inside, _) = read(pack.payload).expect("the pack is SenML");
        assert_eq!(inside, pack.sequence);
        self.sent
            .push((pack.probe.to_string(), pack.sequence, pack.payload.to_vec()));
        Ok(())
    }
}

impl Wire {
    fn sequences(&mut self) -> Vec<u32> {
        self.sent
            .drain(..)
            .map(|(_, sequence, _)| sequence)
            .collect()
    }
}

fn time(step: i64) -> Timestamp {
    Timestamp(START + step * 1_000)
}

fn record(node: &mut Node<'_, Board>, probe: u8, steps: core::ops::Range<i64>) {
    for step in steps {
        node.record(probe, time(step), sample(step), 0)
            .expect("room");
    }
}

#[test]
fn a_full_group_goes_out_at_once_and_the_rest_after_the_linger() {
    let profiles = profiles();
    let (mut node, mut wire) = (node(&profiles, Board::blank(3)), Wire::default());
    record(&mut node, 0, 0..18);
    assert_eq!(node.poll(0, &mut wire), Ok(None), "not connected yet");
    node.connected();
    assert_eq!(node.poll(0, &mut wire), Ok(Some(50)));
    let (_, rows) = read(&wire.sent[0].2).expect("a pack");
    assert_eq!(rows.len(), 16);
    let first = ("gw:air:temperature", "1764000000.000", "0.00");
    let last = ("gw:air:temperature", "1764000000.015", "0.15");
    for (row, expected) in [(&rows[0], first), (&rows[15], last)] {
        assert_eq!((row.0.as_str(), row.1.as_str(), row.2.as_str()), expected);
    }
    assert_eq!(wire.sequences(), [63]);
    assert_eq!(node.poll(50, &mut wire), Ok(Some(1_000)));
    assert_eq!(wire.sequences(), [65]);
}

#[test]
fn only_committed_lets_a_reading_go() {
    let profiles = profiles();
    let (mut node, mut wire) = (node(&profiles, Board::blank(3)), Wire::default());
    record(&mut node, 0, 0..20);
    node.connected();
    node.poll(100, &mut wire).expect("flash works");
    assert_eq!(wire.sequences(), [63, 67]);
    assert_eq!(node.backlog(), 20, "sent is not delivered");
    assert_eq!(node.committed(b"{\"sq\":[67]}"), Ok(4));
    assert_eq!(
        node.committed(b"{\"sq\":[67,12,99999]}"),
        Ok(0),
        "a repeated word changes nothing"
    );
    assert!(matches!(
        node.committed(b"{\"sq\":[63"),
        Err(ForgetError::Message(_))
    ));
    assert_eq!(node.backlog(), 20, "the oldest still waits");
    assert_eq!(node.committed(b"{\"sq\":[63]}"), Ok(16));
    assert_eq!((node.backlog(), node.counters().forgotten), (0, 20));
    assert_eq!(node.poll(200, &mut wire), Ok(None));
}

#[test]
fn without_an_answer_a_pack_goes_again_at_growing_intervals() {
    let profiles = profiles();
    let (mut node, mut wire) = (node(&profiles, Board::blank(3)), Wire::default());
    record(&mut node, 0, 0..16);
    node.connected();
    let mut now = 0;
    let mut waits = Vec::new();
    for _ in 0..6 {
        let next = node
            .poll(now, &mut wire)
            .expect("flash works")
            .expect("something to wait for");
        waits.push(next - now);
        now = next;
    }
    assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    assert_eq!(wire.sequences(), [63; 6]);
    assert_eq!(node.resent_packs(), 5);
}

#[test]
fn a_new_connection_sends_everything_again_at_once() {
    let profiles = profiles();
    let (mut node, mut wire) = (node(&profiles, Board::blank(3)), Wire::default());
    record(&mut node, 0, 0..32);
    node.connected();
    node.poll(0, &mut wire).expect("flash works");
    assert_eq!(wire.sequences(), [63, 79]);
    node.disconnected();
    assert_eq!(node.poll(10_000, &mut wire), Ok(None));
    assert_eq!(wire.sequences(), Vec::<u32>::new());
    node.connected();
    node.poll(10_000, &mut wire).expect("flash works");
    assert_eq!(wire.sequences(), [63, 79]);
}

#[test]
fn a_busy_uplink_is_asked_again_soon_and_a_lost_one_waits_for_the_next() {
    let profiles = profiles();
    let (mut node, mut wire) = (node(&profiles, Board::blank(3)), Wire::default());
    record(&mut node, 0, 0..16);
    node.connected();
    wire.refuse = Some(UplinkError::Busy);
    assert_eq!(node.poll(0, &mut wire), Ok(Some(10)));
    wire.refuse = Some(UplinkError::Down);
    assert_eq!(node.poll(10, &mut wire), Ok(None));
    wire.refuse = None;
    assert_eq!(
        node.poll(20, &mut wire),
        Ok(None),
        "no connection was announced"
    );
    node.connected();
    assert_eq!(node.poll(30, &mut wire), Ok(Some(1_030)));
    assert_eq!(wire.sequences(), [63]);
}

#[test]
fn the_window_bounds_what_is_under_way() {
    let profiles = profiles();
    let (mut node, mut wire) = (node(&profiles, Board::blank(24)), Wire::default());
    record(&mut node, 0, 0..320);
    node.connected();
    node.poll(0, &mut wire).expect("flash works");
    let sent = wire.sequences();
    assert_eq!(sent.len(), WINDOW_PACKS);
    let word = format!("{{\"sq\":[{}]}}", sent[3]);
    assert_eq!(node.committed(word.as_bytes()), Ok(16));
    node.poll(0, &mut wire).expect("flash works");
    assert_eq!(wire.sequences(), [sent[15] + 16]);
}

#[test]
fn two_probes_of_a_node_travel_in_packs_of_their_own() {
    let profiles = profiles();
    let (mut node, mut wire) = (node(&profiles, Board::blank(3)), Wire::default());
    for step in 0..16 {
        record(&mut node, (step % 2) as u8, step..step + 1);
    }
    node.connected();
    node.poll(0, &mut wire).expect("flash works");
    let topics: Vec<_> = wire
        .sent
        .iter()
        .map(|(probe, number, _)| (probe.as_str(), *number))
        .collect();
    assert_eq!(topics, [("air", 62), ("soil", 63)]);
    assert_eq!(
        node.committed(b"{\"sq\":[63]}"),
        Ok(8),
        "the soil's, not the air's"
    );
    assert_eq!(node.committed(b"{\"sq\":[62]}"), Ok(8));
}

#[test]
fn a_late_word_for_a_short_pack_does_not_cover_what_came_after() {
    let profiles = profiles();
    let (mut node, mut wire) = (node(&profiles, Board::blank(3)), Wire::default());
    record(&mut node, 0, 0..4);
    node.connected();
    node.poll(100, &mut wire).expect("flash works");
    assert_eq!(wire.sequences(), [51]);
    let mut node = self::node(&profiles, node.release());
    record(&mut node, 0, 4..16);
    node.connected();
    node.poll(0, &mut wire).expect("flash works");
    assert_eq!(
        wire.sequences(),
        [63],
        "after the restart all sixteen share a pack"
    );
    assert_eq!(node.committed(b"{\"sq\":[51]}"), Ok(4));
    assert_eq!(node.counters().forgotten, 4);
    assert_eq!(node.committed(b"{\"sq\":[63]}"), Ok(12));
}

#[test]
fn a_reading_with_a_value_that_has_no_channel_is_refused() {
    let profiles = profiles();
    let mut node = node(&profiles, Board::blank(3));
    let mut values = sample(1);
    values[1] = Some(Decimal::new(1, 0));
    assert!(matches!(
        node.record(1, time(0), values, 0),
        Err(RecordError::Unknown)
    ));
    assert!(matches!(
        node.record(2, time(0), sample(1), 0),
        Err(RecordError::Unknown)
    ));
    assert!(matches!(
        node.record(0, time(0), NOTHING, 0),
        Err(RecordError::Report(ReportError::Empty))
    ));
}

struct Broken;

impl Probe for Broken {
    type Error = &'static str;
    fn sample(&mut self) -> Result<Sample, &'static str> {
        Err("no answer")
    }
}

#[test]
fn a_probe_that_fails_leaves_no_reading() {
    let profiles = profiles();
    let mut node = node(&profiles, Board::blank(3));
    let sampled = node.sample(0, &mut Broken, time(0), 0);
    assert_eq!(sampled, Err(SampleError::Probe("no answer")));
    assert_eq!(node.backlog(), 0);
}

/// What may happen to a node in the field.
#[derive(Debug, Clone)]
enum Happening {
    Record(u8),
    Poll(u64),
    Deliver,
    Lose,
    Answer,
    LoseAnswer,
    Reconnect,
    CutPower(u32, u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => (0_u8..2).prop_map(Happening::Record),
        4 => (0_u64..3_000).prop_map(Happening::Poll),
        3 => Just(Happening::Deliver),
        1 => Just(Happening::Lose),
        3 => Just(Happening::Answer),
        1 => Just(Happening::LoseAnswer),
        1 => Just(Happening::Reconnect),
        1 => (0_u32..40, any::<u64>()).prop_map(|(units, seed)| Happening::CutPower(units, seed)),
    ]
}

/// The server, and what the test knows of the node.
#[derive(Debug, Default)]
struct World {
    now: u64,
    step: i64,
    kept: BTreeSet<(String, String)>,
    stored: BTreeSet<(String, String)>,
    answers: Vec<u32>,
    wire: Wire,
}

impl World {
    fn deliver(&mut self) {
        if self.wire.sent.is_empty() {
            return;
        }
        let (_, sequence, payload) = self.wire.sent.remove(0);
        let (_, rows) = read(&payload).expect("a pack");
        self.stored
            .extend(rows.into_iter().map(|(name, time, _)| (name, time)));
        self.answers.push(sequence);
    }

    fn answer(&mut self, node: &mut Node<'_, Board>) -> Result<(), ForgetError<Fault>> {
        let Some(sequence) = self.answers.pop() else {
            return Ok(());
        };
        node.committed(format!("{{\"sq\":[{sequence}]}}").as_bytes())
            .map(|_| ())
    }

    fn record(&mut self, node: &mut Node<'_, Board>, probe: u8) -> Result<(), RecordError<Fault>> {
        self.step += 1;
        node.record(probe, time(self.step), sample(self.step), self.now)?;
        let name = if probe == 0 {
            "gw:air:temperature"
        } else {
            "gw:soil:soil-moisture"
        };
        let seconds = time(self.step).0 as f64 / 1e6;
        self.kept
            .insert((name.to_string(), format!("{seconds:.3}")));
        Ok(())
    }

    /// One happening; an error is a power cut.
    fn happen(&mut self, node: &mut Node<'_, Board>, what: &Happening) -> Result<(), ()> {
        match what {
            Happening::Record(probe) => self.record(node, *probe).map_err(|_| ())?,
            Happening::Poll(ms) => {
                self.now += ms;
                node.poll(self.now, &mut self.wire).map_err(|_| ())?;
            }
            Happening::Deliver => self.deliver(),
            Happening::Lose => drop(self.wire.sent.pop()),
            Happening::Answer => self.answer(node).map_err(|_| ())?,
            Happening::LoseAnswer => drop(self.answers.pop()),
            Happening::Reconnect => node.connected(),
            Happening::CutPower(..) => {}
        }
        Ok(())
    }

    /// A calm end: everything is delivered and answered until the node has nothing left.
    fn settle(&mut self, node: &mut Node<'_, Board>) {
        node.connected();
        for _ in 0..200 {
            self.now += 10_000;
            node.poll(self.now, &mut self.wire).expect("flash works");
            while !self.wire.sent.is_empty() {
                self.deliver();
            }
            while !self.answers.is_empty() {
                self.answer(node).expect("flash works");
            }
            if node.backlog() == 0 {
                return;
            }
        }
        panic!("{} readings are never delivered", node.backlog());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_happens_every_kept_reading_arrives(
        life in proptest::collection::vec(happening(), 1..250)
    ) {
        let profiles = profiles();
        // Room for all: nothing is dropped, so nothing may be missing.
        let mut node = node(&profiles, Board::blank(16));
        let mut world = World::default();
        for what in &life {
            if let Happening::CutPower(units, seed) = what {
                let mut flash = node.release();
                flash.cut_after(*units, Damage::Torn, *seed);
                node = self::node(&profiles, flash);
                node.connected();
            } else if world.happen(&mut node, what).is_err() {
                let mut flash = node.release();
                flash.power_on();
                node = self::node(&profiles, flash);
            }
        }
        let mut flash = node.release();
        flash.power_on();
        node = self::node(&profiles, flash);
        world.settle(&mut node);
        let missing: Vec<_> = world.kept.difference(&world.stored).collect();
        prop_assert_eq!(missing, Vec::<&(String, String)>::new());
    }
}

#[test]
fn a_full_flash_drops_the_oldest_and_the_rest_still_arrives() {
    let profiles = profiles();
    let mut node = node(&profiles, Board::blank(3));
    let mut world = World::default();
    node.connected();
    for _ in 0..100 {
        world.record(&mut node, 0).expect("room");
        node.poll(world.now, &mut world.wire).expect("flash works");
    }
    assert_eq!(node.counters().dropped, 64);
    world.wire.sent.clear();
    world.settle(&mut node);
    let newest: Vec<_> = world.kept.iter().skip(64).cloned().collect();
    assert_eq!(world.stored.into_iter().collect::<Vec<_>>(), newest);
    assert_eq!(vec![node.counters().forgotten], [36]);
}
