//! Sizes of media and resolutions of printers, and the one conversion between millimetres and
//! dots.

use core::fmt;
use core::str::FromStr;

use crate::error::LabelError;

/// A label's size in whole millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// Across the web.
    pub width_mm: u16,
    /// Along the web.
    pub height_mm: u16,
}

impl FromStr for Size {
    type Err = LabelError;

    /// Parses `40x30mm` or `40x30`; `×` is taken for `x`.
    fn from_str(text: &str) -> Result<Self, LabelError> {
        let refuse = || LabelError::SizeSyntax(text.to_owned());
        let numbers = text.strip_suffix("mm").unwrap_or(text);
        let (width, height) = numbers.split_once(['x', 'X', '×']).ok_or_else(refuse)?;
        let side = |digits: &str| {
            digits
                .trim()
                .parse::<u16>()
                .ok()
                .filter(|mm| (1..=999).contains(mm))
                .ok_or_else(refuse)
        };
        Ok(Self {
            width_mm: side(width)?,
            height_mm: side(height)?,
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}mm", self.width_mm, self.height_mm)
    }
}

/// A printer's resolution. The print heads have whole dots a millimetre (8) or nearly 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dpi {
    /// 203 dots an inch: 8 a millimetre.
    D203,
    /// 300 dots an inch: 11.81 a millimetre.
    D300,
}

impl Dpi {
    /// Dots a millimetre.
    #[must_use]
    pub const fn dots_per_mm(self) -> f32 {
        match self {
            Self::D203 => 8.0,
            Self::D300 => 300.0 / 25.4,
        }
    }

    /// Whole dots of one module of a code: half a millimetre, which printed codes read best at
    /// and GS1 allows (0.396 to 0.990 mm).
    #[must_use]
    pub const fn dots_per_module(self) -> u32 {
        match self {
            Self::D203 => 4,
            Self::D300 => 6,
        }
    }

    /// Side of one module in millimetres.
    #[must_use]
    pub fn module_mm(self) -> f32 {
        self.dots_per_module() as f32 / self.dots_per_mm()
    }

    /// The nearest whole number of dots.
    #[must_use]
    pub fn dots(self, mm: f32) -> i32 {
        (mm * self.dots_per_mm()).round() as i32
    }
}

impl FromStr for Dpi {
    type Err = LabelError;

    /// Parses `203` or `300`.
    fn from_str(text: &str) -> Result<Self, LabelError> {
        match text {
            "203" => Ok(Self::D203),
            "300" => Ok(Self::D300),
            other => Err(LabelError::Dpi(other.to_owned())),
        }
    }
}

impl fmt::Display for Dpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::D203 => "203",
            Self::D300 => "300",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let size = Size {
            width_mm: 40,
            height_mm: 30,
        };
        for text in ["40x30mm", "40x30", "40×30mm", "40X30"] {
            assert_eq!(text.parse(), Ok(size), "{text}");
        }
        assert_eq!(size.to_string().parse(), Ok(size));
        for text in [
            "", "40", "x30", "0x30", "40x30cm", "40x-3", "1000x10", "40x30x20",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_module_is_half_a_millimetre_at_both_resolutions() {
        for dpi in [Dpi::D203, Dpi::D300] {
            assert!((0.49..0.52).contains(&dpi.module_mm()));
            assert_eq!(dpi.to_string().parse(), Ok(dpi));
        }
        assert!("600".parse::<Dpi>().is_err());
    }
}
