//! The audit log: who changed what, when, with before and after side by side.

use askama::Template;
use model::time::Timestamp;

use crate::page::{Page, Site};

/// A column of a changed row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the record.
    pub name: String,
    /// What it was; `None` where the row was not there.
    pub before: Option<String>,
    /// What it became; `None` where the row is no more.
    pub after: Option<String>,
}

/// A change.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Sign-in name of who; `None` for the platform itself.
    pub login: Option<String>,
    /// Which table.
    pub table: String,
    /// Which row of it.
    pub row: String,
    /// What changed.
    pub columns: Vec<Column>,
    /// Whether the row was made by it.
    pub made: bool,
    /// Whether the row was removed by it.
    pub removed: bool,
}

impl ChangeRow {
    fn key(&self) -> &'static str {
        match (self.made, self.removed) {
            (true, _) => "audit.made",
            (_, true) => "audit.removed",
            _ => "audit.changed",
        }
    }

    fn tone(&self) -> &'static str {
        match (self.made, self.removed) {
            (true, _) => "good",
            (_, true) => "bad",
            _ => "calm",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Sign-in name.
    pub login: String,
    /// Table.
    pub table: String,
    /// Key of a row.
    pub row: String,
    /// A text in what was before or after.
    pub words: String,
    /// First day, `YYYY-MM-DD`, or nothing.
    pub from: String,
    /// Last day.
    pub to: String,
}

/// The audit log.
#[derive(Debug, Clone, Default)]
pub struct AuditView {
    /// What is asked for.
    pub asked: Asked,
    /// The changes, newest first.
    pub changes: Vec<ChangeRow>,
    /// Sign-in names to choose from.
    pub logins: Vec<String>,
    /// The first page, where this is another one.
    pub first: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

/// The tables that people change, as the form offers them.
pub const TABLES: [&str; 24] = [
    "lot",
    "test_result",
    "recall",
    "recall_notice",
    "recall_call",
    "alarm",
    "alarm_shelving",
    "alarm_rule",
    "producer",
    "product",
    "plot",
    "certificate",
    "farm_record",
    "processing",
    "shipment",
    "party",
    "label_run",
    "account",
    "gateway",
    "probe",
    "probe_placement",
    "camera_placement",
    "test_method",
    "setting",
];

impl AuditView {
    fn is_table(&self, table: &str) -> bool {
        self.asked.table == table
    }
}

/// A table in the page's language; as the record spells it where there is no word.
fn table_words(site: &Site, table: &str) -> String {
    site.lang
        .find(&format!("table.{table}"))
        .unwrap_or_else(|| table.to_owned())
}

/// A column in the page's language; as the record spells it where there is no word.
fn column_words(site: &Site, column: &str) -> String {
    site.lang
        .find(&format!("column.{column}"))
        .unwrap_or_else(|| column.to_owned())
}

/// The audit log.
pub fn page(site: &Site, view: &AuditView) -> Page {
    AuditPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "supervisor_audit.html")]
struct AuditPage<'a> {
    site: &'a Site,
    view: &'a AuditView,
}
