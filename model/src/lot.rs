//! The life of a lot (批次): its states and the only legal steps between them. What has to be true
//! before a step (a test, a certificate) is decided where the step is taken; that no other step
//! exists is decided here.

use core::fmt;

/// Where a lot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LotState {
    /// In the field, or being made.
    Growing,
    /// Harvested, not yet sampled.
    Harvested,
    /// A sample is with the lab.
    InTest,
    /// May be sold.
    Released,
    /// Stopped: a test failed or a supervisor said so.
    Held,
    /// On its way to buyers.
    Shipped,
    /// Nothing left of it.
    SoldOut,
    /// Called back from wherever it is. Final.
    Recalled,
}

/// A step that the life of a lot does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a lot cannot go from {from} to {to}")]
pub struct IllegalStep {
    /// Where the lot stands.
    pub from: LotState,
    /// Where it was to go.
    pub to: LotState,
}

impl LotState {
    /// Every state, in the order of a lot's life.
    pub const ALL: [Self; 8] = [
        Self::Growing,
        Self::Harvested,
        Self::InTest,
        Self::Released,
        Self::Held,
        Self::Shipped,
        Self::SoldOut,
        Self::Recalled,
    ];

    /// The word that the database and the API use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Growing => "growing",
            Self::Harvested => "harvested",
            Self::InTest => "in_test",
            Self::Released => "released",
            Self::Held => "held",
            Self::Shipped => "shipped",
            Self::SoldOut => "sold_out",
            Self::Recalled => "recalled",
        }
    }

    /// The state of a code, `None` for any other word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the step to `to` is in the life of a lot.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        use LotState as S;
        matches!(
            (self, to),
            (S::Growing, S::Harvested)
                | (S::Harvested, S::InTest)
                | (S::InTest, S::Released | S::Held)
                | (S::Released, S::Held | S::Shipped)
                // A confirmed re-test frees what a quick test stopped.
                | (S::Held, S::Released)
                | (S::Shipped, S::SoldOut)
                | (
                    S::Harvested | S::InTest | S::Released | S::Held | S::Shipped | S::SoldOut,
                    S::Recalled
                )
        )
    }

    /// The state after the step to `to`, or why there is none.
    pub const fn step(self, to: Self) -> Result<Self, IllegalStep> {
        if self.may_become(to) {
            Ok(to)
        } else {
            Err(IllegalStep { from: self, to })
        }
    }
}

impl fmt::Display for LotState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_finds_its_state_again() {
        for state in LotState::ALL {
            assert_eq!(LotState::from_code(state.code()), Some(state));
        }
    }

    #[test]
    fn nothing_leads_out_of_a_recall_and_nothing_stays_where_it_is() {
        for to in LotState::ALL {
            assert!(!LotState::Recalled.may_become(to));
            assert!(!to.may_become(to));
        }
    }

    #[test]
    fn a_growing_lot_can_only_be_harvested() {
        for to in LotState::ALL {
            assert_eq!(LotState::Growing.may_become(to), to == LotState::Harvested);
        }
    }

    #[test]
    fn an_illegal_step_names_both_ends() {
        let step = LotState::Growing.step(LotState::Shipped);
        let refused = IllegalStep {
            from: LotState::Growing,
            to: LotState::Shipped,
        };
        assert_eq!(step, Err(refused));
    }
}
