//! Results searched and paged, and one of them with its sample's others, its correction and its
//! report.
//!
//! Form, POST `/lab/results/{id}/correction`: `csrf`, `request`, `value`, `reason`, `confirmed`.

use askama::Template;

use super::super::{Page, Site, Words};
use super::ResultRow;

/// Results that were looked for.
#[derive(Debug, Clone, Default)]
pub struct ResultsView {
    /// The question as typed.
    pub asked: Asked,
    /// Newest first.
    pub rows: Vec<ResultRow>,
    /// Address of the next page, where there are more.
    pub next: Option<String>,
}

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Beginning of a sample's or lot's code, or of a product's or producer's name.
    pub words: String,
    /// `pass`, `fail`, `invalid` or empty.
    pub verdict: String,
    /// First day, `YYYY-MM-DD`, or empty.
    pub from: String,
    /// Last day.
    pub until: String,
}

/// One result.
#[derive(Debug, Clone)]
pub struct ResultView {
    /// The result.
    pub row: ResultRow,
    /// Its lot's code.
    pub lot: String,
    /// Address of the lot's public page.
    pub trace: String,
    /// Whose product it is.
    pub producer: Words,
    /// Method as entered.
    pub method: String,
    /// The rule that gave the verdict.
    pub rule: String,
    /// Day of sampling, `YYYY-MM-DD`.
    pub sampled_on: Option<String>,
    /// What is remarked, in the page's language.
    pub remarks: Vec<String>,
    /// The result that it corrects, and why.
    pub corrects: Option<(i64, String)>,
    /// The result that corrects it.
    pub corrected_by: Option<i64>,
    /// Other results of the same sample that stand, oldest first.
    pub others: Vec<ResultRow>,
    /// Hash of what stands of the sample, as on its report.
    pub hash: String,
    /// Fresh idempotency key for the correction.
    pub request: String,
    /// The correction as last typed: value and reason.
    pub draft: (String, String),
    /// What is asked before it is entered, and the mark that says yes.
    pub asked: Option<(String, String)>,
}

/// Results searched and paged.
pub fn list(site: &Site, view: &ResultsView) -> Page {
    ResultsPage { site, view }.render()
}

/// One result.
pub fn one(site: &Site, view: &ResultView) -> Page {
    ResultPage { site, view }.render()
}

/// The words of a remark's code.
#[must_use]
pub fn remark(site: &Site, code: &str) -> String {
    match code {
        "below_zero" => site.t("lab.below-zero").into_owned(),
        "false_positive_crop" => site.t("lab.caution").into_owned(),
        other => other.to_owned(),
    }
}

#[derive(Template)]
#[template(path = "lab_results.html")]
struct ResultsPage<'a> {
    site: &'a Site,
    view: &'a ResultsView,
}

#[derive(Template)]
#[template(path = "lab_result.html")]
struct ResultPage<'a> {
    site: &'a Site,
    view: &'a ResultView,
}
