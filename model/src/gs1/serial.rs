//! Item serials that cannot be guessed: random bits as Crockford base32. A serial is drawn, never
//! counted, so a code seen on one item says nothing about another.

use super::key_text;
use super::text::Text;

/// Characters of a serial: 13 × 5 = 65 bits, enough for 64 random ones.
pub const SERIAL_CHARS: usize = 13;

/// Crockford's alphabet: no I, L, O or U, so that a reader cannot take one for another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why a serial was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SerialError {
    /// Not exactly [`SERIAL_CHARS`] characters.
    #[error("a serial has {SERIAL_CHARS} characters, not {0}")]
    Length(usize),
    /// A character outside Crockford's alphabet.
    #[error("a serial has no character {0:?}")]
    Character(char),
}

/// An item's serial: 13 characters of Crockford base32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Text<SERIAL_CHARS>);

impl Serial {
    /// Writes 64 bits as a serial. They must come from a cryptographic random source: whoever can
    /// guess them can forge a code.
    #[must_use]
    pub fn from_random(bits: u64) -> Self {
        let mut text = Text::EMPTY;
        for shift in (0..SERIAL_CHARS).rev().map(|place| place * 5) {
            // Thirteen characters fit by construction.
            let _ = text.push(ALPHABET[(bits >> shift) as usize & 31]);
        }
        Self(text)
    }

    /// Parses 13 characters. As Crockford asks, small letters are taken as capitals, O as 0, and
    /// I and L as 1, because people type what they read.
    pub fn parse(text: &str) -> Result<Self, SerialError> {
        let mut kept = Text::EMPTY;
        for c in text.chars() {
            let canonical = canonical(c).ok_or(SerialError::Character(c))?;
            kept.push(canonical)
                .ok_or_else(|| SerialError::Length(text.chars().count()))?;
        }
        if kept.as_str().len() == SERIAL_CHARS {
            Ok(Self(kept))
        } else {
            Err(SerialError::Length(kept.as_str().len()))
        }
    }

    /// The serial as it is printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

key_text!(Serial, SerialError);

/// The alphabet's character that a typed one stands for.
fn canonical(c: char) -> Option<u8> {
    let byte = u8::try_from(c).ok()?.to_ascii_uppercase();
    let byte = match byte {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.contains(&byte).then_some(byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::string::ToString;

    #[test]
    fn the_ends_of_the_range_print_as_crockford_says() {
        assert_eq!(Serial::from_random(0).as_str(), "0000000000000");
        assert_eq!(Serial::from_random(31).as_str(), "000000000000Z");
        assert_eq!(Serial::from_random(32).as_str(), "0000000000010");
        assert_eq!(Serial::from_random(u64::MAX).as_str(), "FZZZZZZZZZZZZ");
    }

    #[test]
    fn what_a_person_types_is_read_as_what_was_printed() {
        let printed = Serial::parse("0123401234ABC");
        assert_eq!(Serial::parse("oI23401234abc"), printed);
        assert_eq!(Serial::parse("OL234o1234aBc"), printed);
    }

    #[test]
    fn a_refusal_names_what_is_wrong() {
        assert_eq!(Serial::parse("0123"), Err(SerialError::Length(4)));
        assert_eq!(
            Serial::parse("01234567890123"),
            Err(SerialError::Length(14))
        );
        assert_eq!(
            Serial::parse("012345678901U"),
            Err(SerialError::Character('U'))
        );
        assert_eq!(
            Serial::parse("012345678901枣"),
            Err(SerialError::Character('枣'))
        );
    }

    proptest! {
        #[test]
        fn a_drawn_serial_parses_to_itself_and_no_other(
            bits in prop::collection::btree_set(any::<u64>(), 2..20)
        ) {
            let serials: BTreeSet<Serial> = bits.iter().map(|b| Serial::from_random(*b)).collect();
            prop_assert_eq!(serials.len(), bits.len());
            for serial in serials {
                prop_assert_eq!(Serial::parse(&serial.to_string()), Ok(serial));
            }
        }
    }
}
