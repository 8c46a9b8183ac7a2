//! Sessions of edge nodes: births, numbers for names, gaps, deaths, history.

use proptest::prelude::*;

use super::session::Sessions;
use super::*;
use crate::payload::senml::{Measurement, Value};
use crate::payload::{Body, Message};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
const MILLIS: u64 = 1_790_000_000_000;

/// A metric with a name, a number, or both.
fn metric(name: &str, alias: u64, code: u32, value: MetricValue) -> Metric {
    Metric {
        name: (!name.is_empty()).then(|| name.to_owned()),
        alias: (alias > 0).then_some(alias),
        timestamp: Some(MILLIS),
        datatype: (code > 0).then_some(code),
        value: Some(value),
        ..Metric::default()
    }
}

fn message(seq: u64, metrics: Vec<Metric>) -> Vec<u8> {
    let payload = Payload {
        timestamp: Some(MILLIS),
        metrics,
        seq: Some(seq),
    };
    payload.to_bytes()
}

fn birth_number(number: u64) -> Metric {
    metric("bdSeq", 0, 8, MetricValue::Long(number))
}

/// The birth of the edge node, its `bdSeq` as given.
fn node_birth(number: u64) -> Vec<u8> {
    let control = metric(REBIRTH, 0, 11, MetricValue::Boolean(false));
    message(0, vec![birth_number(number), control])
}

/// The birth of its device `d`: a signed temperature is number 7.
fn device_birth(seq: u64) -> Vec<u8> {
    let temperature = metric("Air/Temperature", 7, 2, MetricValue::Int(0xffff_ff9c));
    message(seq, vec![temperature])
}

fn data(seq: u64, value: u32) -> Vec<u8> {
    message(seq, vec![metric("", 7, 0, MetricValue::Int(value))])
}

/// Behind a broker, at a time.
struct Bench {
    sessions: Sessions,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        Self {
            sessions: Sessions::default(),
            now: NOW,
        }
    }

    fn hear(&self, kind: &str, bytes: &[u8]) -> Message {
        let device = if kind.starts_with('D') { "/d" } else { "" };
        let topic = format!("spBv1.0/farm/{kind}/e1{device}");
        self.sessions
            .take(None, &topic, bytes, self.now)
            .expect("Sparkplug B")
    }

    /// A node and its device, born.
    fn born() -> Self {
        let bench = Self::new();
        bench.hear("NBIRTH", &node_birth(1));
        bench.hear("DBIRTH", &device_birth(1));
        bench
    }
}

fn measurements(message: &Message) -> Vec<&Measurement> {
    let packs = message.packs.iter();
    packs
        .flat_map(|pack| match &pack.body {
            Body::Pack(pack) => pack.measurements.iter(),
            Body::Registers(_) => [].iter(),
        })
        .collect()
}

/// Keys and values.
fn told(message: &Message) -> Vec<(&str, f64)> {
    let number = |value: &Option<Value>| match value {
        Some(Value::Number(number)) => *number,
        other => panic!("{other:?}"),
    };
    let all = measurements(message).into_iter();
    all.map(|m| (m.name.as_str(), number(&m.value))).collect()
}

fn refused(message: &Message) -> Vec<DeadReason> {
    let packs = message.packs.iter();
    packs
        .flat_map(|pack| pack.refused.iter().map(|(reason, _)| *reason))
        .collect()
}

#[test]
fn a_number_stands_for_the_name_that_the_birth_gave_it() {
    let bench = Bench::new();
    let born = bench.hear("NBIRTH", &node_birth(1));
    assert_eq!(
        (born.packs.len(), born.command),
        (0, None),
        "control metrics are no readings"
    );
    let device = bench.hear("DBIRTH", &device_birth(1));
    assert_eq!(told(&device), [("Air/Temperature", -100.0)]);
    let presence = device.presence.expect("it is there");
    assert_eq!(
        (presence.external_id.as_str(), presence.online),
        ("farm/e1/d", true)
    );
    let later = bench.hear("DDATA", &data(2, 0xff9b));
    assert_eq!(told(&later), [("Air/Temperature", -101.0)]);
    assert_eq!(measurements(&later)[0].local_name(), "Temperature");
    assert_eq!((refused(&later), later.command), (vec![], None));
}

#[test]
fn every_datatype_of_a_number_is_read() {
    let bench = Bench::new();
    let values = [
        (1, MetricValue::Int(0xfe), -2.0),
        (1, MetricValue::Int(0xffff_fffe), -2.0),
        (2, MetricValue::Int(0xfffe), -2.0),
        (3, MetricValue::Int(0xffff_fffe), -2.0),
        (4, MetricValue::Long(u64::MAX), -1.0),
        (5, MetricValue::Int(0xfe), 254.0),
        (7, MetricValue::Int(0xffff_fffe), 4_294_967_294.0),
        (8, MetricValue::Long(7), 7.0),
        (9, MetricValue::Float(0.5), 0.5),
        (10, MetricValue::Double(-1.25), -1.25),
        (11, MetricValue::Boolean(true), 1.0),
        (12, MetricValue::Text(" 21.5".to_owned()), 21.5),
    ];
    for (code, value, expected) in values {
        let birth = message(0, vec![metric("x", 0, code, value.clone())]);
        assert_eq!(
            told(&bench.hear("NBIRTH", &birth)),
            [("x", expected)],
            "{code} {value:?}"
        );
    }
    let silent = Metric {
        is_null: Some(true),
        ..metric("x", 0, 10, MetricValue::Double(1.0))
    };
    let empty = Metric {
        value: None,
        ..silent.clone()
    };
    assert!(
        bench
            .hear("NBIRTH", &message(0, vec![silent, empty]))
            .packs
            .is_empty()
    );
}

