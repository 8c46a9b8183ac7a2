//! The page of a lot: where it stands and what comes next, with the forms of the next steps, and
//! everything that was noted of it.

use askama::Template;
use model::lot::LotState;
use model::time::Timestamp;

use super::{Choice, LotRow};
use crate::page::{Page, Site, face};

/// The states that most lots pass, in their order.
const PATH: [LotState; 6] = [
    LotState::Growing,
    LotState::Harvested,
    LotState::InTest,
    LotState::Released,
    LotState::Shipped,
    LotState::SoldOut,
];

/// A lot with everything that was noted of it.
#[derive(Debug, Clone)]
pub struct LotView {
    /// Its number.
    pub id: i64,
    /// The lot.
    pub lot: LotRow,
    /// Start of growing.
    pub started: Timestamp,
    /// Sign of its unit.
    pub unit: String,
    /// What its producer has left of it, as a number.
    pub left: String,
    /// Why it was recalled.
    pub recall: Option<String>,
    /// What stands in the way of its harvest.
    pub interval: Interval,
    /// Whom it can be shipped to.
    pub parties: Vec<Choice>,
    /// The forms' fields as last typed.
    pub typed: Typed,
    /// Fresh idempotency keys: of the step, and of a report.
    pub requests: [String; 2],
    /// Its journal, oldest first.
    pub journal: Vec<JournalRow>,
    /// Parts that left.
    pub shipments: Vec<ShipmentRow>,
    /// What it came of and what was made of it.
    pub made: Vec<MadeRow>,
    /// Results of tests.
    pub results: Vec<ResultRow>,
    /// Reports of other laboratories.
    pub reports: Vec<ReportRow>,
}

/// The fields of the next step's form as last typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Day of the harvest.
    pub day: String,
    /// Quantity.
    pub quantity: String,
    /// Why it is released.
    pub reason: String,
    /// Whom it is shipped to.
    pub party: String,
}

/// What stands in the way of a harvest.
#[derive(Debug, Clone, Default)]
pub struct Interval {
    /// First day on which nothing does, where that is to come.
    pub free_on: Option<String>,
    /// Whether a supervisor waived it.
    pub waived: bool,
    /// What was used, newest first.
    pub uses: Vec<Use>,
}

/// Something that was used and has an interval.
#[derive(Debug, Clone)]
pub struct Use {
    /// Its name.
    pub input: String,
    /// When, `YYYY-MM-DD`.
    pub done_on: String,
    /// Days that have to pass.
    pub days: i32,
    /// First day on which it stands in nobody's way.
    pub free_on: String,
}

/// A step of the journal.
#[derive(Debug, Clone)]
pub struct JournalRow {
    /// What was done, as the journal spells it.
    pub step: String,
    /// When.
    pub at: Timestamp,
    /// Role of who did it.
    pub by: Option<String>,
    /// Why, or what it names.
    pub reason: String,
}

/// A part that left.
#[derive(Debug, Clone)]
pub struct ShipmentRow {
    /// Who received it.
    pub to: String,
    /// How much, with its unit.
    pub quantity: String,
    /// When it left.
    pub shipped: Timestamp,
    /// When it arrived, and how much.
    pub received: Option<(Timestamp, String)>,
}

/// A processing with its balance.
#[derive(Debug, Clone)]
pub struct MadeRow {
    /// What was done, as the record spells it.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Lots that went in.
    pub inputs: Vec<Part>,
    /// Lots that came out.
    pub outputs: Vec<Part>,
    /// In, out, waste and what is left unaccounted, each with its unit.
    pub balance: [String; 4],
}

/// A lot of a processing.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its code.
    pub code: String,
    /// Path of its page, where it is one's own.
    pub href: Option<String>,
    /// How much, with its unit.
    pub quantity: String,
}

/// A result.
#[derive(Debug, Clone)]
pub struct ResultRow {
    /// What was looked for.
    pub item: String,
    /// Value with its unit.
    pub value: String,
    /// Whether it passed; `None` where the test says nothing.
    pub passed: Option<bool>,
    /// When.
    pub at: Timestamp,
}

/// A report of another laboratory.
#[derive(Debug, Clone)]
pub struct ReportRow {
    /// Its number here.
    pub id: i64,
    /// Who issued it.
    pub laboratory: String,
    /// Its number there.
    pub number: String,
    /// When, `YYYY-MM-DD`.
    pub issued_on: String,
    /// Whether everybody may read it.
    pub public: bool,
}

impl LotView {
    fn is_growing(&self) -> bool {
        self.lot.stage == LotState::Growing
    }

    fn may_release(&self) -> bool {
        matches!(self.lot.stage, LotState::Harvested | LotState::InTest)
    }

    fn may_ship(&self) -> bool {
        matches!(self.lot.stage, LotState::Released | LotState::Shipped)
    }

    fn may_sell_out(&self) -> bool {
        self.lot.stage == LotState::Shipped
    }

    fn may_make(&self) -> bool {
        matches!(
            self.lot.stage,
            LotState::Harvested | LotState::Released | LotState::Shipped
        )
    }

    /// What comes next, in words.
    fn next_key(&self) -> &'static str {
        match self.lot.stage {
            LotState::Growing => "life.next-growing",
            LotState::Harvested => "life.next-harvested",
            LotState::InTest => "life.next-in-test",
            LotState::Released => "life.next-released",
            LotState::Held => "life.next-held",
            LotState::Shipped => "life.next-shipped",
            LotState::SoldOut => "life.next-sold-out",
            LotState::Recalled => "life.next-recalled",
        }
    }

    /// The path of a lot: key of each state's word, whether it was passed, whether it is now.
    fn path(&self) -> Vec<(&'static str, bool, bool)> {
        let at = PATH.iter().position(|state| *state == self.lot.stage);
        let place = |(n, state): (usize, &LotState)| {
            let passed = at.is_some_and(|at| n < at);
            (face::lot_key(*state), passed, at == Some(n))
        };
        PATH.iter().enumerate().map(place).collect()
    }
}

impl JournalRow {
    fn key(&self) -> &'static str {
        match self.step.as_str() {
            "harvest" => "life.step-harvest",
            "sample" => "life.step-sample",
            "release" => "life.step-release",
            "hold" => "life.step-hold",
            "waive_interval" => "life.step-waive",
            "ship" => "life.step-ship",
            "sell_out" => "life.step-sell-out",
            "certify" => "life.step-certify",
            "recall" => "life.step-recall",
            _ => "life.step-other",
        }
    }

    fn by_key(&self) -> &'static str {
        match self.by.as_deref() {
            Some("producer") => "nav.producer",
            Some("lab") => "nav.lab",
            Some("supervisor") => "nav.supervisor",
            _ => "life.by-platform",
        }
    }
}

impl MadeRow {
    fn key(&self) -> &'static str {
        super::make::kind_key(&self.kind)
    }
}

impl ResultRow {
    fn tone(&self) -> &'static str {
        match self.passed {
            Some(true) => "good",
            Some(false) => "bad",
            None => "warn",
        }
    }

    fn key(&self) -> &'static str {
        match self.passed {
            Some(true) => "test.pass",
            Some(false) => "test.fail",
            None => "life.result-void",
        }
    }
}

/// The page of a lot.
pub fn page(site: &Site, view: &LotView) -> Page {
    LotPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "producer_lot.html")]
struct LotPage<'a> {
    site: &'a Site,
    view: &'a LotView,
}
