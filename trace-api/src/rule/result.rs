//! What a laboratory writes down and what it means: reading a value, comparing it with the limit,
//! and which steps of the lot's life follow.

use model::lot::LotState;

use crate::problem::{Answer, Problem};
use crate::rule::quick_test::Outcome;

/// A result as read from an instrument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    /// The number.
    pub(crate) value: f32,
    /// The result lies below the number, which is the limit of quantification.
    pub(crate) below: bool,
}

impl Reading {
    /// Reads `12.5` or `<5.0`; `未检出` (“not detected”) needs the number that it was not
    /// detected at and is asked for.
    pub(crate) fn parse(text: &str) -> Answer<Self> {
        let text = text.trim();
        let (below, digits) = match text.strip_prefix(['<', '＜']) {
            Some(rest) => (true, rest.trim()),
            None => (false, text),
        };
        let value = digits.parse::<f32>().ok().filter(|value| value.is_finite());
        let (en, zh) = (
            "write a number, or < and a number",
            "请填写数字，或“<”加定量限",
        );
        value
            .map(|value| Self { value, below })
            .ok_or_else(|| Problem::invalid("value", en, zh))
    }

    /// Checks that the instrument can have meant it. A percentage of inhibition may fall a little
    /// below zero by noise; over a hundred it cannot be.
    pub(crate) fn check(self, unit: &str) -> Answer<()> {
        let least = if unit == "%" { -20.0 } else { 0.0 };
        let most = if unit == "%" { 100.0 } else { f32::MAX };
        if (least..=most).contains(&self.value) {
            return Ok(());
        }
        let en = format!("no instrument reads {} {unit}", self.value);
        Err(Problem::invalid(
            "value",
            en,
            format!("仪器不会读出 {} {unit}", self.value),
        ))
    }

    /// Whether it meets the limit: at or above the limit a sample fails. A result below its
    /// quantification limit meets every limit that is not smaller than that.
    pub(crate) fn meets(self, limit: f32) -> bool {
        if self.below {
            self.value <= limit
        } else {
            self.value < limit
        }
    }
}

/// The steps that a lot takes when a result comes in, in their order; `None` where there cannot be
/// a result yet. A passed re-test does not free a held lot: a supervisor does.
pub(crate) const fn steps(state: LotState, outcome: Outcome) -> Option<&'static [LotState]> {
    use LotState as S;
    use Outcome::{Fail, Invalid, Pass};
    match (state, outcome) {
        (S::Growing, _) => None,
        (S::Harvested, Pass) => Some(&[S::InTest, S::Released]),
        (S::Harvested, Fail) => Some(&[S::InTest, S::Held]),
        (S::Harvested, Invalid) => Some(&[S::InTest]),
        (S::InTest, Pass) => Some(&[S::Released]),
        (S::InTest | S::Released, Fail) => Some(&[S::Held]),
        (S::InTest, Invalid)
        | (S::Released, Pass | Invalid)
        | (S::Held | S::Shipped | S::SoldOut | S::Recalled, _) => Some(&[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Option<Reading> {
        Reading::parse(text).ok()
    }

    #[test]
    fn a_value_is_read_as_laboratories_write_it() {
        assert_eq!(
            reading("12.5"),
            Some(Reading {
                value: 12.5,
                below: false
            })
        );
        assert_eq!(
            reading(" <5.0 "),
            Some(Reading {
                value: 5.0,
                below: true
            })
        );
        assert_eq!(
            reading("＜ 5"),
            Some(Reading {
                value: 5.0,
                below: true
            })
        );
        for wrong in ["", "未检出", "<", "about 5", "NaN", "inf", "5,0"] {
            assert_eq!(reading(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn at_the_limit_a_sample_fails() {
        let meets = |text: &str| reading(text).map(|reading| reading.meets(50.0));
        assert_eq!(meets("49.9"), Some(true));
        assert_eq!(meets("50.0"), Some(false));
        assert_eq!(meets("50.1"), Some(false));
        assert_eq!(meets("<5.0"), Some(true));
        assert_eq!(meets("<50"), Some(true));
        assert_eq!(meets("<60"), Some(false), "it may be 55");
        assert_eq!(meets("-2"), Some(true));
    }

    #[test]
    fn what_no_instrument_reads_is_refused() {
        let checks = |value: f32, unit| {
            Reading {
                value,
                below: false,
            }
            .check(unit)
            .is_ok()
        };
        assert!(checks(-2.0, "%") && checks(100.0, "%"));
        assert!(!checks(118.0, "%") && !checks(-21.0, "%"));
        assert!(checks(118.0, "mg/kg") && !checks(-0.1, "mg/kg"));
    }

    #[test]
    fn every_step_that_follows_a_result_is_legal() {
        for state in LotState::ALL {
            for outcome in [Outcome::Pass, Outcome::Fail, Outcome::Invalid] {
                let Some(steps) = steps(state, outcome) else {
                    assert_eq!(state, LotState::Growing);
                    continue;
                };
                let mut at = state;
                for step in steps {
                    assert!(at.may_become(*step), "{at} to {step}");
                    at = *step;
                }
                let sellable = matches!(at, LotState::Released);
                let was = state == LotState::Released && outcome == Outcome::Invalid;
                let good = outcome == Outcome::Pass || was;
                assert!(good || !sellable, "a failed lot in {at} would be sold");
            }
        }
    }
}
