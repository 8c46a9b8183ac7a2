//! Months as questions about the county name them: `YYYY-MM`, kept as the month's first day.

use time::{Date, Month};

use crate::problem::{Answer, Problem};

/// Most months of one answer.
const MONTHS_MAX: i32 = 120;

/// The months that are asked for, first and last: the last one is this month where nothing is
/// said, the first one that eleven months before it.
pub(crate) fn span((from, to): (Option<&str>, Option<&str>), today: Date) -> Answer<(Date, Date)> {
    let to = to.map(|text| parse("to", text)).transpose()?;
    let to = to.unwrap_or_else(|| first_of(today));
    let from = from.map(|text| parse("from", text)).transpose()?;
    let from = from.unwrap_or_else(|| back(to, 11));
    if (0..MONTHS_MAX).contains(&(count(to) - count(from))) {
        return Ok((from, to));
    }
    let en = format!("ask for 1 to {MONTHS_MAX} months");
    let zh = format!("须为 1 至 {MONTHS_MAX} 个月");
    Err(Problem::invalid("from", en, zh))
}

/// `YYYY-MM`.
pub(crate) fn iso(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), u8::from(day.month()))
}

/// The first day of the month so many months before.
pub(crate) fn back(day: Date, months: i32) -> Date {
    let count = count(day) - months;
    let month = u8::try_from(count.rem_euclid(12) + 1).unwrap_or(1);
    let month = Month::try_from(month).unwrap_or(Month::January);
    Date::from_calendar_date(count.div_euclid(12), month, 1).unwrap_or(day)
}

/// Months since the year 0.
fn count(day: Date) -> i32 {
    day.year() * 12 + i32::from(u8::from(day.month())) - 1
}

fn first_of(day: Date) -> Date {
    day.replace_day(1).unwrap_or(day)
}

fn parse(field: &'static str, text: &str) -> Answer<Date> {
    let read = || {
        let (year, month) = text.trim().split_once('-')?;
        let year: i32 = year
            .parse()
            .ok()
            .filter(|year| (1970..=9998).contains(year))?;
        let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
        Date::from_calendar_date(year, month, 1).ok()
    };
    read().ok_or_else(|| Problem::invalid(field, "write a month as YYYY-MM", "月份格式为 年-月"))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn months_are_counted_over_the_turn_of_the_year() {
        assert_eq!(back(date!(2026 - 11 - 01), 11), date!(2025 - 12 - 01));
        assert_eq!(back(date!(2026 - 01 - 01), 1), date!(2025 - 12 - 01));
        assert_eq!(parse("to", "2026-02").ok(), Some(date!(2026 - 02 - 01)));
        for wrong in ["2026", "2026-13", "0-1", "x-1", "9999-12"] {
            assert!(parse("to", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_year_is_meant_where_nothing_is_said_and_ten_are_the_most() {
        let today = date!(2026 - 11 - 23);
        let year = (date!(2025 - 12 - 01), date!(2026 - 11 - 01));
        assert_eq!(span((None, None), today).ok(), Some(year));
        assert!(span((Some("2016-12"), None), today).is_ok());
        assert!(span((Some("2016-11"), None), today).is_err());
        assert!(span((Some("2026-12"), None), today).is_err());
    }
}
