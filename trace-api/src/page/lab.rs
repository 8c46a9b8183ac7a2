//! The laboratory's desk: lots that await a test, a form made for the keyboard, recent results.
//!
//! Form, POST `/lab/results`: `csrf`, `request` (idempotency key), `sample` (sample or lot code),
//! `item`, `method`, `value` (as read: `12.5` or `<5.0`), `unit`, `limit` (decimal; what
//! the method says, editable).

use askama::Template;
use model::time::Timestamp;

use super::trace::TestVerdict;
use super::{Page, Site, Words};

/// The pages of this desk.
pub(super) const TABS: &[super::face::Tab] = &[("/lab", "lab.title")];

/// The desk's page.
#[derive(Debug, Clone, Default)]
pub struct LabView {
    /// Lots that await a test, oldest first.
    pub waiting: Vec<Waiting>,
    /// Kinds of test on offer; the first is the default.
    pub kinds: Vec<TestKind>,
    /// Results, newest first.
    pub recent: Vec<ResultRow>,
    /// Fresh idempotency key for the form.
    pub request: String,
    /// What was typed before a refusal; `None` for a fresh form.
    pub draft: Option<ResultDraft>,
}

/// The form's fields as last typed.
#[derive(Debug, Clone, Default)]
pub struct ResultDraft {
    /// Sample code.
    pub sample: String,
    /// Item code.
    pub item: String,
    /// Method.
    pub method: String,
    /// Value as read.
    pub value: String,
    /// Unit.
    pub unit: String,
    /// Limit.
    pub limit: String,
}

/// A lot that awaits a test.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Sample code: what is written on the bag; the lot code where there is no other.
    pub sample: String,
    /// Product.
    pub product: Words,
    /// Producer.
    pub producer: Words,
    /// Since when it waits.
    pub since: Timestamp,
    /// A caution for this product, such as the known false positives of the quick test.
    pub caution: Option<Words>,
}

/// A kind of test with its method and limit.
#[derive(Debug, Clone)]
pub struct TestKind {
    /// What the form sends as `item`.
    pub item: String,
    /// What the user reads.
    pub label: Words,
    /// Method with edition.
    pub method: String,
    /// Unit.
    pub unit: String,
    /// Limit, decimal, without comparison; empty where the method has none.
    pub limit: String,
    /// Where the limit comes from, such as “GB/T 5009.199-2003：抑制率 ≥ 50 % 为阳性”.
    pub limit_source: Words,
}

/// One result of the list.
#[derive(Debug, Clone)]
pub struct ResultRow {
    /// Sample code.
    pub sample: String,
    /// Product.
    pub product: Words,
    /// What was tested.
    pub item: Words,
    /// Result with qualifier and unit, such as `<5.0 %`.
    pub result: String,
    /// Limit with comparison and unit.
    pub limit: Option<String>,
    /// The verdict.
    pub verdict: TestVerdict,
    /// When.
    pub at: Timestamp,
    /// Account that entered it (desks only, never public).
    pub by: String,
}

/// The laboratory's desk.
pub fn page(site: &Site, view: &LabView) -> Page {
    let draft = view.draft.clone().unwrap_or_else(|| fresh(view));
    let chosen = view.kinds.iter().find(|kind| kind.item == draft.item);
    let limit_source = chosen
        .map(|kind| kind.limit_source.to(site.lang))
        .unwrap_or_default();
    LabPage {
        site,
        view,
        draft: &draft,
        limit_source,
    }
    .render()
}

/// A fresh form: the first kind of test with its method, unit and limit filled in, so that it also
/// works without script.
fn fresh(view: &LabView) -> ResultDraft {
    let Some(kind) = view.kinds.first() else {
        return ResultDraft::default();
    };
    ResultDraft {
        item: kind.item.clone(),
        method: kind.method.clone(),
        unit: kind.unit.clone(),
        limit: kind.limit.clone(),
        ..ResultDraft::default()
    }
}

#[derive(Template)]
#[template(path = "lab.html")]
struct LabPage<'a> {
    site: &'a Site,
    view: &'a LabView,
    draft: &'a ResultDraft,
    limit_source: &'a str,
}
