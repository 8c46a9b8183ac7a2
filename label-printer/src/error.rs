//! Why a label was refused, in words for the person who wants to print it. Pages translate by
//! [`LabelError::kind`] and the variant's fields.

use model::gs1::LinkError;

use crate::label::{Field, LINK_CHARS_MAX};
use crate::size::{Dpi, Size};
use crate::template::TemplateError;

/// Why a label was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// The link is not a conformant GS1 Digital Link.
    #[error("the code's link is not a GS1 Digital Link: {0}")]
    Link(#[from] LinkError),
    /// The link is a path without a host: a phone could not open it.
    #[error("the code's link must begin with http:// or https:// and a host")]
    LinkWithoutHost,
    /// The link is longer than any label's code can hold.
    #[error("the code's link has more than {LINK_CHARS_MAX} characters")]
    LinkTooLong,
    /// A size that is not of the form `40x30mm`.
    #[error("{0:?} is no label size; write it as 40x30mm")]
    SizeSyntax(String),
    /// A size for which there is no template.
    #[error("there is no template for labels of {0}; there are {known}", known = known_sizes())]
    SizeUnknown(Size),
    /// A resolution that is not 203 or 300 dots an inch.
    #[error("{0:?} is no printer resolution; 203 and 300 dots an inch are supported")]
    Dpi(String),
    /// Modules of so many dots are too small to be read, or larger than GS1 allows.
    #[error("{dots} dots a module at {dpi} dpi are {:.2} mm; 0.25 to 0.99 mm are possible", .dpi.mm(*.dots))]
    Module {
        /// The resolution.
        dpi: Dpi,
        /// Dots a module.
        dots: u32,
    },
    /// A template that cannot be used.
    #[error("the template cannot be used")]
    Template(#[from] TemplateError),
    /// The offset of the printer pushes something off the label.
    #[error("with an offset of {x_mm} mm across and {y_mm} mm down, something would be cut off")]
    Offset {
        /// Across, in millimetres as they were written.
        x_mm: String,
        /// Down, in millimetres as they were written.
        y_mm: String,
    },
    /// A start position, offset or scale that is out of range.
    #[error("{0}")]
    Setup(&'static str),
    /// A field that the document must have is empty.
    #[error("the {0} is missing, and the certificate must have it")]
    FieldMissing(Field),
    /// A PDF has as many labels as it may have.
    #[error(
        "a PDF holds at most {} labels; begin another one",
        crate::PDF_LABELS_MAX
    )]
    PdfFull,
    /// An unknown format name.
    #[error("{0:?} is no label format; there are {known}", known = known_formats())]
    Format(String),
    /// An unknown field name.
    #[error("{0:?} is no field of a label; there are {known}", known = known_fields())]
    Field(String),
    /// The code does not fit at a module size that phones read.
    #[error(
        "the code needs {} mm, a label of {size} has room for {} mm; {}",
        millimetres(*.needs_tenths_mm), millimetres(*.room_tenths_mm), advice(*.fits)
    )]
    CodeTooBig {
        /// The label's size.
        size: Size,
        /// Side of the smallest readable code with its quiet zone, in 0.1 mm.
        needs_tenths_mm: u32,
        /// Side of the room the template has for it, in 0.1 mm.
        room_tenths_mm: u32,
        /// The smallest known size that would hold it.
        fits: Option<Size>,
    },
    /// A text does not fit even at its smallest legible size and with all its lines.
    #[error("the {field} does not fit on a label of {size}; {}", advice(*.fits))]
    TextTooLong {
        /// Whose text it is.
        field: Field,
        /// The label's size.
        size: Size,
        /// The smallest known size that would hold the label.
        fits: Option<Size>,
    },
    /// A character that our font cannot print.
    #[error(
        "the {field} has the character {character:?} (U+{:04X}), which cannot be printed",
        u32::from(*.character)
    )]
    NoGlyph {
        /// Whose text it is.
        field: Field,
        /// The character.
        character: char,
    },
    /// The finished bitmap was decoded and did not say what it should: never release it.
    #[error("the code of the finished label could not be read back; it was not released")]
    Proof,
    /// The built-in font did not load: a broken build.
    #[error("the built-in font could not be loaded")]
    Font,
    /// A picture encoder failed.
    #[error("the picture could not be written")]
    Encode,
}

impl LabelError {
    /// A short stable name of the reason, for translation and for metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Link(_) | Self::LinkWithoutHost | Self::LinkTooLong => "link",
            Self::SizeSyntax(_) | Self::SizeUnknown(_) => "size",
            Self::Dpi(_) => "dpi",
            Self::Module { .. } => "module",
            Self::Template(_) => "template",
            Self::Offset { .. } => "offset",
            Self::Setup(_) => "setup",
            Self::FieldMissing(_) => "field-missing",
            Self::PdfFull => "pdf-full",
            Self::Format(_) => "format",
            Self::Field(_) => "field",
            Self::CodeTooBig { .. } => "code-too-big",
            Self::TextTooLong { .. } => "text-too-long",
            Self::NoGlyph { .. } => "no-glyph",
            Self::Proof => "proof",
            Self::Font => "font",
            Self::Encode => "encode",
        }
    }
}

fn advice(fits: Option<Size>) -> String {
    fits.map_or_else(
        || "no known size would hold it, so it must be shortened".into(),
        |size| format!("the smallest size that holds it is {size}"),
    )
}

fn millimetres(tenths: u32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn known_sizes() -> String {
    list(crate::template::SIZES.iter().map(ToString::to_string))
}

fn known_formats() -> String {
    list(crate::Format::ALL.iter().map(ToString::to_string))
}

fn known_fields() -> String {
    list(Field::ALL.iter().map(ToString::to_string))
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        width_mm: 40,
        height_mm: 30,
    };

    #[test]
    fn a_refusal_says_what_to_do() {
        let large = Some(Size {
            width_mm: 60,
            height_mm: 40,
        });
        for (error, told) in [
            (
                LabelError::CodeTooBig {
                    size: SIZE,
                    needs_tenths_mm: 245,
                    room_tenths_mm: 230,
                    fits: large,
                },
                "the code needs 24.5 mm, a label of 40x30mm has room for 23.0 mm; the smallest \
                 size that holds it is 60x40mm",
            ),
            (
                LabelError::TextTooLong {
                    field: Field::Producer,
                    size: SIZE,
                    fits: None,
                },
                "the producer does not fit on a label of 40x30mm; no known size would hold it, so \
                 it must be shortened",
            ),
            (
                LabelError::SizeUnknown(Size {
                    width_mm: 41,
                    height_mm: 30,
                }),
                "there is no template for labels of 41x30mm; there are 40x30mm, 50x30mm, 60x40mm, \
                 80x50mm, 100x70mm",
            ),
            (
                LabelError::Format("bmp".into()),
                "\"bmp\" is no label format; there are png, svg, pdf, zpl, tspl, escpos",
            ),
        ] {
            assert_eq!(error.to_string(), told);
        }
    }

    #[test]
    fn every_kind_is_a_word_that_a_page_can_look_up() {
        for error in [
            LabelError::LinkWithoutHost,
            LabelError::LinkTooLong,
            LabelError::SizeSyntax(String::new()),
            LabelError::Dpi("1".into()),
            LabelError::Field("x".into()),
            LabelError::Proof,
            LabelError::Font,
            LabelError::Encode,
        ] {
            let kind = error.kind();
            assert!(!kind.is_empty() && kind.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
        }
    }
}
