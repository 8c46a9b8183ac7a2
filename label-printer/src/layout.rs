//! Places a label's code and texts on its template, in millimetres. The result is a list of marks
//! that every back end can draw; only the code's origin is tied to the printer's dots.

use crate::code::{self, Chosen, CodeFacts, Symbol};
use crate::error::LabelError;
use crate::label::{Field, Label};
use crate::proof::CodeArea;
use crate::size::{Dpi, Grid, Size};
use crate::template::{Caption, Row, Style, Template};
use crate::typeset::{Block, Fit, Glyph, Typesetter};

/// Space between a caption and its text, in font sizes.
const CAPTION_GAP: f32 = 0.45;

/// Space between the text of a band and its edge, in font sizes.
const BAND_PAD: f32 = 0.3;

/// Least and most space between two rows, in millimetres.
const ROW_GAP_MM: (f32, f32) = (0.1, 0.9);

/// Space between two rows of the head, in millimetres.
const HEAD_GAP_MM: f32 = 0.3;

/// How thick the line below the head is.
const RULE_MM: f32 = 0.25;

/// White above and below that line, in millimetres.
const RULE_GAPS_MM: (f32, f32) = (0.2, 0.6);

/// How far a foot may reach into the code's box: its digits are lower than their line.
const FOOT_RISE_MM: f32 = 0.4;

/// Scales that a column of texts is tried at until it fits. It is made larger only if every text
/// then still stands on one line in one size.
const COLUMN_SCALES: [f32; 12] = [
    1.24, 1.16, 1.08, 1.0, 0.95, 0.9, 0.85, 0.8, 0.74, 0.68, 0.62, 0.56,
];

/// A rectangle in millimetres from the label's top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// Something to draw, in the order of the list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    /// A black rectangle.
    Fill(Area),
    /// A glyph with its origin on the baseline; white if it stands on a band.
    Glyph { glyph: Glyph, white: bool },
}

/// A label that has been laid out for one resolution.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub(crate) size: Size,
    pub(crate) dpi: Dpi,
    pub(crate) symbol: Symbol,
    pub(crate) module_dots: u32,
    /// Top left of the code's quiet zone, on whole dots.
    pub(crate) code_x_mm: f32,
    pub(crate) code_y_mm: f32,
    pub(crate) marks: Vec<Mark>,
}

impl Layout {
    pub(crate) fn facts(&self) -> CodeFacts {
        self.symbol.facts(self.dpi, self.module_dots)
    }

    /// Each run of dark modules of a row as one rectangle.
    pub(crate) fn code_runs(&self) -> impl Iterator<Item = Area> {
        let module = self.dpi.mm(self.module_dots);
        let quiet = code::QUIET_MODULES as f32 * module;
        let (left, top) = (self.code_x_mm + quiet, self.code_y_mm + quiet);
        self.symbol.runs().map(move |(row, column, length)| Area {
            x: left + column as f32 * module,
            y: top + row as f32 * module,
            width: length as f32 * module,
            height: module,
        })
    }

    /// Where the code is drawn, in dots.
    pub(crate) fn code_area(&self) -> CodeArea {
        CodeArea {
            left: self.dpi.dots(self.code_x_mm) as u32,
            top: self.dpi.dots(self.code_y_mm) as u32,
            side: self.symbol.modules_with_quiet() * self.module_dots,
        }
    }
}

/// Lays a label out. If it does not fit, the error names the smallest of the `known` sizes that
/// would hold it.
pub(crate) fn lay_out(
    typesetter: &mut Typesetter,
    label: &Label,
    template: &Template,
    grid: Grid,
    known: &[Template],
) -> Result<Layout, LabelError> {
    for (field, text) in label.texts() {
        if let Some(character) = typesetter.missing(text) {
            return Err(LabelError::NoGlyph { field, character });
        }
    }
    let mut try_size = |template| {
        Attempt {
            typesetter,
            label,
            template,
            grid,
        }
        .run()
    };
    let first = try_size(template);
    let Err(mut error) = first else { return first };
    if let LabelError::CodeTooBig { fits, .. } | LabelError::TextTooLong { fits, .. } = &mut error {
        *fits = known
            .iter()
            .find(|other| try_size(other).is_ok())
            .map(|other| other.size);
    }
    Err(error)
}

