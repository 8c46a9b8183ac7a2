//! What of a series is drawn where: buckets fall into at most [`COLUMNS_MAX`] columns, columns are
//! joined into runs, and a run never crosses a gap. Extremes survive the thinning.

use model::time::{MICROS_PER_SECOND, Timestamp};

use super::{Series, Spread};
use crate::page::clock;

/// Most points a chart draws: two pixels of a phone each. A week is drawn by the hour, a season by
/// the day.
pub(super) const COLUMNS_MAX: i64 = 181;

/// Stretches of time that one point may stand for, seconds: each divides the next, so that days
/// begin at midnight and weeks hold whole days.
const COLUMNS_S: [i64; 9] = [
    300,
    600,
    1_800,
    3_600,
    3 * 3_600,
    6 * 3_600,
    clock::DAY_S,
    7 * clock::DAY_S,
    28 * clock::DAY_S,
];

/// One point of the line: all buckets of a stretch of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Mean time of its buckets as a share of the axis, 0 to 1.
    pub x: f64,
    /// Lowest, mean of means, highest.
    pub spread: Spread,
}

/// The whole drawing before any pixel is chosen.
#[derive(Debug)]
pub(super) struct Plan {
    /// Points to be joined, run by run.
    pub runs: Vec<Vec<Column>>,
    /// Time without readings, including before the first and after the last.
    pub gaps: Vec<(Timestamp, Timestamp)>,
    /// Seconds that one column stands for.
    pub column_s: i64,
    from: Timestamp,
    /// Columns are counted from this midnight.
    origin: Timestamp,
    span_us: f64,
}

/// A measured bucket.
#[derive(Clone, Copy)]
struct Bucket {
    at: Timestamp,
    spread: Spread,
}

impl Plan {
    /// Plans a chart of `series` on an axis from `from` to `to`. Buckets outside are left out,
    /// unsound values count as missing, the order does not matter.
    pub(super) fn of(series: &Series, from: Timestamp, to: Timestamp) -> Self {
        let step_us = i64::from(series.step_s.max(1)).saturating_mul(MICROS_PER_SECOND);
        let to = Timestamp(to.0.max(from.0.saturating_add(step_us)));
        let span = to.0.saturating_sub(from.0);
        let column_us = column_us(span, step_us);
        let buckets = measured(series, from, to);
        let mut plan = Self {
            runs: Vec::new(),
            gaps: gaps(&buckets, from, to, step_us),
            column_s: column_us / MICROS_PER_SECOND,
            from,
            origin: clock::start_of_day(from),
            span_us: span as f64,
        };
        plan.runs = plan.join(&buckets, step_us, column_us);
        plan
    }

