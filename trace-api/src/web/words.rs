//! Rows of the store in the words of pages.

use store::credential::Public;
use time::{Date, OffsetDateTime, Time};

use crate::page::Words;
use crate::page::credential::{Credential, CredentialKind};
use crate::page::quantity::short;
use crate::rule::plausible::china;
use crate::state::timestamp;

/// A name in both languages; without an English one the Chinese is shown.
pub(crate) fn words(zh: &str, en: &str) -> Words {
    if en.is_empty() {
        zh.into()
    } else {
        Words::both(zh, en)
    }
}

/// The beginning of a day in China.
pub(crate) fn day_start(day: Date) -> OffsetDateTime {
    day.with_time(Time::MIDNIGHT).assume_offset(china())
}

/// The beginning of a day in China as pages want it.
pub(crate) fn day(day: Date) -> model::time::Timestamp {
    timestamp(day_start(day))
}

/// A quantity with its unit as people write it; UN/ECE Rec 20 codes become signs.
pub(crate) fn quantity(quantity: f64, unit: &str) -> String {
    format!("{} {}", short(quantity), sign(unit))
}

/// The sign of a UN/ECE Rec 20 code.
pub(crate) fn sign(unit: &str) -> &str {
    match unit {
        "KGM" => "kg",
        "GRM" => "g",
        "LTR" => "L",
        "TNE" => "t",
        "H87" => "件",
        other => other,
    }
}

/// A result as laboratories write it: a limit of quantification keeps its decimal, `<5.0`.
pub(crate) fn result(qualifier: &str, value: f32) -> String {
    if qualifier.is_empty() {
        value.to_string()
    } else {
        format!("{qualifier}{value:?}")
    }
}

/// What everybody may know of a 资质证书.
pub(crate) fn certified(row: &Public, today: Date) -> Credential {
    Credential {
        kind: match row.kind.as_str() {
            "sc" => CredentialKind::Licence,
            "green" => CredentialKind::Green,
            "organic" => CredentialKind::Organic,
            "origin" => CredentialKind::Origin,
            _ => CredentialKind::Quality,
        },
        number: row.number.clone(),
        issuer: row.issuer.clone(),
        until: day(row.valid_to),
        expired: row.valid_to < today,
    }
}

/// What the lines C and T of a card say; `None` where there was no card.
pub(crate) fn card(lines: Option<(bool, bool)>) -> Option<&'static str> {
    lines.map(|(control, test)| match (control, test) {
        (false, _) => "无效",
        (true, true) => "阴性 −",
        (true, false) => "阳性 +",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_reads_as_laboratories_write_it() {
        assert_eq!(result("", 12.5), "12.5");
        assert_eq!(result("", 3.0), "3");
        assert_eq!(result("<", 5.0), "<5.0");
    }

    #[test]
    fn a_quantity_reads_as_people_write_it() {
        assert_eq!(quantity(320.0, "KGM"), "320 kg");
        assert_eq!(quantity(1.5, "XYZ"), "1.5 XYZ");
    }
}
