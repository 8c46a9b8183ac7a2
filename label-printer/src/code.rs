//! The QR symbol: which version and correction fit a square of paper at whole printer dots a
//! module. The encoder is behind one function, [`encode`], so that it can be exchanged.

use core::fmt;

use qrcode::bits::Bits;
use qrcode::types::{Color, EcLevel, Version};
use qrcode::{QrCode, types::QrError};

use crate::segment::segments;
use crate::size::Dpi;

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
    /// Whether the module in this column and row is dark.
    pub(crate) fn is_dark(&self, column: u32, row: u32) -> bool {
        self.dark
            .get((row * self.modules + column) as usize)
            .copied()
            .unwrap_or_default()
    }

    /// Modules a side with the quiet zone.
    pub(crate) const fn modules_with_quiet(&self) -> u32 {
        self.modules + 2 * QUIET_MODULES
    }

    /// What a preview tells about it at a resolution.
    pub(crate) fn facts(&self, dpi: Dpi) -> CodeFacts {
        CodeFacts {
            side_mm: self.modules_with_quiet() as f32 * dpi.module_mm(),
            module_mm: dpi.module_mm(),
            correction: self.correction,
            version: ((self.modules - 17) / 4) as u8,
            quiet_modules: QUIET_MODULES,
        }
    }
}

/// The best symbol for a square of `room_mm`: correction Q where it fits, else M. The error is the
/// side in millimetres, quiet zone included, that the smallest symbol would need.
pub(crate) fn choose(text: &str, dpi: Dpi, room_mm: f32) -> Result<Symbol, f32> {
    let mut needs_mm = f32::INFINITY;
    for correction in [Correction::Q, Correction::M] {
        let Some(symbol) = (1..=VERSION_MAX).find_map(|v| encode(text, v, correction).ok()) else {
            continue;
        };
        needs_mm = symbol.facts(dpi).side_mm;
        if needs_mm <= room_mm {
            return Ok(symbol);
        }
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
            choose(LINK_64, Dpi::D203, room).map(|symbol| {
                let facts = symbol.facts(Dpi::D203);
                (facts.correction, facts.version, facts.side_mm)
            })
        };
        assert_eq!(side(30.0), Ok((Correction::Q, 5, 22.5)));
        assert_eq!(side(22.5), Ok((Correction::Q, 5, 22.5)));
        assert_eq!(side(22.4), Ok((Correction::M, 4, 20.5)));
        assert_eq!(side(20.0), Err(20.5));
    }

    #[test]
    fn upper_case_links_make_smaller_symbols() {
        let link = "https://TRACE.YONGSHUN.GOV.CN/01/06901234567892/10/A/21/7K3QX9M2ABCDE";
        let modules = |text: &str| choose(text, Dpi::D203, 100.0).map(|symbol| symbol.modules);
        assert_eq!(modules(link), Ok(37));
        assert_eq!(modules(&link.to_lowercase()), Ok(41));
    }

    #[test]
    fn a_text_that_no_symbol_holds_needs_endless_paper() {
        assert_eq!(
            choose(&"x".repeat(4000), Dpi::D203, 100.0),
            Err(f32::INFINITY)
        );
    }
}
