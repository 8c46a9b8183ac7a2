//! The producer's desk: the list of lots and the form of a new one; its other pages stand in the
//! files beside.
//!
//! Every form is a POST with `csrf` and, where it files something, `request`: an idempotency key
//! that was made with the page, so that a form sent twice files once. Dates are `YYYY-MM-DD` in
//! China standard time, quantities decimals in the product's unit.

use askama::Template;
use model::lot::LotState;
use model::time::Timestamp;

use super::{Page, Site, Words, face};

pub mod check;
pub mod inputs;
pub mod labels;
pub mod life;
pub mod make;
pub mod records;

pub use labels::{LabelRun, LabelView, ListedLabel, Medium, Symbol, labels};

/// The pages of this desk.
pub(super) const TABS: &[face::Tab] = &[
    ("/producer", "producer.title"),
    ("/producer/records", "records.title"),
    ("/producer/inputs", "inputs.title"),
    ("/producer/filing", "filing.title"),
];

/// The tour of this desk.
pub(super) const TOUR: &[face::TourStep] = &[
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
    /// Its lots, in the order that was asked for.
    pub lots: Vec<LotRow>,
    /// What was asked for.
    pub asked: Asked,
    /// Where the list goes on.
    pub next: Option<String>,
    /// Where it begins, on a page that is not its first.
    pub first: Option<String>,
    /// What is on its way here.
    pub awaited: Vec<Awaited>,
}

/// The question that a list of lots answers; every part may be empty.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Words.
    pub q: String,
    /// Code of a state.
    pub state: String,
    /// `newest`, `code` or `harvested`.
    pub sort: String,
}

impl Asked {
    fn is_narrow(&self) -> bool {
        !self.q.is_empty() || !self.state.is_empty()
    }
}

/// A shipment that is on its way to the producer.
#[derive(Debug, Clone)]
pub struct Awaited {
    /// Its number.
    pub id: i64,
    /// Code of the lot.
    pub lot: String,
    /// Who sent it.
    pub from: String,
    /// How much, as a number.
    pub quantity: String,
    /// Sign of the unit.
    pub unit: String,
    /// When it left.
    pub shipped: Timestamp,
    /// Fresh idempotency key.
    pub request: String,
}

/// The form of a new lot.
#[derive(Debug, Clone, Default)]
pub struct NewLotView {
    /// Products it has filed: what a lot can be of.
    pub products: Vec<ProductChoice>,
    /// Its plots.
    pub plots: Vec<Choice>,
    /// Fresh idempotency key for the form.
    pub request: String,
    /// What was typed before a refusal.
    pub draft: LotDraft,
}

/// A product of the selection.
#[derive(Debug, Clone)]
pub struct ProductChoice {
    /// GTIN-14.
    pub value: String,
    /// What the user reads.
    pub label: Words,
    /// Unit of its quantities, UN/ECE Rec 20.
    pub unit: String,
}

impl ProductChoice {
    fn unit_key(&self) -> Option<&'static str> {
        match self.unit.as_str() {
            "KGM" => Some("unit.kg"),
            "GRM" => Some("unit.g"),
            "H87" => Some("unit.piece"),
            _ => None,
        }
    }
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
    /// Path of its own page.
    pub href: String,
    /// Path of its label page.
    pub labels_href: String,
    /// Path of the public page.
    pub trace_href: String,
}

/// The list of lots.
pub fn page(site: &Site, view: &ProducerView) -> Page {
    ProducerPage { site, view }.render()
}

/// The form of a new lot.
pub fn new_lot(site: &Site, view: &NewLotView) -> Page {
    NewLotPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "producer.html")]
struct ProducerPage<'a> {
    site: &'a Site,
    view: &'a ProducerView,
}

#[derive(Template)]
#[template(path = "producer_new.html")]
struct NewLotPage<'a> {
    site: &'a Site,
    view: &'a NewLotView,
}

/// States of lots for a selection: code and key of the word.
fn states() -> Vec<(&'static str, &'static str)> {
    let pair = |state: LotState| (state.code(), face::lot_key(state));
    LotState::ALL.into_iter().map(pair).collect()
}

/// Orders of the list: word in the address and key of the name.
fn orders() -> [(&'static str, &'static str); 3] {
    [
        ("newest", "producer.sort-newest"),
        ("code", "producer.sort-code"),
        ("harvested", "producer.sort-harvested"),
    ]
}
