//! A line of a Modbus register map: where a quantity stands in a device's registers and how it is
//! written there. Every vendor has another map, so it is data; frames are `ingest`'s.

use core::fmt;

/// Function codes that read 16-bit registers: holding and input registers.
pub const READ_FUNCTIONS: [u8; 2] = [3, 4];

macro_rules! forms {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $words:literal;)*) => {
        /// How a number is written in registers; the code is what the database and the API spell.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Form {
            $($(#[$doc])* $variant,)*
        }

        impl Form {
            /// Every form, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that the database and the API use.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// How many registers it takes.
            #[must_use]
            pub const fn words(self) -> usize {
                match self { $(Self::$variant => $words,)* }
            }

            /// The form of a code, `None` for a word that is not in the list.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|form| form.code() == code)
            }
        }
    };
}

forms! {
    /// One register, 0 to 65,535.
    Unsigned16 = "u16", 1;
    /// One register, two's complement.
    Signed16 = "i16", 1;
    /// Two registers.
    Unsigned32 = "u32", 2;
    /// Two registers, two's complement.
    Signed32 = "i32", 2;
    /// Two registers, IEEE 754.
    Float32 = "f32", 2;
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Where a quantity stands: value = number × scale + offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Register {
    /// Function code that reads it, one of [`READ_FUNCTIONS`].
    pub function: u8,
    /// Its first register, from 0.
    pub address: u16,
    /// How it is written.
    pub form: Form,
    /// Whether the lower half of a 32-bit number comes first; within a register the high byte does.
    pub low_word_first: bool,
    /// What the number is multiplied by.
    pub scale: f64,
    /// What is added then.
    pub offset: f64,
}

impl Register {
    /// The value in the registers that begin at its address; `None` where there are too few.
    #[must_use]
    pub fn value(&self, words: &[u16]) -> Option<f64> {
        let first = *words.first()?;
        let number = match self.form {
            Form::Unsigned16 => f64::from(first),
            Form::Signed16 => f64::from(first as i16),
            Form::Unsigned32 => f64::from(self.wide(first, words)?),
            Form::Signed32 => f64::from(self.wide(first, words)? as i32),
            Form::Float32 => f64::from(f32::from_bits(self.wide(first, words)?)),
        };
        Some(number * self.scale + self.offset)
    }

    fn wide(&self, first: u16, words: &[u16]) -> Option<u32> {
        let second = *words.get(1)?;
        let (high, low) = if self.low_word_first {
            (second, first)
        } else {
            (first, second)
        };
        Some(u32::from(high) << 16 | u32::from(low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(form: Form, low_word_first: bool, scale: f64) -> Register {
        Register {
            function: 3,
            address: 0,
            form,
            low_word_first,
            scale,
            offset: 0.0,
        }
    }

    #[test]
    fn every_form_reads_its_number() {
        for (form, low_first, words, expected) in [
            (Form::Unsigned16, false, &[0xff9b, 9][..], 65_435.0),
            (Form::Signed16, false, &[0xff9b], -101.0),
            (Form::Unsigned32, false, &[0x0001, 0x0002], 65_538.0),
            (Form::Unsigned32, true, &[0x0002, 0x0001], 65_538.0),
            (Form::Signed32, false, &[0xffff, 0xfffe], -2.0),
            (Form::Float32, false, &[0x41b8, 0x0000], 23.0),
            (Form::Float32, true, &[0x0000, 0x41b8], 23.0),
        ] {
            let value = register(form, low_first, 1.0).value(words);
            assert_eq!(value, Some(expected), "{form}");
        }
    }

    #[test]
    fn scale_and_offset_make_the_unit() {
        let kelvin = Register {
            offset: -273.15,
            ..register(Form::Unsigned16, false, 0.1)
        };
        let celsius = kelvin.value(&[2_961]).unwrap_or_default();
        assert!((celsius - 22.95).abs() < 1e-9, "{celsius}");
    }

    #[test]
    fn half_a_number_is_none() {
        for form in Form::ALL {
            let register = register(*form, false, 1.0);
            assert_eq!(register.value(&[]), None);
            let is_whole = register.value(&[7]).is_some();
            assert_eq!(is_whole, form.words() == 1, "{form}");
            assert_eq!(Form::from_code(form.code()), Some(*form));
        }
    }
}
