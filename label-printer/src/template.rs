//! Templates: where texts stand on a size of label, and how large. They are files that an operator
//! can edit (`template/file.rs` reads and checks them); `layout` follows them. The built-in ones in
//! `templates/` are files of the same kind.

use std::path::Path;

use crate::label::Field;
use crate::size::Size;

mod file;
mod shelf;

pub use file::TemplateError;
pub use shelf::{Shelf, Shelved};

/// What the built-in templates are called, and their files; single labels first, the smallest
/// first of all.
const FILES: [(&str, &str); 8] = [
    ("40x30mm", include_str!("../templates/40x30.toml")),
    ("50x30mm", include_str!("../templates/50x30.toml")),
    ("60x40mm", include_str!("../templates/60x40.toml")),
    ("80x50mm", include_str!("../templates/80x50.toml")),
    ("100x70mm", include_str!("../templates/100x70.toml")),
    ("a4-3x8", include_str!("../templates/a4-3x8.toml")),
    ("a4-2x7", include_str!("../templates/a4-2x7.toml")),
    ("a4-2x4", include_str!("../templates/a4-2x4.toml")),
];

/// Sizes of single labels that a built-in template exists for, the smallest first.
pub const SIZES: [Size; 5] = [
    Size::of(40, 30),
    Size::of(50, 30),
    Size::of(60, 40),
    Size::of(80, 50),
    Size::of(100, 70),
];

/// How a text is set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Black on white.
    Plain,
    /// White on a black band: the words that a rule wants prominent.
    Band,
}

/// When a text's caption is printed before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caption {
    /// Always.
    Always,
    /// Only if both fit on one line.
    IfFits,
    /// Never: the text speaks for itself.
    Never,
}

/// One text's place in a column; a field without text takes no room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Whose text.
    pub field: Field,
    /// Font size that is wanted, in millimetres.
    pub size_mm: f32,
    /// Smallest font size that is still legible here, in millimetres.
    pub size_mm_min: f32,
    /// Most lines.
    pub lines_max: usize,
    /// A text that may wrap does so before it is made smaller than this part of its size.
    pub wraps_below: f32,
    /// When the caption is printed.
    pub caption: Caption,
    /// How it is set apart.
    pub style: Style,
}

/// A size of label and what stands on it: a head across its width, below it the code at the left
/// and a column of texts beside it, below the code a line for the short code.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// What it is called.
    pub name: String,
    /// The label's size.
    pub size: Size,
    /// Edge kept free of ink, because feed and cutter are not exact.
    pub margin_mm: f32,
    /// Largest side of the code with its quiet zone.
    pub code_mm_max: f32,
    /// Side of a module that is wanted; smaller where the code would not fit, but never smaller
    /// than the printer's default.
    pub module_mm: f32,
    /// Rows above the code, across the label.
    pub head: Vec<Row>,
    /// Whether a thin line parts the head from what is below.
    pub rule: bool,
    /// Rows beside the code.
    pub side: Vec<Row>,
    /// Rows below the code, as wide as the code.
    pub foot: Vec<Row>,
    /// How labels stand on a sheet; `None` for a roll.
    pub sheet: Option<SheetGrid>,
}

/// How labels stand on a sheet of paper for office printers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SheetGrid {
    /// The paper.
    pub page: Size,
    /// Labels beside each other.
    pub columns: u16,
    /// Labels below each other.
    pub rows: u16,
    /// Left edge of the first label.
    pub left_mm: f32,
    /// Top edge of the first label.
    pub top_mm: f32,
    /// From one label's left edge to the next one's.
    pub pitch_x_mm: f32,
    /// From one label's top edge to the next one's.
    pub pitch_y_mm: f32,
}

impl SheetGrid {
    /// Labels on one sheet.
    #[must_use]
    pub fn labels(&self) -> u32 {
        u32::from(self.columns) * u32::from(self.rows)
    }

    /// Top left of a place on the sheet in millimetres; places count from 0, line by line.
    #[must_use]
    pub fn place_mm(&self, place: u32) -> (f32, f32) {
        let columns = u32::from(self.columns.max(1));
        let (column, row) = (place % columns, place / columns);
        (
            self.left_mm + column as f32 * self.pitch_x_mm,
            self.top_mm + row as f32 * self.pitch_y_mm,
        )
    }
}

impl Template {
    /// The built-in templates of single labels, in the order of [`SIZES`].
    pub(crate) fn built_in() -> Result<Vec<Self>, TemplateError> {
        FILES[..SIZES.len()]
            .iter()
            .map(|(name, _)| Self::named(name))
            .collect()
    }

    /// Names of the built-in templates.
    #[must_use]
    pub fn names() -> [&'static str; FILES.len()] {
        FILES.map(|(name, _)| name)
    }

    /// A built-in template by its name, such as `40x30mm` or `a4-3x8`.
    pub fn named(name: &str) -> Result<Self, TemplateError> {
        file::read_named(name)
    }

    /// The text of a built-in template's file: what an operator begins with.
    #[must_use]
    pub fn source(name: &str) -> Option<&'static str> {
        FILES
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, text)| *text)
    }

    /// Reads and checks a template file. A template that it builds upon is a built-in one or a
    /// file beside it.
    pub fn load(path: &Path) -> Result<Self, TemplateError> {
        file::load(path)
    }

    /// Reads and checks the text of a template which builds on built-in ones only; `name` is what
    /// messages call it.
    pub fn parse(name: &str, text: &str) -> Result<Self, TemplateError> {
        file::parse(name, text)
    }

    /// Width of the label in millimetres.
    pub(crate) fn width_mm(&self) -> f32 {
        f32::from(self.size.width_mm)
    }

    /// Height of the label in millimetres.
    pub(crate) fn height_mm(&self) -> f32 {
        f32::from(self.size.height_mm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_template_has_a_place_for_every_field() -> Result<(), TemplateError> {
        for name in Template::names() {
            let template = Template::named(name)?;
            let rows = || {
                template
                    .head
                    .iter()
                    .chain(&template.side)
                    .chain(&template.foot)
            };
            for field in Field::ALL {
                let places = rows().filter(|row| row.field == field).count();
                assert_eq!(places, 1, "{field} on {name}");
            }
        }
        Ok(())
    }

    #[test]
    fn built_in_sizes_are_those_of_their_files_and_grow() -> Result<(), TemplateError> {
        let sizes: Vec<_> = Template::built_in()?.iter().map(|t| t.size).collect();
        assert_eq!(sizes, SIZES);
        assert!(
            SIZES.is_sorted_by_key(|size| u32::from(size.width_mm) * u32::from(size.height_mm))
        );
        Ok(())
    }

    #[test]
    fn the_places_of_a_sheet_are_counted_line_by_line() -> Result<(), TemplateError> {
        let template = Template::named("a4-3x8")?;
        let sheet = template
            .sheet
            .ok_or_else(|| TemplateError::unknown("a4-3x8"))?;
        assert_eq!(sheet.labels(), 24);
        assert_eq!(sheet.place_mm(0), (0.0, 0.5));
        assert_eq!(sheet.place_mm(4), (70.0, 37.5));
        assert_eq!(sheet.place_mm(23), (140.0, 259.5));
        Ok(())
    }
}
