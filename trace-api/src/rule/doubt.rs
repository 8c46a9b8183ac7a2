//! What a person is asked about before a result is entered: a value that can be, and that is more
//! often a slip of the hand. It is entered all the same once they say so; what cannot be is refused
//! elsewhere.

use crate::rule::result::Reading;

/// How many times the limit a result has to be to look like a wrong unit.
const TIMES_FAR: f32 = 100.0;

/// Why a value is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Doubt {
    /// A percentage of inhibition below zero: noise of the instrument, or a missing digit.
    BelowZero,
    /// A number that the method cannot tell: its limit of quantification, which it lies below.
    NotQuantified(f32),
    /// “Below” a number that is above the limit proves nothing and counts as a failure.
    ProvesNothing,
    /// Many times the limit: perhaps another unit.
    FarAbove,
}

impl Doubt {
    /// What is asked, in English and in Chinese.
    pub(crate) fn words(self) -> (String, String) {
        match self {
            Self::BelowZero => (
                "an inhibition below zero is noise of the instrument".to_owned(),
                "抑制率小于零，多为仪器噪声".to_owned(),
            ),
            Self::NotQuantified(least) => (
                format!("it lies below the limit of quantification: usually written <{least:?}"),
                format!("低于定量限，通常写作 <{least:?}"),
            ),
            Self::ProvesNothing => (
                "below a number that is above the limit it may still be too much".to_owned(),
                "“小于”的数值高于限值，不能证明合格".to_owned(),
            ),
            Self::FarAbove => (
                "it is more than a hundred times the limit: look at the unit".to_owned(),
                "超过限值一百倍，请核对单位".to_owned(),
            ),
        }
    }
}

/// What is to be asked of a reading against its limit.
pub(crate) fn doubts(reading: Reading, limit: f32, quantification: Option<f32>) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if reading.value < 0.0 {
        doubts.push(Doubt::BelowZero);
    }
    let unquantified = quantification.filter(|least| !reading.below && reading.value < *least);
    if let Some(least) = unquantified.filter(|_| reading.value >= 0.0) {
        doubts.push(Doubt::NotQuantified(least));
    }
    if reading.below && reading.value > limit {
        doubts.push(Doubt::ProvesNothing);
    }
    if reading.value > limit * TIMES_FAR {
        doubts.push(Doubt::FarAbove);
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: f32, below: bool) -> Vec<Doubt> {
        doubts(Reading { value, below }, 50.0, Some(5.0))
    }

    #[test]
    fn an_ordinary_value_is_not_asked_about() {
        for value in [5.0, 12.5, 49.9, 50.0, 98.0] {
            assert_eq!(asked(value, false), [], "{value}");
        }
        assert_eq!(asked(5.0, true), []);
    }

    #[test]
    fn a_value_that_is_more_often_a_slip_is_asked_about() {
        assert_eq!(asked(-2.0, false), [Doubt::BelowZero]);
        assert_eq!(asked(3.0, false), [Doubt::NotQuantified(5.0)]);
        assert_eq!(asked(60.0, true), [Doubt::ProvesNothing]);
        let far = Reading {
            value: 21.0,
            below: false,
        };
        assert_eq!(doubts(far, 0.2, None), [Doubt::FarAbove]);
    }
}
