//! GS1 keys and the links that carry them: GTIN, lot, serial, and the Digital Link URI. It is not
//! a resolver and not the whole General Specifications: it knows the keys a food chain meets.
//!
//! The one thing to know: [`Elements`] reads any conformant link from anywhere, strictly;
//! [`DigitalLink`] is the narrow view of it that this platform prints, with our own alphabet for
//! lots and our own form of serials. Nothing here allocates.

use core::fmt;

mod ai;
mod elements;
mod gtin;
mod link;
mod lot;
mod serial;
mod short;
mod text;

pub use ai::{Ai, ValueError};
pub use elements::{Attributes, ELEMENTS_MAX, Element, Elements, LinkError};
pub use gtin::{GTIN_DIGITS, Gtin, GtinError};
pub use link::{DigitalLink, DigitalLinkError, WithStem};
pub use lot::{LOT_BYTES_MAX, LotCode, LotError};
pub use serial::{SERIAL_CHARS, Serial, SerialError};
pub use short::{SHORT_DIGITS, ShortCode, ShortError};

/// The GS1 check digit of a body of ASCII digits: weights 3, 1, 3 … from the right, modulo 10
/// (GS1 General Specifications, 7.9). Bytes that are no digits are the caller's mistake and count
/// as their low four bits.
#[must_use]
pub(crate) fn check_digit(body: &[u8]) -> u8 {
    let sum: u32 = body
        .iter()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit & 0x0F) * weight)
        .sum();
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// Whether the last of these ASCII digits is the check digit of those before it.
pub(crate) fn has_check_digit(digits: &[u8]) -> bool {
    digits
        .split_last()
        .is_some_and(|(last, body)| check_digit(body) == *last)
}

/// Writes `name("text")`, the `Debug` form of every key of this module.
fn debug_key(f: &mut fmt::Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    write!(f, "{name}({text:?})")
}

/// Gives a key its `FromStr`, `Display` and `Debug` from its `parse` and `as_str`.
macro_rules! key_text {
    ($name:ident, $error:ident) => {
        impl core::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::gs1::debug_key(f, stringify!($name), self.as_str())
            }
        }
    };
}
pub(crate) use key_text;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_keys_carry_the_check_digit_that_is_computed() {
        // GTIN-13, GTIN-8, SSCC and GLN from GS1's own examples.
        for key in [
            "9506000134352",
            "95050003",
            "106141412345678908",
            "9521321000018",
        ] {
            assert!(has_check_digit(key.as_bytes()), "{key}");
        }
    }

    proptest! {
        #[test]
        fn any_single_wrong_digit_is_noticed(body in "[0-9]{1,17}", at in 0_usize..17, add in 1_u8..10) {
            let mut digits = body.clone().into_bytes();
            digits.push(check_digit(body.as_bytes()));
            prop_assert!(has_check_digit(&digits));
            let at = at % digits.len();
            digits[at] = b'0' + (digits[at] - b'0' + add) % 10;
            prop_assert!(!has_check_digit(&digits));
        }
    }
}
