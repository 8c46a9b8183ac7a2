//! From payloads to rows, without any door.

use std::sync::Arc;

use bytes::Bytes;
use model::id::ProbeKey;
use model::scheme::Scheme;
use model::topic::Topic;

use super::*;
use crate::directory::{Correction, KnownProfile, KnownVersion};
use crate::payload::{Adapters, Format, Message};
use crate::senml::{PACK_BYTES_MAX, Pack};
use crate::stage::Kind;
use crate::testing::{NOW, demo_probe, gateway, probe_name};

const BOUNDS: TimeBounds = TimeBounds {
    age_max: Duration::from_hours(3_650 * 24),
    ahead_max: Duration::from_mins(5),
};

fn origin(door: Door, payload: &str) -> Origin {
    Origin {
        door,
        gateway: Some("demo-gw".to_owned()),
        topic: "suyuan/v1/demo-gw/demo-probe/telemetry".to_owned(),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        arrived: NOW,
    }
}

fn found() -> Found {
    Found::Probe(Arc::new(demo_probe()))
}

fn resolved(payload: &str) -> Resolved {
    resolved_as(payload, Door::Front, &found())
}

fn resolved_as(payload: &str, door: Door, found: &Found) -> Resolved {
    let (gateway, probe) = (gateway("demo-gw"), probe_name("demo-probe"));
    let origin = origin(door, payload);
    match Adapters::default().decode(Format::Senml { gateway, probe }, &origin) {
        Ok(message) => {
            let decoded = Decoded { origin, message };
            resolve(decoded, std::slice::from_ref(found), BOUNDS)
        }
        Err(refusal) => Resolved::dead(origin, None, refusal.reason, refusal.detail),
    }
}

fn reason(resolved: &Resolved) -> Option<DeadReason> {
    resolved.letter.as_ref().map(|(reason, _)| *reason)
}

fn detail(resolved: &Resolved) -> &str {
    resolved
        .letter
        .as_ref()
        .map_or("", |(_, letter)| letter.detail.as_str())
}

#[test]
fn records_of_one_time_make_one_report() {
    let pack = r#"[{"bn":"dev:","bt":1789999000,"sq":3,"n":"temperature","u":"Cel","v":21.5},
        {"n":"humidity","v":60},{"n":"humidity","t":60,"v":61},{"n":"temperature","v":99}]"#;
    let resolved = resolved(pack);
    assert_eq!((reason(&resolved), resolved.sequence), (None, Some(3)));
    let rows: Vec<_> = resolved
        .reports
        .iter()
        .map(|r| (r.time.seconds(), r.values.clone()))
        .collect();
    assert_eq!(
        rows,
        [
            // The same channel twice at one time: the first one stands.
            (1_789_999_000, vec![Some(21.5), Some(60.0), None]),
            (1_789_999_060, vec![None, Some(61.0), None]),
        ]
    );
    assert!(
        resolved
            .reports
            .iter()
            .all(|r| r.arrived == NOW && r.probe == demo_probe().key)
    );
}

