//! When the queries of one code no longer look like those of one item. The rule accuses nobody and
//! proves nothing: it says what was counted, beyond what it takes for common, and that a copied
//! label is one way to explain it. A code that it says nothing of is not thereby the real one.

use store::scan::Record;

/// Queries of one item in all: a household looks a few times, a shop's shelf some more.
const QUERIES_COMMON: i64 = 20;
/// Queries of one item in a day.
const DAY_QUERIES_COMMON: i64 = 12;
/// Days on which one item is asked for: from the shop to the last of it in a kitchen.
const DAYS_COMMON: i64 = 10;
/// Townships that one item is seen in: where it was packed, sold and eaten.
const PLACES_COMMON: i64 = 3;

/// Something uncommon about a code's queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// More queries than [`QUERIES_COMMON`].
    Queries,
    /// More in one day than [`DAY_QUERIES_COMMON`].
    Day,
    /// On more days than [`DAYS_COMMON`].
    Days,
    /// In more places than [`PLACES_COMMON`].
    Places,
}

impl Sign {
    /// The key of its sentence, and the word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queries => "queries",
            Self::Day => "day",
            Self::Days => "days",
            Self::Places => "places",
        }
    }
}

/// What was counted of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Queries in all.
    pub(crate) count: i64,
    /// Days with queries.
    pub(crate) days: i64,
    /// Named places with queries.
    pub(crate) places: i64,
    /// Queries of the day that had the most.
    pub(crate) busiest: i64,
}

impl From<&Record> for Counted {
    fn from(record: &Record) -> Self {
        Self {
            count: i64::from(record.count),
            days: record.days,
            places: record.places,
            busiest: record.busiest,
        }
    }
}

/// What is uncommon, the most telling first; nothing for the queries of one item.
pub(crate) fn signs(counted: Counted) -> Vec<Sign> {
    let looks = [
        (Sign::Places, counted.places > PLACES_COMMON),
        (Sign::Days, counted.days > DAYS_COMMON),
        (Sign::Day, counted.busiest > DAY_QUERIES_COMMON),
        (Sign::Queries, counted.count > QUERIES_COMMON),
    ];
    let uncommon = looks.into_iter().filter(|(_, uncommon)| *uncommon);
    uncommon.map(|(sign, _)| sign).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAMILY: Counted = Counted {
        count: 20,
        days: 10,
        places: 3,
        busiest: 12,
    };

    #[test]
    fn a_family_looking_again_is_no_sign_and_one_more_of_anything_is() {
        assert_eq!(signs(FAMILY), []);
        let more = [
            (
                Counted {
                    count: 21,
                    ..FAMILY
                },
                Sign::Queries,
            ),
            (
                Counted {
                    busiest: 13,
                    ..FAMILY
                },
                Sign::Day,
            ),
            (Counted { days: 11, ..FAMILY }, Sign::Days),
            (
                Counted {
                    places: 4,
                    ..FAMILY
                },
                Sign::Places,
            ),
        ];
        for (counted, sign) in more {
            assert_eq!(signs(counted), [sign]);
        }
    }

    proptest! {
        #[test]
        fn more_queries_never_take_a_sign_away(
            count in 0_i64..100, days in 0_i64..40, places in 0_i64..10, busiest in 0_i64..60,
            which in 0_usize..4,
        ) {
            let before = Counted { count, days, places, busiest };
            let mut after = before;
            match which {
                0 => after.count += 1,
                1 => after.days += 1,
                2 => after.places += 1,
                _ => after.busiest += 1,
            }
            let (before, after) = (signs(before), signs(after));
            prop_assert!(before.iter().all(|sign| after.contains(sign)));
        }
    }
}
