//! One bit a dot: what every printer language wraps and every decoder reads. It draws rectangles,
//! modules and glyphs, and knows nothing of millimetres.

use crate::backend;
use crate::error::LabelError;
use crate::size::Dpi;

/// A picture of black and white dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: u32,
    height: u32,
    row_bytes: usize,
    /// Rows from the top, each from the left, most significant bit first; a set bit is black.
    bytes: Vec<u8>,
}

impl Bitmap {
    /// White paper of this many dots.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let row_bytes = width.div_ceil(8) as usize;
        Self {
            width,
            height,
            row_bytes,
            bytes: vec![0; row_bytes * height as usize],
        }
    }

    /// Dots across.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Dots down.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Bytes of one row; the last byte's surplus bits are white.
    #[must_use]
    pub const fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    /// The rows, one after the other; a set bit is black.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether a dot is black; dots outside are white paper.
    #[must_use]
    pub fn is_black(&self, x: u32, y: u32) -> bool {
        x < self.width && y < self.height && self.bytes[self.index(x, y)] & bit(x) != 0
    }

    /// Sets one dot; outside the paper nothing happens.
    pub(crate) fn set(&mut self, x: i32, y: i32, black: bool) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            return;
        };
        if x < self.width && y < self.height {
            let index = self.index(x, y);
            if black {
                self.bytes[index] |= bit(x);
            } else {
                self.bytes[index] &= !bit(x);
            }
        }
    }

    /// The dots further right and down; `None` if a black one would fall off the paper, unless it
    /// may.
    pub(crate) fn shifted(&self, x: i32, y: i32, clips: bool) -> Option<Self> {
        if (x, y) == (0, 0) {
            return Some(self.clone());
        }
        let mut moved = Self::new(self.width, self.height);
        for (row, column) in self.black() {
            let place = (column.checked_add_signed(x), row.checked_add_signed(y));
            match place {
                (Some(column), Some(row)) if column < self.width && row < self.height => {
                    let index = moved.index(column, row);
                    moved.bytes[index] |= bit(column);
                }
                _ if clips => {}
                _ => return None,
            }
        }
        Some(moved)
    }

    /// Row and column of each black dot.
    fn black(&self) -> impl Iterator<Item = (u32, u32)> {
        let is_black = |(row, column): &(u32, u32)| self.is_black(*column, *row);
        (0..self.height)
            .flat_map(|row| (0..self.width).map(move |column| (row, column)))
            .filter(is_black)
    }

    /// A bitmap out of rows as [`Bitmap::bytes`] gives them; `None` if their number is wrong.
    #[must_use]
    pub fn from_bytes(width: u32, height: u32, bytes: Vec<u8>) -> Option<Self> {
        let row_bytes = width.div_ceil(8) as usize;
        (bytes.len() == row_bytes.checked_mul(height as usize)?).then_some(Self {
            width,
            height,
            row_bytes,
            bytes,
        })
    }

    /// A PNG picture, one bit a dot, with its true size for a resolution.
    pub fn png(&self, dpi: Dpi) -> Result<Vec<u8>, LabelError> {
        backend::png::encode(self, dpi)
    }

    /// Blackens a rectangle.
    pub(crate) fn fill(&mut self, x: i32, y: i32, width: i32, height: i32) {
        for row in y..y + height {
            for column in x..x + width {
                self.set(column, row, true);
            }
        }
    }

    const fn index(&self, x: u32, y: u32) -> usize {
        y as usize * self.row_bytes + (x / 8) as usize
    }
}

const fn bit(x: u32) -> u8 {
    0x80 >> (x % 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bitmap_is_made_of_as_many_bytes_as_it_has_dots() {
        assert!(Bitmap::from_bytes(9, 2, vec![0; 4]).is_some());
        assert!(Bitmap::from_bytes(9, 2, vec![0; 3]).is_none());
    }

    #[test]
    fn dots_outside_the_paper_are_ignored() {
        let mut bitmap = Bitmap::new(10, 3);
        bitmap.fill(8, 1, 5, 5);
        bitmap.set(-1, 0, true);
        assert_eq!(bitmap.bytes(), [0, 0, 0, 0xC0, 0, 0xC0]);
        assert!(bitmap.is_black(9, 2));
        assert!(!bitmap.is_black(10, 2));
        bitmap.set(9, 2, false);
        assert!(!bitmap.is_black(9, 2));
    }
}
