//! Application identifiers: which there are, and what their values look like. It holds the ones
//! that may stand in a Digital Link (GS1 General Specifications, section 3) as a table; it does
//! not know which may go together.

use core::fmt;

use super::has_check_digit;
use super::text::Text;

/// Most bytes of any value of [`Shape`]: AI 91 to 99.
pub(super) const VALUE_BYTES_MAX: usize = 90;

/// A known application identifier: 2 to 4 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ai(Text<4>);

/// Why a value does not fit its application identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Too short or too long.
    #[error("it has {found} characters, {min} to {max} are allowed")]
    Length {
        /// Characters that were given.
        found: usize,
        /// Fewest allowed.
        min: usize,
        /// Most allowed.
        max: usize,
    },
    /// A character that the identifier's alphabet lacks.
    #[error("it has the character {0:?}, which is not allowed")]
    Character(char),
    /// The GS1 check digit is wrong.
    #[error("its check digit is wrong")]
    CheckDigit,
    /// Not a calendar date YYMMDD.
    #[error("it is not a date of the form YYMMDD")]
    Date,
}

/// What the values of an identifier look like: `digits` leading digits, the last of them a check
/// digit if `checked`, then 0 or more characters of `tail`.
struct Shape {
    digits: usize,
    checked: bool,
    date: bool,
    tail: Tail,
    tail_min: usize,
    tail_max: usize,
}

/// The alphabet of the variable part of a value.
#[derive(Clone, Copy)]
enum Tail {
    Digits,
    /// GS1's set of 82 characters.
    Text,
    /// GS1's set of 39 characters, for part numbers.
    Part,
}

const fn shape(digits: usize, tail: Tail, tail_min: usize, tail_max: usize) -> Shape {
    Shape {
        digits,
        checked: false,
        date: false,
        tail,
        tail_min,
        tail_max,
    }
}

const fn fixed(digits: usize) -> Shape {
    shape(digits, Tail::Digits, 0, 0)
}

const fn number(min: usize, max: usize) -> Shape {
    shape(0, Tail::Digits, min, max)
}

const fn text(max: usize) -> Shape {
    shape(0, Tail::Text, 1, max)
}

const fn key(digits: usize) -> Shape {
    Shape {
        checked: true,
        ..fixed(digits)
    }
}

const DATE: Shape = Shape {
    date: true,
    ..fixed(6)
};