#[test]
fn a_missing_message_ends_the_trust_until_the_next_birth() {
    let mut bench = Bench::born();
    let gap = bench.hear("DDATA", &data(3, 1));
    assert_eq!(refused(&gap), [DeadReason::NeedsBirth]);
    let asked = gap.command.expect("it is asked");
    assert_eq!(asked.topic, "spBv1.0/farm/NCMD/e1");
    let request = Payload::parse(&asked.payload).expect("a payload");
    assert_eq!(
        request.metrics[0].name.as_deref(),
        Some("Node Control/Rebirth")
    );
    assert_eq!(request.metrics[0].value, Some(MetricValue::Boolean(true)));
    assert_eq!((request.seq, request.timestamp), (None, Some(MILLIS)));
    // A name needs no birth; and nobody is asked twice within ten seconds.
    let named = message(
        4,
        vec![metric("Air/Humidity", 0, 10, MetricValue::Double(60.0))],
    );
    let named = bench.hear("DDATA", &named);
    assert_eq!(
        (told(&named), named.command.clone()),
        (vec![("Air/Humidity", 60.0)], None)
    );
    bench.now = NOW.plus_seconds(10);
    assert!(bench.hear("DDATA", &data(5, 1)).command.is_some());
    bench.hear("NBIRTH", &node_birth(1));
    bench.hear("DBIRTH", &device_birth(1));
    let after = bench.hear("DDATA", &data(2, 5));
    assert_eq!((told(&after).len(), after.command), (1, None));
}

#[test]
fn the_running_number_begins_again_after_255() {
    let bench = Bench::born();
    for seq in 2..=600_u64 {
        let message = bench.hear("DDATA", &data(seq % 256, 1));
        assert_eq!((told(&message).len(), message.command), (1, None), "{seq}");
    }
}

#[test]
fn a_node_that_nobody_saw_born_is_asked_for_its_birth() {
    let message = Bench::new().hear("DDATA", &data(9, 1));
    assert!(message.command.is_some());
    assert_eq!(refused(&message), [DeadReason::NeedsBirth]);
    let early = Bench::new().hear("DBIRTH", &device_birth(1));
    assert_eq!((told(&early).len(), early.command.is_some()), (1, true));
}

#[test]
fn a_death_is_believed_where_it_is_of_the_present_birth() {
    let bench = Bench::born();
    let death = |number| {
        let payload = Payload {
            metrics: vec![birth_number(number)],
            ..Payload::default()
        };
        bench.hear("NDEATH", &payload.to_bytes())
    };
    assert_eq!(
        death(0),
        Message::default(),
        "the will of a connection that was replaced"
    );
    assert_eq!(told(&bench.hear("DDATA", &data(2, 1))).len(), 1);
    let gone = death(1).presence.expect("it is gone");
    assert_eq!((gone.external_id.as_str(), gone.online), ("farm/e1", false));
    assert!(bench.hear("DDATA", &data(3, 1)).command.is_some());
}

#[test]
fn a_device_that_died_has_no_names_any_more() {
    let bench = Bench::born();
    let gone = bench
        .hear("DDEATH", &message(2, vec![]))
        .presence
        .expect("it is gone");
    assert_eq!(
        (gone.external_id.as_str(), gone.online),
        ("farm/e1/d", false)
    );
    let after = bench.hear("DDATA", &data(3, 1));
    assert_eq!(refused(&after), [DeadReason::NeedsBirth]);
}

#[test]
fn stored_values_keep_the_time_they_were_measured_at() {
    let bench = Bench::born();
    let historical = |minutes: u64| Metric {
        timestamp: Some(MILLIS - minutes * 60_000),
        is_historical: Some(true),
        ..metric("", 7, 0, MetricValue::Int(1))
    };
    let message = bench.hear("DDATA", &message(2, vec![historical(20), historical(10)]));
    let ages: Vec<_> = measurements(&message)
        .iter()
        .map(|m| (NOW.0 - m.time.0) / 60_000_000)
        .collect();
    assert_eq!(ages, [20, 10]);
}

#[test]
fn a_metric_takes_the_messages_time_and_without_any_is_refused() {
    let bench = Bench::born();
    let timeless = |seq, sent| {
        let metric = Metric {
            timestamp: None,
            ..metric("", 7, 0, MetricValue::Int(1))
        };
        let payload = Payload {
            timestamp: sent,
            metrics: vec![metric],
            seq: Some(seq),
        };
        bench.hear("DDATA", &payload.to_bytes())
    };
    assert_eq!(measurements(&timeless(2, Some(MILLIS)))[0].time, NOW);
    assert_eq!(refused(&timeless(3, None)), [DeadReason::NotSparkplug]);
}

