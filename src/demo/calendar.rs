//! Days by the county's clock (UTC+8): when seasons fall against the day on which the
//! demonstration starts. Asks no clock; `today` is always a parameter.

use time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset};

use super::weather::CLOCK_OFFSET_S;

/// A day of any year: month and day of the month, at most 28.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearDay(pub u8, pub u8);

impl YearDay {
    /// This day in a year; the first of January where the table has no such day.
    pub fn in_year(self, year: i32) -> Date {
        let month = Month::try_from(self.0).unwrap_or(Month::January);
        Date::from_calendar_date(year, month, self.1.clamp(1, 28)).unwrap_or(Date::MIN)
    }

    /// The last time this day was, `today` included.
    pub fn latest(self, today: Date) -> Date {
        let this_year = self.in_year(today.year());
        if this_year <= today {
            this_year
        } else {
            self.in_year(today.year() - 1)
        }
    }
}

/// The calendar day by the county's clock.
pub fn day_of(at: OffsetDateTime) -> Date {
    (at.to_offset(UtcOffset::UTC) + Duration::seconds(CLOCK_OFFSET_S)).date()
}

/// A time of day by the county's clock on a day, as a point in time.
pub fn at_clock(day: Date, hour: u8, minute: u8) -> OffsetDateTime {
    let time = Time::from_hms(hour.min(23), minute.min(59), 0).unwrap_or(Time::MIDNIGHT);
    day.with_time(time).assume_utc() - Duration::seconds(CLOCK_OFFSET_S)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn the_latest_time_of_a_day_is_at_most_a_year_ago() {
        let harvest = YearDay(9, 25);
        assert_eq!(harvest.latest(date!(2026 - 11 - 23)), date!(2026 - 09 - 25));
        assert_eq!(harvest.latest(date!(2026 - 09 - 25)), date!(2026 - 09 - 25));
        assert_eq!(harvest.latest(date!(2026 - 03 - 01)), date!(2025 - 09 - 25));
    }

    #[test]
    fn the_countys_day_begins_at_sixteen_hours_utc() {
        assert_eq!(
            day_of(datetime!(2026-11-22 15:59:59 UTC)),
            date!(2026 - 11 - 22)
        );
        assert_eq!(
            day_of(datetime!(2026-11-22 16:00:00 UTC)),
            date!(2026 - 11 - 23)
        );
        assert_eq!(
            day_of(datetime!(2026-11-23 07:00:00 +8)),
            date!(2026 - 11 - 23)
        );
        let morning = at_clock(date!(2026 - 11 - 23), 7, 30);
        assert_eq!(morning, datetime!(2026-11-22 23:30:00 UTC));
    }
}
