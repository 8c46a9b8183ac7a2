//! The laboratory's desk: lots that await a test, a form made for keyboard and scanner, results as
//! they come in.
//!
//! Form, POST `/lab/results`: `csrf`, `request` (idempotency key), `sample` (a sample's or lot's
//! code, or a scanned label), `item`, `method`, `value` (as read: `12.5`, `<5.0`, or `-`, `+`, `x`
//! for a card), `unit`, `limit` (where neither method nor limit table knows it), `round`,
//! `confirmed` (what the person said yes to).

use std::fmt::Display;

use askama::Template;
use model::time::Timestamp;

use super::trace::TestVerdict;
use super::{Page, Site, Words};

pub mod limits;
pub mod paste;
pub mod results;

/// The pages of this desk.
pub(super) const TABS: &[super::face::Tab] = &[
    ("/lab", "lab.title"),
    ("/lab/paste", "lab.paste"),
    ("/lab/results", "lab.results"),
    ("/lab/limits", "lab.limits"),
];

/// The tour of this desk.
pub(super) const TOUR: &[super::face::TourStep] = &[
    ("/lab", ".headline h1", "lab.tour-start"),
    ("/lab", "#sample", "lab.tour-sample"),
    ("/lab", "#value", "lab.tour-value"),
    ("/lab", "#waiting", "lab.tour-waiting"),
    ("/lab", "#recent", "lab.tour-recent"),
    ("/lab", ".who .account", "tour.account"),
    ("/lab/results", ".headline h1", "lab.tour-results"),
    ("/lab/limits", ".headline h1", "lab.tour-limits"),
];

/// The desk's page.
#[derive(Debug, Clone, Default)]
pub struct LabView {
    /// Samples and lots that await a test, oldest first.
    pub waiting: Vec<Waiting>,
    /// Kinds of test on offer; the first is the default.
    pub kinds: Vec<TestKind>,
    /// Results, newest first.
    pub recent: Vec<ResultRow>,
    /// Fresh idempotency key for the form.
    pub request: String,
    /// What was typed before a refusal or a question; `None` for a fresh form.
    pub draft: Option<ResultDraft>,
    /// What is asked before the draft is entered, and the mark that says yes.
    pub asked: Option<(String, String)>,
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
    /// `first`, `repeat` or `confirm`.
    pub round: String,
}

/// A sample or a lot that awaits a test.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// What is typed or scanned: the sample's code; the lot's where there is no sample.
    pub sample: String,
    /// Code of the lot, where the sample has one of its own.
    pub lot: Option<String>,
    /// Number of the lot, where a sample is still to be taken.
    pub unsampled: Option<i64>,
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
    /// Method with edition; empty where the laboratory says it.
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
    /// Its number.
    pub id: i64,
    /// Sample code.
    pub sample: String,
    /// Product.
    pub product: Words,
    /// What was tested.
    pub item: Words,
    /// `first`, `repeat` or `confirm`.
    pub round: String,
    /// Result with qualifier and unit, such as `<5.0 %`.
    pub result: String,
    /// Limit with comparison and unit.
    pub limit: Option<String>,
    /// The verdict.
    pub verdict: TestVerdict,
    /// When.
    pub at: Timestamp,
    /// Account that entered it (desks only, never public), or the instrument.
    pub by: String,
    /// It came from an instrument.
    pub instrument: bool,
    /// Another result corrects it.
    pub corrected: bool,
    /// It corrects another result.
    pub corrects: bool,
}

impl ResultRow {
    /// The key of its round's word; none for the first.
    fn round_key(&self) -> Option<&'static str> {
        match self.round.as_str() {
            "repeat" => Some("lab.repeat"),
            "confirm" => Some("lab.confirmation"),
            _ => None,
        }
    }
}

/// What would come of a result, and what a person is asked first.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// Whether it passes; `None` of a card that did not work.
    pub passed: Option<bool>,
    /// The result with its unit.
    pub result: String,
    /// The limit with its unit.
    pub limit: String,
    /// What makes the value doubtful, in the page's language.
    pub doubts: Vec<String>,
    /// Who is told of a failure, and how many more.
    pub told: (Vec<String>, usize),
}

impl Outlook {
    /// The verdict in words.
    #[must_use]
    pub fn says(&self, site: &Site) -> String {
        let fill: [(&str, &dyn Display); 2] = [("result", &self.result), ("limit", &self.limit)];
        match self.passed {
            Some(true) => site.lang.say("lab.says-pass", &fill),
            Some(false) => site.lang.say("lab.says-fail", &fill),
            None => site.t("lab.says-invalid").into_owned(),
        }
    }

