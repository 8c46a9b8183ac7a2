//! `/operator/printers`: the printers that the server reaches, and the shelf of label templates.
//!
//! Forms: POST `/operator/printers` `name`, `producer`, `address`, `language`, `dpi`; POST
//! `/operator/label-templates` `name`, `text`.

use askama::Template;

use super::{Typed, encoded};
use crate::page::producer::Choice;
use crate::page::{Page, Site};

/// What printers speak, with what people call such a printer.
const LANGUAGES: [(&str, &str); 4] = [
    ("tspl", "TSPL"),
    ("zpl", "ZPL"),
    ("escpos", "ESC/POS"),
    ("pdf", "PDF"),
];

/// Printers and templates.
#[derive(Debug, Clone, Default)]
pub struct PrintersView {
    /// By name.
    pub printers: Vec<PrinterRow>,
    /// The built-in ones, then the operator's.
    pub templates: Vec<TemplateRow>,
    /// Where the operator's templates lie; `None` where there is no folder for them.
    pub folder: Option<String>,
    /// Producers whose a printer may be.
    pub producers: Vec<Choice>,
    /// What was typed before a refusal.
    pub typed: Typed,
}

/// A printer.
#[derive(Debug, Clone)]
pub struct PrinterRow {
    /// What people call it.
    pub name: String,
    /// Language and resolution.
    pub about: String,
    /// Where it is.
    pub address: String,
    /// Whose it is; `None` for everybody's.
    pub producer: Option<String>,
}

/// A template.
#[derive(Debug, Clone)]
pub struct TemplateRow {
    /// What it is called.
    pub name: String,
    /// Whether it came with the program.
    pub built_in: bool,
    /// Size of the label, or why it cannot be used.
    pub size: Result<String, String>,
}

/// The page.
pub fn page(site: &Site, view: &PrintersView) -> Page {
    PrintersPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator_printers.html")]
struct PrintersPage<'a> {
    site: &'a Site,
    view: &'a PrintersView,
}
