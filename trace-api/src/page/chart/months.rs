//! The chart as a table: one row a calendar month in China, for those who do not see the drawing
//! and for those who want the numbers.

use std::collections::BTreeMap;

use model::time::{MICROS_PER_SECOND, Timestamp};

use super::{Series, Spread};
use crate::page::{Lang, clock, quantity};

/// Numbers of one month.
pub(super) struct MonthRow {
    /// The month in words.
    pub month: String,
    /// Lowest, mean, highest; dashes where nothing was measured.
    pub values: [String; 3],
    /// Buckets with readings.
    pub present: u64,
    /// Buckets of the month that lie on the axis.
    pub expected: u64,
}

/// Sums of one month.
#[derive(Default)]
struct Sums {
    start: Option<Timestamp>,
    n: u64,
    expected: u64,
    min: f64,
    mean: f64,
    max: f64,
}

/// Most buckets a table walks through: ten years of hours.
const BUCKETS_MAX: i64 = 87_840;

/// One row for each month the axis touches.
pub(super) fn rows(series: &Series, from: Timestamp, to: Timestamp, lang: Lang) -> Vec<MonthRow> {
    let mut months: BTreeMap<(i32, u8), Sums> = BTreeMap::new();
    let key = |at| {
        let d = clock::date(at);
        (d.year(), u8::from(d.month()))
    };
    let step_us = i64::from(series.step_s.max(1)) * MICROS_PER_SECOND;
    let buckets = (to.0.saturating_sub(from.0) / step_us).clamp(0, BUCKETS_MAX);
    for i in 0..buckets {
        let at = Timestamp(from.0 + i * step_us);
        let sums = months.entry(key(at)).or_default();
        sums.start.get_or_insert(at);
        sums.expected += 1;
    }
    for point in series.points.iter().filter(|p| p.at >= from && p.at < to) {
        let Some(s) = point.spread.filter(Spread::is_sound) else {
            continue;
        };
        let Some(sums) = months.get_mut(&key(point.at)) else {
            continue;
        };
        (sums.min, sums.max) = match sums.n {
            0 => (s.min, s.max),
            _ => (sums.min.min(s.min), sums.max.max(s.max)),
        };
        sums.mean += s.mean;
        sums.n += 1;
    }
    months.into_values().map(|sums| row(&sums, lang)).collect()
}

fn row(sums: &Sums, lang: Lang) -> MonthRow {
    let values = match sums.n {
        0 => [f64::NAN; 3],
        n => [sums.min, sums.mean / n as f64, sums.max],
    };
    MonthRow {
        month: sums
            .start
            .map(|at| clock::month(at, lang))
            .unwrap_or_default(),
        values: values.map(quantity::value),
        present: sums.n,
        expected: sums.expected.max(sums.n),
    }
}
