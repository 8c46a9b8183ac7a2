//! The unified social credit code (统一社会信用代码) of an organisation in China, by GB 32100. It
//! says that a code is well formed, not that the organisation exists.

use core::fmt;

/// Characters of a code, check character included.
pub const CREDIT_CODE_CHARS: usize = 18;

/// The 31 characters of GB 32100 in the order of their values: no I, O, S, V or Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Why a credit code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not exactly [`CREDIT_CODE_CHARS`] characters.
    #[error("a credit code has {CREDIT_CODE_CHARS} characters, not {0}")]
    Length(usize),
    /// A character outside the standard's 31.
    #[error("a credit code has no character {0:?}")]
    Character(char),
    /// The region code, the third to the eighth character, has a letter.
    #[error("characters 3 to 8 of a credit code are digits")]
    Region,
    /// The last character is not what GB 32100 makes of the others.
    #[error("the check character is {found}, it must be {expected}")]
    Check {
        /// The character that stands there.
        found: char,
        /// The character that the rule asks for.
        expected: char,
    },
}

/// A well-formed unified social credit code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode([u8; CREDIT_CODE_CHARS]);

impl CreditCode {
    /// Parses 18 characters, capitals only, and checks the last one.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let values = values(text)?;
        let (body, last) = text.split_at(CREDIT_CODE_CHARS - 1);
        let expected = char::from(check_character(&values));
        let found = last.chars().next().unwrap_or_default();
        if found != expected {
            return Err(CreditCodeError::Check { found, expected });
        }
        Ok(Self::new(body, expected))
    }

    /// Completes a body of 17 characters with its check character.
    pub fn from_body(body: &str) -> Result<Self, CreditCodeError> {
        if body.chars().count() != CREDIT_CODE_CHARS - 1 {
            return Err(CreditCodeError::Length(body.chars().count() + 1));
        }
        let mut padded = [b'0'; CREDIT_CODE_CHARS];
        for (slot, c) in padded.iter_mut().zip(body.chars()) {
            *slot = u8::try_from(c).map_err(|_| CreditCodeError::Character(c))?;
        }
        let values = values(core::str::from_utf8(&padded).unwrap_or_default())?;
        Ok(Self::new(body, char::from(check_character(&values))))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in, so the fallback is never taken.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn new(body: &str, last: char) -> Self {
        let mut bytes = [b'0'; CREDIT_CODE_CHARS];
        for (slot, c) in bytes.iter_mut().zip(body.chars().chain([last])) {
            *slot = c as u8;
        }
        Self(bytes)
    }
}

/// The value of each character, with length, alphabet and region checked.
fn values(text: &str) -> Result<[u8; CREDIT_CODE_CHARS], CreditCodeError> {
    let length = text.chars().count();
    if length != CREDIT_CODE_CHARS {
        return Err(CreditCodeError::Length(length));
    }
    let mut values = [0; CREDIT_CODE_CHARS];
    for (slot, c) in values.iter_mut().zip(text.chars()) {
        let place = ALPHABET.iter().position(|a| char::from(*a) == c);
        *slot = place.ok_or(CreditCodeError::Character(c))? as u8;
    }
    if values[2..8].iter().any(|value| *value > 9) {
        return Err(CreditCodeError::Region);
    }
    Ok(values)
}

/// GB 32100: 31 minus the sum of value × 3^place modulo 31, again modulo 31.
fn check_character(values: &[u8; CREDIT_CODE_CHARS]) -> u8 {
    let (sum, _) = values[..CREDIT_CODE_CHARS - 1]
        .iter()
        .fold((0, 1), |(sum, weight), value| {
            (sum + u32::from(*value) * weight, weight * 3 % 31)
        });
    ALPHABET[(31 - sum as usize % 31) % 31]
}

impl core::str::FromStr for CreditCode {
    type Err = CreditCodeError;
    fn from_str(text: &str) -> Result<Self, CreditCodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreditCode({:?})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn the_weights_are_those_of_the_standard() {
        // The standard lists 1 3 9 27 19 26 16 17 20 29 25 13 8 24 10 30 28: one character of
        // value 1 in each place (digits only in the region) must give 31 minus that weight.
        let weights = [
            1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
        ];
        for (place, weight) in weights.into_iter().enumerate() {
            let mut values = [0; CREDIT_CODE_CHARS];
            values[place] = 1;
            assert_eq!(
                check_character(&values),
                ALPHABET[31 - weight],
                "place {place}"
            );
        }
    }

    #[test]
    fn a_refusal_names_what_is_wrong() -> Result<(), CreditCodeError> {
        let code = CreditCode::from_body("91433127MA0000000")?.to_string();
        assert_eq!(
            CreditCode::parse(&code).map(|c| c.to_string()),
            Ok(code.clone())
        );
        assert_eq!(CreditCode::parse("9143"), Err(CreditCodeError::Length(4)));
        assert_eq!(
            CreditCode::parse("91433127MA000000I0"),
            Err(CreditCodeError::Character('I'))
        );
        assert_eq!(
            CreditCode::parse("91A33127MA00000000"),
            Err(CreditCodeError::Region)
        );
        let wrong = code[..17].to_string() + if code.ends_with('7') { "8" } else { "7" };
        assert!(matches!(
            CreditCode::parse(&wrong),
            Err(CreditCodeError::Check { .. })
        ));
        Ok(())
    }

    proptest! {
        #[test]
        fn a_single_wrong_character_is_noticed(
            body in "[1-9A][1-9][0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}",
            at in 8_usize..17,
            other in "[0-9A-HJ-NP-RTUWXY]",
        ) {
            let code = CreditCode::from_body(&body).map(|code| code.to_string());
            prop_assert!(code.is_ok());
            let code = code.unwrap_or_default();
            prop_assert_eq!(CreditCode::parse(&code).map(|c| c.to_string()), Ok(code.clone()));
            let mut wrong = code.clone();
            wrong.replace_range(at..=at, &other);
            prop_assert_eq!(CreditCode::parse(&wrong).is_ok(), wrong == code);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,20}") {
            let _ = CreditCode::parse(&text);
            let _ = CreditCode::from_body(&text);
        }
    }
}