/// Pattern (`n` is any digit) and shape; the first pattern that matches holds.
const TABLE: &[(&str, Shape)] = &[
    ("00", key(18)),
    ("01", key(14)),
    ("02", key(14)),
    ("10", text(20)),
    ("11", DATE),
    ("12", DATE),
    ("13", DATE),
    ("15", DATE),
    ("16", DATE),
    ("17", DATE),
    ("20", fixed(2)),
    ("21", text(20)),
    ("22", text(20)),
    ("235", text(28)),
    ("240", text(30)),
    ("241", text(30)),
    ("242", number(1, 6)),
    ("243", text(20)),
    ("250", text(30)),
    ("251", text(30)),
    (
        "253",
        Shape {
            tail: Tail::Text,
            tail_max: 17,
            ..key(13)
        },
    ),
    ("254", text(20)),
    (
        "255",
        Shape {
            tail_max: 12,
            ..key(13)
        },
    ),
    ("30", number(1, 8)),
    ("31nn", fixed(6)),
    ("32nn", fixed(6)),
    ("33nn", fixed(6)),
    ("34nn", fixed(6)),
    ("35nn", fixed(6)),
    ("36nn", fixed(6)),
    ("37", number(1, 8)),
    ("390n", number(1, 15)),
    ("391n", number(4, 18)),
    ("392n", number(1, 15)),
    ("393n", number(4, 18)),
    ("394n", fixed(4)),
    ("395n", fixed(6)),
    ("400", text(30)),
    ("401", text(30)),
    ("402", key(17)),
    ("403", text(30)),
    ("41n", key(13)),
    ("420", text(20)),
    ("421", shape(3, Tail::Text, 1, 9)),
    ("422", fixed(3)),
    ("423", number(3, 15)),
    ("424", fixed(3)),
    ("425", number(3, 15)),
    ("426", fixed(3)),
    ("427", text(3)),
    ("7001", fixed(13)),
    ("7002", text(30)),
    ("7003", shape(6, Tail::Digits, 4, 4)),
    ("7004", number(1, 4)),
    ("7005", text(12)),
    ("7006", DATE),
    (
        "7007",
        Shape {
            tail_max: 6,
            ..DATE
        },
    ),
    ("7008", text(3)),
    ("7009", text(10)),
    ("7010", text(2)),
    (
        "7011",
        Shape {
            tail_max: 4,
            ..DATE
        },
    ),
    ("7020", text(20)),
    ("7021", text(20)),
    ("7022", text(20)),
    ("7023", text(30)),
    ("703n", shape(3, Tail::Text, 1, 27)),
    ("7040", shape(1, Tail::Text, 3, 3)),
    ("71n", text(20)),
    ("723n", text(30)),
    ("8001", fixed(14)),
    ("8002", text(20)),
    (
        "8003",
        Shape {
            tail: Tail::Text,
            tail_max: 16,
            ..key(14)
        },
    ),
    ("8004", text(30)),
    ("8005", fixed(6)),
    (
        "8006",
        Shape {
            tail_min: 4,
            tail_max: 4,
            ..key(14)
        },
    ),
    ("8007", text(34)),
    ("8008", number(8, 12)),
    ("8009", text(50)),
    ("8010", shape(0, Tail::Part, 1, 30)),
    ("8011", number(1, 12)),
    ("8012", text(20)),
    ("8017", key(18)),
    ("8018", key(18)),
    ("8019", number(1, 10)),
    ("8020", text(25)),
    (
        "8026",
        Shape {
            tail_min: 4,
            tail_max: 4,
            ..key(14)
        },
    ),
    ("8110", text(70)),
    ("8112", text(70)),
    ("8200", text(70)),
    ("90", text(30)),
    ("9n", text(90)),
];

impl Ai {
    /// The identifier of these digits, if GS1 has assigned it and the table knows it.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        shape_of(digits)?;
        Text::new(digits).map(Self)
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Checks a value, unescaped, against the identifier's length, alphabet and check digit.
    pub fn check(&self, value: &str) -> Result<(), ValueError> {
        shape_of(self.as_str()).map_or(Ok(()), |shape| shape.check(value))
    }
}

impl Shape {
    fn check(&self, value: &str) -> Result<(), ValueError> {
        let (min, max) = (self.digits + self.tail_min, self.digits + self.tail_max);
        let found = value.chars().count();
        if found < min || found > max {
            return Err(ValueError::Length { found, min, max });
        }
        for (at, c) in value.chars().enumerate() {
            if !(if at < self.digits {
                c.is_ascii_digit()
            } else {
                self.tail.has(c)
            }) {
                return Err(ValueError::Character(c));
            }
        }
        let (head, tail) = value.as_bytes().split_at(self.digits);
        if self.checked && !has_check_digit(head) {
            return Err(ValueError::CheckDigit);
        }
        // A harvest or freezing date is one date or two, or has a time: 6, 10 or 12 digits.
        if self.date && !(is_date(head) && matches!(tail.len(), 0 | 4 | 6)) {
            return Err(ValueError::Date);
        }
        Ok(())
    }
}

impl Tail {
    fn has(self, c: char) -> bool {
        match self {
            Self::Digits => c.is_ascii_digit(),
            Self::Text => is_set_82(c),
            Self::Part => matches!(c, 'A'..='Z' | '0'..='9' | '#' | '-' | '/'),
        }
    }
}

