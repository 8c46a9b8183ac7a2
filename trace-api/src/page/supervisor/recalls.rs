//! 召回: what would be called back, seen before it is; the recalls there were; one recall with whom
//! to call and whom somebody reached.
//!
//! Forms (all POST, all with `csrf`):
//! - `/supervisor/lots/{id}/recall`: `request`, `kind` (`drill` or `recall`), `reason`, `notice`,
//!   `notice_en` (both may be empty), `confirm` (the lot's code, for a recall).
//! - `/supervisor/recalls/{id}/calls`: `request`, `kind`, `holder`, `note`.
//! - `/supervisor/recalls/{id}/notice`: `version`, `notice`, `notice_en`.

use askama::Template;
use model::lot::LotState;
use model::time::Timestamp;

use super::graph::{self, GraphFlow, GraphLot, GraphReceiver};
use crate::page::{Page, Site};

/// A lot of the list below the drawing.
#[derive(Debug, Clone)]
pub struct ClosureLot {
    /// The lot as the drawing has it.
    pub lot: GraphLot,
    /// Whose.
    pub producer: String,
    /// What its producer processed, with unit.
    pub processed: String,
    /// What its producer shipped.
    pub shipped: String,
    /// What its producer has left.
    pub left: String,
}

/// Somebody who has or had of the goods.
#[derive(Debug, Clone)]
pub struct Holder {
    /// `producer` or `party`.
    pub kind: &'static str,
    /// Number.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Whom to call.
    pub contact: String,
    /// Codes of the lots.
    pub lots: String,
    /// What the producer has left, or what the receiver was sent.
    pub quantity: String,
    /// Who reached them last, when, and what they said.
    pub call: Option<(String, Timestamp, String)>,
    /// Fresh idempotency key of its form.
    pub request: String,
}

impl Holder {
    fn key(&self) -> &'static str {
        match self.kind {
            "producer" => "recalls.producer",
            _ => "recalls.receiver",
        }
    }
}

/// Kilograms of a recall.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Kilograms {
    /// The first lot and what was mixed in.
    pub came_in: f64,
    /// In other hands.
    pub out: f64,
    /// Still with the producers.
    pub left: f64,
    /// Declared waste.
    pub lost: f64,
    /// Missing.
    pub unaccounted: f64,
    /// Lots whose unit is no mass.
    pub unweighed: u32,
}

/// Everything that a lot came of and that came of it, with where it is.
#[derive(Debug, Clone, Default)]
pub struct Closure {
    /// The lots, those it came of first.
    pub lots: Vec<ClosureLot>,
    /// Lots that the list has no room for.
    pub more: usize,
    /// What flowed from lot to lot.
    pub flows: Vec<GraphFlow>,
    /// Who received.
    pub receivers: Vec<GraphReceiver>,
    /// Who has or had of the goods.
    pub holders: Vec<Holder>,
    /// Kilograms.
    pub kg: Kilograms,
}

impl Closure {
    /// The drawing.
    pub(super) fn draw(&self, site: &Site) -> Page {
        let lots: Vec<GraphLot> = self.lots.iter().map(|line| line.lot.clone()).collect();
        graph::draw(site, &lots, &self.flows, &self.receivers)
    }

    /// Lots of it that a recall reaches: what came of the lot, itself included.
    fn reached(&self) -> usize {
        self.lots.iter().filter(|line| line.lot.level >= 0).count() + self.more
    }

    /// Lots of it that nothing has to be called back of any more.
    fn called_back(&self) -> usize {
        let back = |line: &&ClosureLot| line.lot.state == LotState::Recalled;
        self.lots.iter().filter(back).count()
    }
}

/// What was typed before a refusal.
#[derive(Debug, Clone, Default)]
pub struct RecallDraft {
    /// Whether a recall, no drill, was chosen.
    pub real: bool,
    /// Why.
    pub reason: String,
    /// Notice, Chinese.
    pub notice: String,
    /// Notice, English.
    pub notice_en: String,
    /// What was typed to confirm it.
    pub confirm: String,
}

/// What would be called back.
#[derive(Debug, Clone)]
pub struct PlanView {
    /// Number of the lot.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// What it is.
    pub product: String,
    /// Whose.
    pub producer: String,
    /// Where it stands.
    pub state: LotState,
    /// Whether it may be called back from there.
    pub open: bool,
    /// Everything that came of it.
    pub closure: Closure,
    /// Fresh idempotency key of the form.
    pub request: String,
    /// What was typed before a refusal.
    pub draft: RecallDraft,
}

/// One recall of the list.
#[derive(Debug, Clone)]
pub struct RecallLine {
    /// Its page.
    pub href: String,
    /// Whether it was a drill.
    pub drill: bool,
    /// Code of the lot that it began with.
    pub code: String,
    /// What that is.
    pub product: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Milliseconds until the list of lots was finished.
    pub took_ms: f64,
    /// How many lots.
    pub lots: i32,
}

impl RecallLine {
    fn key(&self) -> &'static str {
        if self.drill {
            "recalls.drill"
        } else {
            "recalls.recall"
        }
    }

    fn tone(&self) -> &'static str {
        if self.drill { "calm" } else { "bad" }
    }
}

/// One recall.
#[derive(Debug, Clone)]
pub struct RecallView {
    /// The recall as its list shows it.
    pub line: RecallLine,
    /// Its number.
    pub id: i64,
    /// Page of the lot that it began with.
    pub lot_href: String,
    /// Notice, Chinese.
    pub notice: String,
    /// Notice, English.
    pub notice_en: String,
    /// How often it was worded anew.
    pub version: i32,
    /// What somebody typed over an older wording; `None` where nobody did.
    pub typed: Option<(String, String)>,
    /// Where the goods are now.
    pub closure: Closure,
}

impl RecallView {
    /// Holders that somebody reached.
    fn reached(&self) -> usize {
        let holders = self.closure.holders.iter();
        holders.filter(|holder| holder.call.is_some()).count()
    }

    /// What the form of the notice shows.
    fn wording(&self) -> (&str, &str) {
        match &self.typed {
            Some((zh, en)) => (zh, en),
            None => (&self.notice, &self.notice_en),
        }
    }
}

/// What would be called back.
pub fn plan(site: &Site, view: &PlanView) -> Page {
    let graph = view.closure.draw(site)?;
    PlanPage { site, view, graph }.render()
}

/// The recalls that there were, newest first.
pub fn page(site: &Site, recalls: &[RecallLine]) -> Page {
    RecallsPage { site, recalls }.render()
}

/// One recall.
pub fn recall(site: &Site, view: &RecallView) -> Page {
    let graph = view.closure.draw(site)?;
    RecallPage { site, view, graph }.render()
}

/// The notice of a recall as it is hung up.
pub fn notice(site: &Site, view: &RecallView) -> Page {
    NoticePage { site, view }.render()
}

#[derive(Template)]
#[template(path = "supervisor_plan.html")]
struct PlanPage<'a> {
    site: &'a Site,
    view: &'a PlanView,
    graph: String,
}

#[derive(Template)]
#[template(path = "supervisor_recalls.html")]
struct RecallsPage<'a> {
    site: &'a Site,
    recalls: &'a [RecallLine],
}

#[derive(Template)]
#[template(path = "supervisor_recall.html")]
struct RecallPage<'a> {
    site: &'a Site,
    view: &'a RecallView,
    graph: String,
}

#[derive(Template)]
#[template(path = "supervisor_notice.html")]
struct NoticePage<'a> {
    site: &'a Site,
    view: &'a RecallView,
}
