//! The past of the county's probes: from when to when each has one, and its reports in batches.
//! Writing them is nothing but the store's own writer, so they arrive as real ones do.

use model::id::ProbeKey;
use model::time::Timestamp;
use store::report::{Batch, Report, Writer};
use time::{Date, Duration, OffsetDateTime};

use super::calendar::{at_clock, day_of};
use super::catalog::devices::{DEMO_PROBE, GATEWAYS, PROBES, Probe};
use super::catalog::lots::LOTS;
use super::catalog::plots::PLOTS;
use super::reading::Source;
use super::weather::{Site, Weather};

/// Days of readings that every probe has, whatever its lots.
const DAYS_MIN: i64 = 270;

/// Days that a probe stood on its plot before the first lot it tells about.
const DAYS_AHEAD: i64 = 10;

/// Reports in one transaction.
const BATCH_REPORTS: usize = 4_000;

/// A probe's past: where it stood and since when it reports.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    /// The probe.
    pub probe: &'static Probe,
    /// Where it stands.
    pub site: Site,
    /// First report.
    pub from: OffsetDateTime,
}

/// The pasts of all probes, seen from `now`.
pub fn pasts(now: OffsetDateTime) -> Vec<Past> {
    let today = day_of(now);
    PROBES
        .iter()
        .filter_map(|probe| {
            let plot = PLOTS.iter().find(|plot| plot.key == probe.plot)?;
            let from = at_clock(first_day(probe, today), 0, 0);
            Some(Past {
                probe,
                site: plot.site(),
                from,
            })
        })
        .collect()
}

/// The first day of a probe: before the earliest lot of its plot, and long enough ago.
fn first_day(probe: &Probe, today: Date) -> Date {
    let lots = LOTS.iter().filter(|lot| lot.plot == probe.plot);
    let earliest = lots
        .map(|lot| lot.period(today).started_on)
        .min()
        .unwrap_or(today);
    (earliest - Duration::days(DAYS_AHEAD)).min(today - Duration::days(DAYS_MIN))
}

/// The weather over all pasts.
pub fn weather(seed: u64, pasts: &[Past], now: OffsetDateTime) -> Weather {
    let from = pasts.iter().map(|past| past.from).min().unwrap_or(now);
    Weather::new(seed, from.unix_timestamp(), now.unix_timestamp())
}

/// How long before the start the past of `demo-probe` ends, in seconds: whoever tries the system
/// sends readings of the last minutes through it, and they must not be mixed with made-up ones.
const VISITOR_S: i64 = 2 * 3_600;

/// What a probe said, in order of time up to `now`: Unix seconds and one value a channel.
pub fn said(
    weather: &Weather,
    past: &Past,
    now: OffsetDateTime,
) -> impl Iterator<Item = (i64, Vec<Option<f32>>)> {
    let gateway = GATEWAYS
        .iter()
        .find(|gateway| gateway.id == past.probe.gateway);
    let silent_h = gateway.map_or(0, |gateway| gateway.silent_h);
    let quiet_s = if past.probe.name == DEMO_PROBE {
        VISITOR_S
    } else {
        0
    };
    let now_s = now.unix_timestamp() - quiet_s;
    let source = Source::new(weather, past.probe, past.site, silent_h, now_s);
    let step_s = past.probe.profile.interval_s();
    let first = past.from.unix_timestamp();
    (0..)
        .map(move |step| first + step * step_s)
        .take_while(move |at_s| *at_s <= now_s)
        .filter_map(move |at_s| Some((at_s, source.report(at_s)?)))
}

/// Writes a probe's past; what is there already stays. Returns how many reports were new.
pub async fn write(
    writer: &mut Writer,
    key: ProbeKey,
    mut said: impl Iterator<Item = (i64, Vec<Option<f32>>)>,
) -> anyhow::Result<u64> {
    let mut stored = 0;
    loop {
        let reports: Vec<Report> = said
            .by_ref()
            .take(BATCH_REPORTS)
            .map(|(at_s, values)| {
                let time = Timestamp::from_seconds(at_s);
                // A pack takes a second or two to get here.
                Report::ordinary(key, time, time.plus_seconds(2), values)
            })
            .collect();
        if reports.is_empty() {
            return Ok(stored);
        }
        let batch = Batch {
            reports,
            ..Batch::default()
        };
        stored += writer.write(&batch).await?.stored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    /// Starts all around the year.
    fn starts() -> impl Iterator<Item = OffsetDateTime> {
        (0..12).map(|n| datetime!(2026-11-23 23:50 UTC) + Duration::days(n * 30))
    }

    #[test]
    fn every_lot_grew_inside_the_past_of_the_probes_on_its_plot() {
        for now in starts() {
            let pasts = pasts(now);
            assert_eq!(pasts.len(), PROBES.len());
            for lot in &LOTS {
                let started = at_clock(lot.period(day_of(now)).started_on, 0, 0);
                let watching = pasts.iter().filter(|past| past.probe.plot == lot.plot);
                let early = watching.clone().filter(|past| past.from <= started).count();
                assert!(early > 0 && early == watching.count(), "{lot:?} from {now}");
            }
        }
    }

    #[test]
    fn the_past_is_small_enough_for_a_first_start() {
        for now in starts() {
            let reports: i64 = pasts(now)
                .iter()
                .map(|past| (now - past.from).whole_seconds() / past.probe.profile.interval_s())
                .sum();
            assert!(
                (150_000..400_000).contains(&reports),
                "{reports} reports from {now}"
            );
        }
    }

    #[test]
    fn what_the_demo_probe_said_is_in_order_and_ends_before_the_visitor_comes() {
        let now = datetime!(2026-11-23 23:50 UTC);
        let all = pasts(now);
        let weather = weather(1, &all, now);
        let demo = all.iter().filter(|past| past.probe.name == DEMO_PROBE);
        let times: Vec<i64> = demo
            .flat_map(|past| said(&weather, past, now))
            .map(|(at_s, _)| at_s)
            .collect();
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        let last = times.last().copied().unwrap_or_default();
        let quiet_s = now.unix_timestamp() - last;
        assert!(
            (VISITOR_S..VISITOR_S + 2 * 900).contains(&quiet_s),
            "last at {last}"
        );
        assert!(times.len() > 20_000, "{} reports", times.len());
    }
}
