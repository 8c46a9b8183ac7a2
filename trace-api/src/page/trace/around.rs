//! What stands around a lot: the county, what it was made of, the papers that go with it.

use std::sync::Arc;

use model::time::Timestamp;

use crate::page::map::Township;
use crate::page::outline::Outline;
use crate::page::{Source, Words, clock};

/// What the drawing of the county needs.
#[derive(Debug, Clone, Default)]
pub struct County {
    /// Its townships.
    pub townships: Arc<[Township]>,
    /// Its outline, where the operator supplied one.
    pub outline: Option<Arc<Outline>>,
}

/// A lot that went into this one.
#[derive(Debug, Clone, PartialEq)]
pub struct InputLot {
    /// What it is.
    pub product: Words,
    /// Its code.
    pub code: String,
    /// Its page.
    pub href: String,
    /// How much of it went in, with unit.
    pub quantity: String,
    /// Whether it was called back.
    pub recalled: bool,
    /// Who says so.
    pub source: Source,
}

/// A certificate, or a promise in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Its kind, such as 承诺达标合格证.
    pub name: Words,
    /// Its number.
    pub number: String,
    /// What it rests on.
    pub basis: Option<Words>,
    /// When it was issued.
    pub issued: Timestamp,
    /// Last day on which it holds; `None` for one without an end.
    pub expires: Option<Timestamp>,
    /// When it was voided; `None` while it stands.
    pub void_since: Option<Timestamp>,
    /// Who issued it.
    pub source: Source,
}

impl Certificate {
    /// Key and tone of how it stands at this moment.
    pub(in crate::page) fn standing(&self, now: Timestamp) -> (&'static str, &'static str) {
        if self.void_since.is_some() {
            ("certificate.void", "bad")
        } else if self.expires.is_some_and(|end| is_past(end, now)) {
            ("certificate.expired", "warn")
        } else {
            ("certificate.valid", "good")
        }
    }
}

/// Whether a day is over in China.
pub(in crate::page) fn is_past(day: Timestamp, now: Timestamp) -> bool {
    clock::start_of_day(now) > clock::start_of_day(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Mark;

    #[test]
    fn a_certificate_holds_on_its_last_day_and_not_after_it() {
        let noon = Timestamp::from_seconds(1_795_492_800); // 2026-11-24 12:00 in China
        let certificate = Certificate {
            name: "食品生产许可证".into(),
            number: "SC1".to_owned(),
            basis: None,
            issued: noon.plus_seconds(-400 * clock::DAY_S),
            expires: Some(clock::start_of_day(noon)),
            void_since: None,
            source: Source {
                mark: Mark::Certified,
                by: "x".into(),
                at: noon,
            },
        };
        assert_eq!(certificate.standing(noon).1, "good");
        let next = noon.plus_seconds(clock::DAY_S / 2);
        assert_eq!(certificate.standing(next).0, "certificate.expired");
        let void = Certificate {
            void_since: Some(noon),
            ..certificate
        };
        assert_eq!(void.standing(noon).0, "certificate.void");
    }
}
