//! Own vectors, the standard's vectors where they are at hand, and properties on random input.

use std::io::Write as _;
use std::path::Path;

use model::senml::{Decimal, Head, PackEncoder, Record};
use model::time::Timestamp;
use proptest::prelude::*;

use super::*;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn json(text: &str) -> Result<Pack, SenmlError> {
    decode(text.as_bytes(), NOW)
}

/// Name, unit, number and time of each measurement, as one line a record.
fn lines(pack: &Pack) -> Vec<String> {
    pack.measurements
        .iter()
        .map(|m| {
            let unit = m.unit.as_deref().unwrap_or("-");
            let value = m
                .value
                .as_ref()
                .map_or(String::from("none"), |v| format!("{v:?}"));
            format!("{} {unit} {value} {}", m.name, (m.time.0 - NOW.0) / 1_000)
        })
        .collect()
}

#[test]
fn base_fields_hold_for_the_records_that_follow() -> TestResult {
    let pack = json(
        r#"[{"bn":"dev:1:","bt":1790000000.5,"bu":"Cel","bv":20,"sq":17,"n":"a","v":1.5},
            {"n":"b","t":-60,"v":0},{"bn":"dev:2:","bv":0,"n":"a","u":"%RH","v":3}]"#,
    )?;
    assert_eq!(pack.sequence, Some(17));
    assert_eq!(
        lines(&pack),
        [
            "dev:1:a Cel Number(21.5) 500",
            "dev:1:b Cel Number(20.0) -59500",
            "dev:2:a %RH Number(3.0) 500",
        ]
    );
    assert_eq!(pack.measurements[2].local_name(), "a");
    Ok(())
}

#[test]
fn a_time_below_2_to_the_28_counts_from_arrival() -> TestResult {
    let pack = json(
        r#"[{"n":"none","v":1},{"n":"past","t":-5,"v":1},{"n":"last","t":268435455,"v":1},
            {"n":"first","t":268435456,"v":1}]"#,
    )?;
    let times: Vec<i64> = pack.measurements.iter().map(|m| m.time.seconds()).collect();
    assert_eq!(
        times,
        [1_790_000_000, 1_789_999_995, 2_058_435_455, 268_435_456]
    );
    Ok(())
}

#[test]
fn values_of_every_type_and_sums_are_told_apart() -> TestResult {
    let pack = json(
        r#"[{"n":"t","vs":"Machine Room"},{"n":"o","vb":false},{"n":"d","vd":"aGkgCg"},
            {"n":"s","s":7},{"bs":2,"n":"m","v":1,"s":3}]"#,
    )?;
    let values: Vec<_> = pack
        .measurements
        .iter()
        .map(|m| (m.value.clone(), m.sum))
        .collect();
    assert_eq!(
        values,
        [
            (Some(Value::Text("Machine Room".into())), None),
            (Some(Value::Boolean(false)), None),
            (Some(Value::Data), None),
            (None, Some(7.0)),
            (Some(Value::Number(1.0)), Some(5.0)),
        ]
    );
    Ok(())
}

