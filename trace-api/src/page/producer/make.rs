//! 加工、分装、混批: the form of a processing. Lots go in, lots come out, and the balance is shown.

use askama::Template;

use super::{Choice, LotRow};
use crate::page::{Page, Site, Words};

/// Lots that may go in beside the first, and products that may come out.
pub const PLACES: usize = 4;

/// Kinds of work: what the record calls it and the key of its word.
const KINDS: [(&str, &str); 8] = [
    ("packing", "make.packing"),
    ("sorting", "make.sorting"),
    ("milling", "make.milling"),
    ("tea_making", "make.tea-making"),
    ("smoking", "make.smoking"),
    ("pickling", "make.pickling"),
    ("tofu", "make.tofu"),
    ("other", "make.other"),
];

/// The form of a processing.
#[derive(Debug, Clone)]
pub struct MakeView {
    /// Number of the lot that it began from.
    pub id: i64,
    /// That lot.
    pub lot: LotRow,
    /// Lots that may go in, that one first.
    pub lots: Vec<Goods>,
    /// Products that may come out.
    pub products: Vec<Goods>,
    /// Workshops.
    pub plots: Vec<Choice>,
    /// Fresh idempotency key.
    pub request: String,
    /// What was typed.
    pub typed: Typed,
}

/// A lot or a product of the selections.
#[derive(Debug, Clone)]
pub struct Goods {
    /// What the form sends.
    pub value: String,
    /// What the user reads.
    pub label: Words,
    /// Kilograms that one of its units is; `None` where it is no mass.
    pub kilograms: Option<f64>,
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Kind of work.
    pub kind: String,
    /// Workshop.
    pub plot: String,
    /// Lots with their quantities.
    pub inputs: Vec<(String, String)>,
    /// Products with their quantities.
    pub outputs: Vec<(String, String)>,
    /// Declared waste.
    pub loss: String,
}

impl Typed {
    fn rows(typed: &[(String, String)]) -> Vec<(usize, &str, &str)> {
        let at = |n: usize| {
            let (value, quantity) = typed.get(n).map_or(("", ""), |(value, quantity)| {
                (value.as_str(), quantity.as_str())
            });
            (n + 1, value, quantity)
        };
        (0..PLACES.max(typed.len())).map(at).collect()
    }
}

/// The key of a kind's word.
pub(super) fn kind_key(kind: &str) -> &'static str {
    let known = KINDS.iter().find(|(code, _)| *code == kind);
    known.map_or("make.other", |(_, key)| key)
}

/// The form of a processing.
pub fn page(site: &Site, view: &MakeView) -> Page {
    MakePage { site, view }.render()
}

#[derive(Template)]
#[template(path = "producer_make.html")]
struct MakePage<'a> {
    site: &'a Site,
    view: &'a MakeView,
}
