//! What a particular printer needs: the offset of its paper, the true size of its feed, its cutter.

use crate::bitmap::Bitmap;
use crate::error::LabelError;
use crate::press::Sheet;
use crate::size::Dpi;

/// Largest offset in millimetres, either way.
pub const OFFSET_MM_MAX: f32 = 20.0;

/// How far a scale may be from 1: more is a wrong paper setting, not a printer's habit.
pub const SCALE_OFF_MAX: f32 = 0.05;

/// Widest gap between two labels of a roll in millimetres.
pub const GAP_MM_MAX: f32 = 20.0;

/// How a printer differs from the ideal one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjust {
    /// Everything is printed this much further right, in millimetres.
    pub x_mm: f32,
    /// Everything is printed this much further down, in millimetres.
    pub y_mm: f32,
    /// Everything is printed this many times larger; only in PDF, because thermal printers print
    /// whole dots.
    pub scale: f32,
    /// Gap between two labels of the roll; 0 for continuous paper.
    pub gap_mm: f32,
    /// Whether each label is cut off.
    pub cut: bool,
}

impl Default for Adjust {
    fn default() -> Self {
        Self {
            x_mm: 0.0,
            y_mm: 0.0,
            scale: 1.0,
            gap_mm: 2.0,
            cut: false,
        }
    }
}

impl Adjust {
    /// Whether every number is within its limits.
    pub fn check(&self) -> Result<(), LabelError> {
        let offset = -OFFSET_MM_MAX..=OFFSET_MM_MAX;
        if !offset.contains(&self.x_mm) || !offset.contains(&self.y_mm) {
            return Err(LabelError::Setup("the offset must be -20 to 20 mm"));
        }
        if !(1.0 - SCALE_OFF_MAX..=1.0 + SCALE_OFF_MAX).contains(&self.scale) {
            return Err(LabelError::Setup("the scale must be 0.95 to 1.05"));
        }
        if !(0.0..=GAP_MM_MAX).contains(&self.gap_mm) {
            return Err(LabelError::Setup("the gap must be 0 to 20 mm"));
        }
        Ok(())
    }

    /// The dots as a thermal printer with this offset has to get them. Nothing may be lost, but
    /// of a ruler.
    pub(crate) fn shift(&self, sheet: &Sheet) -> Result<Bitmap, LabelError> {
        self.shift_dots(sheet.bitmap(), sheet.layout.dpi, sheet.clips)
    }

    fn shift_dots(&self, bitmap: &Bitmap, dpi: Dpi, clips: bool) -> Result<Bitmap, LabelError> {
        self.check()?;
        if (self.scale - 1.0).abs() > f32::EPSILON {
            return Err(LabelError::Setup(
                "a scale is for PDF only: this printer prints whole dots",
            ));
        }
        let (x, y) = (dpi.dots(self.x_mm), dpi.dots(self.y_mm));
        bitmap
            .shifted(x, y, clips)
            .ok_or_else(|| LabelError::Offset {
                x_mm: self.x_mm.to_string(),
                y_mm: self.y_mm.to_string(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused() {
        let usual = Adjust::default();
        assert_eq!(usual.check(), Ok(()));
        for (adjust, kind) in [
            (
                Adjust {
                    x_mm: 20.1,
                    ..usual
                },
                "setup",
            ),
            (
                Adjust {
                    y_mm: f32::NAN,
                    ..usual
                },
                "setup",
            ),
            (
                Adjust {
                    scale: 1.06,
                    ..usual
                },
                "setup",
            ),
            (
                Adjust {
                    gap_mm: -0.1,
                    ..usual
                },
                "setup",
            ),
        ] {
            assert_eq!(
                adjust.check().err().map(|error| error.kind()),
                Some(kind),
                "{adjust:?}"
            );
        }
    }

    #[test]
    fn an_offset_moves_dots_and_never_loses_one() {
        let mut bitmap = Bitmap::new(40, 24);
        bitmap.fill(8, 8, 16, 8);
        let moved = |x_mm, y_mm| {
            let adjust = Adjust {
                x_mm,
                y_mm,
                ..Adjust::default()
            };
            adjust.shift_dots(&bitmap, Dpi::D203, false)
        };
        let right = moved(1.0, -1.0);
        assert!(right.is_ok_and(|right| right.is_black(16, 0) && !right.is_black(8, 0)));
        assert_eq!(
            moved(0.0, 2.0).err().map(|error| error.kind()),
            Some("offset")
        );
        let down = Adjust {
            y_mm: 1.5,
            ..Adjust::default()
        };
        let clipped = down.shift_dots(&bitmap, Dpi::D203, true);
        assert!(clipped.is_ok_and(|clipped| clipped.is_black(8, 20)));
        let scaled = Adjust {
            scale: 1.01,
            ..Adjust::default()
        };
        assert_eq!(
            scaled
                .shift_dots(&bitmap, Dpi::D203, false)
                .err()
                .map(|error| error.kind()),
            Some("setup")
        );
    }
}