    /// The tone of the verdict; a doubtful value is never green.
    #[must_use]
    pub fn tone(&self) -> &'static str {
        match self.passed {
            Some(false) => "bad",
            Some(true) if self.doubts.is_empty() => "good",
            _ => "warn",
        }
    }

    /// What is asked before it is entered.
    #[must_use]
    pub fn asks(&self, site: &Site) -> String {
        let mut parts = self.doubts.clone();
        if self.passed == Some(false) {
            let (names, more) = &self.told;
            parts.push(tells(site, names, *more));
        }
        parts.push(site.t("lab.confirm").into_owned());
        let between = site.t("lab.between");
        parts.join(&between)
    }
}

/// Who is told of a failure, and how many more.
fn tells(site: &Site, names: &[String], more: usize) -> String {
    let listed = names.join("、");
    match (names, more) {
        ([], _) => site.t("lab.tells-nobody").into_owned(),
        (_, 0) => site.with("lab.tells", "names", listed),
        (_, more) => {
            let fill: [(&str, &dyn Display); 2] = [("names", &listed), ("n", &more)];
            site.lang.say("lab.tells-more", &fill)
        }
    }
}

/// What is known of a sample, in one line: product, producer, lot and the day of sampling.
#[must_use]
pub fn about(
    site: &Site,
    (product, producer): (&Words, &Words),
    (lot, day): (&str, &str),
) -> String {
    let fill: [(&str, &dyn Display); 4] = [
        ("product", &site.plain(product)),
        ("producer", &site.plain(producer)),
        ("lot", &lot),
        ("day", &day),
    ];
    site.lang.say("lab.about", &fill)
}

/// That the sample has a result of this item already, and that this one is a repeat.
#[must_use]
pub fn earlier(site: &Site, result: &str, passed: bool, at: &Timestamp) -> String {
    let verdict = site.t(if passed { "test.pass" } else { "test.fail" });
    let at = site.minute(at);
    let fill: [(&str, &dyn Display); 3] = [("result", &result), ("verdict", &verdict), ("at", &at)];
    site.lang.say("lab.earlier", &fill)
}

/// Where a limit is from, with the first day of its edition.
#[must_use]
pub fn source(site: &Site, source: &str, since: Option<&str>) -> String {
    match since {
        Some(day) => {
            let fill: [(&str, &dyn Display); 2] = [("source", &source), ("day", &day)];
            site.lang.say("lab.source", &fill)
        }
        None => site.t("lab.no-source").into_owned(),
    }
}

/// That a crop is known for false positives of the quick test.
#[must_use]
pub fn caution() -> Words {
    let says = |lang: super::Lang| lang.t("lab.caution").into_owned();
    Words::both(says(super::Lang::Zh), says(super::Lang::En))
}

/// That something was entered.
#[must_use]
pub fn saved(site: &Site, sample: &str) -> String {
    let at = site.minute(&site.now);
    let fill: [(&str, &dyn Display); 2] = [("sample", &sample), ("at", &at)];
    site.lang.say("lab.saved", &fill)
}

/// The laboratory's desk.
pub fn page(site: &Site, view: &LabView) -> Page {
    let draft = view.draft.clone().unwrap_or_else(|| fresh(view));
    let chosen = view
        .kinds
        .iter()
        .position(|kind| kind.item == draft.item && kind.method == draft.method);
    let limit_source = chosen
        .and_then(|at| view.kinds.get(at))
        .map(|kind| kind.limit_source.to(site.lang))
        .unwrap_or_default();
    LabPage {
        site,
        view,
        draft: &draft,
        chosen: chosen.unwrap_or(0),
        limit_source,
    }
    .render()
}

/// A result's row alone, for the live list.
pub fn row(site: &Site, row: &ResultRow) -> Page {
    RowPage { site, row }.render()
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
        round: "first".to_owned(),
        ..ResultDraft::default()
    }
}

#[derive(Template)]
#[template(path = "lab.html")]
struct LabPage<'a> {
    site: &'a Site,
    view: &'a LabView,
    draft: &'a ResultDraft,
    chosen: usize,
    limit_source: &'a str,
}

#[derive(Template)]
#[template(path = "lab_fragment.html")]
struct RowPage<'a> {
    site: &'a Site,
    row: &'a ResultRow,
}
