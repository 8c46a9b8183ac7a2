//! 投入品: what a producer keeps in store for its plots, what is left of it, and what was bought.

use askama::Template;

use crate::page::{Page, Site};

/// Kinds of input: what the record calls it and the key of its word.
const KINDS: [(&str, &str); 5] = [
    ("pesticide", "inputs.pesticide"),
    ("fertiliser", "inputs.fertiliser"),
    ("seed", "inputs.seed"),
    ("feed", "inputs.feed"),
    ("veterinary", "inputs.veterinary"),
];

/// Units of a stock that are on offer.
const UNITS: [&str; 6] = ["mL", "L", "g", "kg", "袋", "瓶"];

/// The stock.
#[derive(Debug, Clone, Default)]
pub struct InputsView {
    /// By name.
    pub inputs: Vec<InputRow>,
    /// What was typed of a new one.
    pub draft: Draft,
    /// Fresh id of a new one.
    pub request: String,
    /// Today, `YYYY-MM-DD`.
    pub today: String,
}

/// An input.
#[derive(Debug, Clone)]
pub struct InputRow {
    /// Its id.
    pub id: String,
    /// What it is, as the record spells it.
    pub kind: String,
    /// Name on the label.
    pub name: String,
    /// Registration number; may be empty.
    pub registration: String,
    /// Active ingredient; may be empty.
    pub ingredient: String,
    /// Days until a harvest.
    pub interval_days: Option<i32>,
    /// Unit of its stock.
    pub unit: String,
    /// What is left.
    pub stock: f64,
    /// Fresh id of a purchase.
    pub request: String,
}

/// What was typed of a new input.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What it is.
    pub kind: String,
    /// Name on the label.
    pub name: String,
    /// Registration number.
    pub registration: String,
    /// Active ingredient.
    pub ingredient: String,
    /// Days until a harvest.
    pub interval_days: String,
    /// Unit of its stock.
    pub unit: String,
}

impl InputRow {
    fn key(&self) -> &'static str {
        kind_key(&self.kind)
    }

    /// More was used than was noted as bought.
    fn is_short(&self) -> bool {
        self.stock < 0.0
    }
}

fn kind_key(kind: &str) -> &'static str {
    let known = KINDS.iter().find(|(code, _)| *code == kind);
    known.map_or("inputs.other", |(_, key)| key)
}

/// The stock.
pub fn page(site: &Site, view: &InputsView) -> Page {
    InputsPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "producer_inputs.html")]
struct InputsPage<'a> {
    site: &'a Site,
    view: &'a InputsView,
}