/// One try at one size.
struct Attempt<'a> {
    typesetter: &'a mut Typesetter,
    label: &'a Label,
    template: &'a Template,
    grid: Grid,
}

/// A row that has been set: its marks relative to its top left.
struct Set {
    field: Field,
    height_mm: f32,
    marks: Vec<Mark>,
    /// Whether it stands on one line in the size that was asked for.
    plain: bool,
}

impl Attempt<'_> {
    fn run(&mut self) -> Result<Layout, LabelError> {
        let template = self.template;
        let inner_mm = template.width_mm() - 2.0 * template.margin_mm;
        let chosen = self.code()?;
        let facts = chosen.symbol.facts(self.grid.dpi(), chosen.module_dots);
        let side_mm = facts.side_mm;
        let quiet_mm = code::QUIET_MODULES as f32 * facts.module_mm;
        // The quiet zone is white paper already, so it may lie in the margin.
        let reach_mm = (template.margin_mm - quiet_mm).max(0.0);
        let foot = self.column(&template.foot, side_mm - 2.0 * quiet_mm, f32::INFINITY)?;
        let body_mm = side_mm + height_of(&foot);
        let mut marks = Vec::new();
        let head_mm = self.head(inner_mm, body_mm, &mut marks)?;
        let (edge_mm, share) = if foot.is_empty() {
            (reach_mm, 0.5)
        } else {
            (template.margin_mm, 0.6)
        };
        let spare_mm = (template.height_mm() - edge_mm - body_mm - head_mm).max(0.0);
        let code = Area {
            x: self.on_dots(reach_mm),
            y: self.on_dots(head_mm + spare_mm * share),
            width: side_mm,
            height: side_mm,
        };
        let foot_y_mm = code.y + side_mm - FOOT_RISE_MM;
        stack(&foot, code.x + quiet_mm, foot_y_mm, 0.0, &mut marks);
        self.side(code, quiet_mm, head_mm, &mut marks)?;
        Ok(Layout {
            size: template.size,
            dpi: self.grid.dpi(),
            symbol: chosen.symbol,
            module_dots: chosen.module_dots,
            code_x_mm: code.x,
            code_y_mm: code.y,
            marks,
        })
    }

    /// Sets what stands above the code and its line; returns where it ends.
    fn head(
        &mut self,
        inner_mm: f32,
        body_mm: f32,
        marks: &mut Vec<Mark>,
    ) -> Result<f32, LabelError> {
        let template = self.template;
        let margin_mm = template.margin_mm;
        let (above, below) = if template.rule {
            RULE_GAPS_MM
        } else {
            (0.0, 0.0)
        };
        let room_mm = template.height_mm() - body_mm - margin_mm - above - below;
        let head = self.column(&template.head, inner_mm, room_mm)?;
        let head_mm = stack(&head, margin_mm, margin_mm, HEAD_GAP_MM, marks);
        if !template.rule || head.is_empty() {
            return Ok(head_mm);
        }
        marks.push(Mark::Fill(Area {
            x: margin_mm,
            y: head_mm + above,
            width: inner_mm,
            height: RULE_MM,
        }));
        Ok(head_mm + above + below)
    }

    fn code(&self) -> Result<Chosen, LabelError> {
        let (text, wanted_mm) = (self.label.link().as_str(), self.template.module_mm);
        let room_mm = self.template.code_mm_max;
        code::choose(text, self.grid, wanted_mm, room_mm).map_err(|needs_mm| {
            LabelError::CodeTooBig {
                size: self.template.size,
                needs_tenths_mm: (needs_mm * 10.0).ceil() as u32,
                room_tenths_mm: (room_mm * 10.0) as u32,
                fits: None,
            }
        })
    }

    /// Sets the column beside the code, spread over the height of the code's ink.
    fn side(
        &mut self,
        code: Area,
        quiet_mm: f32,
        head_mm: f32,
        marks: &mut Vec<Mark>,
    ) -> Result<(), LabelError> {
        let template = self.template;
        let left_mm = code.x + code.width;
        let width_mm = template.width_mm() - template.margin_mm - left_mm;
        let top_least = head_mm + 0.3;
        let bottom_most = template.height_mm() - template.margin_mm;
        let sets = self.column(&template.side, width_mm, bottom_most - top_least)?;
        let ink = (code.y + quiet_mm, code.y + code.height - quiet_mm);
        let text_mm = height_of(&sets);
        let gaps = sets.len().saturating_sub(1).max(1) as f32;
        let gap_mm = ((ink.1 - ink.0 - text_mm) / gaps).clamp(ROW_GAP_MM.0, ROW_GAP_MM.1);
        let total_mm = text_mm + gap_mm * (sets.len().saturating_sub(1)) as f32;
        let centred = f32::midpoint(ink.0, ink.1) - total_mm / 2.0;
        let y = centred.min(bottom_most - total_mm).max(top_least);
        stack(&sets, left_mm, y, gap_mm, marks);
        Ok(())
    }

    /// Sets the rows that have text, smaller and smaller until they fit a height.
    fn column(
        &mut self,
        rows: &[Row],
        width_mm: f32,
        height_mm: f32,
    ) -> Result<Vec<Set>, LabelError> {
        let mut refused = None;
        for scale in COLUMN_SCALES {
            match self.rows(rows, width_mm, scale) {
                Ok(sets) if scale > 1.0 && !sets.iter().all(|set| set.plain) => {}
                Ok(sets) if fits(&sets, height_mm) => return Ok(sets),
                Ok(sets) => refused = longest(&sets).or(refused),
                Err(LabelError::TextTooLong { field, .. }) => refused = Some(field),
                Err(other) => return Err(other),
            }
        }
        let field = refused.unwrap_or(Field::Product);
        Err(LabelError::TextTooLong {
            field,
            size: self.template.size,
            fits: None,
        })
    }

    fn rows(&mut self, rows: &[Row], width_mm: f32, scale: f32) -> Result<Vec<Set>, LabelError> {
        let mut caption_mm: f32 = 0.0;
        for row in rows.iter().filter(|row| row.caption == Caption::Always) {
            if self.label.text(row.field).is_some() {
                let size_mm = (row.size_mm * scale).max(row.size_mm_min);
                caption_mm = caption_mm.max(self.caption(row.field, size_mm).1);
            }
        }
        let mut sets = Vec::new();
        for row in rows {
            if let Some(text) = self.label.text(row.field).map(str::to_owned) {
                sets.push(self.row(row, &text, width_mm, caption_mm, scale)?);
            }
        }
        Ok(sets)
    }

    /// A caption and the width that it takes with its gap; nothing for fields without one.
    fn caption(&mut self, field: Field, size_mm: f32) -> (Option<Block>, f32) {
        if field.caption().is_empty() {
            return (None, 0.0);
        }
        let block = self.typesetter.set(field.caption(), size_mm, None);
        let width_mm = block.width_mm + size_mm * CAPTION_GAP;
        (Some(block), width_mm)
    }

    fn row(
        &mut self,
        row: &Row,
        text: &str,
        width_mm: f32,
        caption_mm: f32,
        scale: f32,
    ) -> Result<Set, LabelError> {
        let size_mm = (row.size_mm * scale).max(row.size_mm_min);
        let pad_mm = if row.style == Style::Band {
            size_mm * BAND_PAD
        } else {
            0.0
        };
        let (indent_mm, lines_max) = match row.caption {
            Caption::Always => (caption_mm, row.lines_max),
            Caption::IfFits => (self.caption(row.field, size_mm).1, 1),
            Caption::Never => (0.0, row.lines_max),
        };
        let lines_max = if row.field.breaks() { lines_max } else { 1 };
        let fit = Fit {
            width_mm: width_mm - indent_mm - 2.0 * pad_mm,
            size_mm,
            size_mm_min: row.size_mm_min,
            lines_max,
            wraps_below: row.wraps_below,
        };
        let bare = Fit {
            width_mm,
            lines_max: row.lines_max,
            ..fit
        };
        let too_long = LabelError::TextTooLong {
            field: row.field,
            size: self.template.size,
            fits: None,
        };
        match (self.typesetter.fit(text, fit), row.caption) {
            (Some(block), Caption::Never) => Ok(self.banded(row, &block, pad_mm, fit, width_mm)),
            (Some(block), _) => Ok(self.captioned(row.field, &block, fit, indent_mm)),
            (None, Caption::IfFits) => {
                let block = self.typesetter.fit(text, bare).ok_or(too_long)?;
                Ok(self.banded(row, &block, pad_mm, fit, width_mm))
            }
            (None, _) => Err(too_long),
        }
    }

    /// A text without caption: plain, or white in the middle of a black band.
    fn banded(&self, row: &Row, block: &Block, pad_mm: f32, fit: Fit, width_mm: f32) -> Set {
        let white = row.style == Style::Band;
        let centred = white
            || self
                .template
                .foot
                .iter()
                .any(|foot| foot.field == row.field);
        let height_mm = block.height_mm + if white { pad_mm } else { 0.0 };
        let x_mm = if centred {
            (width_mm - block.width_mm) / 2.0
        } else {
            0.0
        };
        let mut marks = Vec::new();
        if white {
            marks.push(Mark::Fill(Area {
                x: 0.0,
                y: 0.0,
                width: width_mm,
                height: height_mm,
            }));
        }
        let y_mm = (height_mm - block.height_mm) / 2.0;
        push_block(block, x_mm, y_mm, white, &mut marks);
        Set {
            field: row.field,
            height_mm,
            marks,
            plain: is_plain(block, fit),
        }
    }

    /// A caption at the left and its text, all lines of it, to the right of the indent.
    fn captioned(&mut self, field: Field, block: &Block, fit: Fit, indent_mm: f32) -> Set {
        let mut marks = Vec::new();
        if let (Some(caption), _) = self.caption(field, block.size_mm) {
            push_block(&caption, 0.0, 0.0, false, &mut marks);
        }
        push_block(block, indent_mm, 0.0, false, &mut marks);
        Set {
            field,
            height_mm: block.height_mm,
            marks,
            plain: is_plain(block, fit),
        }
    }

    fn on_dots(&self, mm: f32) -> f32 {
        self.grid.dpi().mm(self.grid.dpi().dots(mm) as u32)
    }
}

