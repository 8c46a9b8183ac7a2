//! Methods by edition and residue limits, to be read; and the import of a table of limits.
//!
//! Form, POST `/lab/limits`: `csrf`, `table` (CSV), `step` (`look` or `enter`).

use askama::Template;

use super::super::{Page, Site};

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub struct LimitsView {
    /// Editions of methods, newest first within a method.
    pub methods: Vec<MethodRow>,
    /// Limits that were looked for.
    pub limits: Vec<LimitRow>,
    /// The substance that is looked for.
    pub substance: String,
    /// The food.
    pub food: String,
    /// The table as typed.
    pub table: String,
    /// What came of it: how many limits, whether they were taken, mistakes by line.
    pub import: Option<Import>,
}

/// An edition of a method.
#[derive(Debug, Clone)]
pub struct MethodRow {
    /// Standard.
    pub code: String,
    /// What it looks for; empty where it has one item.
    pub item: String,
    /// `inhibition`, `colloidal_gold` or `laboratory`.
    pub principle: String,
    /// The limit with its unit.
    pub limit: String,
    /// Limit of quantification with its unit.
    pub quantification: Option<String>,
    /// Crops that are known for false positives.
    pub crops: String,
    /// Where limit and crops are from.
    pub source: String,
    /// First day of sampling that it judges.
    pub since: String,
    /// It judges what is sampled today.
    pub in_force: bool,
}

impl MethodRow {
    fn principle_key(&self) -> &'static str {
        match self.principle.as_str() {
            "inhibition" => "lab.inhibition",
            "colloidal_gold" => "lab.colloidal-gold",
            _ => "lab.laboratory",
        }
    }
}

/// A residue limit.
#[derive(Debug, Clone)]
pub struct LimitRow {
    /// Pesticide or drug.
    pub substance: String,
    /// Food or group.
    pub food: String,
    /// The limit with its unit.
    pub limit: String,
    /// Standard with its year.
    pub edition: String,
    /// First day of sampling that it judges.
    pub since: String,
}

/// What came of a table.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Limits in it.
    pub rows: usize,
    /// They were taken.
    pub taken: bool,
    /// Mistakes: line and words.
    pub mistakes: Vec<(usize, String)>,
}

/// Methods and limits.
pub fn page(site: &Site, view: &LimitsView) -> Page {
    LimitsPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "lab_limits.html")]
struct LimitsPage<'a> {
    site: &'a Site,
    view: &'a LimitsView,
}