#[test]
fn a_record_of_base_fields_alone_is_no_measurement() -> TestResult {
    let pack = json(r#"[{"bn":"dev:","bv":5},{"n":"a","v":1},{"n":"b"}]"#)?;
    assert_eq!(
        lines(&pack),
        ["dev:a - Number(6.0) 0", "dev:b - Number(5.0) 0"]
    );
    Ok(())
}

#[test]
fn labels_that_are_not_known_are_passed_over_unless_they_must_be_understood() -> TestResult {
    let pack = json(r#"[{"n":"a","v":1,"x":{"deep":[1,[2,{"y":null}]]},"sq":9}]"#)?;
    assert_eq!((pack.measurements.len(), pack.sequence), (1, Some(9)));
    let error = json(r#"[{"n":"a","v":1,"critical_":1}]"#)
        .err()
        .map(|error| chain(&error));
    assert!(error.is_some_and(|text| text.contains("must be understood")));
    Ok(())
}

#[test]
fn the_number_of_a_pack_stands_in_its_first_record_only() -> TestResult {
    assert_eq!(
        json(r#"[{"n":"a","v":1},{"n":"b","v":1,"sq":4}]"#)?.sequence,
        None
    );
    assert!(json(r#"[{"n":"a","v":1,"sq":-4}]"#).is_err());
    Ok(())
}

/// An error with everything below it, in one line.
fn chain(error: &SenmlError) -> String {
    let mut text = error.to_string();
    let mut below = std::error::Error::source(error);
    while let Some(cause) = below {
        text = format!("{text}: {cause}");
        below = cause.source();
    }
    text
}

#[test]
fn what_the_standard_forbids_is_refused_with_its_reason() {
    for (text, reason) in [
        ("", "empty"),
        ("{}", "neither"),
        ("hello", "neither"),
        ("[1]", "a SenML record"),
        (r#"[{"n":"a","v":"1"}]"#, "invalid type"),
        (r#"[{"n":"a","v":null}]"#, "invalid type"),
        (r#"[{"n":"a","v":1e400}]"#, "out of range"),
        (r#"[{"n":"a","v":1}]]"#, "trailing"),
        (r#"[{"n":"a","v":1"#, "EOF"),
        (r#"[{"v":1}]"#, "no name"),
        (r#"[{"n":"-a","v":1}]"#, "begins with"),
        (r#"[{"n":"a b","v":1}]"#, "forbids"),
        (r#"[{"n":"a","v":1,"v":2}]"#, "twice"),
        (r#"[{"n":"a","v":1,"vb":true}]"#, "more than one value"),
        (r#"[{"bver":11,"n":"a","v":1}]"#, "newer"),
        (
            r#"[{"bver":5,"n":"a","v":1},{"bver":6,"n":"a","v":1}]"#,
            "version changes",
        ),
    ] {
        let error = json(text).map_err(|error| chain(&error));
        assert!(
            error.as_ref().is_err_and(|e| e.contains(reason)),
            "{text}: {error:?}"
        );
    }
}

#[test]
fn sizes_are_bounded() -> TestResult {
    let many = |n| format!("[{}]", vec![r#"{"n":"a","v":1}"#; n].join(","));
    assert_eq!(json(&many(RECORDS_MAX))?.measurements.len(), RECORDS_MAX);
    assert!(matches!(
        json(&many(RECORDS_MAX + 1)),
        Err(SenmlError::TooManyRecords)
    ));
    let large = vec![b'['; PACK_BYTES_MAX + 1];
    assert!(matches!(
        decode(&large, NOW),
        Err(SenmlError::TooLarge { .. })
    ));
    let deep = vec![b'['; PACK_BYTES_MAX];
    assert!(matches!(decode(&deep, NOW), Err(SenmlError::Json(_))));
    let nested = [b"[{\"x\":".to_vec(), vec![b'['; 100_000]].concat();
    assert!(matches!(decode(&nested, NOW), Err(SenmlError::Json(_))));
    let name = "n".repeat(NAME_BYTES_MAX + 1);
    assert!(json(&format!(r#"[{{"n":"{name}","v":1}}]"#)).is_err());
    let half = &name[..=NAME_BYTES_MAX / 2];
    assert!(json(&format!(r#"[{{"bn":"{half}","n":"{half}","v":1}}]"#)).is_err());
    Ok(())
}

#[test]
fn cbor_numbers_of_every_kind_are_read() -> TestResult {
    for (bytes, expected) in [
        (&[0x17][..], 23.0),
        (&[0x38, 0x63], -100.0),
        (&[0x1b, 0, 0, 0, 1, 0, 0, 0, 0], 4_294_967_296.0),
        (&[0xf9, 0x3c, 0x00], 1.0),
        (&[0xf9, 0xc4, 0x00], -4.0),
        (&[0xfa, 0x41, 0xb8, 0x00, 0x00], 23.0),
        (
            &[0xfb, 0x40, 0x37, 0x19, 0x99, 0x99, 0x99, 0x99, 0x9a],
            23.1,
        ),
        (&[0xc4, 0x82, 0x21, 0x19, 0x12, 0xd4], 48.20),
        (&[0xc4, 0x82, 0x02, 0x20], -100.0),
        (&[0xc4, 0x82, 0x3a, 0x7f, 0xff, 0xff, 0xff, 0x01], 0.0),
    ] {
        let pack = [&[0x81, 0xa2, 0x00, 0x61, b'a', 0x02], bytes].concat();
        let pack = decode(&pack, NOW)?;
        assert_eq!(
            pack.measurements[0].value,
            Some(Value::Number(expected)),
            "{bytes:x?}"
        );
    }
    Ok(())
}

#[test]
fn cbor_of_indefinite_lengths_and_text_keys_is_read() -> TestResult {
    // 55799([_ {_ "n": (_ "a", "b"), 1: "Cel", "v": -7, "sq": 300, 99: [_ {_ }], 6: -1 }])
    let mut bytes = vec![
        0xd9, 0xd9, 0xf7, 0x9f, 0xbf, 0x61, b'n', 0x7f, 0x61, b'a', 0x61, b'b',
    ];
    bytes.extend([
        0xff, 0x01, 0x63, b'C', b'e', b'l', 0x61, b'v', 0x26, 0x62, b's', b'q',
    ]);
    bytes.extend([
        0x19, 0x01, 0x2c, 0x18, 99, 0x9f, 0xbf, 0xff, 0xff, 0x06, 0x20, 0xff, 0xff,
    ]);
    let pack = decode(&bytes, NOW)?;
    assert_eq!(lines(&pack), ["ab Cel Number(-7.0) -1000"]);
    assert_eq!(pack.sequence, Some(300));
    Ok(())
}

#[test]
fn cbor_that_is_cut_short_or_goes_on_is_refused_at_every_length() {
    let whole = [0x81, 0xa3, 0x00, 0x61, b'a', 0x02, 0x17, 0x06, 0x20];
    assert!(decode(&whole, NOW).is_ok());
    for length in 0..whole.len() {
        assert!(decode(&whole[..length], NOW).is_err(), "{length} bytes");
    }
    let more = [&whole[..], &[0x00]].concat();
    assert!(matches!(decode(&more, NOW), Err(SenmlError::Trailing)));
    let text_as_value = [0x81, 0xa2, 0x00, 0x61, b'a', 0x02, 0x61, b'7'];
    assert!(matches!(
        decode(&text_as_value, NOW),
        Err(SenmlError::Record(_))
    ));
    let endless = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert!(matches!(
        decode(&endless, NOW),
        Err(SenmlError::TooManyRecords)
    ));
}

#[test]
fn the_standards_own_vectors_resolve_as_published() -> TestResult {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/senml");
    if !folder.is_dir() {
        // Not println!, which cargo swallows where the test passes.
        let mut out = std::io::stderr();
        writeln!(out, "SKIPPED senml vectors: not at {}", folder.display())?;
        return Ok(());
    }
    let mut in_cbor = 0;
    for number in 1..=12 {
        let resolved = std::fs::read(folder.join(format!("ex{number}.gen.resolved.json")))?;
        let expected: Vec<serde_json::Value> = serde_json::from_slice(&resolved)?;
        let now = expected[0]["t"]
            .as_f64()
            .and_then(Timestamp::from_seconds_f64);
        let json = std::fs::read(folder.join(format!("ex{number}.json")))?;
        compare(&decode(&json, now.unwrap_or(NOW))?, &expected, number);
        if let Ok(cbor) = std::fs::read(folder.join(format!("ex{number}.gen.cbor"))) {
            compare(&decode(&cbor, now.unwrap_or(NOW))?, &expected, number);
            in_cbor += 1;
        }
    }
    assert_eq!(in_cbor, 2, "examples 3 and 5 are published in CBOR too");
    Ok(())
}

fn compare(pack: &Pack, expected: &[serde_json::Value], number: u32) {
    // The published resolution leaves bytes out.
    let found = pack
        .measurements
        .iter()
        .filter(|m| m.value != Some(Value::Data));
    let found: Vec<_> = found.collect();
    assert_eq!(found.len(), expected.len(), "example {number}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(
            Some(found.name.as_str()),
            expected["n"].as_str(),
            "example {number}"
        );
        assert_eq!(
            found.unit.as_deref(),
            expected["u"].as_str(),
            "example {number}"
        );
        let time = expected["t"].as_f64().and_then(Timestamp::from_seconds_f64);
        assert_eq!(Some(found.time), time, "example {number}");
        match &found.value {
            Some(Value::Number(value)) => {
                let difference = (value - expected["v"].as_f64().unwrap_or(f64::NAN)).abs();
                assert!(
                    difference < 1e-9,
                    "example {number}: {value} for {}",
                    expected["v"]
                );
            }
            Some(Value::Text(text)) => assert_eq!(Some(text.as_str()), expected["vs"].as_str()),
            other => assert_eq!(*other, expected["vb"].as_bool().map(Value::Boolean)),
        }
    }
}

prop_compose! {
    /// A record as a node would send it: a channel, a value of few digits, a time near the base.
    fn sample()(
        name in "[a-z][a-z0-9-]{0,12}",
        unit in prop_oneof![Just(""), Just("Cel"), Just("%RH")],
        mantissa in -1_000_000_i64..1_000_000,
        exponent in -6_i8..3,
        micros in -86_400_000_000_i64..86_400_000_000,
    ) -> (String, &'static str, Decimal, i64) {
        (name, unit, Decimal::new(mantissa, exponent), micros)
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = decode(&bytes, NOW);
    }

    #[test]
    fn bytes_that_begin_like_a_pack_never_panic(
        start in prop_oneof![
            Just(&b"[{\"n\":"[..]), Just(&[0x81, 0xa1][..]), Just(&[0x9f, 0xbf][..])
        ],
        rest in proptest::collection::vec(any::<u8>(), 0..256),
    ) {
        let _ = decode(&[start, &rest].concat(), NOW);
    }

    #[test]
    fn what_our_encoder_writes_is_read_back_exactly(
        samples in proptest::collection::vec(sample(), 1..40),
        sequence in any::<u32>(),
    ) {
        let mut buffer = vec![0; 8192];
        let head = Head { base_name: "gw:probe:", base_time: NOW, sequence };
        let mut encoder = PackEncoder::new(&mut buffer, head, samples.len() as u32)?;
        for (name, unit, value, micros) in &samples {
            let time = Timestamp(NOW.0 + micros);
            encoder.push(&Record { name, unit, time, value: *value })?;
        }
        let length = encoder.finish()?;
        let pack = decode(&buffer[..length], Timestamp(0)).map_err(|e| {
            TestCaseError::fail(chain(&e))
        })?;
        prop_assert_eq!(pack.sequence, Some(u64::from(sequence)));
        prop_assert_eq!(pack.measurements.len(), samples.len());
        for (read, (name, unit, value, micros)) in pack.measurements.iter().zip(&samples) {
            prop_assert_eq!(read.local_name(), name);
            prop_assert_eq!(read.unit.as_deref().unwrap_or_default(), *unit);
            prop_assert_eq!(read.time, Timestamp(NOW.0 + micros));
            let Some(Value::Number(number)) = read.value else {
                return Err(TestCaseError::fail("no number"));
            };
            prop_assert!((number - value.to_f64()).abs() <= value.to_f64().abs() * 1e-12);
        }
    }
}
