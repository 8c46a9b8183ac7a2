//! PNG, one bit a dot, with the dots a metre written down so that it prints at its true size.

use png::{BitDepth, ColorType, Encoder, PixelDimensions, Unit};

use crate::bitmap::Bitmap;
use crate::error::LabelError;
use crate::size::Dpi;

/// Writes a bitmap's dots.
pub(crate) fn encode(bitmap: &Bitmap, dpi: Dpi) -> Result<Vec<u8>, LabelError> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, bitmap.width(), bitmap.height());
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let per_metre = (dpi.dots_per_mm() * 1000.0).round() as u32;
    encoder.set_pixel_dims(Some(PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: Unit::Meter,
    }));
    // In a PNG a set bit is white.
    let inverted: Vec<u8> = bitmap.bytes().iter().map(|byte| !byte).collect();
    let mut writer = encoder.write_header().map_err(|_| LabelError::Encode)?;
    writer
        .write_image_data(&inverted)
        .map_err(|_| LabelError::Encode)?;
    writer.finish().map_err(|_| LabelError::Encode)?;
    Ok(out)
}
