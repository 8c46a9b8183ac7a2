//! How fast a gateway may publish: a bucket that fills at the rate and holds a burst. What is over
//! it is not refused and not lost: the connection is simply not read for as long as the debt lasts,
//! and TCP tells the gateway.

use std::time::Duration;

use model::time::{MICROS_PER_SECOND, Timestamp};

/// Messages that a gateway may publish, all its connections together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Messages a second over a longer time.
    pub per_second: u32,
    /// Messages at once after a quiet time: what waited while the line was down.
    pub burst: u32,
}

/// The bucket of one gateway.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Option<Rate>,
    tokens: f64,
    filled: Timestamp,
}

impl Bucket {
    /// A full bucket; without a rate it never empties.
    pub(super) fn new(rate: Option<Rate>, now: Timestamp) -> Self {
        let tokens = rate.map_or(0.0, |rate| f64::from(rate.burst));
        Self {
            rate,
            tokens,
            filled: now,
        }
    }

    /// Pays for one message that has been read; how long nothing more may be read.
    pub(super) fn pay(&mut self, now: Timestamp) -> Duration {
        let Some(rate) = self.rate else {
            return Duration::ZERO;
        };
        let per_second = f64::from(rate.per_second.max(1));
        // A clock that was set back fills nothing, and does not stop the filling either.
        let passed = now.0.saturating_sub(self.filled.0).max(0) as f64 / MICROS_PER_SECOND as f64;
        self.filled = now;
        let filled = self.tokens + passed * per_second;
        self.tokens = filled.min(f64::from(rate.burst)) - 1.0;
        if self.tokens >= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-self.tokens / per_second)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOW;

    fn bucket() -> Bucket {
        let rate = Rate {
            per_second: 10,
            burst: 3,
        };
        Bucket::new(Some(rate), NOW)
    }

    #[test]
    fn a_burst_is_free_and_the_next_message_waits_for_its_share_of_a_second() {
        let mut bucket = bucket();
        for _ in 0..3 {
            assert_eq!(bucket.pay(NOW), Duration::ZERO);
        }
        assert_eq!(bucket.pay(NOW), Duration::from_millis(100));
        assert_eq!(bucket.pay(NOW.plus_seconds(1)), Duration::ZERO);
    }

    #[test]
    fn a_long_silence_fills_no_more_than_the_burst() {
        let mut bucket = bucket();
        let later = NOW.plus_seconds(86_400);
        let free = (0..10).filter(|_| bucket.pay(later).is_zero()).count();
        assert_eq!(free, 3);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_stop_a_gateway() {
        let mut bucket = bucket();
        let before = NOW.plus_seconds(-3_600);
        for _ in 0..3 {
            assert_eq!(bucket.pay(before), Duration::ZERO);
        }
        assert!(bucket.pay(before) <= Duration::from_millis(100));
        assert_eq!(bucket.pay(before.plus_seconds(1)), Duration::ZERO);
    }

    #[test]
    fn without_a_rate_nobody_waits() {
        let mut bucket = Bucket::new(None, NOW);
        assert!((0..1_000).all(|_| bucket.pay(NOW).is_zero()));
    }
}
