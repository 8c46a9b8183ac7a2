//! 安全间隔期: a harvest waits until the label's days have passed since the last use of every
//! pesticide or veterinary drug. The day of use is day 0: after 14 days, day 14 is free.

use store::farm_record::Treatment;
use time::{Date, Duration};

/// What stands in the way of a harvest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocked {
    /// The use whose interval ends last.
    pub(crate) by: Treatment,
    /// First day on which nothing stands in the way.
    pub(crate) free_on: Date,
}

/// Whether a harvest on this day keeps every interval. Uses after the harvest say nothing of it.
pub(crate) fn check(harvested_on: Date, treatments: &[Treatment]) -> Result<(), Blocked> {
    let before = treatments.iter().filter(|t| t.done_on <= harvested_on);
    let last = before
        .map(|treatment| (free_on(treatment), treatment))
        .max_by_key(|(free_on, _)| *free_on);
    match last {
        Some((free_on, by)) if harvested_on < free_on => Err(Blocked {
            by: by.clone(),
            free_on,
        }),
        _ => Ok(()),
    }
}

/// The first day after a use on which its product may be harvested.
pub(crate) fn free_on(treatment: &Treatment) -> Date {
    treatment
        .done_on
        .saturating_add(Duration::days(i64::from(treatment.interval_days)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    fn used(done_on: Date, interval_days: i32) -> Treatment {
        Treatment {
            input: "吡虫啉".to_owned(),
            done_on,
            interval_days,
        }
    }

    #[test]
    fn the_last_day_of_the_interval_blocks_and_the_next_is_free() {
        let sprayed = [used(date!(2026 - 10 - 01), 14)];
        let blocked = check(date!(2026 - 10 - 14), &sprayed).err();
        assert_eq!(
            blocked.map(|blocked| blocked.free_on),
            Some(date!(2026 - 10 - 15))
        );
        assert_eq!(check(date!(2026 - 10 - 15), &sprayed), Ok(()));
        assert_eq!(check(date!(2026 - 09 - 30), &sprayed), Ok(()), "used later");
        assert_eq!(check(date!(2026 - 10 - 01), &[]), Ok(()));
    }

    #[test]
    fn the_interval_that_ends_last_decides_not_the_last_use() {
        let sprayed = [
            used(date!(2026 - 10 - 10), 3),
            used(date!(2026 - 10 - 01), 30),
        ];
        let blocked = check(date!(2026 - 10 - 20), &sprayed).err();
        assert_eq!(
            blocked.map(|blocked| blocked.by.interval_days),
            Some(30),
            "the older use has the longer interval"
        );
    }

    proptest! {
        #[test]
        fn a_harvest_that_is_let_through_keeps_every_interval(
            harvest in 0_i64..100, uses in proptest::collection::vec((0_i64..100, 0_i32..60), 0..8),
        ) {
            let start = date!(2026 - 01 - 01);
            let day = |n| start + Duration::days(n);
            let uses: Vec<_> = uses.into_iter().map(|(on, days)| used(day(on), days)).collect();
            let kept = uses.iter().filter(|u| u.done_on <= day(harvest))
                .all(|u| (day(harvest) - u.done_on).whole_days() >= i64::from(u.interval_days));
            prop_assert_eq!(check(day(harvest), &uses).is_ok(), kept);
        }
    }
}
