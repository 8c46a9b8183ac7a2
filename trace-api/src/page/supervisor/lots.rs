//! Lots at the supervisor's desk: the list, and one lot with what was done, what was found and
//! where it went.
//!
//! Forms of a lot, all POST with `csrf`, `request` (idempotency key) and `reason`:
//! `/supervisor/lots/{id}/hold`, `…/release`, `…/waive`.
#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "askama passes what a template names by reference"
)]

use askama::Template;
use model::lot::LotState;
use model::time::Timestamp;

use super::recalls::Closure;
use crate::page::{Page, Site, Words};

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LotOrder {
    /// Registered last first.
    #[default]
    Newest,
    /// By code.
    Code,
    /// Harvested last first.
    Harvested,
}

impl LotOrder {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::Newest, Self::Code, Self::Harvested];

    /// The word of the address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Code => "code",
            Self::Harvested => "harvested",
        }
    }

    /// The order of a word; the newest first for any other.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        let found = Self::ALL.into_iter().find(|order| order.code() == code);
        found.unwrap_or_default()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Newest => "lots.by-newest",
            Self::Code => "lots.by-code",
            Self::Harvested => "lots.by-harvested",
        }
    }
}

/// One lot of the list.
#[derive(Debug, Clone)]
pub struct LotLine {
    /// Its page at this desk.
    pub href: String,
    /// Its code.
    pub code: String,
    /// What it is.
    pub product: Words,
    /// Whose.
    pub producer: Words,
    /// Where it stands.
    pub state: LotState,
    /// With unit.
    pub quantity: String,
    /// Last day of its period.
    pub harvested: Option<Timestamp>,
    /// Tests that it has.
    pub tests: i64,
    /// Labels that it has.
    pub labels: i64,
}

/// The list of lots.
#[derive(Debug, Clone, Default)]
pub struct LotsView {
    /// The lots of this page.
    pub lots: Vec<LotLine>,
    /// What is searched for.
    pub words: String,
    /// Only this state.
    pub state: Option<LotState>,
    /// In this order.
    pub order: LotOrder,
    /// The first page, where this is another one.
    pub first: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

impl LotsView {
    fn is_state(&self, state: &LotState) -> bool {
        self.state == Some(*state)
    }

    fn is_order(&self, order: &LotOrder) -> bool {
        self.order == *order
    }
}

/// A step of the lot's journal.
#[derive(Debug, Clone)]
pub struct StepLine {
    /// When.
    pub at: Timestamp,
    /// What was done: the journal's word.
    pub step: String,
    /// Where it stood after.
    pub state: Option<LotState>,
    /// Why; may be empty.
    pub reason: String,
    /// Key of the role of who did it; `None` for the platform.
    pub by: Option<&'static str>,
}

/// A result of the lab.
#[derive(Debug, Clone)]
pub struct TestLine {
    /// When it was tested.
    pub at: Timestamp,
    /// Code of the sample.
    pub sample: String,
    /// What was looked for.
    pub item: String,
    /// With unit.
    pub result: String,
    /// With unit.
    pub limit: String,
    /// `None` where the test did not work.
    pub passed: Option<bool>,
}

/// Something that was used whose interval counts.
#[derive(Debug, Clone)]
pub struct IntervalLine {
    /// What.
    pub input: String,
    /// When.
    pub done: Timestamp,
    /// Days that have to pass.
    pub days: i32,
    /// First free day.
    pub free: Timestamp,
}

/// What may be done with a lot from where it stands.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four acts, each offered or not, in any combination"
)]
pub struct Turns {
    /// 冻结
    pub hold: bool,
    /// 放行
    pub release: bool,
    /// 准予提前采收
    pub waive: bool,
    /// 召回
    pub recall: bool,
}

/// One lot.
#[derive(Debug, Clone)]
pub struct LotView {
    /// The lot as its list shows it.
    pub lot: LotLine,
    /// Its number.
    pub id: i64,
    /// GTIN-14.
    pub gtin: String,
    /// Where it grew, and the page of that farm.
    pub plot: (Words, String),
    /// First day of its period.
    pub started: Timestamp,
    /// When it was registered.
    pub registered: Timestamp,
    /// Why it was called back.
    pub recall_reason: Option<String>,
    /// Its public page.
    pub trace: String,
    /// Its journal, oldest first.
    pub steps: Vec<StepLine>,
    /// Its results, newest first.
    pub tests: Vec<TestLine>,
    /// Numbers of its certificates, with whether each is void.
    pub certificates: Vec<(String, bool)>,
    /// What stands in the way of its harvest, while it grows.
    pub intervals: Vec<IntervalLine>,
    /// Whether that was waived.
    pub waived: bool,
    /// What it came of and what came of it.
    pub closure: Closure,
    /// What may be done.
    pub turns: Turns,
    /// Fresh idempotency keys of the three forms.
    pub requests: [String; 3],
    /// What was typed before a refusal.
    pub reason: String,
}

/// A form that needs a reason.
struct Ask {
    /// Last part of its address.
    turn: &'static str,
    /// Key of its button.
    key: &'static str,
    /// Key of what it means.
    hint: &'static str,
    request: String,
}

impl LotView {
    /// The forms that the lot's state lets one send.
    fn asks(&self) -> Vec<Ask> {
        let [hold, release, waive] = &self.requests;
        let all = [
            (self.turns.hold, "hold", "lots.hold", "lots.hold-hint", hold),
            (
                self.turns.release,
                "release",
                "lots.release",
                "lots.release-hint",
                release,
            ),
            (
                self.turns.waive,
                "waive",
                "lots.waive",
                "lots.waive-hint",
                waive,
            ),
        ];
        let open = all.into_iter().filter(|ask| ask.0);
        open.map(|(_, turn, key, hint, request)| Ask {
            turn,
            key,
            hint,
            request: request.clone(),
        })
        .collect()
    }
}

impl TestLine {
    fn key(&self) -> &'static str {
        match self.passed {
            Some(true) => "test.pass",
            Some(false) => "test.fail",
            None => "test.unclear",
        }
    }

    fn tone(&self) -> &'static str {
        match self.passed {
            Some(true) => "good",
            Some(false) => "bad",
            None => "warn",
        }
    }
}

impl StepLine {
    fn words(&self, site: &Site) -> String {
        let found = site.lang.find(&format!("journal.{}", self.step));
        found.unwrap_or_else(|| self.step.clone())
    }
}

/// The list of lots.
pub fn page(site: &Site, view: &LotsView) -> Page {
    LotsPage { site, view }.render()
}

/// One lot.
pub fn lot(site: &Site, view: &LotView) -> Page {
    let graph = view.closure.draw(site)?;
    LotPage { site, view, graph }.render()
}

#[derive(Template)]
#[template(path = "supervisor_lots.html")]
struct LotsPage<'a> {
    site: &'a Site,
    view: &'a LotsView,
}

#[derive(Template)]
#[template(path = "supervisor_lot.html")]
struct LotPage<'a> {
    site: &'a Site,
    view: &'a LotView,
    graph: String,
}
