//! A point in time as a number: microseconds since the Unix epoch, UTC, which is what PostgreSQL
//! keeps. Never asks the clock; calendars and time zones belong to the edges.

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// Microseconds in an hour, the finest rollup.
pub const MICROS_PER_HOUR: i64 = 3_600 * MICROS_PER_SECOND;

/// A point in time, microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From whole seconds since the epoch; saturates at the ends of the range.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// From seconds with a fraction, rounded to the microsecond: `SenML`'s way to say a time.
    /// Exact to the microsecond until the year 2255, when `f64` runs out of digits.
    /// `None` for what is not finite or does not fit.
    #[must_use]
    pub fn from_seconds_f64(seconds: f64) -> Option<Self> {
        let micros = seconds * MICROS_PER_SECOND as f64;
        // ±2^62: half the range of i64, far outside any calendar in use.
        if !micros.is_finite() || micros.abs() > 4.6e18 {
            return None;
        }
        let rounded = if micros < 0.0 {
            micros - 0.5
        } else {
            micros + 0.5
        };
        Some(Self(rounded as i64))
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// The start of the UTC hour that holds this point.
    #[must_use]
    pub const fn hour(self) -> Self {
        Self(self.0 - self.0.rem_euclid(MICROS_PER_HOUR))
    }

    /// This point moved by a number of seconds; saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(
            self.0
                .saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_round_to_the_nearest_microsecond() {
        let parsed = Timestamp::from_seconds_f64(1_276_020_076.001);
        assert_eq!(parsed, Some(Timestamp(1_276_020_076_001_000)));
        assert_eq!(Timestamp::from_seconds_f64(-0.5), Some(Timestamp(-500_000)));
        assert_eq!(Timestamp::from_seconds_f64(f64::NAN), None);
        assert_eq!(Timestamp::from_seconds_f64(1e300), None);
    }

    #[test]
    fn the_hour_starts_at_or_before_the_point_even_before_the_epoch() {
        assert_eq!(
            Timestamp::from_seconds(7_199).hour(),
            Timestamp::from_seconds(3_600)
        );
        assert_eq!(
            Timestamp::from_seconds(-1).hour(),
            Timestamp::from_seconds(-3_600)
        );
    }
}
