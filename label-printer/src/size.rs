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

impl Size {
    /// So many millimetres across and along.
    #[must_use]
    pub const fn of(width_mm: u16, height_mm: u16) -> Self {
        Self {
            width_mm,
            height_mm,
        }
    }
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

    /// Whole dots a millimetre or an inch, as millimetres.
    pub(crate) fn mm(self, dots: u32) -> f32 {
        dots as f32 / self.dots_per_mm()
    }

    /// The nearest whole number of dots.
    #[must_use]
    pub fn dots(self, mm: f32) -> i32 {
        (mm * self.dots_per_mm()).round() as i32
    }
}

/// Smallest and largest module in millimetres: below, even good phones fail; above, GS1 does not
/// allow it.
const MODULE_MM: (f32, f32) = (0.24, 0.990);

/// Smallest module in millimetres that GS1 allows; a smaller one prints with a warning.
pub(crate) const MODULE_MM_GS1: f32 = 0.396;

/// A printer's dots, and how many of them a module of the code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grid {
    dpi: Dpi,
    module_dots: Option<u32>,
}

impl Grid {
    /// A grid whose modules have this many dots instead of what the template wants.
    pub fn with_module_dots(dpi: Dpi, dots: u32) -> Result<Self, LabelError> {
        let module_mm = dots as f32 / dpi.dots_per_mm();
        if !(MODULE_MM.0..=MODULE_MM.1).contains(&module_mm) {
            return Err(LabelError::Module { dpi, dots });
        }
        Ok(Self {
            dpi,
            module_dots: Some(dots),
        })
    }

    /// The printer's resolution.
    #[must_use]
    pub const fn dpi(self) -> Dpi {
        self.dpi
    }

    /// Dots a module, most and least, for a module that is wanted in millimetres. Least is the
    /// resolution's default: what is smaller must be asked for.
    pub(crate) fn module_dots(self, wanted_mm: f32) -> (u32, u32) {
        let least = self.dpi.dots_per_module();
        match self.module_dots {
            Some(dots) => (dots, dots),
            None => ((self.dpi.dots(wanted_mm) as u32).max(least), least),
        }
    }
}

impl From<Dpi> for Grid {
    fn from(dpi: Dpi) -> Self {
        Self {
            dpi,
            module_dots: None,
        }
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
    fn a_module_that_is_asked_for_lies_between_what_phones_read_and_what_gs1_allows() {
        let taken = |dpi| (0..20).filter(move |dots| Grid::with_module_dots(dpi, *dots).is_ok());
        assert_eq!(taken(Dpi::D203).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
        assert_eq!(
            taken(Dpi::D300).collect::<Vec<_>>(),
            (3..=11).collect::<Vec<_>>()
        );
        assert_eq!(Grid::from(Dpi::D203).module_dots(0.88), (7, 4));
        assert_eq!(Grid::from(Dpi::D300).module_dots(0.1), (6, 6));
    }

    #[test]
    fn a_module_is_half_a_millimetre_at_both_resolutions() {
        for dpi in [Dpi::D203, Dpi::D300] {
            assert!((0.49..0.52).contains(&dpi.mm(dpi.dots_per_module())));
            assert_eq!(dpi.to_string().parse(), Ok(dpi));
        }
        assert!("600".parse::<Dpi>().is_err());
    }
}