    /// Lowest and highest value of all, `None` when nothing was measured.
    pub(super) fn extent(&self) -> Option<(f64, f64)> {
        let columns = self.runs.iter().flatten();
        columns
            .map(|c| (c.spread.min, c.spread.max))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// The gaps wide enough to be seen, as shares of the axis; narrower ones only break the line.
    pub(super) fn holes(&self) -> impl Iterator<Item = (f64, f64)> {
        let seen_us = self.column_s * MICROS_PER_SECOND;
        let wide = self.gaps.iter().filter(move |(a, b)| b.0 - a.0 >= seen_us);
        wide.map(|(a, b)| (self.share(*a), self.share(*b)))
    }

    /// Where a point in time lies on the axis, 0 to 1.
    fn share(&self, at: Timestamp) -> f64 {
        ((at.0 - self.from.0) as f64 / self.span_us).clamp(0.0, 1.0)
    }

    /// Buckets into columns, columns into runs. A column with a gap inside stands alone: joined on
    /// either side, its point could pull a line across that gap.
    fn join(&self, buckets: &[Bucket], step_us: i64, column_us: i64) -> Vec<Vec<Column>> {
        let index = |b: &Bucket| (b.at.0 - self.origin.0).div_euclid(column_us);
        let mut runs: Vec<Vec<Column>> = Vec::new();
        // The last bucket of the column before, if a line may leave it.
        let mut open: Option<Bucket> = None;
        for group in buckets.chunk_by(|a, b| index(a) == index(b)) {
            let whole = group
                .windows(2)
                .all(|pair| !apart(&pair[0], &pair[1], step_us));
            let follows = open.is_some_and(|last| !apart(&last, &group[0], step_us));
            let column = self.column(group, step_us);
            match runs.last_mut().filter(|_| whole && follows) {
                Some(run) => run.push(column),
                None => runs.push(vec![column]),
            }
            open = group.last().copied().filter(|_| whole);
        }
        runs
    }

    /// One column out of its buckets, which are never none.
    fn column(&self, group: &[Bucket], step_us: i64) -> Column {
        let n = group.len().max(1) as f64;
        let half = step_us as f64 / 2.0;
        let offset = |b: &Bucket| ((b.at.0 - self.from.0) as f64 + half) / self.span_us;
        let fold = |pick: fn(&Spread) -> f64, worse: fn(f64, f64) -> f64, start| {
            group.iter().map(|b| pick(&b.spread)).fold(start, worse)
        };
        Column {
            x: (group.iter().map(offset).sum::<f64>() / n).clamp(0.0, 1.0),
            spread: Spread {
                min: fold(|s| s.min, f64::min, f64::INFINITY),
                mean: group.iter().map(|b| b.spread.mean / n).sum(),
                max: fold(|s| s.max, f64::max, f64::NEG_INFINITY),
            },
        }
    }
}

/// The shortest stretch for one point that keeps the number of points in bounds.
fn column_us(span_us: i64, step_us: i64) -> i64 {
    let fits = |column: i64| span_us / column < COLUMNS_MAX - 1;
    let offered = COLUMNS_S
        .iter()
        .map(|s| s * MICROS_PER_SECOND)
        .filter(|c| c % step_us == 0);
    // Decades, or an unusual step: as many steps as it takes.
    let steps = span_us / step_us / (COLUMNS_MAX - 2) + 1;
    let mut offered = std::iter::once(step_us).chain(offered);
    offered
        .find(|c| fits(*c))
        .unwrap_or(step_us.saturating_mul(steps))
}

/// More than one and a half steps lie between two buckets: something is missing.
fn apart(a: &Bucket, b: &Bucket, step_us: i64) -> bool {
    (b.at.0 - a.at.0).saturating_mul(2) > step_us.saturating_mul(3)
}

/// The buckets with sound values whose start lies on the axis, in order of time, each time once.
fn measured(series: &Series, from: Timestamp, to: Timestamp) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = series
        .points
        .iter()
        .filter(|p| p.at >= from && p.at < to)
        .filter_map(|p| {
            Some(Bucket {
                at: p.at,
                spread: p.spread.filter(Spread::is_sound)?,
            })
        })
        .collect();
    buckets.sort_by_key(|b| b.at);
    buckets.dedup_by_key(|b| b.at);
    buckets
}

/// Every stretch of the axis that no bucket covers and that is at least half a step longer than a
/// neat row of buckets leaves.
fn gaps(
    buckets: &[Bucket],
    from: Timestamp,
    to: Timestamp,
    step_us: i64,
) -> Vec<(Timestamp, Timestamp)> {
    let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
        return vec![(from, to)];
    };
    let end = |b: &Bucket| Timestamp(b.at.0.saturating_add(step_us));
    let mut gaps = Vec::new();
    if first.at.0 - from.0 >= step_us {
        gaps.push((from, first.at));
    }
    let inner = buckets
        .windows(2)
        .filter(|pair| apart(&pair[0], &pair[1], step_us));
    gaps.extend(inner.map(|pair| (end(&pair[0]), pair[1].at)));
    if to.0 - end(last).0 >= step_us {
        gaps.push((end(last), to));
    }
    gaps
}
