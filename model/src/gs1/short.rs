//! The short code beside the QR: digits only, for a keypad. It is an alias that the database
//! resolves, not a GS1 key. Its last digit is Damm's, which catches every single wrong digit and
//! every swap of neighbours: the two things that fingers do.

use super::key_text;
use super::text::Text;

/// Digits of a short code, check digit included: three groups of four.
pub const SHORT_DIGITS: usize = 12;

/// Damm's quasigroup of order ten.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Why a short code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShortError {
    /// Not exactly [`SHORT_DIGITS`] digits.
    #[error("a short code has {SHORT_DIGITS} digits, not {0}")]
    Length(usize),
    /// A character that is neither digit nor space nor hyphen.
    #[error("a short code has digits only, not {0:?}")]
    Character(char),
    /// A digit was mistyped, or two were swapped.
    #[error("a digit of the short code is wrong, or two are swapped")]
    CheckDigit,
}

/// A short code: 11 digits and Damm's check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortCode(Text<SHORT_DIGITS>);

impl ShortCode {
    /// Makes a code of random bits; about 36 of them survive, so the caller must see to it that
    /// the code is new.
    #[must_use]
    pub fn from_random(bits: u64) -> Self {
        let mut text = Text::EMPTY;
        let mut rest = bits;
        for _ in 1..SHORT_DIGITS {
            let _ = text.push(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        let _ = text.push(b'0' + damm(text.as_str()));
        Self(text)
    }

    /// Parses 12 digits; spaces and hyphens between them are passed over.
    pub fn parse(text: &str) -> Result<Self, ShortError> {
        let mut kept = Text::EMPTY;
        let mut count = 0;
        for c in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
            if !c.is_ascii_digit() {
                return Err(ShortError::Character(c));
            }
            count += 1;
            let _ = kept.push(c as u8);
        }
        if count != SHORT_DIGITS {
            Err(ShortError::Length(count))
        } else if damm(kept.as_str()) != 0 {
            Err(ShortError::CheckDigit)
        } else {
            Ok(Self(kept))
        }
    }

    /// The 12 digits without spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The three groups of four that are printed.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        (0..SHORT_DIGITS)
            .step_by(4)
            .map(|at| &self.as_str()[at..at + 4])
    }
}

key_text!(ShortCode, ShortError);

/// Damm's digit of a row of digits; zero when the last one is already right.
fn damm(digits: &str) -> u8 {
    digits.bytes().fold(0, |state, digit| {
        DAMM[usize::from(state)][usize::from(digit & 0x0F) % 10]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    #[test]
    fn damms_own_example_has_his_digit() {
        assert_eq!(damm("572"), 4);
        assert_eq!(damm("5724"), 0);
    }

    #[test]
    fn a_code_is_read_with_and_without_its_spaces() {
        let code = ShortCode::from_random(0x1234_5678_9ABC_DEF0);
        let grouped = code.groups().collect::<Vec<_>>().join(" ");
        assert_eq!(grouped.len(), 14);
        assert_eq!(ShortCode::parse(&grouped), Ok(code));
        assert_eq!(ShortCode::parse(code.as_str()), Ok(code));
        assert_eq!(ShortCode::parse("12a4"), Err(ShortError::Character('a')));
        assert_eq!(ShortCode::parse("1234"), Err(ShortError::Length(4)));
        assert_eq!(
            ShortCode::parse(&(code.to_string() + "0")),
            Err(ShortError::Length(13))
        );
    }

    proptest! {
        #[test]
        fn a_wrong_digit_or_a_swap_is_noticed(bits: u64, at in 0..SHORT_DIGITS, add in 1_u8..10) {
            let code = ShortCode::from_random(bits).to_string();
            let mut wrong = code.clone().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + add) % 10;
            let wrong: String = wrong.into_iter().map(char::from).collect();
            prop_assert_eq!(ShortCode::parse(&wrong), Err(ShortError::CheckDigit));
            let mut swapped = code.clone().into_bytes();
            swapped.swap(at, (at + 1).min(SHORT_DIGITS - 1));
            let swapped: String = swapped.into_iter().map(char::from).collect();
            prop_assert_eq!(ShortCode::parse(&swapped).is_ok(), swapped == code);
        }
    }
}
