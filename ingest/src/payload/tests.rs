//! What real devices send, format by format, and that no bytes make any of them panic.

use bytes::Bytes;
use proptest::prelude::*;
use senml::Value;

use super::*;
use crate::stage::Door;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
const CHINA: i32 = 8 * 3_600;

/// Reads a message as it comes through a door; `demo-gw` has signed in at the front.
fn read_at(door: Door, topic: &str, payload: &[u8]) -> Result<Message, Refusal> {
    let origin = Origin {
        door,
        gateway: (door == Door::Front).then(|| "demo-gw".to_owned()),
        topic: topic.to_owned(),
        payload: Bytes::copy_from_slice(payload),
        arrived: NOW,
    };
    let format = Format::of(topic, Topic::parse(topic).ok().as_ref()).expect("a topic of a format");
    Adapters::new(CHINA).decode(format, &origin)
}

fn read(topic: &str, payload: &str) -> Result<Message, Refusal> {
    read_at(Door::Front, topic, payload.as_bytes())
}

/// Device, key, value and seconds after [`NOW`] of each measurement, sorted: JSON objects have no
/// order.
fn lines(message: &Message) -> Vec<String> {
    let of_pack = |pack: &DevicePack| {
        let device = match &pack.device {
            Device::Probe(gateway, probe) => format!("{gateway}/{probe}"),
            Device::Alias(scheme, id) => format!("{scheme}:{id}"),
            Device::Gateway(scheme, gateway) => format!("{scheme}={gateway}"),
        };
        let Body::Pack(pack) = &pack.body else {
            return vec![device];
        };
        let line = |m: &senml::Measurement| {
            let value = match &m.value {
                Some(Value::Number(number)) => number.to_string(),
                other => format!("{other:?}"),
            };
            let seconds = (m.time.0 - NOW.0) as f64 / 1e6;
            format!("{device} {} {value} {seconds}", m.name)
        };
        pack.measurements.iter().map(line).collect()
    };
    let mut lines: Vec<String> = message.packs.iter().flat_map(of_pack).collect();
    lines.sort_unstable();
    lines
}

fn told(topic: &str, payload: &str) -> Vec<String> {
    lines(&read(topic, payload).expect("a message"))
}

fn refused(topic: &str, payload: &str) -> Refusal {
    read(topic, payload).expect_err("refused")
}

/// Scheme, name and state.
fn presence(topic: &str, payload: &str) -> Option<(Scheme, String, bool)> {
    let presence = read(topic, payload).expect("a message").presence?;
    Some((presence.scheme, presence.external_id, presence.online))
}

#[test]
fn a_topic_stands_for_a_format() {
    let format = |text: &str| Format::of(text, Topic::parse(text).ok().as_ref());
    let gateway = GatewayId::parse("g").expect("a name");
    let probe = ProbeName::parse("p").expect("a name");
    for (topic, expected) in [
        (
            "suyuan/v1/g/p/telemetry",
            Some(Format::Senml { gateway, probe }),
        ),
        (
            "suyuan/v1/g/p/modbus",
            Some(Format::Modbus { gateway, probe }),
        ),
        ("suyuan/v1/g/status", None),
        ("v1/devices/me/telemetry", Some(Format::ThingsBoard)),
        ("v1/devices/me/attributes", Some(Format::ThingsBoard)),
        ("v1/gateway/telemetry", Some(Format::ThingsBoard)),
        ("v2/fw/response/1", None),
        (
            "application/1/device/24e124/event/up",
            Some(Format::ChirpStack),
        ),
        ("application/1/device/24e124/command/down", None),
        ("tele/plug/SENSOR", Some(Format::Tasmota)),
        ("stat/plug/RESULT", None),
        ("spBv1.0/g/NDATA/e", Some(Format::Sparkplug)),
        ("spAv1.0/g/NDATA/e", None),
        ("", None),
    ] {
        assert_eq!(format(topic), expected, "{topic}");
    }
}

