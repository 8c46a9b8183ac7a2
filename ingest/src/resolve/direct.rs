//! The short way from a pack to rows, for nearly every message: the records are put into their
//! reports while they are read, and nothing is made in between.
//!
//! The one thing to know: it decides nothing. Whatever is not ordinary (a record that is refused, a
//! clock that is not believed, a probe with other keys or an older profile) makes it give up, and the message goes the
//! long way from the beginning. Where it does not give up the long way would have made the same
//! rows; a test holds both against each other.

use model::time::Timestamp;
use store::quality::TimeSource;
use store::report::Report;

use super::clock::Clock;
use super::{TimeBounds, count, flag_outside};
use crate::directory::{KnownChannel, KnownProbe};
use crate::payload::senml::{self, Reading, Take, Value};

/// Reads a pack of a probe into its reports; `None` where the long way is to be taken.
pub(crate) fn read(
    payload: &[u8],
    probe: &KnownProbe,
    arrived: Timestamp,
    bounds: TimeBounds,
) -> Option<(Option<u64>, Vec<Report>)> {
    let rows = Rows::new(probe, arrived, bounds)?;
    let (sequence, rows) = senml::decode_into(payload, arrived, rows).ok()?;
    if !rows.is_ordinary || rows.reports.is_empty() {
        return None;
    }
    let mut reports = rows.reports;
    for report in &mut reports {
        flag_outside(report, probe);
        count(report);
    }
    Some((sequence, reports))
}

/// Records on their way into reports.
struct Rows<'p> {
    probe: &'p KnownProbe,
    /// Of its only version.
    channels: &'p [KnownChannel],
    /// Length of the longest name of a channel.
    name_bytes_max: usize,
    arrived: Timestamp,
    bounds: TimeBounds,
    reports: Vec<Report>,
    /// Where the next record's channel is looked for first: records mostly come in order.
    next: usize,
    is_ordinary: bool,
}

impl Take for Rows<'_> {
    fn take(&mut self, reading: Reading<'_>) {
        if self.is_ordinary {
            self.is_ordinary = self.add(&reading).is_some();
        }
    }
}

impl<'p> Rows<'p> {
    fn new(probe: &'p KnownProbe, arrived: Timestamp, bounds: TimeBounds) -> Option<Self> {
        let [version] = &probe.versions[..] else {
            return None;
        };
        let channels = &version.profile.channels[..];
        if channels.iter().any(|channel| !channel.keys.is_empty()) {
            return None;
        }
        let lengths = channels.iter().map(|channel| channel.name.len());
        Some(Self {
            probe,
            channels,
            name_bytes_max: lengths.max()?,
            arrived,
            bounds,
            reports: Vec::new(),
            next: 0,
            is_ordinary: true,
        })
    }

    fn add(&mut self, reading: &Reading<'_>) -> Option<()> {
        let slot = self.slot(reading)?;
        let channel = &self.channels[slot];
        let expected = channel.unit.as_str();
        if !expected.is_empty() && reading.unit.is_some_and(|unit| unit != expected) {
            return None;
        }
        let Some(Value::Number(raw)) = reading.value else {
            return None;
        };
        let value = self.probe.corrected(slot, reading.time, raw) as f32;
        if !value.is_finite() {
            return None;
        }
        let place = &mut self.report(reading)?.values[slot];
        // The same channel twice.
        place.is_none().then(|| *place = Some(value))
    }

    /// The slot of a channel that bears the record's own name, where no channel bears all of it.
    fn slot(&mut self, reading: &Reading<'_>) -> Option<usize> {
        let (base, own) = (reading.base_name, reading.own_name);
        if own.is_empty() || (!base.is_empty() && base.len() + own.len() <= self.name_bytes_max) {
            return None;
        }
        let channels = self.channels;
        let is_named = |slot: usize| channels.get(slot).is_some_and(|c| c.name == own);
        let slot = if is_named(self.next) {
            self.next
        } else {
            channels.iter().position(|channel| channel.name == own)?
        };
        self.next = if slot + 1 < channels.len() {
            slot + 1
        } else {
            0
        };
        Some(slot)
    }

