//! Round numbers for axes: values in steps of 1, 2 or 5 times a power of ten, time in days, weeks
//! or months of the Chinese calendar day.

use model::time::Timestamp;

use super::Chart;
use crate::page::{Lang, clock};

/// A vertical axis with round ends.
#[derive(Debug)]
pub(super) struct Scale {
    low: f64,
    step: f64,
    steps: u32,
    /// Decimals that the labels need.
    pub decimals: usize,
}

impl Scale {
    /// An axis that covers the extent, and each limit unless that would more than double it.
    /// Nothing measured gives 0 to 1.
    pub(super) fn covering(extent: Option<(f64, f64)>, limits: &[Option<f64>]) -> Self {
        let (mut low, mut high) = extent.unwrap_or((0.0, 1.0));
        let reach = (high - low).max(1.0);
        for limit in limits.iter().flatten().filter(|l| l.is_finite()) {
            if *limit < low && low - limit <= reach {
                low = *limit;
            }
            if *limit > high && limit - high <= reach {
                high = *limit;
            }
        }
        // A flat line sits in the middle of a unit's height.
        if high - low < 1e-9 * high.abs().max(1.0) {
            let pad = (high.abs() * 0.05).max(0.5);
            (low, high) = (low - pad, high + pad);
        }
        Self::round(low, high)
    }

    /// Round ends and three to six steps around a true range.
    fn round(low: f64, high: f64) -> Self {
        let rough = (high - low) / 4.0;
        let power = 10_f64.powi(rough.log10().floor() as i32);
        let step = power
            * match rough / power {
                ..1.5 => 1.0,
                ..3.5 => 2.0,
                ..7.5 => 5.0,
                _ => 10.0,
            };
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil().max(first + 1.0);
        let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        Self {
            low: first * step,
            step,
            steps: (last - first).clamp(1.0, 12.0) as u32,
            decimals,
        }
    }

    /// The labelled values, lowest first.
    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> {
        (0..=self.steps).map(|i| self.low + f64::from(i) * self.step)
    }

    /// Where a value lies, 0 at the bottom, 1 at the top; beyond for values outside.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.step * f64::from(self.steps))
    }

    /// Whether a value lies on the axis.
    pub(super) fn holds(&self, value: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.share(value))
    }
}

/// Steps of the time axis in days; longer axes count months.
const DAY_STEPS: [i64; 6] = [1, 2, 5, 7, 10, 14];

/// Most labels that fit a phone.
const LABELS_MAX: i64 = 5;

/// Points to label: midnights in China, at most about five of them, or a few hours of a short axis.
pub(super) fn time_ticks(from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let span_s = to.seconds() - from.seconds();
    let days = span_s / clock::DAY_S;
    if days < 3 {
        let step = if span_s <= clock::DAY_S { 6 } else { 12 };
        return every(from, to, step * 3_600);
    }
    match DAY_STEPS.iter().find(|step| days / **step <= LABELS_MAX) {
        Some(step) => every(from, to, step * clock::DAY_S),
        None => months(from, to, days / 30 / LABELS_MAX + 1),
    }
}

/// Multiples of a step counted from the first midnight on the axis.
fn every(from: Timestamp, to: Timestamp, step_s: i64) -> Vec<Timestamp> {
    let midnight = clock::start_of_day(from);
    let ticks = (0..64).map(|i| midnight.plus_seconds(i * step_s));
    ticks
        .skip_while(|t| *t < from)
        .take_while(|t| *t <= to)
        .collect()
}

/// First days of every n-th month.
fn months(from: Timestamp, to: Timestamp, step: i64) -> Vec<Timestamp> {
    let mut ticks = Vec::new();
    let mut day = clock::start_of_day(from);
    let mut month = 0;
    // A century of days bounds the walk; a wider axis simply has no more labels.
    for _ in 0..36_600 {
        if day > to {
            break;
        }
        if day >= from && clock::date(day).day() == 1 {
            if month % step == 0 {
                ticks.push(day);
            }
            month += 1;
        }
        day = day.plus_seconds(clock::DAY_S);
    }
    ticks
}

/// The words of a label: the hour on a short axis, else month and day.
pub(super) fn time_label(at: Timestamp, chart: &Chart<'_>) -> String {
    let short = chart.to.seconds() - chart.from.seconds() < 3 * clock::DAY_S;
    if short && clock::start_of_day(at) != at {
        return clock::hour(at);
    }
    let lang: Lang = chart.lang;
    clock::month_day(at, lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<String> {
        scale
            .ticks()
            .map(|t| format!("{t:.*}", scale.decimals))
            .collect()
    }

    #[test]
    fn ticks_are_round_and_cover_the_extent() {
        let scale = Scale::covering(Some((-1.3, 31.2)), &[]);
        assert_eq!(labels(&scale), ["-10", "0", "10", "20", "30", "40"]);
        let scale = Scale::covering(Some((21.2, 21.9)), &[]);
        assert_eq!(labels(&scale), ["21.2", "21.4", "21.6", "21.8", "22.0"]);
    }

    #[test]
    fn a_flat_line_and_no_line_have_a_height_to_be_drawn_in() {
        let flat = Scale::covering(Some((20.0, 20.0)), &[]);
        assert!((0.3..0.7).contains(&flat.share(20.0)));
        assert_eq!(
            labels(&Scale::covering(None, &[]))
                .first()
                .map(String::as_str),
            Some("0.0")
        );
    }

    #[test]
    fn a_near_limit_is_on_the_axis_and_a_far_one_is_not() {
        let near = Scale::covering(Some((4.0, 20.0)), &[Some(0.0)]);
        assert!(near.holds(0.0));
        let far = Scale::covering(Some((18.0, 20.0)), &[Some(-40.0)]);
        assert!(!far.holds(-40.0));
    }

    #[test]
    fn a_season_is_labelled_by_a_handful_of_midnights() {
        let from = Timestamp::from_seconds(1_790_000_000);
        for days in [1, 2, 3, 10, 45, 90, 200, 900] {
            let ticks = time_ticks(from, from.plus_seconds(days * clock::DAY_S));
            assert!(
                (2..=7).contains(&ticks.len()),
                "{days} days: {} labels",
                ticks.len()
            );
            if days >= 3 {
                assert!(ticks.iter().all(|t| clock::start_of_day(*t) == *t));
            }
        }
    }
}
