//! How devices of other makes are named: a scheme and the name that the device has there. The
//! topics and payloads themselves belong to the adapters of `ingest`.

use core::fmt;

/// Most bytes of a device's name in its scheme.
pub const EXTERNAL_ID_BYTES_MAX: usize = 200;

macro_rules! schemes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal;)*) => {
        /// Whose way of naming devices; the code is what the database and the API spell.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Scheme {
            $($(#[$doc])* $variant,)*
        }

        impl Scheme {
            /// Every scheme, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that the database and the API use.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The scheme of a code, `None` for a word that is not in the list.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|scheme| scheme.code() == code)
            }
        }
    };
}

schemes! {
    /// `ThingsBoard`: the device's name in a gateway's message; for a device of its own, the id
    /// that it signs in with.
    ThingsBoard = "thingsboard";
    /// `ChirpStack`: the device's EUI, 16 hexadecimal digits in lower case.
    ChirpStack = "chirpstack";
    /// Tasmota: the device's topic.
    Tasmota = "tasmota";
    /// Sparkplug B: `group/edge` or `group/edge/device`.
    Sparkplug = "sparkplug";
    /// Modbus RTU: `gateway/unit`, the unit address from 1 to 247.
    Modbus = "modbus";
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_finds_its_scheme_again() {
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::from_code(scheme.code()), Some(*scheme));
        }
        assert_eq!(Scheme::from_code("ThingsBoard"), None);
    }
}
