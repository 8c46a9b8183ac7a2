//! The one thing a buyer reads first: what the record allows us to say of a lot. It never says
//! more than was tested, and what counts of an item is its newest result.

use std::collections::BTreeMap;

use model::lot::LotState;
use time::OffsetDateTime;

/// What can be said of a lot that is not recalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// Tested, and nothing failed.
    Passed,
    /// Nothing was tested.
    Untested,
    /// A sample is with the lab.
    InTest,
    /// A test failed or the lot is held.
    Failed,
    /// Called back.
    Recalled,
}

/// A result as far as the verdict looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome<'a> {
    /// What was looked for.
    pub(crate) item: &'a str,
    /// Whether it passed.
    pub(crate) passed: bool,
    /// When it was tested.
    pub(crate) at: OffsetDateTime,
}

/// What can be said of a lot in this state with these results.
pub(crate) fn say<'a>(state: LotState, outcomes: impl Iterator<Item = Outcome<'a>>) -> Say {
    let mut newest: BTreeMap<&str, Outcome<'a>> = BTreeMap::new();
    for outcome in outcomes {
        let kept = newest.entry(outcome.item).or_insert(outcome);
        // Of two at the same moment the failed one counts.
        if (outcome.at, !outcome.passed) > (kept.at, !kept.passed) {
            *kept = outcome;
        }
    }
    let failed = newest.values().any(|outcome| !outcome.passed);
    match state {
        LotState::Recalled => Say::Recalled,
        LotState::Held => Say::Failed,
        _ if failed => Say::Failed,
        LotState::InTest => Say::InTest,
        _ if newest.is_empty() => Say::Untested,
        _ => Say::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(item: &str, passed: bool, at: i64) -> Outcome<'_> {
        let at = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(at);
        Outcome { item, passed, at }
    }

    fn said(state: LotState, outcomes: &[Outcome<'_>]) -> Say {
        say(state, outcomes.iter().copied())
    }

    #[test]
    fn nothing_is_said_to_pass_without_a_test() {
        for state in LotState::ALL {
            assert_ne!(said(state, &[]), Say::Passed, "{state}");
        }
        assert_eq!(said(LotState::Released, &[]), Say::Untested);
        assert_eq!(said(LotState::InTest, &[]), Say::InTest);
    }

    #[test]
    fn one_failed_item_outweighs_what_passed() {
        let outcomes = [outcome("a", true, 2), outcome("b", false, 1)];
        assert_eq!(said(LotState::Released, &outcomes), Say::Failed);
    }

    #[test]
    fn a_re_test_supersedes_whatever_order_they_come_in() {
        let outcomes = [outcome("a", true, 2), outcome("a", false, 1)];
        assert_eq!(said(LotState::Released, &outcomes), Say::Passed);
        let outcomes = [outcome("a", false, 1), outcome("a", true, 2)];
        assert_eq!(said(LotState::Released, &outcomes), Say::Passed);
        let tie = [outcome("a", false, 1), outcome("a", true, 1)];
        assert_eq!(said(LotState::Released, &tie), Say::Failed);
    }

    #[test]
    fn held_and_recalled_are_said_whatever_was_tested() {
        let passed = [outcome("a", true, 1)];
        assert_eq!(said(LotState::Held, &passed), Say::Failed);
        assert_eq!(said(LotState::Recalled, &passed), Say::Recalled);
    }
}
