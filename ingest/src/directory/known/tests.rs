//! What was in force when: versions and calibrations by date.

use proptest::prelude::*;

use super::*;
use crate::payload::senml::Value;
use crate::testing::{NOW, demo_probe};

fn channel(name: &str, keys: &[&str], valid_max: f32) -> KnownChannel {
    KnownChannel {
        name: name.to_owned(),
        unit: String::new(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        valid: 0.0..=valid_max,
    }
}

/// A probe whose versions begin at these times, each with its own upper bound of its one channel.
fn with_bounds(starts: &[i64]) -> KnownProbe {
    let version = |(number, start): (usize, &i64)| KnownVersion {
        valid_from: Timestamp(*start),
        profile: Arc::new(KnownProfile {
            channels: vec![channel("x", &[], number as f32)],
            registers: Vec::new(),
        }),
    };
    KnownProbe {
        versions: starts.iter().enumerate().map(version).collect(),
        ..demo_probe()
    }
}

fn named(name: &str) -> Measurement {
    Measurement::foreign(name.to_owned(), &[], Value::Number(1.0), NOW)
}

proptest! {
    #[test]
    fn the_last_version_that_had_begun_judges_and_the_first_one_what_came_before(
        starts in prop::collection::btree_set(-50_i64..50, 1..8),
        time in -60_i64..60,
    ) {
        let starts: Vec<_> = starts.into_iter().collect();
        let begun = starts.iter().filter(|start| **start <= time).count();
        let probe = with_bounds(&starts);
        let found = probe.find(&named("x"), Timestamp(time)).map(|(_, known)| known);
        let bound = found.map(|known| *known.valid.end() as usize);
        prop_assert_eq!(bound, Some(begun.saturating_sub(1)));
        prop_assert_eq!(probe.channel(0, Timestamp(time)), found);
    }

    #[test]
    fn the_last_calibration_that_had_begun_corrects_and_none_before_the_first(
        starts in prop::collection::btree_set(-50_i64..50, 0..8),
        time in -60_i64..60,
    ) {
        let begun = starts.iter().filter(|start| **start <= time).count();
        let correction = |(number, start): (usize, &i64)| Correction {
            valid_from: Timestamp(*start),
            gain: 2.0,
            offset: number as f64,
        };
        let mut probe = demo_probe();
        probe.corrections = vec![Vec::new(), starts.iter().enumerate().map(correction).collect()];
        let expected = if begun == 0 { 10.0 } else { 20.0 + (begun - 1) as f64 };
        // Another slot has calibrations of its own: none.
        let corrected = [0, 1, 2].map(|slot| probe.corrected(slot, Timestamp(time), 10.0));
        prop_assert_eq!(corrected.to_vec(), vec![10.0, expected, 10.0]);
    }
}

/// A probe that learnt of a second channel at 100, when a key moved to it.
fn that_learnt() -> KnownProbe {
    let line = |channel: &str, address| KnownRegister {
        channel: channel.to_owned(),
        register: Register {
            function: 3,
            address,
            form: model::register::Form::Unsigned16,
            low_word_first: false,
            scale: 1.0,
            offset: 0.0,
        },
    };
    let first = KnownProfile {
        channels: vec![channel("x", &["moved", "gone"], 1.0)],
        registers: Vec::new(),
    };
    let second = KnownProfile {
        channels: vec![channel("x", &[], 2.0), channel("y", &["moved", "new"], 3.0)],
        registers: vec![line("y", 7)],
    };
    let third = KnownProfile {
        registers: vec![line("y", 9)],
        ..second.clone()
    };
    let version = |start, profile| KnownVersion {
        valid_from: Timestamp(start),
        profile: Arc::new(profile),
    };
    KnownProbe {
        versions: vec![version(0, first), version(100, second), version(200, third)],
        ..demo_probe()
    }
}

#[test]
fn a_key_means_what_it_meant_at_the_readings_time() {
    let probe = that_learnt();
    let slot = |name: &str, time| {
        let found = probe.find(&named(name), Timestamp(time));
        found.map(|(slot, known)| (slot, *known.valid.end()))
    };
    assert_eq!(slot("moved", 99), Some((0, 1.0)));
    assert_eq!(slot("moved", 100), Some((1, 3.0)));
    assert_eq!(slot("gone", 99), Some((0, 1.0)));
    assert_eq!(slot("gone", 100), None);
    assert_eq!(
        (slot("x", 99), slot("x", 100)),
        (Some((0, 1.0)), Some((0, 2.0)))
    );
    // A channel that was not known yet is that of the first version that has it.
    assert_eq!(slot("new", 50), Some((1, 3.0)));
    assert_eq!(probe.slots(), 2);
}

#[test]
fn registers_mean_what_they_meant_at_the_readings_time() {
    let probe = that_learnt();
    let address = |time| {
        probe
            .registers(Timestamp(time))
            .first()
            .map(|r| r.register.address)
    };
    assert_eq!((address(199), address(200)), (Some(7), Some(9)));
    assert_eq!(address(50), Some(7), "there was no map yet");
    assert_eq!(demo_probe().registers(NOW), []);
}
