//! The trade item number, always held as 14 digits. A number without a valid check digit cannot
//! be made: there is no unchecked way in.

use super::text::Text;
use super::{check_digit, has_check_digit, key_text};

/// Digits of a GTIN as it is kept and printed.
pub const GTIN_DIGITS: usize = 14;

/// Why a GTIN was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GtinError {
    /// Only 8, 12, 13 and 14 digits are GTINs.
    #[error("a GTIN has 8, 12, 13 or 14 digits, not {0}")]
    Length(usize),
    /// A character that is no ASCII digit.
    #[error("a GTIN has digits only, not {0:?}")]
    Character(char),
    /// The last digit is not what GS1's rule makes of the others.
    #[error("the check digit is {found}, it must be {expected}")]
    CheckDigit {
        /// The digit that stands there.
        found: char,
        /// The digit that the rule asks for.
        expected: char,
    },
}

/// A GTIN-14; shorter ones (GTIN-8, -12, -13) are padded with zeros on the left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(Text<GTIN_DIGITS>);

impl Gtin {
    /// Parses 8, 12, 13 or 14 digits and checks the last one.
    pub fn parse(text: &str) -> Result<Self, GtinError> {
        digits_only(text)?;
        if !matches!(text.len(), 8 | 12 | 13 | 14) {
            return Err(GtinError::Length(text.len()));
        }
        if !has_check_digit(text.as_bytes()) {
            let (body, found) = text.split_at(text.len() - 1);
            return Err(GtinError::CheckDigit {
                found: found.chars().next().unwrap_or_default(),
                expected: char::from(check_digit(body.as_bytes())),
            });
        }
        Ok(padded(text, None))
    }

    /// Completes a body of 7, 11, 12 or 13 digits with its check digit.
    pub fn from_body(body: &str) -> Result<Self, GtinError> {
        digits_only(body)?;
        if !matches!(body.len(), 7 | 11 | 12 | 13) {
            return Err(GtinError::Length(body.len() + 1));
        }
        Ok(padded(body, Some(check_digit(body.as_bytes()))))
    }

    /// The 14 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the number is of restricted circulation (prefix 02, 04 or 20–29 of its GTIN-13):
    /// valid inside one company or county, not in world trade.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        matches!(
            &self.as_str().as_bytes()[1..3],
            [b'0', b'2' | b'4'] | [b'2', _]
        )
    }
}

key_text!(Gtin, GtinError);

fn digits_only(text: &str) -> Result<(), GtinError> {
    text.chars()
        .find(|c| !c.is_ascii_digit())
        .map_or(Ok(()), |bad| Err(GtinError::Character(bad)))
}

/// Left-pads at most 14 digits, the last of which may come apart.
fn padded(digits: &str, last: Option<u8>) -> Gtin {
    let mut text = Text::EMPTY;
    let zeros = GTIN_DIGITS.saturating_sub(digits.len() + usize::from(last.is_some()));
    for byte in core::iter::repeat_n(b'0', zeros)
        .chain(digits.bytes())
        .chain(last)
    {
        // Never full: the callers have checked the length.
        let _ = text.push(byte);
    }
    Gtin(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn shorter_numbers_are_padded_to_fourteen_digits() {
        for (text, padded) in [
            ("95050003", "00000095050003"),
            ("614141123452", "00614141123452"),
            ("9506000134352", "09506000134352"),
            ("09506000134352", "09506000134352"),
        ] {
            assert_eq!(
                Gtin::parse(text).map(|g| g.to_string()),
                Ok(padded.to_string())
            );
        }
    }

    #[test]
    fn a_refusal_names_what_is_wrong() {
        assert_eq!(Gtin::parse(""), Err(GtinError::Length(0)));
        assert_eq!(Gtin::parse("123456789"), Err(GtinError::Length(9)));
        assert_eq!(
            Gtin::parse("0950600013435X"),
            Err(GtinError::Character('X'))
        );
        assert_eq!(
            Gtin::parse("09506000134352 "),
            Err(GtinError::Character(' '))
        );
        assert_eq!(
            Gtin::parse("０9506000134352"),
            Err(GtinError::Character('０'))
        );
        let wrong = Gtin::parse("09506000134353");
        assert_eq!(
            wrong,
            Err(GtinError::CheckDigit {
                found: '3',
                expected: '2'
            })
        );
        assert_eq!(Gtin::from_body("123"), Err(GtinError::Length(4)));
    }

    #[test]
    fn internal_numbers_are_known_by_their_prefix() -> Result<(), GtinError> {
        for (body, internal) in [
            ("2012345678901", false),
            ("0201234567890", true),
            ("0291234567890", true),
            ("0021234567890", true),
            ("0690123456789", false),
        ] {
            assert_eq!(Gtin::from_body(body)?.is_restricted(), internal, "{body}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn a_completed_body_parses_to_itself(body in "[0-9]{7}|[0-9]{11,13}") {
            let made = Gtin::from_body(&body);
            prop_assert!(made.is_ok());
            if let Ok(made) = made {
                prop_assert_eq!(Gtin::parse(made.as_str()), Ok(made));
                prop_assert!(made.as_str()[..GTIN_DIGITS - 1].ends_with(&body));
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,20}") {
            let _ = Gtin::parse(&text);
            let _ = Gtin::from_body(&text);
        }
    }
}
