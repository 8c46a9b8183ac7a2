//! 快检: what a card's lines mean, what is remarked of a result, and where several results of one
//! item leave a lot. One positive stops it; a repeat that disagrees frees nothing; a laboratory's
//! confirmation decides.

/// Which determination a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// The first.
    First,
    /// The same method again.
    Repeat,
    /// A laboratory's GC or LC.
    Confirm,
}

impl Round {
    /// The word that the database and the API use.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Repeat => "repeat",
            Self::Confirm => "confirm",
        }
    }

    /// The round of a code, `None` for any other word.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Self::First, Self::Repeat, Self::Confirm]
            .into_iter()
            .find(|round| round.code() == code)
    }
}

/// What a result says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Below the limit.
    Pass,
    /// At or above it.
    Fail,
    /// Nothing: the card did not work.
    Invalid,
}

/// Where the results of one item leave the lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No valid result.
    Untested,
    /// Everything passed.
    Clear,
    /// Positive, nothing against it.
    Positive,
    /// A positive and a passed repeat: only a laboratory decides.
    Disagree,
    /// A laboratory found it below the limit.
    ConfirmedPass,
    /// A laboratory found it above the limit.
    ConfirmedFail,
}

impl Standing {
    /// Whether it keeps a lot from being set free.
    pub(crate) const fn stands_against(self) -> bool {
        matches!(self, Self::Positive | Self::Disagree | Self::ConfirmedFail)
    }
}

/// What a colloidal-gold card says: without the control line nothing, without the test line
/// positive (the assay is competitive).
pub(crate) const fn card(control: bool, test: bool) -> Outcome {
    match (control, test) {
        (false, _) => Outcome::Invalid,
        (true, false) => Outcome::Fail,
        (true, true) => Outcome::Pass,
    }
}

/// What is to be remarked of a result; it is kept all the same.
pub(crate) fn remarks(
    principle: &str,
    value: f32,
    product: &str,
    false_positives: &[String],
) -> Vec<&'static str> {
    let mut remarks = Vec::new();
    if principle == "inhibition" && value < 0.0 {
        remarks.push("below_zero");
    }
    let known = false_positives
        .iter()
        .any(|crop| product.contains(crop.as_str()));
    if principle == "inhibition" && known {
        remarks.push("false_positive_crop");
    }
    remarks
}

/// Where the results of one item leave the lot, oldest first.
pub(crate) fn standing(results: impl Iterator<Item = (Round, Outcome)>) -> Standing {
    results.fold(Standing::Untested, |at, (round, outcome)| {
        match (at, round, outcome) {
            (at, _, Outcome::Invalid) => at,
            (_, Round::Confirm, Outcome::Pass) | (Standing::ConfirmedPass, _, Outcome::Pass) => {
                Standing::ConfirmedPass
            }
            (_, Round::Confirm, Outcome::Fail) | (Standing::ConfirmedFail, _, _) => {
                Standing::ConfirmedFail
            }
            (_, _, Outcome::Fail) => Standing::Positive,
            (Standing::Positive | Standing::Disagree, _, Outcome::Pass) => Standing::Disagree,
            (Standing::Untested | Standing::Clear, _, Outcome::Pass) => Standing::Clear,
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Outcome::{Fail, Invalid, Pass};
    use Round::{Confirm, First, Repeat};

    fn stands(results: &[(Round, Outcome)]) -> Standing {
        standing(results.iter().copied())
    }

    #[test]
    fn a_card_without_its_control_line_says_nothing() {
        assert_eq!(card(true, true), Pass);
        assert_eq!(card(true, false), Fail);
        assert_eq!((card(false, true), card(false, false)), (Invalid, Invalid));
    }

    #[test]
    fn a_positive_is_repeated_then_confirmed() {
        for (results, wanted) in [
            (&[][..], Standing::Untested),
            (&[(First, Invalid)], Standing::Untested),
            (&[(First, Pass)], Standing::Clear),
            (&[(First, Fail)], Standing::Positive),
            (&[(First, Fail), (Repeat, Pass)], Standing::Disagree),
            (
                &[(First, Fail), (Repeat, Pass), (Repeat, Pass)],
                Standing::Disagree,
            ),
            (&[(First, Pass), (Repeat, Fail)], Standing::Positive),
            (
                &[(First, Fail), (Repeat, Pass), (Confirm, Pass)],
                Standing::ConfirmedPass,
            ),
            (
                &[(First, Pass), (Confirm, Fail), (Repeat, Pass)],
                Standing::ConfirmedFail,
            ),
            (&[(Confirm, Pass), (First, Fail)], Standing::Positive),
        ] {
            assert_eq!(stands(results), wanted, "{results:?}");
        }
    }

    #[test]
    fn noise_and_known_crops_are_remarked_and_nothing_else_is() {
        let crops = ["萝卜".to_owned(), "葱".to_owned()];
        assert_eq!(remarks("inhibition", -2.0, "莓茶", &crops), ["below_zero"]);
        assert_eq!(
            remarks("inhibition", 60.0, "车坪萝卜", &crops),
            ["false_positive_crop"]
        );
        assert!(remarks("laboratory", 0.1, "车坪萝卜", &crops).is_empty());
        assert!(remarks("inhibition", 12.0, "莓茶", &crops).is_empty());
    }

    proptest! {
        #[test]
        fn after_a_positive_only_a_laboratory_clears_a_lot(
            before in proptest::collection::vec(any::<(bool, bool)>(), 0..6),
            after in proptest::collection::vec(any::<bool>(), 0..6),
        ) {
            let result = |pass: bool| if pass { Pass } else { Fail };
            let mut results: Vec<_> = before.into_iter()
                .map(|(pass, again)| (if again { Repeat } else { First }, result(pass)))
                .collect();
            results.push((First, Fail));
            results.extend(after.into_iter().map(|pass| (Repeat, result(pass))));
            prop_assert!(stands(&results).stands_against());
            results.push((Confirm, Pass));
            prop_assert!(!stands(&results).stands_against());
        }
    }
}
