//! What a production record has to say: which kind of input goes with which work, and what the
//! law wants written down of it (农产品质量安全法).

use time::{Date, Duration};

use crate::problem::{Answer, Problem};
use crate::rule::plausible;

/// Records are kept two years; nobody enters older ones.
const AGE_MAX: Duration = Duration::days(2 * 366);
/// Most of an input in one use, in the unit of its stock.
const DOSE_MAX: f64 = 1e6;

/// The kind of input that a kind of work uses; `None` for work that uses none.
pub(crate) fn input_kind(kind: &str) -> Answer<Option<&'static str>> {
    Ok(match kind {
        "pesticide" => Some("pesticide"),
        "medication" => Some("veterinary"),
        "fertiliser" => Some("fertiliser"),
        "sowing" => Some("seed"),
        "feeding" => Some("feed"),
        "irrigation" | "other" => None,
        _ => {
            let en =
                "it is sowing, irrigation, fertiliser, pesticide, feeding, medication or other";
            return Err(Problem::invalid("kind", en, "没有这种农事类型"));
        }
    })
}

/// Whether work of this kind is nothing without its input and counts against a harvest.
pub(crate) fn has_interval(kind: &str) -> bool {
    matches!(kind, "pesticide" | "medication")
}

/// Checks that the input that was named goes with the work.
pub(crate) fn check_input(kind: &str, input: Option<&str>) -> Answer<()> {
    let wanted = input_kind(kind)?;
    match (wanted, input) {
        (None, Some(_)) => {
            let (en, zh) = ("this work uses no input", "该农事不使用投入品");
            Err(Problem::invalid("input_id", en, zh))
        }
        (Some(wanted), Some(found)) if wanted != found => {
            let en = format!("this work uses a {wanted}, not a {found}");
            Err(Problem::invalid("input_id", en, "投入品类型与农事不符"))
        }
        (Some(_), None) if has_interval(kind) => {
            let (en, zh) = ("say what was used", "请选择所用投入品");
            Err(Problem::invalid("input_id", en, zh))
        }
        _ => Ok(()),
    }
}

/// Checks an amount: above 0 and not endless.
pub(crate) fn amount(field: &'static str, amount: Option<f64>) -> Answer<()> {
    match amount {
        None => Ok(()),
        Some(amount) if amount.is_finite() && amount > 0.0 && amount <= DOSE_MAX => Ok(()),
        Some(_) => Err(Problem::invalid(
            field,
            "it must be above 0 and at most 1e6",
            "数量须大于 0",
        )),
    }
}

/// Checks the day of the work.
pub(crate) fn day(done_on: Date, today: Date) -> Answer<()> {
    if done_on > today {
        return Err(Problem::invalid(
            "done_on",
            "it lies in the future",
            "日期在将来",
        ));
    }
    if today - done_on > AGE_MAX {
        let (en, zh) = ("it is more than two years ago", "日期早于两年");
        return Err(Problem::invalid("done_on", en, zh));
    }
    Ok(())
}

/// Checks a text that may be empty.
pub(crate) fn note(field: &'static str, text: &str, chars_max: usize) -> Answer<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    plausible::text(field, text, chars_max)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn refused(answer: Answer<()>) -> Option<&'static str> {
        answer.err().and_then(|problem| problem.field)
    }

    #[test]
    fn each_work_uses_its_own_kind_of_input() {
        for (kind, input, field) in [
            ("pesticide", Some("pesticide"), None),
            ("pesticide", Some("fertiliser"), Some("input_id")),
            ("pesticide", None, Some("input_id")),
            ("medication", Some("veterinary"), None),
            ("fertiliser", None, None),
            ("irrigation", None, None),
            ("irrigation", Some("feed"), Some("input_id")),
            ("dancing", None, Some("kind")),
        ] {
            assert_eq!(refused(check_input(kind, input)), field, "{kind} {input:?}");
        }
    }

    #[test]
    fn work_lies_in_the_last_two_years() {
        let today = date!(2026 - 11 - 23);
        assert_eq!(refused(day(today, today)), None);
        assert_eq!(refused(day(today - AGE_MAX, today)), None);
        let older = today - AGE_MAX - Duration::days(1);
        assert_eq!(refused(day(older, today)), Some("done_on"));
        let tomorrow = today + Duration::days(1);
        assert_eq!(refused(day(tomorrow, today)), Some("done_on"));
    }

    #[test]
    fn an_amount_is_something() {
        assert_eq!(refused(amount("dose", Some(0.5))), None);
        assert_eq!(refused(amount("dose", None)), None);
        for wrong in [0.0, -1.0, f64::NAN, 1e6 + 1.0] {
            assert_eq!(refused(amount("dose", Some(wrong))), Some("dose"));
        }
    }

    #[test]
    fn a_note_may_be_missing_and_not_endless() {
        assert_eq!(refused(note("note", "", 4)), None);
        assert_eq!(refused(note("note", "12345", 4)), Some("note"));
    }
}
