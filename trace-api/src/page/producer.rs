//! The producer's desk: lots, a form for a new one, labels of a lot.
//!
//! Forms (all POST, all with `csrf`):
//! - `/producer/lots`: `request` (idempotency key), `product` (GTIN), `plot` (id), `started`
//!   (date), `harvested` (date, may be empty), `quantity` (decimal), `unit` (UN/ECE code: `KGM`,
//!   `GRM`, `H87`).
//! - [`LabelView::action`]: `request`, `count` (1–500), `size` (one of [`LabelView::sizes`]).
//!
//! Dates are `YYYY-MM-DD` in China standard time.

use model::time::Timestamp;

use super::{Page, Site, Words};

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

/// Where a lot stands, as the desks name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LotStage {
    /// 生长中
    Growing,
    /// 已采收
    Harvested,
    /// 检测中
    InTest,
    /// 已放行
    Released,
    /// 停止销售
    Held,
    /// 已出库
    Shipped,
    /// 已售罄
    SoldOut,
    /// 已召回
    Recalled,
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
    pub stage: LotStage,
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
    /// Path of a PNG of one label at true proportions.
    pub preview_src: String,
    /// What the buyer's phone opens.
    pub link: String,
    /// Measures of the symbol on the chosen size.
    pub symbol: Symbol,
    /// Sizes on offer, such as `40x30mm`; the first is the default.
    pub sizes: Vec<String>,
    /// Where the form posts to.
    pub action: String,
    /// Fresh idempotency key for the form.
    pub request: String,
    /// Runs printed so far, newest first.
    pub runs: Vec<LabelRun>,
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
    /// When.
    pub at: Timestamp,
    /// How many serials it issued.
    pub count: u64,
    /// Size, such as `40x30mm`.
    pub size: String,
    /// Labels of the run (serial, path of the PNG); shown folded.
    pub labels: Vec<(String, String)>,
    /// How many of the run are not listed in `labels`.
    pub more: u64,
}
