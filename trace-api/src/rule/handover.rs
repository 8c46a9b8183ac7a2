//! Handovers between parties: what may leave, and whether the county hub's deliveries reach the
//! village within 48 hours.

use time::{Duration, OffsetDateTime};

/// The plan's limit from the county hub (县级仓) to the village station (村级站).
pub(crate) const HUB_TO_STATION_MAX: Duration = Duration::hours(48);
/// Quantities that differ by less are the same: rounding, not goods.
pub(crate) const GRAIN: f64 = 1e-6;

/// How long a delivery took, or takes so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Delivery {
    /// Hours from leaving to arriving, or to now.
    pub(crate) hours: f64,
    /// Whether it kept the limit; `None` where there is none between these parties, or where it
    /// is on the way and still can.
    pub(crate) in_time: Option<bool>,
}

/// The time of a delivery between two kinds of party.
pub(crate) fn delivery(
    (from, to): (&str, &str),
    shipped: OffsetDateTime,
    received: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Delivery {
    let took = received.unwrap_or(now) - shipped;
    let kept = took <= HUB_TO_STATION_MAX;
    let is_limited = from == "hub" && to == "station";
    let is_decided = received.is_some() || !kept;
    Delivery {
        hours: took.as_seconds_f64() / 3_600.0,
        in_time: (is_limited && is_decided).then_some(kept),
    }
}

/// Whether so much is left.
pub(crate) fn suffices(left: f64, wanted: f64) -> bool {
    wanted <= left + GRAIN
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const LEFT: OffsetDateTime = datetime!(2026-11-20 08:00 UTC);

    #[test]
    fn forty_eight_hours_from_hub_to_station_are_in_time_and_a_second_more_is_not() {
        let took = |length| {
            let arrived = LEFT + length;
            delivery(("hub", "station"), LEFT, Some(arrived), arrived)
        };
        let kept = took(HUB_TO_STATION_MAX);
        assert_eq!((kept.hours, kept.in_time), (48.0, Some(true)));
        let late = took(HUB_TO_STATION_MAX + Duration::seconds(1));
        assert_eq!(late.in_time, Some(false));
    }

    #[test]
    fn on_the_way_it_is_late_once_it_cannot_be_in_time_any_more() {
        let so_far = |length| delivery(("hub", "station"), LEFT, None, LEFT + length).in_time;
        assert_eq!(so_far(Duration::hours(47)), None);
        assert_eq!(so_far(Duration::hours(49)), Some(false));
    }

    #[test]
    fn other_parties_have_no_limit() {
        for pair in [("producer", "hub"), ("station", "buyer"), ("hub", "buyer")] {
            let arrived = LEFT + Duration::days(9);
            assert_eq!(delivery(pair, LEFT, Some(arrived), arrived).in_time, None);
        }
    }

    #[test]
    fn the_last_grain_may_leave_and_no_more() {
        assert!(suffices(0.1 + 0.2, 0.3) && suffices(0.3, 0.1 + 0.2));
        assert!(!suffices(10.0, 10.1));
    }
}
