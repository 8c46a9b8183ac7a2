//! 农事: the list of what was done on plots, and the page that writes it down, which also works in a
//! field without a connection (`field.js` and its worker).

use askama::Template;
use model::time::Timestamp;

use super::Choice;
use crate::page::{Page, Site, Words};

/// Kinds of work: what the record calls it, the key of its word, and the kind of input it uses.
const KINDS: [(&str, &str, &str); 7] = [
    ("pesticide", "records.pesticide", "pesticide"),
    ("fertiliser", "records.fertiliser", "fertiliser"),
    ("irrigation", "records.irrigation", ""),
    ("sowing", "records.sowing", "seed"),
    ("feeding", "records.feeding", "feed"),
    ("medication", "records.medication", "veterinary"),
    ("other", "records.other", ""),
];

/// The list of records.
#[derive(Debug, Clone, Default)]
pub struct RecordsView {
    /// Newest first.
    pub records: Vec<RecordRow>,
    /// The plots to choose from.
    pub plots: Vec<Choice>,
    /// Chosen plot.
    pub plot: String,
    /// Chosen kind.
    pub kind: String,
    /// The lot that the list is narrowed to: number and code.
    pub lot: Option<(i64, String)>,
    /// Where the list goes on.
    pub next: Option<String>,
    /// Where a new record begins.
    pub entry_href: String,
    /// Number of the account, whose entries wait in this browser.
    pub account: i64,
}

/// A record of the list.
#[derive(Debug, Clone)]
pub struct RecordRow {
    /// Path of its page.
    pub href: String,
    /// What was done, as the record spells it.
    pub kind: String,
    /// When, `YYYY-MM-DD`.
    pub done_on: String,
    /// Where.
    pub plot: Words,
    /// For which lot.
    pub lot: Option<String>,
    /// What was used.
    pub input: String,
    /// How much, with its unit.
    pub dose: Option<String>,
    /// On how many mu.
    pub area: Option<String>,
    /// Days until a harvest.
    pub interval_days: Option<i32>,
    /// Pest, disease or purpose.
    pub target: String,
    /// Who.
    pub person: String,
    /// Entered by mistake.
    pub voided: bool,
    /// How many pictures.
    pub pictures: usize,
}

/// The page that writes a record down or corrects one.
#[derive(Debug, Clone, Default)]
pub struct EntryView {
    /// Id of the record; a fresh one for a new record.
    pub id: String,
    /// The version that a correction begins from; `None` for a new record.
    pub version: Option<i32>,
    /// When that version was written down.
    pub updated: Option<Timestamp>,
    /// Where the form posts to.
    pub action: String,
    /// Number of the account, whose entries wait in this browser.
    pub account: i64,
    /// Today, `YYYY-MM-DD`.
    pub today: String,
    /// The plots to choose from.
    pub plots: Vec<Choice>,
    /// The lots to choose from.
    pub lots: Vec<LotChoice>,
    /// The inputs to choose from.
    pub inputs: Vec<InputChoice>,
    /// The form's fields.
    pub draft: Draft,
    /// Where somebody was faster: what is kept and what was sent.
    pub versions: Option<[Version; 2]>,
    /// Paths of the pictures so far.
    pub pictures: Vec<String>,
}

/// A lot of the selection.
#[derive(Debug, Clone)]
pub struct LotChoice {
    /// Its number.
    pub value: String,
    /// Its plot.
    pub plot: String,
    /// What the user reads.
    pub label: Words,
}

/// An input of the selection.
#[derive(Debug, Clone)]
pub struct InputChoice {
    /// Its id.
    pub value: String,
    /// What kind it is.
    pub kind: String,
    /// Unit of doses.
    pub unit: String,
    /// Days until a harvest.
    pub interval_days: Option<i32>,
    /// What is left of it, with its unit.
    pub left: String,
    /// What the user reads.
    pub label: String,
}

/// The form's fields as last typed.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Number of the plot.
    pub plot: String,
    /// Number of the lot; empty for the whole plot.
    pub lot: String,
    /// Kind of work.
    pub kind: String,
    /// When.
    pub done_on: String,
    /// Id of the input.
    pub input: String,
    /// How much of it.
    pub dose: String,
    /// On how many mu.
    pub area: String,
    /// Pest, disease or purpose.
    pub target: String,
    /// Who.
    pub person: String,
    /// More.
    pub note: String,
    /// Entered by mistake.
    pub voided: bool,
}

/// A version of a record, as two of them are shown beside each other.
#[derive(Debug, Clone, Default)]
pub struct Version {
    /// Its number; `None` for what was sent.
    pub number: Option<i32>,
    /// Name of each member's word, what it says, and whether the other says something else.
    pub members: Vec<(&'static str, String, bool)>,
}

impl RecordRow {
    fn key(&self) -> &'static str {
        kind_key(&self.kind)
    }
}

/// The key of a kind's word.
#[must_use]
pub fn kind_key(kind: &str) -> &'static str {
    let known = KINDS.iter().find(|(code, ..)| *code == kind);
    known.map_or("records.other", |(_, key, _)| key)
}

/// The list of records.
pub fn list(site: &Site, view: &RecordsView) -> Page {
    RecordsPage { site, view }.render()
}

/// The page of a record.
pub fn entry(site: &Site, view: &EntryView) -> Page {
    EntryPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "producer_records.html")]
struct RecordsPage<'a> {
    site: &'a Site,
    view: &'a RecordsView,
}

#[derive(Template)]
#[template(path = "producer_record.html")]
struct EntryPage<'a> {
    site: &'a Site,
    view: &'a EntryView,
}
