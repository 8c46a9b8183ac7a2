//! The label page of a lot: what its labels can be printed on, how they look, and the runs so far.

use askama::Template;
use model::time::Timestamp;

use super::LotRow;
use crate::page::{Page, Site, quantity};

/// The label page of one lot.
#[derive(Debug, Clone)]
pub struct LabelView {
    /// The lot.
    pub lot: LotRow,
    /// Path of an SVG of one label at true size.
    pub preview_src: String,
    /// Path of a PNG with the printer's own dots.
    pub dots_src: String,
    /// What the buyer's phone opens.
    pub link: String,
    /// Measures of the symbol on the chosen medium; `None` where the label does not fit on it.
    pub symbol: Option<Symbol>,
    /// Why the label does not fit.
    pub refusal: Option<String>,
    /// What labels can be printed on.
    pub media: Vec<Medium>,
    /// Name of the chosen one.
    pub chosen: String,
    /// Where the form posts to.
    pub action: String,
    /// Fresh idempotency key for the form.
    pub request: String,
    /// Runs printed so far, newest first.
    pub runs: Vec<LabelRun>,
}

/// A roll or a sheet that labels are printed on.
#[derive(Debug, Clone)]
pub struct Medium {
    /// Name of its template.
    pub name: String,
    /// What the user reads, such as `40 × 30 mm` or `A4 3 × 8 · 70 × 37 mm`.
    pub title: String,
    /// Whether it is the chosen one.
    pub chosen: bool,
}

/// Measures of a QR symbol on paper.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// Edge with quiet zone, millimetres.
    pub edge_mm: f64,
    /// One module, millimetres.
    pub module_mm: f64,
    /// Error correction level: `L`, `M`, `Q` or `H`.
    pub correction: String,
    /// Quiet zone, modules.
    pub quiet_modules: u32,
    /// Printer resolution, dots per inch.
    pub dpi: u32,
}

/// One run of labels.
#[derive(Debug, Clone)]
pub struct LabelRun {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// How many serials it issued.
    pub count: u64,
    /// Name of its template, such as `40x30mm`.
    pub size: String,
    /// Labels of the run; shown folded.
    pub labels: Vec<ListedLabel>,
    /// How many of the run are not listed in `labels`.
    pub more: u64,
}

/// A label of a run.
#[derive(Debug, Clone)]
pub struct ListedLabel {
    /// Its serial.
    pub serial: String,
    /// The digits beside its code.
    pub short: Option<String>,
    /// Path of its PNG.
    pub href: String,
}

/// The label page of one lot.
pub fn labels(site: &Site, view: &LabelView) -> Page {
    let symbol_line = view.symbol.as_ref().map(|symbol| {
        let (edge, module) = (
            quantity::number(symbol.edge_mm, 1),
            quantity::number(symbol.module_mm, 2),
        );
        site.lang.say(
            "labels.symbol",
            &[
                ("edge", &edge),
                ("module", &module),
                ("correction", &symbol.correction),
                ("quiet", &symbol.quiet_modules),
                ("dpi", &symbol.dpi),
            ],
        )
    });
    LabelPage {
        site,
        view,
        symbol_line,
    }
    .render()
}

#[derive(Template)]
#[template(path = "labels.html")]
struct LabelPage<'a> {
    site: &'a Site,
    view: &'a LabelView,
    symbol_line: Option<String>,
}
