//! A decimal number kept as it was written or as a sensor's integers make it: mantissa and power
//! of ten. Not arithmetic, only carriage: a value measured in hundredths reaches the database as
//! the same hundredths.

use core::fmt;
use core::str::FromStr;

/// Most digits that [`Decimal::parse`] takes, so that every mantissa converts to `f64` exactly.
pub const DIGITS_MAX: usize = 15;

/// `mantissa × 10^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits, with their sign.
    pub mantissa: i64,
    /// The power of ten; −2 for hundredths.
    pub exponent: i8,
}

/// Why a text is no decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// There is no digit.
    #[error("there is no digit")]
    Empty,
    /// A character that is neither digit, sign nor point, or one in the wrong place.
    #[error("{0:?} has no place in a decimal number")]
    Character(char),
    /// More digits than [`DIGITS_MAX`].
    #[error("the number has more than {DIGITS_MAX} digits")]
    TooLong,
}

impl Decimal {
    /// The number `mantissa × 10^exponent`.
    #[must_use]
    pub const fn new(mantissa: i64, exponent: i8) -> Self {
        Self { mantissa, exponent }
    }

    /// Parses `-12.340`: an optional sign, digits, an optional point. No spaces, no exponent, no
    /// thousands separators; trailing zeros are kept.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let mut mantissa = 0_i64;
        let mut count = 0;
        let mut decimals = None;
        for character in digits.chars() {
            match (character.to_digit(10), decimals) {
                (Some(digit), _) => {
                    mantissa = mantissa * 10 + i64::from(digit);
                    count += 1;
                    decimals = decimals.map(|count: i8| count + 1);
                }
                (None, None) if character == '.' => decimals = Some(0),
                _ => return Err(DecimalError::Character(character)),
            }
            if count > DIGITS_MAX {
                return Err(DecimalError::TooLong);
            }
        }
        if count == 0 {
            return Err(DecimalError::Empty);
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        Ok(Self {
            mantissa,
            exponent: -decimals.unwrap_or(0),
        })
    }

    /// The nearest `f64`. Correctly rounded while the mantissa stays below 2^53 and the exponent
    /// within ±22, because both factors are then exact and only one operation rounds.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        let mut power = 1.0;
        for _ in 0..self.exponent.unsigned_abs() {
            power *= 10.0;
        }
        if self.exponent < 0 {
            self.mantissa as f64 / power
        } else {
            self.mantissa as f64 * power
        }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse(text)
    }
}

/// Plain decimal text, with exactly the decimals that the exponent says.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs();
        if self.exponent >= 0 {
            write!(f, "{sign}{digits}")?;
            let zeros = if digits == 0 { 0 } else { self.exponent };
            return (0..zeros).try_for_each(|_| f.write_str("0"));
        }
        // An i64 has 19 digits; more decimals than that are zeros before them.
        let decimals = usize::from(self.exponent.unsigned_abs());
        match u32::try_from(decimals)
            .ok()
            .and_then(|power| 10_u64.checked_pow(power))
        {
            Some(power) => write!(f, "{sign}{}.{:0decimals$}", digits / power, digits % power),
            None => write!(f, "{sign}0.{digits:0decimals$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn a_number_keeps_its_trailing_zeros() {
        assert_eq!(Decimal::parse("48.20"), Ok(Decimal::new(4_820, -2)));
        assert_eq!(Decimal::parse("-0.05"), Ok(Decimal::new(-5, -2)));
        assert_eq!(Decimal::parse("+7"), Ok(Decimal::new(7, 0)));
        assert_eq!(Decimal::parse("7."), Ok(Decimal::new(7, 0)));
        assert_eq!(Decimal::parse(".5"), Ok(Decimal::new(5, -1)));
    }

    #[test]
    fn what_is_no_number_says_why() {
        assert_eq!(Decimal::parse(""), Err(DecimalError::Empty));
        assert_eq!(Decimal::parse("-."), Err(DecimalError::Empty));
        assert_eq!(Decimal::parse("1.2.3"), Err(DecimalError::Character('.')));
        assert_eq!(Decimal::parse("1e3"), Err(DecimalError::Character('e')));
        assert_eq!(Decimal::parse(" 1"), Err(DecimalError::Character(' ')));
        assert_eq!(Decimal::parse("1,5"), Err(DecimalError::Character(',')));
        assert_eq!(Decimal::parse("NaN"), Err(DecimalError::Character('N')));
        assert_eq!(
            Decimal::parse("1234567890123456"),
            Err(DecimalError::TooLong)
        );
    }

    #[test]
    fn extreme_exponents_print_without_a_panic() {
        assert_eq!(Decimal::new(-12, 3).to_string(), "-12000");
        assert_eq!(Decimal::new(0, 9).to_string(), "0");
        assert_eq!(Decimal::new(5, -21).to_string(), "0.000000000000000000005");
        assert!(Decimal::new(i64::MIN, i8::MIN).to_string().len() > 127);
    }

    proptest! {
        #[test]
        fn a_written_number_reads_back_as_itself(mantissa in -999_999_999_i64..999_999_999,
                                                 decimals in 0_i8..9) {
            let number = Decimal::new(mantissa, -decimals);
            prop_assert_eq!(Decimal::parse(&number.to_string()), Ok(number));
        }

        #[test]
        fn a_number_is_the_float_that_its_text_is(mantissa in -99_999_999_i64..99_999_999,
                                                  decimals in 0_i8..9) {
            let number = Decimal::new(mantissa, -decimals);
            let text = number.to_string();
            prop_assert_eq!(Some(number.to_f64()), text.parse().ok());
            prop_assert_eq!(Some(number.to_f64() as f32), text.parse().ok());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,24}") {
            if let Ok(number) = Decimal::parse(&text) {
                prop_assert!(number.to_f64().is_finite());
            }
        }
    }
}
