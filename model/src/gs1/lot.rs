//! Our lot codes. GS1 allows more characters in a lot; this alphabet needs no escaping in a URI,
//! stays in the QR alphanumeric mode, and is also legal in GB/T 33993.

use super::key_text;
use super::text::Text;

/// Most characters of a lot code (GS1 AI 10).
pub const LOT_BYTES_MAX: usize = 20;

/// Why a lot code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LotError {
    /// An empty code names no lot.
    #[error("the lot code is empty")]
    Empty,
    /// More than [`LOT_BYTES_MAX`] characters.
    #[error("the lot code has more than {LOT_BYTES_MAX} characters")]
    TooLong,
    /// A character outside `[A-Z0-9-]`.
    #[error("the lot code has the character {0:?}; capital letters, digits and '-' are allowed")]
    Character(char),
}

/// A lot code of 1 to 20 characters out of `[A-Z0-9-]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotCode(Text<LOT_BYTES_MAX>);

impl LotCode {
    /// Parses a lot code as it is: nothing is trimmed and no case is changed.
    pub fn parse(text: &str) -> Result<Self, LotError> {
        if text.is_empty() {
            return Err(LotError::Empty);
        }
        if let Some(bad) = text
            .chars()
            .find(|c| !matches!(c, 'A'..='Z' | '0'..='9' | '-'))
        {
            return Err(LotError::Character(bad));
        }
        Text::new(text).map(Self).ok_or(LotError::TooLong)
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

key_text!(LotCode, LotError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn what_would_need_escaping_is_refused() {
        for (text, bad) in [
            ("a", 'a'),
            ("A/B", '/'),
            ("A B", ' '),
            ("批", '批'),
            ("A_1", '_'),
        ] {
            assert_eq!(LotCode::parse(text), Err(LotError::Character(bad)));
        }
        assert_eq!(LotCode::parse(""), Err(LotError::Empty));
        assert_eq!(
            LotCode::parse("ABCDEFGHIJ0123456789X"),
            Err(LotError::TooLong)
        );
    }

    proptest! {
        #[test]
        fn every_code_of_the_alphabet_is_kept(text in "[A-Z0-9-]{1,20}") {
            prop_assert_eq!(LotCode::parse(&text).map(|lot| lot.to_string()), Ok(text));
        }
    }
}