/// GS1's 82 characters: printable ASCII without space, `#`, `$`, `@`, brackets, braces, and `^~|\`
/// and the backtick.
const fn is_set_82(c: char) -> bool {
    matches!(c, '!' | '"' | '%'..='?' | 'A'..='Z' | '_' | 'a'..='z')
}

/// Whether six digits are a date; day 00 stands for the whole month.
fn is_date(digits: &[u8]) -> bool {
    let two = |at: usize| {
        digits[at..at + 2]
            .iter()
            .fold(0, |n, d| n * 10 + (d & 0x0F))
    };
    digits.len() == 6 && (1..=12).contains(&two(2)) && two(4) <= 31
}

fn shape_of(ai: &str) -> Option<&'static Shape> {
    TABLE
        .iter()
        .find(|(pattern, _)| matches(pattern, ai))
        .map(|(_, shape)| shape)
}

fn matches(pattern: &str, ai: &str) -> bool {
    pattern.len() == ai.len()
        && pattern
            .bytes()
            .zip(ai.bytes())
            .all(|(p, c)| p == c || p == b'n' && c.is_ascii_digit())
}

impl fmt::Display for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::debug_key(f, "Ai", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn check(ai: &str, value: &str) -> Result<(), ValueError> {
        Ai::parse(ai).map_or(Ok(()), |ai| ai.check(value))
    }

    #[test]
    fn identifiers_that_gs1_has_not_assigned_are_unknown() {
        for known in ["00", "01", "3103", "7007", "8004", "99", "710"] {
            assert_eq!(
                Ai::parse(known).map(|ai| ai.to_string()),
                Some(known.to_string())
            );
        }
        for unknown in [
            "", "0", "03x", "05", "310", "31033", "１０", "gtin", "14", "8888",
        ] {
            assert!(Ai::parse(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn a_value_must_have_its_length_and_alphabet() {
        assert_eq!(check("10", "abc/%\"!_"), Ok(()));
        assert_eq!(
            check("10", ""),
            Err(ValueError::Length {
                found: 0,
                min: 1,
                max: 20
            })
        );
        assert_eq!(check("10", "a b"), Err(ValueError::Character(' ')));
        assert_eq!(check("10", "a#b"), Err(ValueError::Character('#')));
        assert_eq!(check("10", "批次"), Err(ValueError::Character('批')));
        assert_eq!(check("3103", "000500"), Ok(()));
        assert_eq!(check("3103", "00050x"), Err(ValueError::Character('x')));
        assert_eq!(check("8010", "1234-A/#"), Ok(()));
        assert_eq!(check("8010", "a"), Err(ValueError::Character('a')));
    }

    #[test]
    fn keys_must_carry_their_check_digit() {
        for (ai, good) in [
            ("00", "106141412345678908"),
            ("01", "09506000134352"),
            ("414", "9521321000018"),
            ("417", "9521321000018"),
            ("253", "9521321000018ABC"),
            ("8003", "040123450007718765"),
        ] {
            assert_eq!(check(ai, good), Ok(()), "{ai}");
            let digit = if ai == "00" { 17 } else { 12 };
            let mut bad = good.as_bytes().to_vec();
            bad[digit] = b'0' + (bad[digit] - b'0' + 1) % 10;
            let bad: std::string::String = bad.into_iter().map(char::from).collect();
            assert_eq!(check(ai, &bad), Err(ValueError::CheckDigit), "{ai}");
        }
    }

    #[test]
    fn dates_are_dates() {
        assert_eq!(check("17", "261123"), Ok(()));
        assert_eq!(check("17", "261100"), Ok(()));
        assert_eq!(check("17", "261323"), Err(ValueError::Date));
        assert_eq!(check("17", "261132"), Err(ValueError::Date));
        assert_eq!(check("7007", "261101261123"), Ok(()));
        assert_eq!(check("7007", "26110126"), Err(ValueError::Date));
    }
}
