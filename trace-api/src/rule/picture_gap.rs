//! Days without pictures: where a camera that was to take one so often took none. Said on the
//! page, because a strip of pictures looks whole however many are missing.

use time::{Date, Duration};

/// Seconds of a day.
const DAY_SECONDS: i32 = 86_400;

/// The gaps between `first` and `last`, both included, each as its first and last day. `days` are
/// those with pictures, oldest first; a camera that takes one every `interval_seconds` leaves no
/// gap while no more than its interval, rounded up to days, lies between two.
pub(crate) fn gaps(
    days: impl IntoIterator<Item = Date>,
    (first, last): (Date, Date),
    interval_seconds: i32,
) -> Vec<(Date, Date)> {
    let step = i64::from((interval_seconds.max(1) - 1) / DAY_SECONDS + 1);
    let one = Duration::DAY;
    let mut gaps = Vec::new();
    // Before the first day everything was well, as far as this period is concerned.
    let mut previous = first - one;
    let ends = days.into_iter().chain([last + one]);
    for day in ends {
        if (day - previous).whole_days() > step {
            gaps.push((previous + one, day - one));
        }
        previous = day;
    }
    gaps
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const JUNE: (Date, Date) = (date!(2026 - 06 - 01), date!(2026 - 06 - 10));

    fn june(day: u8) -> Date {
        JUNE.0.replace_day(day).expect("a day of June")
    }

    fn told(days: &[u8], interval_seconds: i32) -> Vec<(u8, u8)> {
        let days = days.iter().map(|day| june(*day));
        let gaps = gaps(days, JUNE, interval_seconds);
        gaps.into_iter().map(|(a, b)| (a.day(), b.day())).collect()
    }

    #[test]
    fn a_picture_every_day_leaves_no_gap() {
        let all: Vec<u8> = (1..=10).collect();
        assert_eq!(told(&all, 3_600), []);
        assert_eq!(told(&all, DAY_SECONDS), []);
    }

    #[test]
    fn a_gap_is_named_by_its_first_and_last_day() {
        assert_eq!(told(&[1, 2, 5, 6, 7, 8, 9, 10], 3_600), [(3, 4)]);
        assert_eq!(told(&[3, 4, 5, 6, 7], DAY_SECONDS), [(1, 2), (8, 10)]);
        assert_eq!(told(&[], DAY_SECONDS), [(1, 10)]);
    }

    #[test]
    fn a_slow_camera_is_not_late_within_its_interval() {
        assert_eq!(told(&[3, 6, 9], 3 * DAY_SECONDS), []);
        assert_eq!(told(&[3, 6, 10], 3 * DAY_SECONDS), [(7, 9)]);
        // One second more than a day may fall on the day after next.
        assert_eq!(told(&[1, 3, 5, 7, 9], DAY_SECONDS + 1), []);
    }
}
