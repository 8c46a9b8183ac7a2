//! A camera's picture as others may have it: without its metadata, whole or small. Plain
//! functions over a JPEG that was checked when it came in; who may see it is decided elsewhere.

use std::io::Cursor;

use exif::{In, Reader, Tag};
use jpeg_encoder::{ColorType, Encoder, EncodingError};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

mod segments;
#[cfg(test)]
mod tests;

pub(crate) use segments::clean;

/// Quality of small renditions, of 100.
const QUALITY: u8 = 78;

/// Why a picture could not be made small.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    /// It is no whole JPEG; if it was checked before, its file has changed since.
    #[error("the picture cannot be decoded: {0}")]
    Broken(String),
    /// The encoder.
    #[error("the small picture cannot be encoded")]
    Encode(#[from] EncodingError),
}

/// Which way up a picture is, as Exif counts: 1 is as stored.
pub(crate) fn orientation(jpeg: &[u8]) -> u8 {
    let exif = Reader::new().read_from_container(&mut Cursor::new(jpeg));
    let found = exif.ok().and_then(|exif| {
        let field = exif.get_field(Tag::Orientation, In::PRIMARY)?;
        field.value.get_uint(0)
    });
    match found {
        Some(turn @ 2..=8) => turn as u8,
        _ => 1,
    }
}

/// A picture of at most this width, upright, without metadata; never larger than it is.
pub(crate) fn shrink(jpeg: &[u8], width_max: usize) -> Result<Vec<u8>, PictureError> {
    let turn = orientation(jpeg);
    let stored = decode(jpeg)?;
    // Lying on its side its height becomes the width.
    let shown = if turn >= 5 {
        stored.height
    } else {
        stored.width
    };
    let small = stored.scaled(width_max.min(shown), shown).turned(turn);
    let mut out = Vec::new();
    let (width, height) = (small.width as u16, small.height as u16);
    Encoder::new(&mut out, QUALITY).encode(&small.rgb, width, height, ColorType::Rgb)?;
    Ok(out)
}

/// Longest side of a picture that people attach, pixels.
const SIDE_MAX: usize = 10_000;
/// Most pixels of one.
const PIXELS_MAX: usize = 24_000_000;
/// Most scans of a progressive one: more is an attack, not a picture.
const SCANS_MAX: usize = 64;

/// Decodes a picture that somebody attaches to its end, strictly and within limits.
pub(crate) fn check(jpeg: &[u8]) -> Result<(), PictureError> {
    let options = DecoderOptions::new_safe()
        .set_strict_mode(true)
        .set_max_width(SIDE_MAX)
        .set_max_height(SIDE_MAX)
        .jpeg_set_max_scans(SCANS_MAX)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let broken = |error| PictureError::Broken(format!("{error:?}"));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    decoder.decode_headers().map_err(broken)?;
    let pixels = decoder.dimensions().map(|(width, height)| width * height);
    if pixels.is_none_or(|pixels| pixels > PIXELS_MAX) {
        return Err(PictureError::Broken("it has too many pixels".to_owned()));
    }
    decoder.decode().map_err(broken)?;
    // Whoever looks at it gets it without metadata, which needs its end.
    let whole = clean(jpeg).map(|_| ());
    whole.ok_or_else(|| PictureError::Broken("its end is missing".to_owned()))
}

fn decode(jpeg: &[u8]) -> Result<Pixels, PictureError> {
    let options = DecoderOptions::new_safe().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    let broken = |error| PictureError::Broken(format!("{error:?}"));
    let rgb = decoder.decode().map_err(broken)?;
    let size = decoder.dimensions();
    let (width, height) = size.ok_or_else(|| PictureError::Broken("it has no size".to_owned()))?;
    if rgb.len() != width * height * 3 {
        return Err(PictureError::Broken("its colours are unknown".to_owned()));
    }
    Ok(Pixels { width, height, rgb })
}

/// Rows of red, green, blue.
struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Pixels {
    /// Scaled down by `to / from`; each pixel is the mean of those that it stands for.
    fn scaled(self, to: usize, from: usize) -> Self {
        let scale = |side: usize| (side * to / from.max(1)).max(1);
        let (width, height) = (scale(self.width), scale(self.height));
        if (width, height) == (self.width, self.height) {
            return self;
        }
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            let rows = y * self.height / height..((y + 1) * self.height / height);
            for x in 0..width {
                let columns = x * self.width / width..((x + 1) * self.width / width);
                rgb.extend(self.mean(&columns, &rows));
            }
        }
        Self { width, height, rgb }
    }

    fn mean(&self, columns: &std::ops::Range<usize>, rows: &std::ops::Range<usize>) -> [u8; 3] {
        let mut sums = [0_u32; 3];
        for y in rows.clone() {
            let from = (y * self.width + columns.start) * 3;
            let to = (y * self.width + columns.end) * 3;
            for pixel in self.rgb[from..to].chunks_exact(3) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += u32::from(*value);
                }
            }
        }
        let count = (columns.len() * rows.len()).max(1) as u32;
        sums.map(|sum| (sum / count) as u8)
    }

    /// Turned and mirrored so that it is shown upright.
    fn turned(self, turn: u8) -> Self {
        if turn <= 1 {
            return self;
        }
        let (w, h) = (self.width, self.height);
        let (width, height) = if turn >= 5 { (h, w) } else { (w, h) };
        let mut rgb = Vec::with_capacity(self.rgb.len());
        for y in 0..height {
            for x in 0..width {
                let (column, row) = match turn {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                let at = (row * w + column) * 3;
                rgb.extend_from_slice(&self.rgb[at..at + 3]);
            }
        }
        Self { width, height, rgb }
    }
}
