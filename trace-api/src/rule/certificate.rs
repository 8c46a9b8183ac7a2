//! What has to be true before a 承诺达标合格证 is issued (农业农村部令 2025 年第 4 号). Every reason
//! against it is told at once, so that nobody has to try again for each.

use model::lot::LotState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rule::handover::suffices;

/// What the rule looks at.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that a rule names"
)]
pub(crate) struct Facts<'a> {
    /// Document regime of the product.
    pub(crate) regime: &'a str,
    /// Where the lot stands.
    pub(crate) state: LotState,
    /// The basis that was chosen.
    pub(crate) basis: &'a str,
    /// How much it is to cover.
    pub(crate) quantity: f64,
    /// How much of the lot is neither covered nor made into something else.
    pub(crate) uncovered: f64,
    /// Whether every pre-harvest interval was kept, or waived.
    pub(crate) interval_kept: bool,
    /// Whether a result stands against the lot.
    pub(crate) failed: bool,
    /// Whether a valid result passed.
    pub(crate) own_test: bool,
    /// Whether a laboratory's result passed.
    pub(crate) laboratory_test: bool,
    /// Codes of lots that it came of which need a certificate and have none.
    pub(crate) bare_inputs: &'a [String],
}

/// A reason against a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// `regime`, `basis`, `state`, `interval`, `quantity`, `test`, `input` or `filing`.
    pub(crate) rule: &'static str,
    /// In Chinese.
    pub(crate) text: String,
    /// In English.
    pub(crate) text_en: String,
}

/// Every reason against a certificate; none means that it is issued.
pub(crate) fn check(facts: &Facts<'_>) -> Vec<Reason> {
    let reasons = [
        regime(facts),
        state(facts),
        interval(facts),
        quantity(facts),
        failed(facts),
        basis(facts),
        inputs(facts),
    ];
    reasons.into_iter().flatten().collect()
}

fn because(rule: &'static str, text: impl Into<String>, text_en: &str) -> Reason {
    Reason {
        rule,
        text: text.into(),
        text_en: text_en.to_owned(),
    }
}

fn regime(facts: &Facts<'_>) -> Option<Reason> {
    let (zh, en) = (
        "该产品不适用承诺达标合格证",
        "the product has another document regime",
    );
    (facts.regime != "promise").then(|| because("regime", zh, en))
}

fn state(facts: &Facts<'_>) -> Option<Reason> {
    let is_there = matches!(
        facts.state,
        LotState::Harvested | LotState::InTest | LotState::Released | LotState::Shipped
    );
    let zh = || format!("批次当前状态（{}）不能开具", facts.state);
    (!is_there).then(|| because("state", zh(), "the lot is not where one may be issued"))
}

fn interval(facts: &Facts<'_>) -> Option<Reason> {
    let en = "a pre-harvest interval was not kept";
    (!facts.interval_kept).then(|| because("interval", "安全间隔期未满", en))
}

fn quantity(facts: &Facts<'_>) -> Option<Reason> {
    let is_some = facts.quantity.is_finite() && facts.quantity > 0.0;
    let is_left = is_some && suffices(facts.uncovered, facts.quantity);
    let zh = || format!("数量超出可开具的 {}", facts.uncovered.max(0.0));
    let en = "more than the lot has left without one";
    (!is_left).then(|| because("quantity", zh(), en))
}

fn failed(facts: &Facts<'_>) -> Option<Reason> {
    let en = "a failed result stands against the lot";
    facts
        .failed
        .then(|| because("test", "检测不合格，尚未确证", en))
}

/// The basis is one of the three, and what it says is so.
fn basis(facts: &Facts<'_>) -> Option<Reason> {
    let is_met = match facts.basis {
        "quality_control" => true,
        "own_test" => facts.own_test,
        "commissioned_test" => facts.laboratory_test,
        _ => {
            let en = "the basis is exactly one of three";
            return Some(because("basis", "承诺依据须为三项之一", en));
        }
    };
    let zh = "所选承诺依据没有相应的合格检测结果";
    (!is_met).then(|| because("test", zh, "no passed test matches the chosen basis"))
}

fn inputs(facts: &Facts<'_>) -> Option<Reason> {
    let zh = || format!("来源批次没有合格证：{}", facts.bare_inputs.join("、"));
    let en = "a lot that it came of has none";
    (!facts.bare_inputs.is_empty()).then(|| because("input", zh(), en))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn good() -> Facts<'static> {
        Facts {
            regime: "promise",
            state: LotState::Released,
            basis: "own_test",
            quantity: 100.0,
            uncovered: 100.0,
            interval_kept: true,
            failed: false,
            own_test: true,
            laboratory_test: false,
            bare_inputs: &[],
        }
    }

    fn rules(facts: &Facts<'_>) -> Vec<&'static str> {
        check(facts).into_iter().map(|reason| reason.rule).collect()
    }

    #[test]
    fn each_rule_refuses_by_its_name_and_together_they_are_all_told() {
        let bare = ["A-1".to_owned()];
        assert!(rules(&good()).is_empty());
        let all = Facts {
            regime: "sc",
            state: LotState::Held,
            basis: "luck",
            quantity: 100.1,
            interval_kept: false,
            failed: true,
            bare_inputs: &bare,
            ..good()
        };
        let wanted = [
            "regime", "state", "interval", "quantity", "test", "basis", "input",
        ];
        assert_eq!(rules(&all), wanted);
    }

    #[test]
    fn a_basis_that_says_tested_has_its_test() {
        let untested = Facts {
            own_test: false,
            ..good()
        };
        assert_eq!(rules(&untested), ["test"]);
        for (basis, wanted) in [
            ("quality_control", 0),
            ("own_test", 0),
            ("commissioned_test", 1),
        ] {
            assert_eq!(rules(&Facts { basis, ..good() }).len(), wanted, "{basis}");
        }
    }

    #[test]
    fn nothing_is_certified_before_the_harvest_or_after_the_end() {
        for state in LotState::ALL {
            let refused = !rules(&Facts { state, ..good() }).is_empty();
            let gone = matches!(
                state,
                LotState::Growing | LotState::Held | LotState::SoldOut | LotState::Recalled
            );
            assert_eq!(refused, gone, "{state}");
        }
    }

    proptest! {
        #[test]
        fn no_certificate_without_its_basis(
            own in any::<bool>(), laboratory in any::<bool>(), failed in any::<bool>(), at in 0_usize..3,
        ) {
            let basis = ["quality_control", "own_test", "commissioned_test"][at];
            let facts = Facts { basis, own_test: own, laboratory_test: laboratory, failed, ..good() };
            let issued = check(&facts).is_empty();
            let met = [true, own, laboratory][at];
            prop_assert_eq!(issued, met && !failed);
        }
    }
}
