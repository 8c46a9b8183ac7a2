//! The QR symbol: which version and correction fit a square of paper at whole printer dots a
//! module. The encoder is behind one function, [`encode`], so that it can be exchanged.

use core::fmt;

use qrcode::bits::Bits;
use qrcode::types::{Color, EcLevel, Version};
use qrcode::{QrCode, types::QrError};

use crate::segment::segments;
use crate::size::{Dpi, Grid};

/// Light modules around a symbol: ISO/IEC 18004 asks for four, and so do phones.
pub(crate) const QUIET_MODULES: u32 = 4;

/// Most versions that ISO/IEC 18004 knows.
const VERSION_MAX: i16 = 40;

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
pub(crate) struct Symbol {
    dark: Vec<bool>,
    /// Modules a side.
    pub(crate) modules: u32,
    pub(crate) correction: Correction,
}

impl Symbol {
    /// Each run of dark modules: row, first column, how many.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        let width = self.modules.max(1) as usize;
        self.dark.chunks(width).zip(0..).flat_map(|(row, at)| {
            let mut column = 0;
            row.chunk_by(|a, b| a == b).filter_map(move |run| {
                let begin = column;
                column += run.len() as u32;
                run[0].then_some((at, begin, run.len() as u32))
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
            side_mm: dpi.mm(self.modules_with_quiet() * module_dots),
            module_mm: dpi.mm(module_dots),
            correction: self.correction,
            version: ((self.modules - 17) / 4) as u8,
            quiet_modules: QUIET_MODULES,
        }
    }
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
        let Some(symbol) = (1..=VERSION_MAX).find_map(|v| encode(text, v, correction).ok()) else {
            continue;
        };
        let side_mm = |dots| symbol.facts(grid.dpi(), dots).side_mm;
        if let Some(module_dots) = (least..=most).rev().find(|dots| side_mm(*dots) <= room_mm) {
            return Ok(Chosen {
                symbol,
                module_dots,
            });
        }
        needs_mm = side_mm(least);
    }
    Err(needs_mm)
}

/// Encodes a text in one version and correction: the only place that knows the encoder.
fn encode(text: &str, version: i16, correction: Correction) -> Result<Symbol, QrError> {
    let level = match correction {
        Correction::Q => EcLevel::Q,
        Correction::M => EcLevel::M,
    };
    let version = Version::Normal(version);
    let mut bits = Bits::new(version);
    bits.push_segments(
        text.as_bytes(),
        segments(text.as_bytes(), version).into_iter(),
    )?;
    bits.push_terminator(level)?;
    let code = QrCode::with_bits(bits, level)?;
    let modules = code.width() as u32;
    let dark = code
        .into_colors()
        .into_iter()
        .map(|color| color == Color::Dark)
        .collect();
    Ok(Symbol {
        dark,
        modules,
        correction,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