fn is_plain(block: &Block, fit: Fit) -> bool {
    block.lines == 1 && block.size_mm >= fit.size_mm
}

fn height_of(sets: &[Set]) -> f32 {
    sets.iter().map(|set| set.height_mm).sum()
}

fn fits(sets: &[Set], height_mm: f32) -> bool {
    height_of(sets) + ROW_GAP_MM.0 * sets.len().saturating_sub(1) as f32 <= height_mm
}

fn longest(sets: &[Set]) -> Option<Field> {
    sets.iter()
        .max_by_key(|set| set.marks.len())
        .map(|set| set.field)
}

/// Places rows below each other; returns where the last one ends.
fn stack(sets: &[Set], x_mm: f32, y_mm: f32, gap_mm: f32, marks: &mut Vec<Mark>) -> f32 {
    let mut y = y_mm;
    for (at, set) in sets.iter().enumerate() {
        y += if at == 0 { 0.0 } else { gap_mm };
        place(set, x_mm, y, marks);
        y += set.height_mm;
    }
    y
}

fn place(set: &Set, x_mm: f32, y_mm: f32, marks: &mut Vec<Mark>) {
    marks.extend(set.marks.iter().map(|mark| match *mark {
        Mark::Fill(area) => Mark::Fill(Area {
            x: area.x + x_mm,
            y: area.y + y_mm,
            ..area
        }),
        Mark::Glyph { glyph, white } => Mark::Glyph {
            glyph: glyph.moved(x_mm, y_mm),
            white,
        },
    }));
}

fn push_block(block: &Block, x_mm: f32, y_mm: f32, white: bool, marks: &mut Vec<Mark>) {
    let glyphs = block.glyphs.iter().map(|glyph| glyph.moved(x_mm, y_mm));
    marks.extend(glyphs.map(|glyph| Mark::Glyph { glyph, white }));
}

#[cfg(test)]
mod tests;