#[test]
fn what_one_gateway_says_is_not_held_against_anothers_nodes() {
    let bench = Bench::born();
    let topic = "spBv1.0/farm/NBIRTH/e1";
    let other = bench
        .sessions
        .take(Some("other-gw"), topic, &node_birth(9), NOW);
    assert!(other.is_ok());
    assert_eq!(told(&bench.hear("DDATA", &data(2, 1))).len(), 1);
}

#[test]
fn the_node_that_was_silent_longest_is_forgotten_first() {
    let sessions = Sessions::default();
    let names = |count: usize| {
        let metrics =
            (1..=count as u64).map(|n| metric(&format!("m{n}"), n, 10, MetricValue::Double(1.0)));
        message(0, metrics.collect())
    };
    let birth = |node: usize, at: i64| {
        let topic = format!("spBv1.0/farm/NBIRTH/e{node}");
        sessions
            .take(None, &topic, &names(4_000), NOW.plus_seconds(at))
            .expect("a birth")
    };
    // 25 nodes of 8,000 names and numbers are the bound; the 26th takes the place of the first.
    for node in 0..26 {
        birth(node, node as i64);
    }
    let data = |node: usize| {
        let topic = format!("spBv1.0/farm/NDATA/e{node}");
        let bytes = message(1, vec![metric("", 7, 0, MetricValue::Double(2.0))]);
        sessions
            .take(None, &topic, &bytes, NOW.plus_seconds(60))
            .expect("data")
            .command
    };
    assert_eq!(data(25), None);
    assert_eq!(data(1), None);
    assert!(data(0).is_some(), "it has to be born again");
}

#[test]
fn what_is_no_sparkplug_says_why() {
    let take = |topic: &str, bytes: &[u8]| Sessions::default().take(None, topic, bytes, NOW);
    let without_seq = Payload::default().to_bytes();
    let many = message(0, vec![Metric::default(); 4_097]);
    let long = message(
        0,
        vec![metric(&"n".repeat(257), 0, 10, MetricValue::Double(1.0))],
    );
    for (topic, bytes, part) in [
        (
            "spBv1.0/farm/NDATA/e1",
            &b"hello"[..],
            "no Sparkplug B payload",
        ),
        ("spBv1.0/farm/NDATA/e1", &without_seq, "no seq"),
        ("spBv1.0/farm/NDATA/e1", &message(256, vec![]), "0 to 255"),
        ("spBv1.0/farm/NBIRTH/e1", &many, "4096"),
        ("spBv1.0/farm/NBIRTH/e1", &long, "256 bytes"),
    ] {
        let refusal = take(topic, bytes).expect_err(part);
        assert_eq!(refusal.reason, DeadReason::NotSparkplug);
        assert!(refusal.detail.contains(part), "{refusal}");
    }
    for topic in [
        "spBv1.0/STATE/host",
        "spBv1.0/farm/NCMD/e1",
        "spBv1.0/farm/NDATA/e1/d",
    ] {
        assert_eq!(take(topic, b"anything"), Ok(Message::default()), "{topic}");
    }
}

#[test]
fn an_edge_node_hears_its_own_commands_by_its_own_name() {
    for filter in [
        "spBv1.0/farm/NCMD/e1",
        "spBv1.0/farm/NCMD/e1/#",
        "spBv1.0/farm/DCMD/e1/d",
    ] {
        assert!(is_command_filter(filter), "{filter}");
    }
    for filter in [
        "#",
        "spBv1.0/#",
        "spBv1.0/+/NCMD/e1",
        "spBv1.0/farm/NCMD/+",
        "spBv1.0/farm/NCMD/#",
        "spBv1.0/farm/NDATA/e1",
        "spBv1.0/farm/NCMD/e1/d/x",
        "spBv1.0/STATE/host",
    ] {
        assert!(!is_command_filter(filter), "{filter}");
    }
    let topic = "spBv1.0/farm/NCMD/e1";
    assert!(is_heard(topic, topic) && is_heard("spBv1.0/farm/NCMD/e1/#", topic));
    assert!(!is_heard("spBv1.0/farm/NCMD/e2", topic));
}

proptest! {
    #[test]
    fn no_sequence_of_messages_makes_it_panic(
        messages in prop::collection::vec(
            (0_usize..6, any::<u8>(), any::<u64>(), prop::collection::vec(any::<u8>(), 0..32)),
            0..24,
        ),
    ) {
        let sessions = Sessions::default();
        for (kind, seq, alias, noise) in messages {
            let kind = ["NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"][kind];
            let topic = format!("spBv1.0/g/{kind}/e{}", if kind.starts_with('D') { "/d" } else { "" });
            let metric = metric("m", alias, alias as u32 % 20, MetricValue::Long(alias));
            let mut bytes = message(u64::from(seq), vec![metric]);
            let _ = sessions.take(None, &topic, &bytes, NOW);
            bytes.extend(noise);
            let _ = sessions.take(None, &topic, &bytes, NOW);
        }
    }
}
