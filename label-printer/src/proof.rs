//! Reads a finished bitmap back. A label whose code does not say what it should is never released.

use rqrr::PreparedImage;

use crate::bitmap::Bitmap;

/// Whether the bitmap holds a code that decodes to exactly this text.
pub(crate) fn says(bitmap: &Bitmap, text: &str) -> bool {
    let (width, height) = (bitmap.width() as usize, bitmap.height() as usize);
    let is_black = |x: usize, y: usize| bitmap.is_black(x as u32, y as u32);
    let mut image = PreparedImage::prepare_from_bitmap(width, height, is_black);
    image
        .detect_grids()
        .iter()
        .any(|grid| grid.decode().is_ok_and(|(_, read)| read == text))
}