    /// The report of a record's time: the last one, or a new and younger one.
    fn report(&mut self, reading: &Reading<'_>) -> Option<&mut Report> {
        let time = reading.time;
        let last = self.reports.last().map(|last| last.time);
        if last != Some(time) {
            if last.is_some_and(|last| last > time) {
                return None;
            }
            let said = (time, reading.dated);
            let clock = Clock::of(said, self.arrived, self.bounds);
            if clock.doubt.is_some() || clock.source != TimeSource::Device {
                return None;
            }
            let values = vec![None; self.channels.len()];
            let report = Report::ordinary(self.probe.key, time, self.arrived, values);
            self.reports.push(report);
        }
        self.reports.last_mut()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::{Map, Value as Json, json};

    use super::*;
    use crate::payload::{Adapters, Format};
    use crate::registry::Found;
    use crate::resolve::resolve;
    use crate::stage::{Decoded, Door, Origin, Resolved};
    use crate::testing::{NOW, demo_probe};

    const BOUNDS: TimeBounds = TimeBounds {
        age_max: std::time::Duration::from_hours(3_650 * 24),
        ahead_max: std::time::Duration::from_mins(5),
    };

    /// What the long way makes of a payload.
    fn resolved(payload: &str) -> Resolved {
        let probe = demo_probe();
        let origin = Origin {
            door: Door::Front,
            gateway: Some(probe.gateway.to_string()),
            topic: String::new(),
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            arrived: NOW,
        };
        let format = Format::Senml {
            gateway: probe.gateway,
            probe: probe.name,
        };
        match Adapters::default().decode(format, &origin) {
            Ok(message) => {
                let found = [Found::Probe(std::sync::Arc::new(probe))];
                resolve(Decoded { origin, message }, &found, BOUNDS)
            }
            Err(refusal) => Resolved::dead(origin, None, refusal.reason, refusal.detail),
        }
    }

    fn short(payload: &str) -> Option<(Option<u64>, Vec<Report>)> {
        read(payload.as_bytes(), &demo_probe(), NOW, BOUNDS)
    }

    #[test]
    fn an_ordinary_pack_takes_the_short_way() {
        let now = NOW.seconds();
        let pack = json!([
            {"bn": "demo-gw:demo-probe:", "bt": now - 60, "sq": 7, "n": "temperature", "u": "Cel", "v": 21.5},
            {"n": "humidity", "u": "%RH", "v": 80},
            {"t": 30, "n": "temperature", "v": 200_000},
        ]);
        let (sequence, reports) = short(&pack.to_string()).expect("an ordinary pack");
        assert_eq!((sequence, reports.len()), (Some(7), 2));
        assert_eq!(reports[0].values[..2], [Some(21.5), Some(80.0)]);
        assert!(reports[1].outside.contains(0), "kept, and flagged");
    }

    #[test]
    fn what_is_not_ordinary_takes_the_long_way() {
        for pack in [
            "[]",
            "[{",
            r#"[{"n":"nothing","v":1}]"#,
            r#"[{"n":"temperature","u":"K","v":1}]"#,
            r#"[{"n":"temperature","vs":"warm"}]"#,
            r#"[{"n":"temperature","v":1,"t":-60}]"#,
            r#"[{"bt":1000000000000,"n":"temperature","v":1}]"#,
        ] {
            assert_eq!(short(pack), None, "{pack}");
        }
    }

    const BASES: &[&str] = &["demo-gw:demo-probe:", "", "temp", "a/"];
    const NAMES: &[&str] = &[
        "temperature",
        "humidity",
        "x",
        "erature",
        "b:humidity",
        "no",
        "",
    ];
    const UNITS: &[&str] = &["Cel", "%RH", "%", "K"];

    fn one_of(texts: &'static [&'static str]) -> BoxedStrategy<Json> {
        let text = prop::sample::select(texts);
        text.prop_map(|text| json!(text)).boxed()
    }

    /// A record whose every field may be wrong or missing.
    fn record() -> impl Strategy<Value = Json> {
        let now = NOW.seconds();
        let field = |chance, value: BoxedStrategy<Json>| prop::option::weighted(chance, value);
        let fields = [
            field(0.2, one_of(BASES)),
            field(0.95, one_of(NAMES)),
            field(0.3, one_of(UNITS)),
            field(0.95, (-1e3..1e3).prop_map(|v: f64| json!(v)).boxed()),
            field(0.3, (-3_i64..3).prop_map(|t| json!(t * 60)).boxed()),
            field(
                0.5,
                (0_i64..4).prop_map(move |t| json!(now - t * 60)).boxed(),
            ),
            field(0.05, Just(json!("text")).boxed()),
            field(0.1, (0_u64..9).prop_map(|sq| json!(sq)).boxed()),
        ];
        Vec::from(fields).prop_map(|values| {
            let labels = ["bn", "n", "u", "v", "t", "bt", "vs", "sq"];
            let fields = labels.into_iter().zip(values);
            let fields = fields.filter_map(|(label, value)| Some((label.to_owned(), value?)));
            Json::Object(fields.collect::<Map<_, _>>())
        })
    }

    proptest! {
        #[test]
        fn the_short_way_makes_what_the_long_way_makes(
            records in prop::collection::vec(record(), 1..6)
        ) {
            let pack = Json::Array(records).to_string();
            if let Some((sequence, reports)) = short(&pack) {
                let long = resolved(&pack);
                prop_assert!(long.letter.is_none(), "{pack}: {:?}", long.letter);
                prop_assert_eq!((sequence, reports), (long.sequence, long.reports), "{}", pack);
            }
        }
    }
}
