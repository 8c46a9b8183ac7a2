//! Which of the eight masks a symbol gets: ISO/IEC 18004's penalties, counted on rows of bits
//! instead of module by module, because this is where an encoder spends its time. The encoder
//! itself would choose the same one; a test holds it against that.

use qrcode::canvas::{Canvas, Module};

use super::Correction;

/// Widest symbol that a row of bits holds: version 27.
pub(super) const MODULES_MAX: u32 = 128;

/// Masks repeat after so many rows.
const PERIOD: usize = 12;

/// Rows of each mask: a set bit is a module that is turned over.
const MASKS: [[u128; PERIOD]; 8] = {
    let mut masks = [[0; PERIOD]; 8];
    let mut mask = 0;
    while mask < 8 {
        let mut y = 0;
        while y < PERIOD {
            let mut x = 0;
            while x < MODULES_MAX as usize {
                if turns(mask, x, y) {
                    masks[mask][y] |= 1 << x;
                }
                x += 1;
            }
            y += 1;
        }
        mask += 1;
    }
    masks
};

/// Whether a mask turns a module over, as the standard's table has it.
const fn turns(mask: usize, x: usize, y: usize) -> bool {
    match mask {
        0 => (x + y).is_multiple_of(2),
        1 => y.is_multiple_of(2),
        2 => x.is_multiple_of(3),
        3 => (x + y).is_multiple_of(3),
        4 => (y / 2 + x / 3).is_multiple_of(2),
        5 => (x * y) % 2 + (x * y) % 3 == 0,
        6 => ((x * y) % 2 + (x * y) % 3).is_multiple_of(2),
        _ => ((x + y) % 2 + (x * y) % 3).is_multiple_of(2),
    }
}

/// A symbol's modules as bits: bit `x` of row `y`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows {
    rows: Vec<u128>,
}

impl Rows {
    /// Whether a module is dark.
    pub(super) fn is_dark(&self, x: u32, y: u32) -> bool {
        self.rows
            .get(y as usize)
            .is_some_and(|row| row >> x & 1 == 1)
    }

    /// The best mask of a symbol with all its data and none of its format. At most
    /// [`MODULES_MAX`] modules wide.
    pub(super) fn masked(canvas: &Canvas, modules: u32, correction: Correction) -> Self {
        let (plain, data) = read(canvas, modules);
        let mut best: Option<(u32, Self)> = None;
        for (number, mask) in (0..).zip(&MASKS) {
            let turned = plain.iter().zip(&data).zip(mask.iter().cycle());
            let rows = turned.map(|((row, data), mask)| row ^ (data & mask));
            let mut masked = Self {
                rows: rows.collect(),
            };
            masked.write_format(number, correction);
            let penalty = masked.penalty();
            if best.as_ref().is_none_or(|(least, _)| penalty < *least) {
                best = Some((penalty, masked));
            }
        }
        best.map_or(Self { rows: plain }, |(_, masked)| masked)
    }

    fn set(&mut self, x: usize, y: usize, dark: bool) {
        self.rows[y] = self.rows[y] & !(1 << x) | u128::from(dark) << x;
    }

    /// Writes level and mask at their two places.
    fn write_format(&mut self, mask: u32, correction: Correction) {
        let format = format_bits(mask, correction);
        let bit = |at: usize| format >> at & 1 == 1;
        let width = self.rows.len();
        // Along the upper left finder, around its corner and past the timing pattern.
        for at in 0..15 {
            match at {
                0..=5 => self.set(8, at, bit(at)),
                6..=7 => self.set(8, at + 1, bit(at)),
                8 => self.set(7, 8, bit(at)),
                _ => self.set(14 - at, 8, bit(at)),
            }
        }
        for at in 0..8 {
            self.set(width - 1 - at, 8, bit(at));
        }
        for at in 8..15 {
            self.set(8, width - 15 + at, bit(at));
        }
        self.set(8, width - 8, true);
    }

    fn row(&self, y: usize) -> u128 {
        self.rows.get(y).copied().unwrap_or_default()
    }

