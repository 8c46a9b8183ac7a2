//! Durations counted in buckets that grow with them: a hundredth of error at most, no memory a
//! message, so that measuring costs the load generator next to nothing.

use std::time::Duration;

/// Buckets a doubling, as a power of two.
const STEPS_LOG2: u32 = 6;
const STEPS: u64 = 1 << STEPS_LOG2;

/// Counted durations.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Counts one.
    pub fn record(&mut self, duration: Duration) {
        let bucket = bucket(duration.as_micros() as u64);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.total += 1;
    }

    /// The duration in milliseconds that this part (0 to 1) of all does not exceed; `None` where
    /// nothing was counted.
    pub fn quantile_ms(&self, part: f64) -> Option<f64> {
        let wanted = (self.total as f64 * part).ceil().max(1.0) as u64;
        let mut seen = 0;
        self.counts.iter().enumerate().find_map(|(bucket, count)| {
            seen += count;
            (seen >= wanted && self.total > 0).then(|| middle(bucket) / 1_000.0)
        })
    }
}

/// Small durations have a bucket each, larger ones share it with their neighbours.
fn bucket(micros: u64) -> usize {
    let doublings = micros.max(STEPS).ilog2() - STEPS_LOG2;
    (u64::from(doublings) * STEPS + (micros >> doublings)) as usize
}

/// The middle of a bucket, microseconds.
fn middle(bucket: usize) -> f64 {
    let bucket = bucket as u64;
    let doublings = (bucket / STEPS).saturating_sub(1);
    let low = (bucket - doublings * STEPS) << doublings;
    low as f64 + ((1_u64 << doublings) - 1) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_a_hundredth() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile_ms(0.5), None);
        (1..=100_000).for_each(|n| histogram.record(Duration::from_micros(n * 10)));
        for (part, expected) in [(0.0, 0.01), (0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            let found = histogram.quantile_ms(part).unwrap_or_default();
            assert!((found / expected - 1.0).abs() < 0.01, "{part}: {found}");
        }
    }

    #[test]
    fn every_duration_lies_in_the_bucket_that_stands_for_it() {
        for micros in (0..5_000).chain([1 << 20, (1 << 33) + 12_345]) {
            let error = (middle(bucket(micros)) - micros as f64).abs();
            assert!(error <= micros as f64 / 100.0, "{micros}: {error}");
        }
    }
}
