//! What a credential (资质证书: SC, 绿色食品, 有机产品, 农产品地理标志, 质量管理体系) has to say, and how
//! it stands on a day. The 承诺达标合格证 of a lot is another thing: `rule::certificate`.

use time::{Date, Duration};

use crate::problem::{Answer, Problem};
use crate::rule::plausible;

/// Kinds of credentials.
pub(crate) const KINDS: [&str; 5] = ["sc", "green", "organic", "origin", "quality"];
/// Longest time that one is issued for.
const PERIOD_DAYS_MAX: i64 = 30 * 366;

/// What it says, but for the product and the scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    /// One of [`KINDS`].
    pub(crate) kind: &'a str,
    /// Its number.
    pub(crate) number: &'a str,
    /// The body that issued it.
    pub(crate) issuer: &'a str,
    /// First day.
    pub(crate) valid_from: Date,
    /// Last day.
    pub(crate) valid_to: Date,
}

/// Checks what a credential says.
pub(crate) fn check(said: Said<'_>) -> Answer<()> {
    if !KINDS.contains(&said.kind) {
        let en = "it is sc, green, organic, origin or quality";
        return Err(Problem::invalid("kind", en, "没有这种证书类型"));
    }
    plausible::text("number", said.number, 60)?;
    plausible::text("issuer", said.issuer, 100)?;
    if said.kind == "sc" && !is_sc(said.number) {
        let en = "a production licence is SC and 14 digits";
        return Err(Problem::invalid("number", en, "SC 证号为 SC 加 14 位数字"));
    }
    if said.valid_to < said.valid_from {
        let (en, zh) = ("it ends before it begins", "有效期止早于有效期起");
        return Err(Problem::invalid("valid_to", en, zh));
    }
    if said.valid_to - said.valid_from > Duration::days(PERIOD_DAYS_MAX) {
        let (en, zh) = (
            "nothing is issued for more than thirty years",
            "有效期超过三十年",
        );
        return Err(Problem::invalid("valid_to", en, zh));
    }
    Ok(())
}

/// A food production licence number: SC and 14 digits.
fn is_sc(number: &str) -> bool {
    number
        .strip_prefix("SC")
        .is_some_and(|digits| digits.len() == 14 && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// How an approved one stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has not begun.
    Ahead,
    /// It is in force.
    Valid,
    /// It is in force and ends within the days of the reminder.
    Expiring,
    /// It is over.
    Expired,
}

impl Standing {
    /// The word of the API.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Valid => "valid",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
        }
    }
}

/// How a credential of this period stands today; its last day is its own.
pub(crate) fn standing((from, to): (Date, Date), today: Date, remind_days: u16) -> Standing {
    if today < from {
        Standing::Ahead
    } else if to < today {
        Standing::Expired
    } else if to - today <= Duration::days(i64::from(remind_days)) {
        Standing::Expiring
    } else {
        Standing::Valid
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn said(kind: &'static str, number: &'static str) -> Said<'static> {
        Said {
            kind,
            number,
            issuer: "演示市场监督管理局",
            valid_from: date!(2024 - 01 - 01),
            valid_to: date!(2028 - 12 - 31),
        }
    }

    fn refused(said: Said<'_>) -> Option<&'static str> {
        check(said).err().and_then(|problem| problem.field)
    }

    #[test]
    fn a_licence_is_sc_and_fourteen_digits() {
        assert_eq!(refused(said("sc", "SC10143312700012")), None);
        for wrong in [
            "SC1014331270001",
            "SC101433127000123",
            "10143312700012",
            "SC1014331270001X",
        ] {
            assert_eq!(refused(said("sc", wrong)), Some("number"), "{wrong}");
        }
        assert_eq!(refused(said("organic", "1234OP5600789")), None);
        assert_eq!(refused(said("halal", "1")), Some("kind"));
    }

    #[test]
    fn days_have_an_order_and_an_end() {
        let mut one = said("green", "LB-0");
        one.valid_to = date!(2023 - 12 - 31);
        assert_eq!(refused(one), Some("valid_to"));
        one.valid_to = date!(2099 - 12 - 31);
        assert_eq!(refused(one), Some("valid_to"));
    }

    #[test]
    fn the_last_day_is_its_own_and_the_reminder_counts_back_from_it() {
        let period = (date!(2026 - 01 - 01), date!(2026 - 12 - 31));
        for (today, wanted) in [
            (date!(2025 - 12 - 31), Standing::Ahead),
            (date!(2026 - 01 - 01), Standing::Valid),
            (date!(2026 - 11 - 30), Standing::Valid),
            (date!(2026 - 12 - 01), Standing::Expiring),
            (date!(2026 - 12 - 31), Standing::Expiring),
            (date!(2027 - 01 - 01), Standing::Expired),
        ] {
            assert_eq!(standing(period, today, 30), wanted, "{today}");
        }
    }
}