    /// How much a reader would dislike the symbol.
    fn penalty(&self) -> u32 {
        let width = self.rows.len();
        let inner = ones(width - 1);
        let across: Vec<u128> = self
            .rows
            .iter()
            .map(|row| !(row ^ (row >> 1)) & inner)
            .collect();
        let down = |y: usize| !(self.rows[y] ^ self.rows[y + 1]) & ones(width);
        let down: Vec<u128> = (0..width - 1).map(down).collect();
        let mut penalty = 0;
        for equal in &across {
            let fives = equal & equal >> 1 & equal >> 2 & equal >> 3;
            penalty += runs(fives, fives << 1);
        }
        let mut above = 0;
        for equal in down.windows(4) {
            let fives = equal[0] & equal[1] & equal[2] & equal[3];
            penalty += runs(fives, above);
            above = fives;
        }
        for (y, equal) in down.iter().enumerate() {
            penalty += 3 * (across[y] & across[y + 1] & equal).count_ones();
        }
        penalty + self.finders() + self.balance()
    }

    /// 40 for each row of modules that looks like a finder pattern with white beside it.
    fn finders(&self) -> u32 {
        let width = self.rows.len();
        let mut found = 0;
        for row in &self.rows {
            let like = like_finder(|at| row >> at) & ones(width - 6);
            let before = row << 1 | row << 2 | row << 3 | row << 4;
            let after = row >> 7 | row >> 8 | row >> 9 | row >> 10;
            found += (like & !(before & after)).count_ones();
        }
        for y in 0..width - 6 {
            let like = like_finder(|at| self.row(y + at));
            let before = (1..=4).fold(0, |all, up| {
                all | y.checked_sub(up).map_or(0, |above| self.row(above))
            });
            let after = (7..=10).fold(0, |all, down| all | self.row(y + down));
            found += (like & !(before & after)).count_ones();
        }
        40 * found
    }

    /// How far the dark modules are from one half of all.
    fn balance(&self) -> u32 {
        let dark: u32 = self.rows.iter().map(|row| row.count_ones()).sum();
        let all = (self.rows.len() * self.rows.len()) as u32;
        (dark * 200 / all).abs_diff(100)
    }
}

/// Where seven bits in a row are those through the middle of a finder pattern.
fn like_finder(bit: impl Fn(usize) -> u128) -> u128 {
    (0..7).fold(u128::MAX, |like, at| match at {
        1 | 5 => like & !bit(at),
        _ => like & bit(at),
    })
}

/// So many set bits, from the lowest on.
const fn ones(count: usize) -> u128 {
    match count {
        0 => 0,
        count => u128::MAX >> (128 - count),
    }
}

/// The penalty of runs of five and more: each is `length - 2`. `fives` has a bit for each five of
/// a run, `before` the same one place earlier.
const fn runs(fives: u128, before: u128) -> u32 {
    fives.count_ones() + 2 * (fives & !before).count_ones()
}

/// Dark modules, and which modules are data.
fn read(canvas: &Canvas, modules: u32) -> (Vec<u128>, Vec<u128>) {
    let width = modules as i16;
    let (mut dark, mut data) = (Vec::new(), Vec::new());
    for y in 0..width {
        let (mut dark_row, mut data_row) = (0, 0);
        for x in 0..width {
            let module = canvas.get(x, y);
            dark_row |= u128::from(module.is_dark()) << x;
            data_row |= u128::from(!matches!(module, Module::Masked(_))) << x;
        }
        dark.push(dark_row);
        data.push(data_row);
    }
    (dark, data)
}

/// Level and mask with their check bits: BCH (15, 5), and the standard's mask over all.
const fn format_bits(mask: u32, correction: Correction) -> u32 {
    let level = match correction {
        Correction::Q => 0b11,
        Correction::M => 0b00,
    };
    let data = level << 3 | mask;
    let (mut rest, mut at) = (data << 10, 14);
    while at >= 10 {
        if rest >> at & 1 == 1 {
            rest ^= 0b101_0011_0111 << (at - 10);
        }
        at -= 1;
    }
    (data << 10 | rest) ^ 0b101_0100_0001_0010
}
