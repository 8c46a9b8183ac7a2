//! The moments of a lot: when it was registered, sampled, labelled and first looked at. Each comes
//! after the one before it and none lies ahead of now, however young the lot is.

use time::{Date, Duration, OffsetDateTime};

use crate::demo::calendar::at_clock;

/// When things happened to a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// The producer registered it.
    pub registered: OffsetDateTime,
    /// The lab tested its sample.
    pub tested: OffsetDateTime,
    /// The result was written down.
    pub recorded: OffsetDateTime,
    /// Labels were printed.
    pub labelled: OffsetDateTime,
    /// Its 承诺达标合格证 was issued.
    pub certified: OffsetDateTime,
    /// It left the farm.
    pub shipped: OffsetDateTime,
    /// The county hub had it.
    pub arrived: OffsetDateTime,
    /// A part of it left the hub.
    pub sent_on: OffsetDateTime,
    /// The village station had that part.
    pub delivered: OffsetDateTime,
    /// A buyer looked at one.
    pub scanned: OffsetDateTime,
    /// It was called back.
    pub called_back: OffsetDateTime,
}

impl Moments {
    /// The moments of a lot whose last day (or first, while it grows) was `day`.
    pub fn of(day: Date, now: OffsetDateTime) -> Self {
        let day_after = |days: i64| day + Duration::days(days);
        // Back from now, so that the order holds when all of it happened today.
        let by = |at: OffsetDateTime, minutes: i64| at.min(now - Duration::minutes(minutes));
        Self {
            registered: by(at_clock(day, 17, 20), 120),
            tested: by(at_clock(day_after(1), 9, 40), 80),
            recorded: by(at_clock(day_after(1), 10, 5), 60),
            labelled: by(at_clock(day_after(2), 8, 30), 40),
            certified: by(at_clock(day_after(2), 9, 10), 38),
            shipped: by(at_clock(day_after(3), 8, 0), 35),
            arrived: by(at_clock(day_after(3), 15, 30), 32),
            sent_on: by(at_clock(day_after(4), 8, 20), 29),
            delivered: by(at_clock(day_after(5), 10, 40), 25),
            scanned: by(at_clock(day_after(6), 19, 15), 15),
            called_back: by(at_clock(day_after(9), 11, 0), 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::calendar::day_of;
    use time::macros::{date, datetime};

    #[test]
    fn everything_happens_in_order_and_before_now_even_on_the_first_morning() {
        for hour in 0..24 {
            let now = datetime!(2026-11-23 16:05 UTC) + Duration::hours(hour);
            for age in 0..10 {
                let moments = Moments::of(day_of(now) - Duration::days(age), now);
                let order = [
                    moments.registered,
                    moments.tested,
                    moments.recorded,
                    moments.labelled,
                    moments.certified,
                    moments.shipped,
                    moments.arrived,
                    moments.sent_on,
                    moments.delivered,
                    moments.scanned,
                    moments.called_back,
                    now,
                ];
                assert!(
                    order.windows(2).all(|pair| pair[0] < pair[1]),
                    "{now} {age}: {moments:?}"
                );
            }
        }
    }

    #[test]
    fn an_old_lot_was_tested_the_morning_after_its_harvest() {
        let moments = Moments::of(date!(2026 - 10 - 12), datetime!(2026-11-23 12:00 UTC));
        assert_eq!(moments.tested, datetime!(2026-10-13 09:40 +8));
        assert_eq!(moments.labelled, datetime!(2026-10-14 08:30 +8));
    }
}
