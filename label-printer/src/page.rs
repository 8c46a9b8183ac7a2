//! A page for papers that go with a code: a few helpers over marks, with lengths in
//! hundred-and-fifths of the page's width, so that A6 is A4 made small.

use crate::code::{self, QUIET_MODULES};
use crate::error::LabelError;
use crate::label::Field;
use crate::layout::{Area, Layout, Mark};
use crate::press::Press;
use crate::size::{Dpi, Size};
use crate::typeset::{Block, Fit};

/// Left and right edge of what is printed, in units.
pub(crate) const EDGES: (f32, f32) = (8.0, 97.0);

/// A page that is being laid out.
pub(crate) struct Page<'a> {
    pub(crate) press: &'a mut Press,
    pub(crate) size: Size,
    unit: f32,
    marks: Vec<Mark>,
}

/// Where a code stands at the right edge, in units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeBox {
    /// Upper edge of its quiet zone.
    pub(crate) top: f32,
    /// Most that its side may be.
    pub(crate) room: f32,
    /// Wanted side of a module.
    pub(crate) module: f32,
}

/// Where a text stands that may shrink, then wrap, then be refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    /// Left edge.
    pub(crate) x: f32,
    /// Width.
    pub(crate) width: f32,
    /// Wanted and smallest size.
    pub(crate) sizes: (f32, f32),
    /// Most lines.
    pub(crate) lines_max: usize,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub(crate) fn new(press: &'a mut Press, size: Size) -> Self {
        Self {
            press,
            size,
            unit: f32::from(size.width_mm) / 105.0,
            marks: Vec::new(),
        }
    }

    /// The page with its code.
    pub(crate) fn finish(
        self,
        (link, dpi): (&str, Dpi),
        place: CodeBox,
    ) -> Result<Layout, LabelError> {
        let (room_mm, wanted_mm) = (place.room * self.unit, place.module * self.unit);
        let chosen = code::choose(link, dpi.into(), wanted_mm, room_mm).map_err(|needs_mm| {
            LabelError::CodeTooBig {
                size: self.size,
                needs_tenths_mm: (needs_mm * 10.0).ceil() as u32,
                room_tenths_mm: (room_mm * 10.0) as u32,
                fits: None,
            }
        })?;
        let side_mm = chosen.symbol.facts(dpi, chosen.module_dots).side_mm;
        let quiet_mm = dpi.mm(QUIET_MODULES * chosen.module_dots);
        let on_dots = |mm: f32| dpi.mm(dpi.dots(mm) as u32);
        let code_x_mm = on_dots(EDGES.1 * self.unit - side_mm + quiet_mm);
        Ok(Layout {
            size: self.size,
            dpi,
            symbol: chosen.symbol,
            module_dots: chosen.module_dots,
            code_x_mm,
            code_y_mm: on_dots(place.top * self.unit),
            marks: self.marks,
        })
    }

    /// A line from edge to edge.
    pub(crate) fn line(&mut self, y: f32, height: f32) {
        self.fill(EDGES.0, y, EDGES.1 - EDGES.0, height);
    }

    /// A black rectangle.
    pub(crate) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32) {
        let unit = self.unit;
        self.marks.push(Mark::Fill(Area {
            x: x * unit,
            y: y * unit,
            width: width * unit,
            height: height * unit,
        }));
    }

    /// A text on one line.
    pub(crate) fn text(&mut self, text: &str, size: f32, x: f32, y: f32) {
        let block = self.press.typesetter.set(text, size * self.unit, None);
        self.block(&block, x, y);
    }

    /// A text in the middle of the page.
    pub(crate) fn middle(&mut self, text: &str, size: f32, y: f32) {
        let block = self.press.typesetter.set(text, size * self.unit, None);
        let x = (105.0 - block.width_mm / self.unit) / 2.0;
        self.block(&block, x, y);
    }

    /// A text in its cell; returns its height.
    pub(crate) fn cell(
        &mut self,
        cell: Cell,
        (text, field): (&str, Field),
        y: f32,
    ) -> Result<f32, LabelError> {
        let fit = Fit {
            width_mm: cell.width * self.unit,
            size_mm: cell.sizes.0 * self.unit,
            size_mm_min: cell.sizes.1 * self.unit,
            lines_max: cell.lines_max,
            wraps_below: 0.8,
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Ok(0.0);
        }
        let block = self.press.typesetter.fit(&text, fit);
        let block = block.ok_or(LabelError::TextTooLong {
            field,
            size: self.size,
            fits: None,
        })?;
        self.block(&block, cell.x, y);
        Ok(block.height_mm / self.unit)
    }

    fn block(&mut self, block: &Block, x: f32, y: f32) {
        let (x_mm, y_mm) = (x * self.unit, y * self.unit);
        self.marks
            .extend(block.glyphs.iter().map(|glyph| Mark::Glyph {
                glyph: glyph.moved(x_mm, y_mm),
                white: false,
            }));
    }
}
