//! Lot codes we propose: the day and a number, `YYYYMMDD-NN`, readable on the bag and short in the
//! link.

use model::gs1::{LotCode, LotError};
use time::Date;

/// The beginning that all codes of a day share: `YYYYMMDD-`.
pub(crate) fn prefix(day: Date) -> String {
    format!(
        "{:04}{:02}{:02}-",
        day.year(),
        u8::from(day.month()),
        day.day()
    )
}

/// The first code of a day that is greater than those taken, numbered from 01.
pub(crate) fn propose(day: Date, taken: &[String]) -> Result<LotCode, LotError> {
    let prefix = prefix(day);
    let numbers = taken
        .iter()
        .filter_map(|code| code.strip_prefix(&prefix)?.parse::<u32>().ok());
    let next = numbers.max().map_or(1, |highest| highest.saturating_add(1));
    LotCode::parse(&format!("{prefix}{next:02}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    fn codes(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    }

    #[test]
    fn the_first_lot_of_a_day_is_number_one() -> Result<(), LotError> {
        let day = date!(2026 - 11 - 03);
        assert_eq!(propose(day, &[])?.as_str(), "20261103-01");
        assert_eq!(
            propose(day, &codes(&["20261102-07", "OLD"]))?.as_str(),
            "20261103-01"
        );
        Ok(())
    }

    #[test]
    fn a_gap_is_not_filled_because_its_labels_may_be_out_there() -> Result<(), LotError> {
        let taken = codes(&["20261103-01", "20261103-09", "20261103-X"]);
        assert_eq!(
            propose(date!(2026 - 11 - 03), &taken)?.as_str(),
            "20261103-10"
        );
        Ok(())
    }

    proptest! {
        #[test]
        fn a_proposal_is_never_taken(numbers in prop::collection::vec(0_u32..100_000, 0..20)) {
            let day = date!(2026 - 11 - 03);
            let taken: Vec<_> = numbers.iter().map(|n| format!("20261103-{n:02}")).collect();
            let proposed = propose(day, &taken).map(|code| code.to_string());
            prop_assert!(proposed.is_ok_and(|code| !taken.contains(&code)));
        }
    }
}
