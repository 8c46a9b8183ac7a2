//! A block of results from a spreadsheet: pasted, looked at line by line, entered line by line.
//!
//! Form, POST `/lab/paste`: `csrf`, `batch` (idempotency key), `item`, `block`, `step` (`look` or
//! `enter`), `confirmed` (`yes` where failures and doubtful values were looked at).

use askama::Template;

use super::super::trace::TestVerdict;
use super::super::{Page, Site};
use super::TestKind;

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub struct PasteView {
    /// Kinds of test on offer.
    pub kinds: Vec<TestKind>,
    /// The one that lines without an item are of.
    pub kind: usize,
    /// Fresh idempotency key.
    pub batch: String,
    /// The block as typed; after entering, the lines that were not entered.
    pub block: String,
    /// What came of its lines; `None` before the first look.
    pub lines: Option<Vec<PastedLine>>,
    /// The lines were entered, but for those with a reason.
    pub entered: bool,
    /// Who is told of failures.
    pub told: String,
    /// Most lines of a block.
    pub lines_max: usize,
}

/// What came of a line.
#[derive(Debug, Clone)]
pub struct PastedLine {
    /// Its number in the block.
    pub number: usize,
    /// Sample as typed.
    pub sample: String,
    /// Value as typed.
    pub value: String,
    /// Product of its lot, where there is one.
    pub product: String,
    /// The verdict; `None` where it is refused.
    pub verdict: Option<TestVerdict>,
    /// What makes it doubtful.
    pub doubts: Vec<String>,
    /// Why it is refused.
    pub refused: Option<String>,
}

impl PastedLine {
    /// It fails or is doubtful: a person says yes to it first.
    #[must_use]
    pub fn is_asked_about(&self) -> bool {
        self.verdict == Some(TestVerdict::Fail) || !self.doubts.is_empty()
    }
}

impl PasteView {
    fn count(&self, wanted: impl Fn(&PastedLine) -> bool) -> usize {
        let lines = self.lines.as_deref().unwrap_or_default();
        lines.iter().filter(|line| wanted(line)).count()
    }

    /// Lines that can be entered.
    fn sound(&self) -> usize {
        self.count(|line| line.refused.is_none())
    }

    /// Lines that cannot.
    fn refused(&self) -> usize {
        self.count(|line| line.refused.is_some())
    }

    /// Lines that fail or are doubtful.
    fn doubtful(&self) -> usize {
        self.count(PastedLine::is_asked_about)
    }
}

/// Who is told of failures.
#[must_use]
pub fn tells(site: &Site, names: &[String], more: usize) -> String {
    super::tells(site, names, more)
}

/// The page of a block.
pub fn page(site: &Site, view: &PasteView) -> Page {
    PastePage { site, view }.render()
}

#[derive(Template)]
#[template(path = "lab_paste.html")]
struct PastePage<'a> {
    site: &'a Site,
    view: &'a PasteView,
}
