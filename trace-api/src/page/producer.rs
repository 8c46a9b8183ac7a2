//! The producer's desk: lots, a form for a new one, labels of a lot.
//!
//! Forms (all POST, all with `csrf`):
//! - `/producer/lots`: `request` (idempotency key), `product` (GTIN), `plot` (id), `started`
//!   (date), `harvested` (date, may be empty), `quantity` (decimal), `unit` (UN/ECE code: `KGM`,
//!   `GRM`, `H87`).
//! - [`LabelView::action`]: `request`, `count` (1–100,000), `size` (one of [`LabelView::media`]).
//!
//! Dates are `YYYY-MM-DD` in China standard time.

use askama::Template;
use model::lot::LotState;
use model::time::Timestamp;

use super::{Page, Site, Words, quantity};

/// The pages of this desk.
pub(super) const TABS: &[super::face::Tab] = &[
    ("/producer", "producer.title"),
    ("/producer/filing", "filing.title"),
];

/// The tour of this desk.
pub(super) const TOUR: &[super::face::TourStep] = &[
    ("/producer", ".headline h1", "producer.tour-start"),
    (
        "/producer",
        "form[action='/producer/lots'], a[href='/producer/lots/new']",
        "producer.tour-lot",
    ),
    ("/producer", "ul.rows", "producer.tour-lots"),
    ("/producer", ".tabs", "tour.tabs"),
    ("/producer", ".who .account", "tour.account"),
];

/// The desk's first page.
#[derive(Debug, Clone, Default)]
pub struct ProducerView {
    /// The organisation.
    pub organisation: Words,
    /// Its lots, newest first.
    pub lots: Vec<LotRow>,
    /// Products it has filed: what a lot can be of.
    pub products: Vec<Choice>,
    /// Its plots.
    pub plots: Vec<Choice>,
    /// Fresh idempotency key for the form.
    pub request: String,
    /// What was typed before a refusal.
    pub draft: LotDraft,
}

/// One entry of a selection.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the user reads.
    pub label: Words,
}

/// The form's fields as last typed; all empty at first.
#[derive(Debug, Clone, Default)]
pub struct LotDraft {
    /// GTIN.
    pub product: String,
    /// Plot id.
    pub plot: String,
    /// Start of growing, `YYYY-MM-DD`.
    pub started: String,
    /// Harvest, `YYYY-MM-DD`.
    pub harvested: String,
    /// Decimal.
    pub quantity: String,
    /// UN/ECE code.
    pub unit: String,
}

/// One lot of the list.
#[derive(Debug, Clone)]
pub struct LotRow {
    /// Lot code.
    pub code: String,
    /// Product.
    pub product: Words,
    /// Plot, if any.
    pub plot: Option<Words>,
    /// Where it stands.
    pub stage: LotState,
    /// Quantity with unit, such as “320 kg”.
    pub quantity: Option<String>,
    /// Harvest.
    pub harvested: Option<Timestamp>,
    /// Labels issued so far.
    pub labels: u64,
    /// Path of its label page.
    pub labels_href: String,
    /// Path of the public page.
    pub trace_href: String,
}

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

/// The producer's desk.
pub fn page(site: &Site, view: &ProducerView) -> Page {
    ProducerPage { site, view }.render()
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
#[template(path = "producer.html")]
struct ProducerPage<'a> {
    site: &'a Site,
    view: &'a ProducerView,
}

#[derive(Template)]
#[template(path = "labels.html")]
struct LabelPage<'a> {
    site: &'a Site,
    view: &'a LabelView,
    symbol_line: Option<String>,
}

/// Units a quantity may be given in: UN/ECE Recommendation 20 code and key of the word.
fn units() -> [(&'static str, &'static str); 3] {
    [("KGM", "unit.kg"), ("GRM", "unit.g"), ("H87", "unit.piece")]
}