#[test]
fn a_channel_is_found_by_full_name_own_name_or_the_tail() {
    for name in [
        r#""n":"temperature""#,
        r#""bn":"temp","n":"erature""#,
        r#""bn":"urn:dev:ow:1:","n":"temperature""#,
        r#""bn":"gw-1_","n":"temperature""#,
        r#""n":"urn:dev:ow:1:temperature""#,
        r#""n":"dev/1/temperature""#,
        r#""bn":"dev:temperature""#,
    ] {
        let pack = resolved(&format!(r#"[{{{name},"v":1,"t":0}}]"#));
        assert_eq!(reason(&pack), None, "{name}");
        assert_eq!(pack.reports[0].values, [Some(1.0), None, None], "{name}");
    }
    assert_eq!(
        reason(&resolved(r#"[{"n":"dev_temperature","v":1}]"#)),
        Some(DeadReason::UnknownChannel)
    );
}

#[test]
fn what_cannot_be_resolved_stays_behind_once_and_the_rest_is_stored() {
    let pack = r#"[{"n":"temperature","u":"Cel","v":21},{"n":"co2","v":400},{"n":"co3","v":1},
        {"n":"humidity","vs":"wet"}]"#;
    let resolved = resolved(pack);
    assert_eq!(resolved.reports.len(), 1);
    assert_eq!(resolved.reports[0].values, [Some(21.0), None, None]);
    assert_eq!(reason(&resolved), Some(DeadReason::UnknownChannel));
    let letter = &resolved.letter.as_ref().expect("a letter").1;
    assert_eq!(letter.payload, pack.as_bytes());
    assert_eq!(
        letter.detail,
        "unknown_channel: 2 records; not_a_number: 1 record; for example co2, co3, humidity"
    );
}

#[test]
fn every_rule_has_its_reason() {
    for (record, expected) in [
        (
            r#"{"n":"temperature","u":"K","v":1}"#.to_owned(),
            DeadReason::UnitMismatch,
        ),
        (
            r#"{"n":"temperature","vb":true}"#.to_owned(),
            DeadReason::NotANumber,
        ),
        (
            r#"{"n":"temperature","v":1e39}"#.to_owned(),
            DeadReason::NotANumber,
        ),
        (
            r#"{"n":"temperature","s":1}"#.to_owned(),
            DeadReason::NotANumber,
        ),
    ] {
        let resolved = resolved(&format!("[{record}]"));
        assert_eq!(
            (reason(&resolved), resolved.reports.len()),
            (Some(expected), 0),
            "{record}"
        );
    }
}

/// Seconds from the arrival to where each report is stored, and where its time comes from.
fn placed(pack: &str) -> Vec<(i64, TimeSource)> {
    let resolved = resolved(pack);
    let place = |r: &Report| ((r.time.0 - NOW.0) / 1_000_000, r.source);
    resolved.reports.iter().map(place).collect()
}

#[test]
fn times_at_the_bounds_are_believed_and_one_beyond_is_not() {
    let oldest = NOW.seconds() - 3_650 * 24 * 3_600;
    let newest = NOW.seconds() + 300;
    for (seconds, source) in [
        (oldest, TimeSource::Device),
        (newest, TimeSource::Device),
        (
            oldest - 1,
            TimeSource::behind(Timestamp::from_seconds(oldest - 1)),
        ),
        (
            newest + 1,
            TimeSource::ahead(Timestamp::from_seconds(newest + 1)),
        ),
    ] {
        let resolved = resolved(&format!(r#"[{{"n":"x","u":"any","v":1,"t":{seconds}}}]"#));
        let report = &resolved.reports[0];
        assert_eq!(report.source, source, "{seconds}");
        let believed = source == TimeSource::Device;
        assert_eq!(reason(&resolved).is_none(), believed, "{seconds}");
        let place = if believed { seconds } else { NOW.seconds() };
        assert_eq!(report.time.seconds(), place, "{seconds}");
    }
}

#[test]
fn a_pack_without_a_time_counts_from_its_arrival() {
    let now = (0, TimeSource::Arrival);
    assert_eq!(placed(r#"[{"n":"x","v":1}]"#), [now]);
    assert_eq!(placed(r#"[{"n":"x","v":1,"t":0}]"#), [now]);
    assert_eq!(
        placed(r#"[{"n":"x","v":1,"t":-60}]"#),
        [(-60, TimeSource::Arrival)]
    );
    let own = format!(r#"[{{"n":"x","v":1,"t":{}}}]"#, NOW.seconds() - 60);
    assert_eq!(placed(&own), [(-60, TimeSource::Device)]);
}

#[test]
fn a_pack_of_a_clock_that_starts_in_1979_keeps_its_spacing_up_to_the_arrival() {
    let pack = r#"[{"bn":"x","bt":300000000,"v":1},{"t":900,"v":2},{"t":1800,"v":3}]"#;
    let resolved = resolved(pack);
    let behind = |s: i64| TimeSource::behind(Timestamp::from_seconds(300_000_000 + s));
    assert_eq!(
        placed(pack),
        [(-1_800, behind(0)), (-900, behind(900)), (0, behind(1_800))]
    );
    assert_eq!(reason(&resolved), Some(DeadReason::TimeInPast));
    assert_eq!(
        detail(&resolved),
        "time_in_past: 3 times; for example x; readings with such a time are kept at their \
         arrival and flagged"
    );
    assert!(resolved.reports.iter().all(|r| r.arrived == NOW));
}

#[test]
fn a_pack_may_hold_clocks_behind_ahead_and_right() {
    let right = NOW.seconds();
    let pack = format!(
        r#"[{{"n":"x","v":1,"t":{right}}},{{"n":"x","v":2,"t":1e300}},{{"n":"x","v":3,"t":-1e300}},
        {{"n":"x","v":4,"t":300000000}}]"#
    );
    let resolved = resolved(&pack);
    let micros: Vec<_> = resolved.reports.iter().map(|r| r.time.0 - NOW.0).collect();
    // The three share the arrival, a microsecond apart; -1e300 lies farther before 1979 than a
    // reading may lie before now.
    assert_eq!(micros, [0, -3, -1, -2]);
    let year = |source: TimeSource| {
        source
            .device_time()
            .map(|t| t.seconds() / 31_556_952 + 1970)
    };
    let years: Vec<_> = resolved.reports.iter().map(|r| year(r.source)).collect();
    assert_eq!(years, [None, Some(9999), Some(2), Some(1979)]);
}

#[test]
fn what_cannot_be_stored_comes_before_a_clock_in_a_letter() {
    let pack = r#"[{"n":"x","v":1,"t":300000000},{"n":"mood","v":1}]"#;
    let resolved = resolved(pack);
    assert_eq!(reason(&resolved), Some(DeadReason::UnknownChannel));
    assert!(detail(&resolved).contains("time_in_past: 1 time;"));
    assert_eq!(resolved.reports.len(), 1);
}

#[test]
fn values_at_the_ends_of_the_range_are_meant_and_one_beyond_is_flagged() {
    let pack = r#"[{"n":"temperature","v":-100},{"n":"humidity","v":100.1},{"n":"x","v":100}]"#;
    let report = &resolved(pack).reports[0];
    assert_eq!(report.values, [Some(-100.0), Some(100.1), Some(100.0)]);
    let outside: Vec<_> = (0..3).map(|slot| report.outside.contains(slot)).collect();
    assert_eq!(outside, [false, true, false]);
}

/// The demonstration's probe, whose `x` may be at most 10 before the arrival less a minute and at
/// most 20 from then on, and is doubled from then on too.
fn stricter_before() -> KnownProbe {
    let mut probe = demo_probe();
    let mut profile = KnownProfile::clone(&probe.versions[0].profile);
    let mut version = |valid_from, valid_max| {
        profile.channels[2].valid = 0.0..=valid_max;
        KnownVersion {
            valid_from,
            profile: Arc::new(profile.clone()),
        }
    };
    let turn = NOW.plus_seconds(-60);
    probe.versions = vec![version(NOW.plus_seconds(-9_000), 10.0), version(turn, 20.0)];
    let doubled = Correction {
        valid_from: turn,
        gain: 2.0,
        offset: 0.0,
    };
    probe.corrections = vec![Vec::new(), Vec::new(), vec![doubled]];
    probe
}

#[test]
fn a_reading_is_judged_and_corrected_by_what_was_in_force_at_its_own_time() {
    let (before, after) = (NOW.seconds() - 61, NOW.seconds() - 60);
    let pack = format!(
        r#"[{{"bn":"x","v":15,"t":{after}}},{{"v":15,"t":{before}}},{{"v":8,"t":{}}},
        {{"v":8,"t":{}}}]"#,
        after + 1,
        before - 1
    );
    let found = Found::Probe(Arc::new(stricter_before()));
    let resolved = resolved_as(&pack, Door::Front, &found);
    assert_eq!(reason(&resolved), None);
    let judged = |r: &Report| (r.values[2], r.outside.contains(2));
    let rows: Vec<_> = resolved.reports.iter().map(judged).collect();
    assert_eq!(
        rows,
        [
            (Some(30.0), true),
            (Some(15.0), true),
            (Some(16.0), false),
            (Some(8.0), false)
        ]
    );
}

#[test]
fn what_a_clock_in_1979_measured_is_corrected_and_judged_by_where_it_is_stored() {
    // Stored at the arrival, and at 100 seconds before it: after the turn, and before it.
    let pack = r#"[{"bn":"x","bt":300000000,"v":15},{"t":100,"v":8}]"#;
    let found = Found::Probe(Arc::new(stricter_before()));
    let resolved = resolved_as(pack, Door::Front, &found);
    let judged = |r: &Report| (r.time.seconds() - NOW.seconds(), r.values[2]);
    let rows: Vec<_> = resolved.reports.iter().map(judged).collect();
    assert_eq!(rows, [(-100, Some(15.0)), (0, Some(16.0))]);
    assert!(resolved.reports[0].outside.contains(2) && !resolved.reports[1].outside.contains(2));
    // A resend that is corrected otherwise is known by what the device said.
    let said = |r: &Report| r.said.as_ref().and_then(|values| values[2]);
    let said: Vec<_> = resolved.reports.iter().map(said).collect();
    assert_eq!(said, [Some(15.0), Some(8.0)]);
}

#[test]
fn a_value_that_no_number_holds_once_it_is_corrected_is_refused_whatever_its_clock() {
    let mut probe = stricter_before();
    probe.corrections[2][0].gain = 1e30;
    let found = Found::Probe(Arc::new(probe));
    for time in [0, 300_000_000] {
        let pack =
            format!(r#"[{{"n":"x","v":1e20,"t":{time}}},{{"n":"humidity","v":1,"t":{time}}}]"#);
        let resolved = resolved_as(&pack, Door::Front, &found);
        assert_eq!(reason(&resolved), Some(DeadReason::NotANumber), "{time}");
        assert_eq!(
            resolved.reports[0].values,
            [None, Some(1.0), None],
            "{time}"
        );
    }
}

#[test]
fn a_pack_of_nobody_we_know_is_kept_and_still_echoed() {
    let pack = r#"[{"n":"temperature","v":1,"sq":5}]"#;
    for (door, found, expected) in [
        (
            Door::Broker,
            Found::UnknownGateway,
            DeadReason::UnknownGateway,
        ),
        (Door::Front, Found::UnknownGateway, DeadReason::UnknownProbe),
        (Door::Front, Found::UnknownProbe, DeadReason::UnknownProbe),
    ] {
        let resolved = resolved_as(pack, door, &found);
        assert_eq!(
            (reason(&resolved), resolved.sequence),
            (Some(expected), Some(5))
        );
        assert!(detail(&resolved).contains("demo-gw"));
    }
}

#[test]
fn what_is_no_pack_says_why() {
    for (payload, expected, part) in [
        ("hello".to_owned(), DeadReason::NotSenml, "0x68"),
        ("[]".to_owned(), DeadReason::NotSenml, "no measurement"),
        (
            r#"[{"n":"x"}]"#.to_owned(),
            DeadReason::NotSenml,
            "no measurement",
        ),
        (
            r#"[{"n":"x","v":1,"y_":1}]"#.to_owned(),
            DeadReason::NotSenml,
            "must be understood",
        ),
        (
            " ".repeat(PACK_BYTES_MAX + 1),
            DeadReason::Oversized,
            "262145 bytes",
        ),
    ] {
        let resolved = resolved(&payload);
        assert_eq!(reason(&resolved), Some(expected), "{part}");
        assert!(detail(&resolved).contains(part), "{}", detail(&resolved));
    }
}

#[test]
fn a_topic_says_what_its_message_asks_for() {
    let kind =
        |text: &str, payload: &[u8]| Kind::of(text, Topic::parse(text).ok().as_ref(), payload);
    let dead = |kind| match kind {
        Kind::Dead { reason, .. } => Some(reason),
        _ => None,
    };
    let (gateway, probe) = (gateway("g"), probe_name("p"));
    assert_eq!(
        kind("suyuan/v1/g/p/telemetry", b""),
        Kind::Payload(Format::Senml { gateway, probe })
    );
    let online = br#"{"state":"online","since":1}"#;
    assert_eq!(
        kind("suyuan/v1/g/status", online),
        Kind::Presence {
            gateway,
            online: true
        }
    );
    let offline = br#"{"state":"offline"}"#;
    assert_eq!(
        kind("suyuan/v1/g/status", offline),
        Kind::Presence {
            gateway,
            online: false
        }
    );
    assert_eq!(
        dead(kind("suyuan/v1/g/status", b"online")),
        Some(DeadReason::NotStatus)
    );
    let of_camera = kind("suyuan/v1/g/p/snapshot", b"");
    let snapshot = |said| Kind::Snapshot {
        gateway,
        camera: probe,
        said,
    };
    assert_eq!(of_camera, snapshot(None));
    assert_eq!(of_camera.with_time(Some("yesterday")), snapshot(None));
    let said = of_camera.with_time(Some("1970-01-01T08:00:01.5+08:00"));
    assert_eq!(said, snapshot(Some(Timestamp(1_500_000))));
    assert_eq!(
        dead(kind("suyuan/v1/g/committed", b"")),
        Some(DeadReason::UnknownTopic)
    );
    assert_eq!(
        dead(kind("stat/plug/RESULT", b"")),
        Some(DeadReason::UnknownTopic)
    );
}

/// A pack of a device of another make.
fn foreign(id: &str, values: &[(&str, f64)]) -> DevicePack {
    let measure = |(key, value): &(&str, f64)| {
        Measurement::foreign((*key).to_owned(), &['.'], Value::Number(*value), NOW)
    };
    let pack = Pack {
        sequence: None,
        measurements: values.iter().map(measure).collect(),
    };
    DevicePack::new(Device::Alias(Scheme::Tasmota, id.to_owned()), pack)
}

fn resolved_foreign(door: Door, packs: Vec<DevicePack>, found: &[Found]) -> Resolved {
    let message = Message {
        packs,
        ..Message::default()
    };
    let origin = origin(door, "bytes");
    resolve(Decoded { origin, message }, found, BOUNDS)
}

#[test]
fn devices_of_another_make_share_a_message_and_each_has_its_own_rows() {
    let mut second = demo_probe();
    second.key = ProbeKey(8);
    let mut profile = KnownProfile::clone(&second.versions[0].profile);
    profile.channels[2].keys = vec!["AM2301.DewPoint".to_owned()];
    second.versions[0].profile = Arc::new(profile);
    let packs = vec![
        foreign("a", &[("AM2301.temperature", 21.5), ("uptime", 9.0)]),
        foreign("b", &[("AM2301.DewPoint", 3.0), ("humidity", 60.0)]),
        foreign("c", &[("temperature", 1.0)]),
    ];
    let found = [
        found(),
        Found::Probe(Arc::new(second)),
        Found::UnknownDevice,
    ];
    let resolved = resolved_foreign(Door::Front, packs, &found);
    let rows: Vec<_> = resolved
        .reports
        .iter()
        .map(|r| (r.probe.0, r.values.clone()))
        .collect();
    assert_eq!(
        rows,
        [
            (7, vec![Some(21.5), None, None]),
            (8, vec![None, Some(60.0), Some(3.0)]),
        ]
    );
    assert_eq!(reason(&resolved), Some(DeadReason::UnknownDevice));
    assert_eq!(detail(&resolved), "no probe has the tasmota alias c");
}

#[test]
fn a_foreign_pack_without_any_channel_says_which_keys_it_had() {
    let packs = vec![foreign("a", &[("rssi", 1.0), ("uptime", 2.0)])];
    let resolved = resolved_foreign(Door::Broker, packs, &[found()]);
    assert_eq!(reason(&resolved), Some(DeadReason::UnknownChannel));
    assert_eq!(
        detail(&resolved),
        "unknown_channel: 2 records; for example rssi, uptime"
    );
}

#[test]
fn a_gateway_does_not_vouch_for_the_devices_of_another() {
    let mut probe = demo_probe();
    probe.gateway = gateway("other-gw");
    let found = [Found::Probe(Arc::new(probe))];
    let packs = || vec![foreign("a", &[("temperature", 1.0)])];
    let refused = resolved_foreign(Door::Front, packs(), &found);
    assert_eq!(
        (reason(&refused), refused.reports.len()),
        (Some(DeadReason::ForeignDevice), 0)
    );
    let taken = resolved_foreign(Door::Broker, packs(), &found);
    assert_eq!((reason(&taken), taken.reports.len()), (None, 1));
}
