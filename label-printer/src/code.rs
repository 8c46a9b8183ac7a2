//! The QR symbol: which version and correction fit a square of paper at whole printer dots a
//! module. The encoder is behind one function, [`encode`], so that it can be exchanged.

use core::fmt;

use qrcode::bits::Bits;
use qrcode::canvas::Canvas;
use qrcode::ec::construct_codewords;
use qrcode::optimize::{Segment, total_encoded_len};
use qrcode::types::{EcLevel, QrError, Version};

use self::mask::{MODULES_MAX, Rows};
use crate::label::CodeLink;
use crate::segment::segments;
use crate::size::{Dpi, Grid};

mod mask;
mod screen;

pub use screen::code_svg;

/// Light modules around a symbol: ISO/IEC 18004 asks for four, and so do phones.
pub(crate) const QUIET_MODULES: u32 = 4;

/// Versions with counters of one length each, of those whose modules a row of bits holds: no link
/// that a label takes needs more.
const VERSIONS: [(i16, i16); 3] = [(1, 9), (10, 26), (27, 27)];

/// Error correction of a symbol; the weaker ones are never printed on produce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// A quarter of the symbol may be lost.
    Q,
    /// A seventh of the symbol may be lost.
    M,
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Q => "Q",
            Self::M => "M",
        })
    }
}

/// What a preview tells about a label's code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CodeFacts {
    /// Side with the quiet zone, in millimetres.
    pub side_mm: f32,
    /// Side of a module, in millimetres.
    pub module_mm: f32,
    /// Error correction.
    pub correction: Correction,
    /// QR version, 1 to 40.
    pub version: u8,
    /// Width of the quiet zone in modules.
    pub quiet_modules: u32,
}

/// A symbol without its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    rows: Rows,
    /// Modules a side.
    pub(crate) modules: u32,
    pub(crate) correction: Correction,
}

impl CodeLink {
    /// The smallest symbol of a correction that says this link; `None` if none holds it.
    #[must_use]
    pub fn symbol(&self, correction: Correction) -> Option<Symbol> {
        plan(self.as_str(), correction)?.encode().ok()
    }
}

impl Symbol {
    /// QR version, 1 to 40.
    #[must_use]
    pub const fn version(&self) -> u8 {
        version_of(self.modules)
    }

    /// Each run of dark modules: row, first column, how many.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        (0..self.modules).flat_map(move |row| {
            let mut column = 0;
            core::iter::from_fn(move || {
                let is_dark = |at: &u32| self.rows.is_dark(*at, row);
                let begin = (column..self.modules).find(is_dark)?;
                column = (begin..self.modules)
                    .find(|at| !is_dark(at))
                    .unwrap_or(self.modules);
                Some((row, begin, column - begin))
            })
        })
    }

    /// Modules a side with the quiet zone.
    pub(crate) const fn modules_with_quiet(&self) -> u32 {
        self.modules + 2 * QUIET_MODULES
    }

    /// What a preview tells about it at a resolution and so many dots a module.
    pub(crate) fn facts(&self, dpi: Dpi, module_dots: u32) -> CodeFacts {
        CodeFacts {
            side_mm: side_mm(self.modules, dpi, module_dots),
            module_mm: dpi.mm(module_dots),
            correction: self.correction,
            version: self.version(),
            quiet_modules: QUIET_MODULES,
        }
    }
}

const fn version_of(modules: u32) -> u8 {
    ((modules - 17) / 4) as u8
}

/// Side of a symbol with its quiet zone.
fn side_mm(modules: u32, dpi: Dpi, module_dots: u32) -> f32 {
    dpi.mm((modules + 2 * QUIET_MODULES) * module_dots)
}

/// A symbol and how many dots its modules have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) symbol: Symbol,
    pub(crate) module_dots: u32,
}

/// The best symbol for a square of `room_mm`: correction Q where it fits, else M; in each the
/// largest module that fits, from the one that is wanted down to the grid's least. The error is
/// the side in millimetres, quiet zone included, that the smallest symbol would need.
pub(crate) fn choose(text: &str, grid: Grid, wanted_mm: f32, room_mm: f32) -> Result<Chosen, f32> {
    let (most, least) = grid.module_dots(wanted_mm);
    let mut needs_mm = f32::INFINITY;
    for correction in [Correction::Q, Correction::M] {
        let Some(plan) = plan(text, correction) else {
            continue;
        };
        let side_mm = |dots| side_mm(plan.modules(), grid.dpi(), dots);
        if let Some(module_dots) = (least..=most).rev().find(|dots| side_mm(*dots) <= room_mm) {
            let symbol = plan.encode().map_err(|_| f32::INFINITY)?;
            return Ok(Chosen {
                symbol,
                module_dots,
            });
        }
        needs_mm = side_mm(least);
    }
    Err(needs_mm)
}

/// How a text becomes the smallest symbol of a correction.
struct Plan<'a> {
    text: &'a str,
    segments: Vec<Segment>,
    version: Version,
    correction: Correction,
}

