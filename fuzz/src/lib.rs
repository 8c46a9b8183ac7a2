//! One function for each decoder of bytes that strangers send: it must come back, whatever the
//! bytes are, and what it read must hold together. The fuzz targets call these, and so does the
//! ordinary test that replays the kept corpus (`tests/integration/corpus.rs`).

use bytes::Bytes;
use gateway_firmware::committed;
use ingest::directory::KnownRegister;
use ingest::payload::{Adapters, Body, Format, senml};
use ingest::snapshot;
use ingest::stage::{Door, Kind, Origin};
use model::credit_code::CreditCode;
use model::gs1::{DigitalLink, Elements, Gtin, LotCode, Serial, ShortCode};
use model::id::{GatewayId, ProbeName};
use model::register::{Form, Register};
use model::time::Timestamp;
use model::topic::Topic;

/// When everything here arrives: a fixed moment, so that a find can be repeated.
const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// What one decoder does with bytes.
pub type Decoder = fn(&[u8]);

/// Every decoder by the name of its fuzz target and of its folder in `fuzz/corpus`. Recorded field
/// data (`recording`) and lists of labels (`label_list`) are missing: their readers belong to the
/// executable, which replays their corpora itself.
pub const DECODERS: &[(&str, Decoder)] = &[
    ("chirpstack", chirpstack),
    ("committed", committed),
    ("digital_link", digital_link),
    ("jpeg", jpeg),
    ("modbus", modbus),
    ("mqtt", mqtt),
    ("names", names),
    ("senml_cbor", senml_cbor),
    ("senml_json", senml_json),
    ("sparkplug", sparkplug),
    ("tasmota", tasmota),
    ("thingsboard", thingsboard),
];

/// `SenML` in JSON: the array's bracket is given.
pub fn senml_json(bytes: &[u8]) {
    senml_pack(&[b"[", bytes].concat());
}

/// `SenML` in CBOR: the first byte is bent to be an array's.
pub fn senml_cbor(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    if let Some(first) = bytes.first_mut() {
        *first = 0x80 | (*first & 0x1f);
    }
    senml_pack(&bytes);
}

fn senml_pack(bytes: &[u8]) {
    if let Ok(pack) = senml::decode(bytes, NOW) {
        for measurement in &pack.measurements {
            assert!(!measurement.name.is_empty());
            assert!(measurement.name.ends_with(measurement.local_name()));
        }
    }
}

/// What a client says to the front, from its first byte on: codec, sign-in, session, answers.
pub fn mqtt(bytes: &[u8]) {
    let _ = ingest::front::fuzz::feed(bytes);
}

/// A camera's picture. What is taken is small enough to be decoded again for pages.
pub fn jpeg(bytes: &[u8]) {
    if let Ok(checked) = snapshot::check(bytes) {
        let pixels = u64::from(checked.width) * u64::from(checked.height);
        assert!((1..=snapshot::PIXELS_MAX).contains(&pixels));
        assert!(bytes.len() <= snapshot::SNAPSHOT_BYTES_MAX);
    }
}

/// Topics, ids and credit codes: short texts with a grammar.
pub fn names(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let topic = Topic::parse(text);
    if let Ok(topic) = &topic {
        assert_eq!(topic.to_string(), text, "a topic has one spelling");
    }
    let _ = Kind::of(text, topic.as_ref().ok(), b"");
    let _ = (GatewayId::parse(text), ProbeName::parse(text));
    if let Ok(code) = CreditCode::parse(text) {
        assert_eq!(CreditCode::parse(code.as_str()), Ok(code));
    }
}

/// GS1 Digital Links and the keys in them.
pub fn digital_link(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Ok(elements) = Elements::parse(text) {
        for element in elements.path() {
            assert_eq!(elements.find(element.ai().as_str()), Some(element.value()));
        }
        let _ = elements.attributes().count();
    }
    if let Ok(link) = DigitalLink::parse(text) {
        let written = link.with_stem("https://example.cn").to_string();
        assert_eq!(DigitalLink::parse(&written), Ok(link), "{written}");
    }
    let _ = (Gtin::parse(text), LotCode::parse(text), Serial::parse(text));
    if let Ok(code) = ShortCode::parse(text) {
        assert_eq!(ShortCode::parse(code.as_str()), Ok(code));
    }
}

