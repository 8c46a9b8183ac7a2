//! What cannot be so: dates out of order, a harvest next year, a lot of nothing.

use time::{Date, Duration, OffsetDateTime, UtcOffset};

use crate::problem::{Answer, Problem};

/// Longest growing or making period: perennials are counted from their last harvest.
const PERIOD_DAYS_MAX: i64 = 3 * 366;
/// Greatest quantity of a lot in any unit: a thousand tonnes in grams.
const QUANTITY_MAX: f64 = 1e9;

/// China standard time.
pub(crate) fn china() -> UtcOffset {
    UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC)
}

/// The calendar day in China.
pub(crate) fn today(now: OffsetDateTime) -> Date {
    now.to_offset(china()).date()
}

/// Checks the days of a lot against each other and against today.
pub(crate) fn period(started: Date, harvested: Option<Date>, today: Date) -> Answer<()> {
    let last = harvested.unwrap_or(today);
    if started > today {
        return Err(Problem::invalid(
            "started_on",
            "it lies in the future",
            "开始日期在将来",
        ));
    }
    if last > today {
        let (en, zh) = ("it lies in the future", "采收日期在将来");
        return Err(Problem::invalid("harvested_on", en, zh));
    }
    if last < started {
        let (en, zh) = ("the harvest lies before the start", "采收日期早于开始日期");
        return Err(Problem::invalid("harvested_on", en, zh));
    }
    if last - started > Duration::days(PERIOD_DAYS_MAX) {
        let (en, zh) = ("the period is longer than three years", "生长期超过三年");
        return Err(Problem::invalid("started_on", en, zh));
    }
    Ok(())
}

/// Checks the quantity of a lot.
pub(crate) fn quantity(quantity: f64) -> Answer<()> {
    if quantity.is_finite() && quantity > 0.0 && quantity <= QUANTITY_MAX {
        return Ok(());
    }
    Err(Problem::invalid(
        "quantity",
        "it must be above 0 and at most 1e9",
        "数量须大于 0",
    ))
}

/// Checks a text of the request: not empty, not endless, no control characters.
pub(crate) fn text(field: &'static str, text: &str, chars_max: usize) -> Answer<()> {
    let chars = text.chars().count();
    if text.trim().is_empty() || chars > chars_max {
        let en = format!("it must have 1 to {chars_max} characters");
        return Err(Problem::invalid(
            field,
            en,
            format!("须为 1 至 {chars_max} 个字符"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::invalid(
            field,
            "it has control characters",
            "含有控制字符",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    const TODAY: Date = date!(2026 - 11 - 23);

    fn refused(answer: Answer<()>) -> Option<&'static str> {
        answer.err().and_then(|problem| problem.field)
    }

    #[test]
    fn days_have_an_order() {
        let started = date!(2026 - 08 - 01);
        assert_eq!(refused(period(started, None, TODAY)), None);
        assert_eq!(refused(period(started, Some(started), TODAY)), None);
        assert_eq!(refused(period(started, Some(TODAY), TODAY)), None);
        let before = date!(2026 - 07 - 31);
        assert_eq!(
            refused(period(started, Some(before), TODAY)),
            Some("harvested_on")
        );
        let tomorrow = date!(2026 - 11 - 24);
        assert_eq!(
            refused(period(started, Some(tomorrow), TODAY)),
            Some("harvested_on")
        );
        assert_eq!(refused(period(tomorrow, None, TODAY)), Some("started_on"));
        assert_eq!(
            refused(period(date!(2020 - 01 - 01), None, TODAY)),
            Some("started_on")
        );
    }

    #[test]
    fn a_lot_is_of_something() {
        assert_eq!(refused(quantity(0.1)), None);
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e10] {
            assert_eq!(refused(quantity(wrong)), Some("quantity"), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_a_line_of_text() {
        assert_eq!(refused(text("name", "莓茶 3 号地", 8)), None);
        for wrong in ["", "  ", "123456789", "a\u{0}b", "a\nb"] {
            assert_eq!(refused(text("name", wrong, 8)), Some("name"), "{wrong:?}");
        }
    }

    #[test]
    fn the_day_begins_at_midnight_in_china() {
        assert_eq!(
            today(datetime!(2026-11-23 15:59 UTC)),
            date!(2026 - 11 - 23)
        );
        assert_eq!(
            today(datetime!(2026-11-23 16:00 UTC)),
            date!(2026 - 11 - 24)
        );
    }
}
