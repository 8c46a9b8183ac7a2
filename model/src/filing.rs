//! The way of a filing (备案): where a producer or a product stands between its first draft and its
//! suspension, and the only legal steps between. Who may take a step is decided elsewhere; that no
//! other step exists is decided here.

use core::fmt;

/// Where a filing stands, or one version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilingState {
    /// Being written.
    Draft,
    /// Waits for a supervisor.
    Submitted,
    /// Sent back with reasons.
    Returned,
    /// Stands: new lots, labels and certificates may come of it.
    Approved,
    /// Stood, and is stopped: what there is stays as it is, nothing new comes of it.
    Suspended,
}

/// What is done with a filing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilingStep {
    /// Its producer hands it in.
    Submit,
    /// A supervisor sends it back, with reasons.
    Return,
    /// A supervisor takes it.
    Approve,
    /// A supervisor stops it, with a reason.
    Suspend,
    /// A supervisor lets it go on.
    Resume,
}

/// A step that a filing cannot take from where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a filing that is {from} has no step {step}")]
pub struct IllegalFiling {
    /// Where it stands.
    pub from: FilingState,
    /// What was to be done.
    pub step: FilingStep,
}

impl FilingState {
    /// Every state, in the order of the way.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Submitted,
        Self::Returned,
        Self::Approved,
        Self::Suspended,
    ];

    /// The word that the database and the API use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Suspended => "suspended",
        }
    }

    /// The state of a code, `None` for any other word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The state after a step, or why there is none.
    pub const fn after(self, step: FilingStep) -> Result<Self, IllegalFiling> {
        use FilingState as S;
        use FilingStep as T;
        Ok(match (self, step) {
            (S::Draft | S::Returned, T::Submit) => S::Submitted,
            (S::Submitted, T::Return) => S::Returned,
            (S::Submitted, T::Approve) | (S::Suspended, T::Resume) => S::Approved,
            (S::Approved, T::Suspend) => S::Suspended,
            (from, step) => return Err(IllegalFiling { from, step }),
        })
    }

    /// Whether its words can still be changed without another version taking its place: nothing of
    /// it has been approved.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Submitted | Self::Returned)
    }
}

impl FilingStep {
    /// Every step.
    pub const ALL: [Self; 5] = [
        Self::Submit,
        Self::Return,
        Self::Approve,
        Self::Suspend,
        Self::Resume,
    ];

    /// The word that the database and the API use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Return => "return",
            Self::Approve => "approve",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
        }
    }

    /// The step of a code, `None` for any other word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    /// Whether the step is done to a version that waits; the others are done to what stands.
    #[must_use]
    pub const fn is_of_version(self) -> bool {
        matches!(self, Self::Submit | Self::Return | Self::Approve)
    }

    /// Whether it needs a reason.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Return | Self::Suspend | Self::Resume)
    }
}

impl fmt::Display for FilingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for FilingStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_finds_its_word_again() {
        for state in FilingState::ALL {
            assert_eq!(FilingState::from_code(state.code()), Some(state));
        }
        for step in FilingStep::ALL {
            assert_eq!(FilingStep::from_code(step.code()), Some(step));
        }
        assert_eq!(FilingState::from_code("approve"), None);
    }

    #[test]
    fn the_way_has_six_steps_and_no_other() {
        use FilingState as S;
        use FilingStep as T;
        let way = [
            (S::Draft, T::Submit, S::Submitted),
            (S::Returned, T::Submit, S::Submitted),
            (S::Submitted, T::Return, S::Returned),
            (S::Submitted, T::Approve, S::Approved),
            (S::Approved, T::Suspend, S::Suspended),
            (S::Suspended, T::Resume, S::Approved),
        ];
        for from in S::ALL {
            for step in T::ALL {
                let known = way.iter().find(|(f, s, _)| *f == from && *s == step);
                let expected = known
                    .map(|(_, _, to)| *to)
                    .ok_or(IllegalFiling { from, step });
                assert_eq!(from.after(step), expected, "{from} {step}");
            }
        }
    }

    #[test]
    fn nothing_that_was_approved_is_open_again() {
        for from in S_STANDING {
            assert!(!from.is_open());
            for step in FilingStep::ALL {
                assert!(
                    from.after(step).is_ok_and(|to| !to.is_open()) || from.after(step).is_err()
                );
            }
        }
    }

    const S_STANDING: [FilingState; 2] = [FilingState::Approved, FilingState::Suspended];
}
