//! Labels: a description becomes a layout in millimetres by a template, the layout becomes dots,
//! and the dots become a file or a printer's language, which [`device`] can send. It needs no
//! database, and it does not keep account of what was printed.
//!
//! The one thing to know: a label is always a bitmap of whole printer dots, and its code is read
//! back from that bitmap before anything is released. What cannot be printed legibly is refused
//! with a reason a person can act on.
//!
//! ```
//! use label_printer::{CodeLink, Dpi, Field, Format, Label, Press, Size};
//!
//! let link = CodeLink::parse("https://example.com/01/09506000134352/10/A-1")?;
//! let label = Label::new(link).with(Field::Product, "莓茶").with(Field::Weight, "250 g");
//! let mut press = Press::new()?;
//! let sheet = press.compose(&label, "40x30mm".parse::<Size>()?, Dpi::D203)?;
//! let png = press.write(&sheet, Format::Png)?;
//! assert!(png.starts_with(b"\x89PNG"));
//! # Ok::<(), label_printer::LabelError>(())
//! ```

mod adjust;
mod backend;
mod batch;
mod bitmap;
pub mod certificate;
mod code;
pub mod device;
mod error;
mod label;
mod layout;
#[cfg(any(test, feature = "testing"))]
pub mod mock;
mod page;
mod press;
mod proof;
mod ruler;
mod segment;
mod size;
mod template;
pub mod test_sheet;
mod typeset;

pub use adjust::{Adjust, GAP_MM_MAX, OFFSET_MM_MAX, SCALE_OFF_MAX};
pub use backend::Format;
pub use backend::pdf::{PDF_LABELS_MAX, PdfBook};
pub use batch::{Batch, BatchError};
pub use bitmap::Bitmap;
pub use code::{CodeFacts, Correction, Symbol, code_svg};
pub use error::LabelError;
pub use label::{CodeLink, Field, Label};
pub use press::{Press, Sheet, Warning};
pub use size::{Dpi, Grid, Size};
pub use template::{
    Caption, Row, SIZES, SheetGrid, Shelf, Shelved, Style, Template, TemplateError,
};

#[cfg(test)]
mod tests;