/// `committed` as the node hears it.
pub fn committed(bytes: &[u8]) {
    if let Ok(sequences) = committed::sequences(bytes) {
        assert!(sequences.count() <= bytes.len());
    }
}

/// `ThingsBoard`'s topics; the first byte says which.
pub fn thingsboard(bytes: &[u8]) {
    one_of(
        &[
            "v1/devices/me/telemetry",
            "v1/gateway/telemetry",
            "v1/gateway/connect",
            "v1/gateway/disconnect",
        ],
        bytes,
    );
}

/// `ChirpStack`'s events; the first byte says which.
pub fn chirpstack(bytes: &[u8]) {
    one_of(
        &[
            "application/1/device/24e124128c013045/event/up",
            "application/1/device/24e124128c013045/event/join",
            "application/1/device/24e124128c013045/event/status",
        ],
        bytes,
    );
}

/// Tasmota's telemetry; the first byte says which.
pub fn tasmota(bytes: &[u8]) {
    one_of(
        &["tele/shed/SENSOR", "tele/shed/STATE", "tele/shed/LWT"],
        bytes,
    );
}

fn one_of(topics: &[&str], bytes: &[u8]) {
    let Some((which, payload)) = bytes.split_first() else {
        return;
    };
    let topic = topics[usize::from(*which) % topics.len()];
    for door in [Door::Front, Door::Broker] {
        decode(&Adapters::new(8 * 3_600), door, topic, payload);
    }
}

/// Sparkplug B: a conversation, message by message. Each has a byte that says on which topic, a
/// byte that says how long it is, and its bytes; the last one may be longer.
pub fn sparkplug(bytes: &[u8]) {
    const TOPICS: [&str; 7] = [
        "spBv1.0/g/NBIRTH/e",
        "spBv1.0/g/NDATA/e",
        "spBv1.0/g/DBIRTH/e/d",
        "spBv1.0/g/DDATA/e/d",
        "spBv1.0/g/NDEATH/e",
        "spBv1.0/g/DDEATH/e/d",
        "spBv1.0/g/NCMD/e",
    ];
    let adapters = Adapters::new(0);
    let mut rest = bytes;
    while let [which, length, tail @ ..] = rest {
        let topic = TOPICS[usize::from(*which) % TOPICS.len()];
        let length = match *length {
            u8::MAX => tail.len(),
            length => usize::from(length).min(tail.len()),
        };
        let (message, next) = tail.split_at(length);
        decode(&adapters, Door::Front, topic, message);
        rest = next;
    }
}

/// Modbus RTU, as it comes and with its checksum put right, read by a map of registers.
pub fn modbus(bytes: &[u8]) {
    let topic = "suyuan/v1/g/p/modbus";
    decode(&Adapters::new(0), Door::Front, topic, bytes);
    let mut whole = bytes.to_vec();
    whole.extend_from_slice(&checksum(bytes).to_le_bytes());
    decode(&Adapters::new(0), Door::Front, topic, &whole);
}

/// The checksum of Modbus RTU, bit by bit.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xa001 } else { 0 }
        })
    })
}

fn decode(adapters: &Adapters, door: Door, topic: &str, payload: &[u8]) {
    let origin = Origin {
        door,
        gateway: Some("g".to_owned()),
        topic: topic.to_owned(),
        payload: Bytes::copy_from_slice(payload),
        arrived: NOW,
    };
    let parsed = Topic::parse(topic).ok();
    let Some(format) = Format::of(topic, parsed.as_ref()) else {
        return;
    };
    let Ok(message) = adapters.decode(format, &origin) else {
        return;
    };
    for pack in &message.packs {
        if let Body::Registers(answer) = &pack.body {
            let _ = answer.measure(&map(), NOW);
        }
    }
}

/// A register of each form.
fn map() -> Vec<KnownRegister> {
    let of_form = |(address, form): (u16, &Form)| KnownRegister {
        channel: form.code().to_owned(),
        register: Register {
            function: 3,
            address,
            form: *form,
            low_word_first: address % 2 == 1,
            scale: 0.1,
            offset: -40.0,
        },
    };
    (0..).zip(Form::ALL).map(of_form).collect()
}