/// Finds the smallest version by counting bits: nothing is encoded in vain.
fn plan(text: &str, correction: Correction) -> Option<Plan<'_>> {
    VERSIONS.into_iter().find_map(|(first, last)| {
        // Within these versions the segments and their lengths are the same.
        let segments = segments(text.as_bytes(), Version::Normal(first));
        let bits = total_encoded_len(&segments, Version::Normal(first));
        let holds = |version: &Version| {
            Bits::new(*version)
                .max_len(level(correction))
                .is_ok_and(|most| bits <= most)
        };
        let version = (first..=last).map(Version::Normal).find(holds)?;
        Some(Plan {
            text,
            segments,
            version,
            correction,
        })
    })
}

const fn level(correction: Correction) -> EcLevel {
    match correction {
        Correction::Q => EcLevel::Q,
        Correction::M => EcLevel::M,
    }
}

impl Plan<'_> {
    fn modules(&self) -> u32 {
        self.version.width().unsigned_abs().into()
    }

    /// Makes the symbol: the only place that knows the encoder.
    fn encode(self) -> Result<Symbol, QrError> {
        let (modules, level) = (self.modules(), level(self.correction));
        if modules > MODULES_MAX {
            return Err(QrError::DataTooLong);
        }
        let mut bits = Bits::new(self.version);
        bits.push_segments(self.text.as_bytes(), self.segments.into_iter())?;
        bits.push_terminator(level)?;
        let (data, check) = construct_codewords(&bits.into_bytes(), self.version, level)?;
        let mut canvas = Canvas::new(self.version, level);
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &check);
        Ok(Symbol {
            rows: Rows::masked(&canvas, modules, self.correction),
            modules,
            correction: self.correction,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use qrcode::{Color, QrCode};

    const LINK_64: &str = "https://ID.YS.GOV.CN/01/06901234567892/10/YS261123-1/21/0123456789AB";

    #[test]
    fn correction_q_is_taken_where_it_fits_and_m_where_only_it_does() {
        let side = |room| {
            choose(LINK_64, Dpi::D203.into(), 0.5, room).map(|chosen| {
                let facts = chosen.symbol.facts(Dpi::D203, chosen.module_dots);
                (facts.correction, facts.version, facts.side_mm)
            })
        };
        assert_eq!(side(30.0), Ok((Correction::Q, 5, 22.5)));
        assert_eq!(side(22.5), Ok((Correction::Q, 5, 22.5)));
        assert_eq!(side(22.4), Ok((Correction::M, 4, 20.5)));
        assert_eq!(side(20.0), Err(20.5));
    }

    #[test]
    fn a_larger_module_is_taken_where_it_fits_and_never_a_smaller_one_than_the_default() {
        let dots = |room| {
            choose(LINK_64, Dpi::D203.into(), 0.88, room)
                .map(|chosen| (chosen.module_dots, chosen.symbol.correction))
        };
        assert_eq!(dots(46.0), Ok((7, Correction::Q)));
        assert_eq!(dots(33.8), Ok((6, Correction::Q)));
        assert_eq!(dots(22.5), Ok((4, Correction::Q)));
        assert_eq!(dots(22.4), Ok((4, Correction::M)));
    }

    #[test]
    fn upper_case_links_make_smaller_symbols() {
        let link = "https://TRACE.YONGSHUN.GOV.CN/01/06901234567892/10/A/21/7K3QX9M2ABCDE";
        let modules = |text: &str| {
            choose(text, Dpi::D203.into(), 0.5, 100.0).map(|chosen| chosen.symbol.modules)
        };
        assert_eq!(modules(link), Ok(37));
        assert_eq!(modules(&link.to_lowercase()), Ok(41));
    }

    #[test]
    fn a_text_that_no_symbol_holds_needs_endless_paper() {
        assert_eq!(
            choose(&"x".repeat(4000), Dpi::D203.into(), 0.5, 100.0),
            Err(f32::INFINITY)
        );
    }

    /// The encoder's own symbol with our segments: it chooses version and mask in its own way.
    fn by_the_encoder(text: &str, correction: Correction) -> Option<QrCode> {
        (1..=27).find_map(|version| {
            let version = Version::Normal(version);
            let mut bits = Bits::new(version);
            let own = segments(text.as_bytes(), version).into_iter();
            bits.push_segments(text.as_bytes(), own).ok()?;
            bits.push_terminator(level(correction)).ok()?;
            QrCode::with_bits(bits, level(correction)).ok()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn version_and_every_module_are_those_of_the_encoder(
            text in "https://[A-Z]{1,20}/01/[0-9]{14}(/10/[A-Z0-9-]{1,20}|/[a-z]{1,120}){0,2}",
            strong: bool,
        ) {
            let correction = if strong { Correction::Q } else { Correction::M };
            let own = plan(&text, correction).and_then(|plan| plan.encode().ok());
            let other = by_the_encoder(&text, correction);
            let side = other.as_ref().map(|code| code.width() as u32);
            prop_assert_eq!(own.as_ref().map(|symbol| symbol.modules), side);
            if let (Some(symbol), Some(code)) = (own, other) {
                for (at, color) in (0..).zip(code.to_colors()) {
                    let (x, y) = (at % symbol.modules, at / symbol.modules);
                    prop_assert_eq!(symbol.rows.is_dark(x, y), color == Color::Dark, "{} {}", x, y);
                }
            }
        }
    }
}
