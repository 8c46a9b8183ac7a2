//! `/producer/filing/import`: a table is chosen, previewed with its mistakes, and imported whole.
//!
//! The script sends the file itself (POST `/producer/filing/import/{kind}?preview=true`, then with
//! `request_id`) and puts what comes back, [`preview`], below the form.

use askama::Template;

use crate::page::{Page, Site};

/// What a table said.
#[derive(Debug, Clone, Default)]
pub struct PreviewView {
    /// `products` or `lots`.
    pub kind: String,
    /// Idempotency key of the import.
    pub request: String,
    /// Whether what is filed is handed in at once.
    pub submit: bool,
    /// Whether it was imported, and not only looked at.
    pub is_imported: bool,
    /// Names of the columns.
    pub head: Vec<String>,
    /// The first rows, each with its number in the sheet and what is wrong with its cells.
    pub rows: Vec<PreviewRow>,
    /// How many rows there are.
    pub count: usize,
    /// Mistakes: row, name of the column, what is wrong.
    pub mistakes: Vec<(usize, String, String)>,
    /// Why the file cannot be read at all.
    pub refusal: Option<String>,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub struct PreviewRow {
    /// As a spreadsheet counts.
    pub number: usize,
    /// Its cells, with whether something is wrong there.
    pub cells: Vec<(String, bool)>,
}

/// The page on which a table is chosen.
pub fn page(site: &Site) -> Page {
    ImportPage { site }.render()
}

/// What a table said, below the form.
pub fn preview(site: &Site, view: &PreviewView) -> Page {
    PreviewFragment { site, view }.render()
}

#[derive(Template)]
#[template(path = "filing_import.html")]
struct ImportPage<'a> {
    site: &'a Site,
}

#[derive(Template)]
#[template(path = "filing_preview.html")]
struct PreviewFragment<'a> {
    site: &'a Site,
    view: &'a PreviewView,
}
