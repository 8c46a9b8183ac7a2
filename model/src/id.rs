//! Identifiers that travel in topics and wire frames: parsed once at the edge, cheap to copy and
//! hash, held inline so that a probe without a heap can carry them. Database keys are not here:
//! they never leave `store` and the API's own types.

use core::fmt;
use core::str::FromStr;

/// Most bytes of a gateway, probe or camera name: one MQTT topic level of ours.
pub const NAME_BYTES_MAX: usize = 64;

/// Why a name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// An empty name addresses nothing.
    #[error("the name is empty")]
    Empty,
    /// More bytes than [`NAME_BYTES_MAX`].
    #[error("the name has more than {NAME_BYTES_MAX} bytes")]
    TooLong,
    /// A character outside `[A-Za-z0-9._-]`; MQTT's `/`, `+` and `#` would change the topic.
    #[error("the name has the character {0:?}; letters, digits, '.', '_' and '-' are allowed")]
    Character(char),
}

/// A short text kept inline: no heap, `Copy`-sized limits, compares and hashes as its text.
#[derive(Clone, Copy)]
struct Name {
    bytes: [u8; NAME_BYTES_MAX],
    len: u8,
}

impl Name {
    fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > NAME_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        if let Some(bad) = text.chars().find(|c| !is_name_character(*c)) {
            return Err(NameError::Character(bad));
        }
        let mut bytes = [0; NAME_BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self {
            bytes,
            len: text.len() as u8,
        })
    }

    fn as_str(&self) -> &str {
        // Only ASCII gets in through `parse`, so the fallback is never taken.
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

/// Whether a character may stand in a name: one topic level, readable in a URL as it is.
const fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(Name);

        impl $name {
            /// Parses a name of 1 to [`NAME_BYTES_MAX`] letters, digits, `.`, `_` and `-`.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                Name::parse(text).map(Self)
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.as_str())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl core::hash::Hash for $name {
            fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }
    };
}

name_type! {
    /// A gateway: what signs in over MQTT, user name and second topic level at once.
    GatewayId
}
name_type! {
    /// A probe or camera at a gateway: the third topic level, unique at its gateway only.
    ProbeName
}

/// A probe's key in the database: small, because every stored report carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeKey(pub i32);

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[test]
    fn a_name_of_one_topic_level_is_kept_as_it_is() {
        for text in ["demo-gw", "A", "a.b_c-9", &"x".repeat(NAME_BYTES_MAX)] {
            assert_eq!(
                GatewayId::parse(text).map(|id| format!("{id}")),
                Ok(text.to_string())
            );
        }
    }

    #[test]
    fn what_would_change_the_topic_is_refused() {
        for (text, bad) in [
            ("a/b", '/'),
            ("+", '+'),
            ("#", '#'),
            ("a b", ' '),
            ("枣", '枣'),
        ] {
            assert_eq!(ProbeName::parse(text), Err(NameError::Character(bad)));
        }
        assert_eq!(ProbeName::parse(""), Err(NameError::Empty));
        let long = "x".repeat(NAME_BYTES_MAX + 1);
        assert_eq!(ProbeName::parse(&long), Err(NameError::TooLong));
    }
}
