//! Reads a finished bitmap's code back. A label whose code does not say what it should is never
//! released.
//!
//! Only the code and its quiet zone are looked at: the decoder gives up when strokes of a text
//! elsewhere look like a finder pattern, which phones and zbar do not mind. A text that reaches
//! into the quiet zone is seen.

use rqrr::PreparedImage;

use crate::bitmap::Bitmap;

/// Where a code stands in a bitmap, in dots, with its quiet zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeArea {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) side: u32,
}

/// Whether the code in this area decodes to exactly this text.
pub(crate) fn says(bitmap: &Bitmap, area: CodeArea, text: &str) -> bool {
    let side = area.side as usize;
    let is_black = |x: usize, y: usize| bitmap.is_black(area.left + x as u32, area.top + y as u32);
    let mut image = PreparedImage::prepare_from_bitmap(side, side, is_black);
    image
        .detect_grids()
        .iter()
        .any(|grid| grid.decode().is_ok_and(|(_, read)| read == text))
}
