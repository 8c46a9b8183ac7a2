//! Templates: where texts stand on a size of label, and how large. They are data; `layout` reads
//! them. A further size is a further row of [`TEMPLATES`].

use crate::label::Field;
use crate::size::Size;

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
#[derive(Debug, Clone, Copy)]
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
#[derive(Debug, Clone, Copy)]
pub struct Template {
    /// The label's size.
    pub size: Size,
    /// Edge kept free of ink, because feed and cutter are not exact.
    pub margin_mm: f32,
    /// Largest side of the code with its quiet zone.
    pub code_mm_max: f32,
    /// Rows above the code, across the label.
    pub head: &'static [Row],
    /// Whether a thin line parts the head from what is below.
    pub rule: bool,
    /// Rows beside the code.
    pub side: &'static [Row],
    /// Rows below the code, as wide as the code.
    pub foot: &'static [Row],
}

const fn row(field: Field, size_mm: f32, lines_max: usize, caption: Caption) -> Row {
    Row {
        field,
        size_mm,
        size_mm_min: LEGIBLE_MM,
        lines_max,
        wraps_below: 0.92,
        caption,
        style: Style::Plain,
    }
}

const fn band(size_mm: f32) -> Row {
    Row {
        style: Style::Band,
        ..row(Field::Regime, size_mm, 1, Caption::Never)
    }
}

/// Smallest font size: its Chinese characters are 1.8 mm high, the least that food labels may have.
const LEGIBLE_MM: f32 = 1.95;

const fn title(size_mm: f32, size_mm_min: f32) -> Row {
    Row {
        size_mm_min,
        wraps_below: 0.75,
        ..row(Field::Product, size_mm, 2, Caption::Never)
    }
}

/// The templates, smallest label first.
pub const TEMPLATES: &[Template] = &[
    Template {
        size: Size {
            width_mm: 40,
            height_mm: 30,
        },
        margin_mm: 1.2,
        code_mm_max: 23.0,
        head: &[title(4.2, 2.3)],
        rule: false,
        side: &[
            band(2.1),
            row(Field::Grade, 2.2, 1, Caption::IfFits),
            row(Field::Producer, 2.2, 2, Caption::Never),
            row(Field::Origin, 2.1, 2, Caption::Never),
            row(Field::Weight, 2.2, 1, Caption::IfFits),
            row(Field::Harvested, 2.1, 1, Caption::IfFits),
            row(Field::Produced, 2.1, 1, Caption::IfFits),
            row(Field::Packed, 2.1, 1, Caption::IfFits),
            row(Field::Issued, 2.1, 1, Caption::IfFits),
            row(Field::Date, 2.1, 1, Caption::IfFits),
            row(Field::Expires, 2.1, 1, Caption::IfFits),
            row(Field::Lot, 2.1, 1, Caption::IfFits),
            row(Field::Basis, 2.0, 2, Caption::Never),
            row(Field::Contact, 2.1, 1, Caption::IfFits),
            row(Field::Note, 2.0, 2, Caption::Never),
            row(Field::Code, 2.2, 1, Caption::Never),
        ],
        foot: &[],
    },
    Template {
        size: Size {
            width_mm: 50,
            height_mm: 30,
        },
        margin_mm: 1.2,
        code_mm_max: 23.0,
        head: &[title(4.4, 2.3)],
        rule: false,
        side: &[
            band(2.7),
            row(Field::Grade, 2.3, 1, Caption::Always),
            row(Field::Producer, 2.3, 2, Caption::Always),
            row(Field::Origin, 2.3, 2, Caption::Always),
            row(Field::Weight, 2.3, 1, Caption::Always),
            row(Field::Harvested, 2.3, 1, Caption::Always),
            row(Field::Produced, 2.3, 1, Caption::Always),
            row(Field::Packed, 2.3, 1, Caption::Always),
            row(Field::Issued, 2.3, 1, Caption::Always),
            row(Field::Date, 2.3, 1, Caption::Always),
            row(Field::Expires, 2.3, 1, Caption::Always),
            row(Field::Lot, 2.3, 1, Caption::IfFits),
            row(Field::Basis, 2.1, 2, Caption::Always),
            row(Field::Contact, 2.3, 2, Caption::Always),
            row(Field::Note, 2.1, 2, Caption::Never),
            row(Field::Code, 2.4, 1, Caption::Never),
        ],
        foot: &[],
    },
    Template {
        size: Size {
            width_mm: 60,
            height_mm: 40,
        },
        margin_mm: 1.5,
        code_mm_max: 27.0,
        head: &[band(3.4), title(5.0, 3.0)],
        rule: true,
        side: &[
            row(Field::Grade, 2.6, 1, Caption::Always),
            row(Field::Producer, 2.6, 3, Caption::Always),
            row(Field::Origin, 2.6, 2, Caption::Always),
            row(Field::Weight, 2.6, 1, Caption::Always),
            row(Field::Harvested, 2.6, 1, Caption::Always),
            row(Field::Produced, 2.6, 1, Caption::Always),
            row(Field::Packed, 2.6, 1, Caption::Always),
            row(Field::Issued, 2.6, 1, Caption::Always),
            row(Field::Date, 2.6, 1, Caption::Always),
            row(Field::Expires, 2.6, 1, Caption::Always),
            row(Field::Lot, 2.6, 1, Caption::Always),
            row(Field::Basis, 2.4, 2, Caption::Always),
            row(Field::Contact, 2.6, 2, Caption::Always),
            row(Field::Note, 2.3, 2, Caption::Never),
        ],
        foot: &[row(Field::Code, 2.5, 1, Caption::Never)],
    },
];

impl Template {
    /// The template of a size, if there is one.
    #[must_use]
    pub fn find(size: Size) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.size == size)
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
    fn every_template_has_a_place_for_every_field() {
        for template in TEMPLATES {
            let rows = || {
                template
                    .head
                    .iter()
                    .chain(template.side)
                    .chain(template.foot)
            };
            for field in Field::ALL {
                assert_eq!(
                    rows().filter(|row| row.field == field).count(),
                    1,
                    "{field} on {}",
                    template.size
                );
            }
            assert!(
                rows().all(|row| row.size_mm_min >= LEGIBLE_MM && row.size_mm >= row.size_mm_min)
            );
        }
    }

    #[test]
    fn sizes_are_found_and_grow() {
        assert!(TEMPLATES.iter().all(|t| Template::find(t.size).is_some()));
        assert!(
            Template::find(Size {
                width_mm: 1,
                height_mm: 1
            })
            .is_none()
        );
        assert!(
            TEMPLATES
                .is_sorted_by_key(|t| u32::from(t.size.width_mm) * u32::from(t.size.height_mm))
        );
    }
}
