//! `/operator/dead-letters`: what arrived and was not stored, by reason, and trying it again.
//!
//! Forms: POST `/operator/dead-letters/replay` `reason`; POST `/operator/dead-letters/{id}/replay`.

use askama::Template;
use model::time::Timestamp;

use super::encoded;
use crate::page::{Page, Site};

/// A page of letters.
#[derive(Debug, Clone, Default)]
pub struct LettersView {
    /// Every reason, the most frequent first.
    pub reasons: Vec<ReasonRow>,
    /// The reason that was chosen; empty for all.
    pub reason: String,
    /// What was looked for.
    pub part: String,
    /// Newest first.
    pub rows: Vec<LetterRow>,
    /// Where the list goes on, if it does.
    pub next: Option<String>,
}

/// A reason.
#[derive(Debug, Clone)]
pub struct ReasonRow {
    /// As the record spells it.
    pub reason: String,
    /// Letters.
    pub letters: u64,
    /// Those of which something is still not stored.
    pub open: u64,
    /// Those that can be tried again and were not yet.
    pub untried: u64,
    /// Those that wait for it.
    pub waiting: u64,
}

/// One refused message.
#[derive(Debug, Clone)]
pub struct LetterRow {
    /// Its number.
    pub id: i64,
    /// Whether it may be tried again: its bytes were kept and are not stored yet.
    pub replayable: bool,
    /// Where trying again stands: `waiting`, `stored`, `partly`, `refused`; empty where nobody asked.
    pub replay: &'static str,
    /// When it arrived.
    pub at: Timestamp,
    /// Gateway that sent it, as it named itself.
    pub gateway: String,
    /// Topic.
    pub topic: String,
    /// Reason as the record spells it, such as `unknown_gateway`; shown in words where known.
    pub reason: String,
    /// What was wrong exactly.
    pub detail: String,
    /// Size of the payload, bytes.
    pub bytes: u64,
}

/// One letter with what it said.
#[derive(Debug, Clone)]
pub struct LetterView {
    /// The letter.
    pub row: LetterRow,
    /// Its bytes as text, what is no text replaced.
    pub text: String,
    /// Its bytes in hexadecimal, sixteen a line.
    pub hex: String,
    /// Whether more was sent than is shown.
    pub cut: bool,
    /// What came of trying it again: when, why not.
    pub replayed: Option<(Timestamp, String)>,
}

/// The reason in words, or as the record spells it.
fn reason_words(site: &Site, reason: &str) -> String {
    site.lang
        .find(&format!("dead.{reason}"))
        .unwrap_or_else(|| reason.to_owned())
}

impl LetterRow {
    fn reason_words(&self, site: &Site) -> String {
        reason_words(site, &self.reason)
    }
}

impl ReasonRow {
    /// What there is of it, in a sentence.
    fn counts(&self, site: &Site) -> String {
        let counts: [(&str, &dyn std::fmt::Display); 3] = [
            ("letters", &self.letters),
            ("open", &self.open),
            ("waiting", &self.waiting),
        ];
        site.lang.say("op-letter.counts", &counts)
    }

    fn reason_words(&self, site: &Site) -> String {
        reason_words(site, &self.reason)
    }
}

impl LettersView {
    /// The reason that was chosen, with its counts.
    fn chosen(&self) -> Option<&ReasonRow> {
        self.reasons.iter().find(|row| row.reason == self.reason)
    }
}

/// The list.
pub fn list(site: &Site, view: &LettersView) -> Page {
    LettersPage { site, view }.render()
}

/// One letter.
pub fn page(site: &Site, view: &LetterView) -> Page {
    LetterPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator_letters.html")]
struct LettersPage<'a> {
    site: &'a Site,
    view: &'a LettersView,
}

#[derive(Template)]
#[template(path = "operator_letter.html")]
struct LetterPage<'a> {
    site: &'a Site,
    view: &'a LetterView,
}
