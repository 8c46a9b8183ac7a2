//! Every probe of the county over a season: values in range, in steps, and with gaps.

use super::*;
use crate::demo::catalog::devices::{GATEWAYS, PROBES};
use crate::demo::catalog::plots::{PLOTS, Plot};

/// 2026-11-23 12:00 UTC.
const NOW_S: i64 = 1_795_435_200;
const DAYS: i64 = 120;

fn source<'a>(weather: &'a Weather, probe: &Probe) -> Source<'a> {
    let site = PLOTS
        .iter()
        .find(|plot| plot.key == probe.plot)
        .map(Plot::site);
    let silent_h = GATEWAYS
        .iter()
        .find(|g| g.id == probe.gateway)
        .map_or(0, |g| g.silent_h);
    let Some(site) = site else {
        panic!("{probe:?} stands nowhere")
    };
    Source::new(weather, probe, site, silent_h, NOW_S)
}

fn season() -> Weather {
    Weather::new(2026, NOW_S - DAYS * 24 * HOUR_S, NOW_S)
}

fn times(step_s: i64) -> impl Iterator<Item = i64> {
    (NOW_S - DAYS * 24 * HOUR_S..=NOW_S).step_by(step_s as usize)
}

#[test]
fn every_probe_reports_whole_values_most_of_the_time_and_has_gaps() {
    let weather = season();
    for probe in &PROBES {
        let source = source(&weather, probe);
        let (mut present, mut silent) = (0, 0);
        for at_s in times(3_600) {
            match source.report(at_s) {
                Some(values) => {
                    assert_eq!(values.len(), probe.profile.channels().len());
                    assert!(
                        values.iter().all(Option::is_some),
                        "{probe:?} at {at_s}: {values:?}"
                    );
                    present += 1;
                }
                None => silent += 1,
            }
        }
        assert!(silent > 0, "{probe:?} has no gap");
        assert!(
            silent * 12 < present,
            "{probe:?}: {silent} silent, {present} present"
        );
    }
}

#[test]
fn a_sensor_speaks_in_its_steps_and_keeps_silent_outside_its_range() {
    let channel = |step| Channel {
        step,
        valid: (0.0, 100.0),
        ..Profile::Field.channels()[0]
    };
    assert_eq!(sensed(&channel(0.1), 16.2749), Some(16.3));
    assert_eq!(sensed(&channel(0.5), 61.3), Some(61.5));
    assert_eq!(sensed(&channel(100.0), 60.2), Some(100.0));
    assert_eq!(sensed(&channel(0.1), -0.2), None);
    assert_eq!(sensed(&channel(0.1), 100.1), None);
}

#[test]
fn the_tofu_room_broke_down_yesterday_and_the_fruit_store_did_not() {
    let weather = season();
    let warmest = |plot: &str| {
        let probe = PROBES.iter().find(|probe| probe.plot == plot);
        let Some(probe) = probe else {
            panic!("no probe in {plot}")
        };
        let source = source(&weather, probe);
        let hours = (NOW_S - 40 * HOUR_S..=NOW_S).step_by(1_800);
        hours
            .filter_map(|at_s| source.report(at_s)?.first().copied()?)
            .fold(f32::MIN, f32::max)
    };
    assert!(warmest("tofu-cold") > 7.0, "{}", warmest("tofu-cold"));
    assert!(warmest("kiwi-store") < 4.0, "{}", warmest("kiwi-store"));
}

#[test]
fn a_silent_gateway_says_nothing_up_to_the_start() {
    let weather = season();
    let silent = GATEWAYS.iter().find(|gateway| gateway.silent_h > 0);
    let Some(silent) = silent else {
        panic!("no gateway is silent")
    };
    for probe in PROBES.iter().filter(|probe| probe.gateway == silent.id) {
        let source = source(&weather, probe);
        assert!((0..silent.silent_h).all(|h| source.report(NOW_S - h * HOUR_S).is_none()));
    }
}
