//! Points in time as people in the county read them: China standard time, UTC+8, no daylight
//! saving since 1991. Never asks what time it is; the present comes with the [`Site`](super::Site).

use model::time::Timestamp;
use time::{Date, OffsetDateTime, UtcOffset};

use super::Lang;

/// Seconds that China standard time is ahead of UTC.
pub const CST_AHEAD_S: i64 = 8 * 3_600;

/// Seconds of a day.
pub const DAY_S: i64 = 86_400;

/// The point on a wall clock in China. Points outside the calendar (the year ±9999) become 1970.
fn local(at: Timestamp) -> OffsetDateTime {
    let utc = OffsetDateTime::from_unix_timestamp(at.seconds());
    let east = UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC);
    utc.unwrap_or(OffsetDateTime::UNIX_EPOCH).to_offset(east)
}

/// The calendar day in China.
#[must_use]
pub fn date(at: Timestamp) -> Date {
    local(at).date()
}

/// `2026-11-23`.
#[must_use]
pub fn day(at: Timestamp) -> String {
    let d = date(at);
    format!("{:04}-{:02}-{:02}", d.year(), u8::from(d.month()), d.day())
}

/// `2026-11-23 10:21`.
#[must_use]
pub fn minute(at: Timestamp) -> String {
    format!("{} {}", day(at), hour(at))
}

/// `10:21`.
#[must_use]
pub fn hour(at: Timestamp) -> String {
    let t = local(at);
    format!("{:02}:{:02}", t.hour(), t.minute())
}

/// `2026-11-23T10:21:00+08:00`, for the `datetime` attribute.
#[must_use]
pub fn machine(at: Timestamp) -> String {
    let t = local(at);
    format!(
        "{}T{:02}:{:02}:{:02}+08:00",
        day(at),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// `11/23` or `23 Nov`: month and day on an axis.
#[must_use]
pub fn month_day(at: Timestamp, lang: Lang) -> String {
    let d = date(at);
    match lang {
        Lang::Zh => format!("{}/{}", u8::from(d.month()), d.day()),
        Lang::En => format!("{} {}", d.day(), month_short(d)),
    }
}

/// `2026年11月` or `Nov 2026`.
#[must_use]
pub fn month(at: Timestamp, lang: Lang) -> String {
    let d = date(at);
    match lang {
        Lang::Zh => format!("{}年{}月", d.year(), u8::from(d.month())),
        Lang::En => format!("{} {}", month_short(d), d.year()),
    }
}

/// The first three letters of the English month.
fn month_short(d: Date) -> String {
    d.month().to_string().chars().take(3).collect()
}

/// How long ago, in the largest unit that fits; a point in the future reads as its minute.
#[must_use]
pub fn age(at: Timestamp, now: Timestamp, lang: Lang) -> String {
    let passed = now.seconds() - at.seconds();
    let (key, one, n) = match passed {
        i64::MIN..=-60 => return minute(at),
        -59..60 => return lang.t("age.now").into_owned(),
        60..3_600 => ("age.minutes", "age.minute", passed / 60),
        3_600..DAY_S => ("age.hours", "age.hour", passed / 3_600),
        _ => ("age.days", "age.day", passed / DAY_S),
    };
    lang.say(if n == 1 { one } else { key }, &[("n", &n)])
}

/// The point in UTC at which the China day that holds `at` begins.
#[must_use]
pub fn start_of_day(at: Timestamp) -> Timestamp {
    let local_s = at.seconds() + CST_AHEAD_S;
    Timestamp::from_seconds(local_s - local_s.rem_euclid(DAY_S) - CST_AHEAD_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_evening_in_greenwich_is_the_next_morning_in_the_county() {
        let at = Timestamp::from_seconds(1_795_478_400); // 2026-11-24T00:00:00Z
        assert_eq!(minute(at), "2026-11-24 08:00");
        assert_eq!(minute(at.plus_seconds(-9 * 3_600)), "2026-11-23 23:00");
        assert_eq!(machine(at), "2026-11-24T08:00:00+08:00");
        assert_eq!(month_day(at, Lang::Zh), "11/24");
        assert_eq!(month_day(at, Lang::En), "24 Nov");
    }

    #[test]
    fn an_age_uses_the_largest_unit_and_its_singular() {
        let now = Timestamp::from_seconds(1_795_478_400);
        let ago = |s: i64, lang| age(now.plus_seconds(-s), now, lang);
        assert_eq!(ago(10, Lang::Zh), "刚刚");
        assert_eq!(ago(180, Lang::Zh), "3 分钟前");
        assert_eq!(ago(3_600, Lang::En), "1 hour ago");
        assert_eq!(ago(3 * DAY_S, Lang::En), "3 days ago");
        assert_eq!(ago(-3_600, Lang::Zh), minute(now.plus_seconds(3_600)));
    }

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let at = Timestamp::from_seconds(1_795_478_400 + 5);
        assert_eq!(minute(start_of_day(at)), "2026-11-24 00:00");
        assert_eq!(start_of_day(start_of_day(at)), start_of_day(at));
    }

    #[test]
    fn a_time_outside_the_calendar_is_printed_and_does_not_panic() {
        // Microseconds end in the year 294247, the calendar in 9999.
        for edge in [Timestamp(i64::MAX), Timestamp(i64::MIN)] {
            assert_eq!(day(edge), "1970-01-01");
        }
    }
}
