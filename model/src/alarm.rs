//! When a reading calls for a person: the comparison with a limit, and the delay that keeps a
//! single odd value from calling anybody (ISA-18.2's on-delay). Feeding readings in order of
//! time is the caller's duty; which readings, and where the outcome is kept, is none of this file's.

use core::fmt;

use crate::time::{MICROS_PER_SECOND, Timestamp};

/// Between two readings further apart than this, nobody knows what happened: a run of values
/// beyond the limit starts anew. Rules with a longer hold use their hold.
pub const SILENCE_SECONDS_MAX: i64 = 3_600;

/// On which side of its limit a value is an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Alarm under the limit: frost.
    Below,
    /// Alarm over the limit: heat.
    Above,
}

impl Bound {
    /// The word that the database and the API use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Above => "above",
        }
    }

    /// The bound of a code, `None` for any other word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Below, Self::Above]
            .into_iter()
            .find(|bound| bound.code() == code)
    }

    /// Whether `value` lies beyond `limit`. The limit itself is still within.
    #[must_use]
    pub fn is_beyond(self, value: f32, limit: f32) -> bool {
        match self {
            Self::Below => value < limit,
            Self::Above => value > limit,
        }
    }

    /// Of two values, the one farther out.
    fn farther(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Below => a.min(b),
            Self::Above => a.max(b),
        }
    }
}

/// How soon a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For the record.
    Low,
    /// Within the day.
    Medium,
    /// Within the hour.
    High,
    /// Now: a harvest is at stake.
    Critical,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word that the database and the API use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of a code, `None` for any other word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.code() == code)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A limit on one channel and how long it must be passed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Which side alarms.
    pub bound: Bound,
    /// The limit, in the channel's unit.
    pub value: f32,
    /// Seconds that values must stay beyond it.
    pub hold_seconds: i64,
}

/// A run of readings beyond the limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excursion {
    /// Time of its first reading beyond the limit.
    pub since: Timestamp,
    /// Farthest value so far.
    pub extreme: f32,
    /// Newest value beyond the limit.
    pub last: f32,
    /// Time of that value.
    pub last_at: Timestamp,
}

/// What a reading changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// The excursion has lasted long enough: an alarm begins.
    Raised(Excursion),
    /// An alarm that was raised goes on.
    Continued(Excursion),
    /// The value is back within the limit: the alarm ends at this reading.
    Cleared(Excursion, Timestamp),
}

/// Follows one channel against one limit. Starts quiet, or from an alarm that is active.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watch {
    limit: Limit,
    excursion: Option<Excursion>,
    raised: bool,
}

impl Watch {
    /// A watch that has seen nothing.
    #[must_use]
    pub const fn quiet(limit: Limit) -> Self {
        Self {
            limit,
            excursion: None,
            raised: false,
        }
    }

    /// A watch that goes on from an active alarm.
    #[must_use]
    pub const fn active(limit: Limit, excursion: Excursion) -> Self {
        Self {
            limit,
            excursion: Some(excursion),
            raised: true,
        }
    }

    /// Takes the next reading, in order of time, and says what it changed.
    pub fn feed(&mut self, time: Timestamp, value: f32) -> Option<Change> {
        if !self.limit.bound.is_beyond(value, self.limit.value) {
            let ended = self.excursion.take();
            let was_raised = core::mem::take(&mut self.raised);
            return ended
                .filter(|_| was_raised)
                .map(|e| Change::Cleared(e, time));
        }
        let excursion = self.extend(time, value);
        self.excursion = Some(excursion);
        if self.raised {
            return Some(Change::Continued(excursion));
        }
        let lasted = time.0.saturating_sub(excursion.since.0);
        self.raised = lasted >= self.limit.hold_seconds.saturating_mul(MICROS_PER_SECOND);
        self.raised.then_some(Change::Raised(excursion))
    }

    /// The excursion with this reading added: a new one after a silence, unless it is an alarm
    /// already, which only a value within the limit ends.
    fn extend(&self, time: Timestamp, value: f32) -> Excursion {
        let silence = self.limit.hold_seconds.max(SILENCE_SECONDS_MAX);
        let fresh = Excursion {
            since: time,
            extreme: value,
            last: value,
            last_at: time,
        };
        match self.excursion {
            Some(run) if self.raised || time <= run.last_at.plus_seconds(silence) => Excursion {
                since: run.since,
                extreme: self.limit.bound.farther(run.extreme, value),
                last: value,
                last_at: time,
            },
            _ => fresh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROST: Limit = Limit {
        bound: Bound::Below,
        value: 0.0,
        hold_seconds: 600,
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_seconds(minute * 60)
    }

    #[test]
    fn frost_for_ten_minutes_raises_and_zero_degrees_clears() {
        let mut watch = Watch::quiet(FROST);
        assert_eq!(watch.feed(at(0), -0.5), None);
        assert_eq!(watch.feed(at(9), -2.0), None);
        let raised = Excursion {
            since: at(0),
            extreme: -2.0,
            last: -1.0,
            last_at: at(10),
        };
        assert_eq!(watch.feed(at(10), -1.0), Some(Change::Raised(raised)));
        let on = Excursion {
            extreme: -3.0,
            last: -3.0,
            last_at: at(20),
            ..raised
        };
        assert_eq!(watch.feed(at(20), -3.0), Some(Change::Continued(on)));
        assert_eq!(watch.feed(at(30), 0.0), Some(Change::Cleared(on, at(30))));
        assert_eq!(watch.feed(at(40), 1.0), None);
    }

    #[test]
    fn a_single_odd_value_calls_nobody() {
        let mut watch = Watch::quiet(FROST);
        for (minute, value) in [(0, 5.0), (5, -9.0), (10, 5.0), (15, -9.0), (20, 5.0)] {
            assert_eq!(watch.feed(at(minute), value), None);
        }
    }

    #[test]
    fn values_before_a_long_silence_do_not_count() {
        let mut watch = Watch::quiet(FROST);
        assert_eq!(watch.feed(at(0), -1.0), None);
        assert_eq!(watch.feed(at(61), -1.0), None);
        assert!(matches!(watch.feed(at(71), -1.0), Some(Change::Raised(e)) if e.since == at(61)));
    }

    #[test]
    fn an_active_alarm_goes_on_after_a_restart() {
        let known = Excursion {
            since: at(0),
            extreme: -4.0,
            last: -1.0,
            last_at: at(30),
        };
        let mut watch = Watch::active(FROST, known);
        let change = watch.feed(at(300), -2.0);
        let on = Excursion {
            last: -2.0,
            last_at: at(300),
            ..known
        };
        assert_eq!(change, Some(Change::Continued(on)));
    }

    #[test]
    fn heat_is_frost_turned_round() {
        let heat = Limit {
            bound: Bound::Above,
            value: 35.0,
            hold_seconds: 0,
        };
        let mut watch = Watch::quiet(heat);
        assert_eq!(watch.feed(at(0), 35.0), None);
        assert!(matches!(watch.feed(at(1), 35.1), Some(Change::Raised(_))));
    }
}
