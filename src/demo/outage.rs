//! When probes were silent: power cuts at the gateway, faults of a probe, single lost reports. A
//! page must show these as gaps, so the demonstration has them: about one real gap a month, and in
//! a season one or two that last for days, which a chart of daily steps can show.

use super::random::Stream;
use super::weather::HOUR_S;

/// In each slot of so many days a gateway loses power once, and a probe fails in every other one.
const SLOT_S: i64 = 55 * 24 * HOUR_S;

/// Share of single reports that never arrive.
const LOST_SHARE: f32 = 0.002;

/// The silences of one probe.
#[derive(Debug, Clone, Copy)]
pub struct Outages {
    power: Stream,
    faults: Stream,
    lost: Stream,
    /// 0 or 1: in the even or in the odd slots the probe itself fails.
    faulty_slots: i64,
    silent_since_s: i64,
}

impl Outages {
    /// The silences of a probe (by number) at a gateway (by name); from `silent_since_s` on, Unix
    /// seconds, nothing arrives at all.
    pub fn new(seed: u64, gateway: &str, probe: i64, silent_since_s: i64) -> Self {
        let gateway_seed = gateway
            .bytes()
            .fold(seed, |sum, b| sum.wrapping_mul(31) + u64::from(b));
        Self {
            power: Stream::new(gateway_seed, "power cut", 0),
            faults: Stream::new(seed, "probe fault", probe),
            lost: Stream::new(seed, "lost report", probe),
            faulty_slots: probe.rem_euclid(2),
            silent_since_s,
        }
    }

    /// Whether nothing arrived from the probe at this time.
    pub fn silent(&self, at_s: i64) -> bool {
        let slot = at_s.div_euclid(SLOT_S);
        let into_s = at_s.rem_euclid(SLOT_S);
        at_s >= self.silent_since_s
            || within(into_s, power_cut(self.power, slot))
            || slot.rem_euclid(2) == self.faulty_slots && within(into_s, fault(self.faults, slot))
            || self.lost.unit(at_s) < LOST_SHARE
    }
}

fn within(at_s: i64, (from_s, length_s): (i64, i64)) -> bool {
    (from_s..from_s + length_s).contains(&at_s)
}

/// A power cut: most last some hours, a few more than a day.
fn power_cut(chance: Stream, slot: i64) -> (i64, i64) {
    let length_h = 3.0 + 30.0 * chance.unit(slot * 3 + 1).powi(3);
    // Never across the end of a slot, so that one slot is all there is to look at.
    let from_s = (chance.unit(slot * 3) * (SLOT_S - 40 * HOUR_S) as f32) as i64;
    (from_s, (length_h * HOUR_S as f32) as i64)
}

/// A probe's fault: two to four days until somebody goes there.
fn fault(chance: Stream, slot: i64) -> (i64, i64) {
    let length_h = 48.0 + 40.0 * chance.unit(slot * 3 + 1);
    let from_s = (chance.unit(slot * 3 + 2) * (SLOT_S - 90 * HOUR_S) as f32) as i64;
    (from_s, (length_h * HOUR_S as f32) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM_S: i64 = 1_770_000_000;
    const SEASON_S: i64 = 210 * 24 * HOUR_S;

    fn gaps(outages: Outages) -> Vec<i64> {
        let mut gaps = Vec::new();
        let mut length_s = 0;
        for at_s in (FROM_S..FROM_S + SEASON_S).step_by(900) {
            if outages.silent(at_s) {
                length_s += 900;
            } else if length_s > 0 {
                gaps.push(length_s);
                length_s = 0;
            }
        }
        gaps
    }

    #[test]
    fn a_season_has_a_few_long_gaps_and_most_reports_arrive() {
        for seed in 0..40 {
            let gaps = gaps(Outages::new(seed, "demo-gw", 1, i64::MAX));
            let long = gaps.iter().filter(|gap| **gap >= 3 * HOUR_S).count();
            assert!((3..=9).contains(&long), "seed {seed}: {long} long gaps");
            let of_days = gaps.iter().filter(|gap| **gap >= 47 * HOUR_S).count();
            assert!(
                (1..=3).contains(&of_days),
                "seed {seed}: {of_days} gaps of days"
            );
            let silent: i64 = gaps.iter().sum();
            assert!(silent < SEASON_S / 14, "seed {seed}: silent for {silent} s");
        }
    }

    #[test]
    fn a_power_cut_silences_every_probe_of_its_gateway_and_no_other() {
        let silent_together = |a: Outages, b: Outages| {
            let hours = (FROM_S..FROM_S + 10 * SEASON_S).step_by(3_600);
            hours
                .filter(|at_s| a.silent(*at_s) && b.silent(*at_s))
                .count()
        };
        let probe = |gateway, number| Outages::new(3, gateway, number, i64::MAX);
        let (same, other) = (
            silent_together(probe("a", 1), probe("a", 2)),
            silent_together(probe("a", 1), probe("b", 2)),
        );
        assert!(same > 150 && other < same / 4, "{same} {other}");
    }

    #[test]
    fn a_gateway_that_went_silent_stays_silent() {
        let outages = Outages::new(1, "a", 1, FROM_S);
        assert!((0..100).all(|hour| outages.silent(FROM_S + hour * HOUR_S)));
        assert!(!(1..100).all(|hour| outages.silent(FROM_S - hour * HOUR_S)));
    }
}