#[test]
fn a_thingsboard_device_speaks_in_three_shapes() {
    let topic = "v1/devices/me/telemetry";
    let me = "thingsboard=demo-gw";
    assert_eq!(
        told(topic, r#"{"temperature":21.5,"on":true,"co2":"412"}"#),
        [
            format!("{me} co2 412 0"),
            format!("{me} on 1 0"),
            format!("{me} temperature 21.5 0"),
        ]
    );
    assert_eq!(
        told(topic, r#"[{"temperature":21.5},{"humidity":60}]"#),
        [
            format!("{me} humidity 60 0"),
            format!("{me} temperature 21.5 0")
        ]
    );
    let with_time = r#"{"ts":1789999940500,"values":{"temperature":21.5,"soil":{"ec":7}}}"#;
    assert_eq!(
        told(topic, with_time),
        [
            format!("{me} soil.ec 7 -59.5"),
            format!("{me} temperature 21.5 -59.5")
        ]
    );
    assert_eq!(
        told(
            topic,
            &format!(r#"[{with_time},{{"ts":1790000000000,"values":{{"x":1}}}}]"#)
        )
        .len(),
        3
    );
    assert_eq!(told(topic, "{}"), Vec::<String>::new());
}

#[test]
fn a_thingsboard_gateway_speaks_for_devices_by_name() {
    let payload = r#"{"Device A":[{"ts":1789999940000,"values":{"temperature":42}},
        {"ts":1790000000000,"values":{"temperature":43}}],
        "Device B":[{"ts":1790000000000,"values":{"humidity":80}}],"Device C":[]}"#;
    assert_eq!(
        told("v1/gateway/telemetry", payload),
        [
            "thingsboard:Device A temperature 42 -60",
            "thingsboard:Device A temperature 43 0",
            "thingsboard:Device B humidity 80 0",
        ]
    );
    let state = |online| Some((Scheme::ThingsBoard, "Device A".to_owned(), online));
    let device = r#"{"device":"Device A","type":"default"}"#;
    assert_eq!(presence("v1/gateway/connect", device), state(true));
    assert_eq!(presence("v1/gateway/disconnect", device), state(false));
    for topic in [
        "v1/gateway/attributes",
        "v1/devices/me/attributes",
        "v1/gateway/rpc",
    ] {
        assert_eq!(read(topic, "anything"), Ok(Message::default()));
    }
}

#[test]
fn what_is_no_thingsboard_telemetry_says_why() {
    for (topic, payload, part) in [
        ("v1/devices/me/telemetry", "hello", "no JSON"),
        ("v1/devices/me/telemetry", "7", "an object or a list"),
        ("v1/devices/me/telemetry", "[7]", "something else"),
        (
            "v1/devices/me/telemetry",
            r#"{"ts":"x","values":{"a":1}}"#,
            "milliseconds",
        ),
        (
            "v1/devices/me/telemetry",
            r#"{"ts":1,"values":[1]}"#,
            "values is no object",
        ),
        ("v1/gateway/telemetry", "[]", "no object of device names"),
        (
            "v1/gateway/telemetry",
            r#"{"":[{"a":1}]}"#,
            "1 to 200 bytes",
        ),
        ("v1/gateway/connect", "{}", r#"{"device":"name"}"#),
    ] {
        let refusal = refused(topic, payload);
        assert_eq!(refusal.reason, DeadReason::NotThingsBoard);
        assert!(refusal.detail.contains(part), "{refusal}");
    }
    let long = format!(
        r#"{{"{}":[{{"a":1}}]}}"#,
        "d".repeat(EXTERNAL_ID_BYTES_MAX + 1)
    );
    assert!(
        refused("v1/gateway/telemetry", &long)
            .detail
            .contains("200")
    );
    let nameless = read_at(Door::Broker, "v1/devices/me/telemetry", b"{}");
    assert_eq!(
        nameless.map_err(|refusal| refusal.reason),
        Err(DeadReason::UnknownDevice)
    );
}

const UP: &str = "application/8d6c/device/24E124128C013045/event/up";

#[test]
fn a_chirpstack_uplink_is_its_decoded_object() {
    let payload = r#"{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time":"2026-09-21T14:12:20.250000+00:00",
        "deviceInfo":{"devEui":"24e124128c013045","deviceName":"soil 1"},
        "devAddr":"00189440","dr":1,"fPort":85,"data":"AWcRAA==",
        "object":{"temperature":21.5,"soil":{"moisture":0,"layers":[10,{"ec":3}]},"low":false},
        "rxInfo":[{"gatewayId":"0016c001f153a14c","rssi":-36}]}"#;
    let device = "chirpstack:24e124128c013045";
    assert_eq!(
        told(UP, payload),
        [
            format!("{device} low 0 -59.75"),
            format!("{device} soil.layers.0 10 -59.75"),
            format!("{device} soil.layers.1.ec 3 -59.75"),
            format!("{device} soil.moisture 0 -59.75"),
            format!("{device} temperature 21.5 -59.75"),
        ]
    );
    assert_eq!(read(UP, payload).map(|message| message.once), Ok(None));
}

#[test]
fn an_uplink_without_a_time_takes_a_gateways_or_is_told_once() {
    let received = r#"{"object":{"t":1},"deduplicationId":"d",
        "rxInfo":[{"nsTime":"2026-09-21T14:13:00Z"},{"gwTime":"2026-09-21T14:12:50Z"}]}"#;
    assert_eq!(told(UP, received), ["chirpstack:24e124128c013045 t 1 -30"]);
    let timeless = read(UP, r#"{"object":{"t":1},"deduplicationId":"d"}"#).expect("an uplink");
    assert_eq!(timeless.once, Some((Scheme::ChirpStack, "d".to_owned())));
    let mut again = timeless;
    again.move_to(Timestamp(NOW.0 - 5_000_000), NOW);
    assert_eq!(lines(&again), ["chirpstack:24e124128c013045 t 1 -5"]);
}

#[test]
fn frames_without_payload_and_other_events_need_no_keeping() {
    for payload in ["{}", r#"{"fCnt":7}"#, r#"{"object":{}}"#] {
        assert_eq!(read(UP, payload), Ok(Message::default()));
    }
    for event in ["status", "ack", "txack", "log", "location", "integration"] {
        let topic = format!("application/8d6c/device/24e124128c013045/event/{event}");
        assert_eq!(read(&topic, "anything"), Ok(Message::default()));
    }
    let join = "application/8d6c/device/24E124128C013045/event/join";
    let there = Some((Scheme::ChirpStack, "24e124128c013045".to_owned(), true));
    assert_eq!(presence(join, "{}"), there);
}

#[test]
fn what_is_no_uplink_says_why() {
    for (topic, payload, part) in [
        (UP, "hello", "no uplink in JSON"),
        (UP, r#"{"object":7}"#, "no uplink in JSON"),
        (UP, r#"{"data":"AWcRAA=="}"#, "needs a codec"),
        (
            "application/1/device/24e1/event/up",
            "{}",
            "16 hexadecimal digits",
        ),
        (
            "application/1/device/24e124128c01304x/event/up",
            "{}",
            "16 hexadecimal",
        ),
    ] {
        let refusal = refused(topic, payload);
        assert_eq!(refusal.reason, DeadReason::NotChirpStack);
        assert!(refusal.detail.contains(part), "{refusal}");
    }
}

#[test]
fn a_tasmota_clock_shows_local_time() {
    // 22:12:20 in China is 14:12:20 UTC.
    let payload = r#"{"Time":"2026-09-21T22:12:20","AM2301":{"Temperature":22.6,"Humidity":57.8,
        "DewPoint":13.9},"Switch1":"ON","TempUnit":"C"}"#;
    let device = "tasmota:greenhouse/1";
    assert_eq!(
        told("tele/greenhouse/1/SENSOR", payload),
        [
            format!("{device} AM2301.DewPoint 13.9 -60"),
            format!("{device} AM2301.Humidity 57.8 -60"),
            format!("{device} AM2301.Temperature 22.6 -60"),
            format!("{device} Switch1 Some(Text(\"ON\")) -60"),
        ]
    );
    let zoned = r#"{"Time":"2026-09-21T16:12:20+02:00","SDS0X1":{"PM10":7}}"#;
    assert_eq!(
        told("tele/a/SENSOR", zoned),
        ["tasmota:a SDS0X1.PM10 7 -60"]
    );
    let timeless = r#"{"ANALOG":{"A0":512}}"#;
    assert_eq!(
        told("tele/a/SENSOR", timeless),
        ["tasmota:a ANALOG.A0 512 0"]
    );
}

#[test]
fn degrees_fahrenheit_do_not_pass_for_celsius() {
    let unit = |text: &str| {
        let message = read("tele/a/SENSOR", text).expect("a message");
        let Body::Pack(pack) = &message.packs[0].body else {
            panic!("no pack")
        };
        pack.measurements[0].unit.clone()
    };
    let payload = r#"{"DS18B20":{"Temperature":70.1},"TempUnit":"F"}"#;
    assert_eq!(unit(payload).as_deref(), Some("[degF]"));
    assert_eq!(
        unit(r#"{"DS18B20":{"Temperature":21}}"#).as_deref(),
        Some("Cel")
    );
    assert_eq!(unit(r#"{"AM2301":{"Humidity":21}}"#), None);
}

#[test]
fn a_tasmota_device_says_whether_it_is_there() {
    let state = |online| Some((Scheme::Tasmota, "plug".to_owned(), online));
    assert_eq!(presence("tele/plug/LWT", "Online"), state(true));
    assert_eq!(presence("tele/plug/LWT", "Offline"), state(false));
    assert_eq!(presence("tele/plug/STATE", r#"{"Vcc":3.4}"#), state(true));
    for (topic, payload) in [("tele/plug/LWT", ""), ("tele/plug/INFO1", "{}")] {
        assert_eq!(read(topic, payload), Ok(Message::default()));
    }
    for (topic, payload, part) in [
        ("tele/SENSOR", "{}", "tele/{topic}/{kind}"),
        ("tele/plug/SENSOR", "[1]", "no object"),
        ("tele/plug/SENSOR", "{", "no JSON"),
        ("tele/plug/SENSOR", r#"{"Time":"noon","a":1}"#, "no time as"),
        ("tele/plug/SENSOR", r#"{"Time":7,"a":1}"#, "no text"),
        ("tele/plug/LWT", "online", "Online or Offline"),
        ("tele//SENSOR", r#"{"a":1}"#, "1 to 200 bytes"),
    ] {
        let refusal = refused(topic, payload);
        assert_eq!(refusal.reason, DeadReason::NotTasmota);
        assert!(refusal.detail.contains(part), "{refusal}");
    }
}

#[test]
fn every_format_has_the_same_bound_on_its_bytes() {
    let large = " ".repeat(PACK_BYTES_MAX + 1);
    for topic in [
        "suyuan/v1/g/p/telemetry",
        "suyuan/v1/g/p/modbus",
        "v1/gateway/telemetry",
        UP,
        "tele/plug/SENSOR",
        "spBv1.0/g/NDATA/e",
    ] {
        assert_eq!(
            refused(topic, &large).reason,
            DeadReason::Oversized,
            "{topic}"
        );
    }
}

/// Topics with a level or two of foreign text in them.
fn topics() -> impl Strategy<Value = String> {
    let shapes = prop::sample::select(vec![
        "suyuan/v1/g/p/telemetry",
        "suyuan/v1/g/p/modbus",
        "v1/devices/me/telemetry",
        "v1/gateway/telemetry",
        "v1/gateway/connect",
        "application/1/device/24e124128c013045/event/up",
        "application/1/device/X/event/up",
        "tele/X/SENSOR",
        "tele/X/LWT",
        "spBv1.0/X/NBIRTH/e",
        "spBv1.0/g/NDATA/X",
        "spBv1.0/g/DDATA/e/X",
        "spBv1.0/g/NDEATH/e",
    ]);
    (shapes, ".{0,12}").prop_map(|(shape, text)| shape.replace('X', &text))
}

/// JSON of a few levels.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let key = prop_oneof![
            Just("ts".to_owned()),
            Just("values".to_owned()),
            Just("object".to_owned()),
            Just("Time".to_owned()),
            ".{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_a_format_panic(
        topic in topics(),
        payload in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        if Format::of(&topic, Topic::parse(&topic).ok().as_ref()).is_some() {
            for door in [Door::Front, Door::Broker] {
                let _ = read_at(door, &topic, &payload);
            }
        }
    }

    #[test]
    fn no_json_makes_a_format_panic(topic in topics(), json in json()) {
        if Format::of(&topic, Topic::parse(&topic).ok().as_ref()).is_some() {
            let _ = read(&topic, &json.to_string());
        }
    }
}
