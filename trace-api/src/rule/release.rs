//! Who may set a lot free, and from where: a supervisor after a hold or a test, a producer under
//! its own quality control where nothing was found. Nobody while a result stands against it.

use model::lot::LotState;
use store::account::Role;

/// Why a lot is not set free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The newest result of some item failed.
    Failed,
    /// A supervisor stopped it: only one sets it free.
    SupervisorsAlone,
    /// It has no step to there.
    NotFromHere,
}

/// The steps to `released`, in their order.
pub(crate) fn steps(
    role: Role,
    state: LotState,
    stands_against: bool,
) -> Result<&'static [LotState], Refused> {
    use LotState as S;
    let steps: &[LotState] = match (role, state) {
        (Role::Supervisor, S::Held | S::InTest) | (Role::Producer, S::InTest) => &[S::Released],
        (Role::Producer, S::Harvested) => &[S::InTest, S::Released],
        (Role::Producer, S::Held) => return Err(Refused::SupervisorsAlone),
        _ => return Err(Refused::NotFromHere),
    };
    if stands_against {
        return Err(Refused::Failed);
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_freedom_is_legal_and_none_passes_a_failure() {
        for role in Role::ALL {
            for state in LotState::ALL {
                assert!(steps(role, state, true).is_err(), "{role:?} {state}");
                let Ok(steps) = steps(role, state, false) else {
                    continue;
                };
                let mut at = state;
                for step in steps {
                    assert!(at.may_become(*step), "{at} to {step}");
                    at = *step;
                }
                assert_eq!(at, LotState::Released);
                assert!(matches!(role, Role::Supervisor | Role::Producer));
            }
        }
    }

    #[test]
    fn a_producer_frees_nothing_that_was_held() {
        let refused = steps(Role::Producer, LotState::Held, false);
        assert_eq!(refused, Err(Refused::SupervisorsAlone));
        assert!(steps(Role::Supervisor, LotState::Held, false).is_ok());
        let sold = steps(Role::Supervisor, LotState::SoldOut, false);
        assert_eq!(sold, Err(Refused::NotFromHere));
    }
}
