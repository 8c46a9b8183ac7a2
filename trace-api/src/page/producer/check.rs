//! The check of a lot before anything is printed: what its buyer will see, what is missing, and the
//! 承诺达标合格证 with every reason against it.

use askama::Template;
use model::time::Timestamp;

use super::LotRow;
use crate::page::{Page, Site, Words};

/// The check of a lot.
#[derive(Debug, Clone)]
pub struct CheckView {
    /// Its number.
    pub id: i64,
    /// The lot.
    pub lot: LotRow,
    /// Sign of its unit.
    pub unit: String,
    /// What is there and what is missing.
    pub lines: Vec<Line>,
    /// What a certificate may rest on, each with what stands against it.
    pub bases: Vec<Basis>,
    /// How much has no certificate yet, as a number.
    pub uncovered: String,
    /// Whether the product is one that gets certificates.
    pub is_promised: bool,
    /// The certificates so far, newest first.
    pub papers: Vec<Paper>,
    /// Fresh idempotency key.
    pub request: String,
    /// Basis and quantity as last typed.
    pub typed: (String, String),
}

/// One thing that the buyer will see.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which.
    pub thing: Thing,
    /// Whether it is there; `None` for what may be missing.
    pub there: Option<bool>,
    /// What it says, or why it is missing.
    pub words: Words,
    /// Where it can be mended.
    pub href: Option<String>,
}

/// What a buyer sees of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// Product and producer are filed.
    Filing,
    /// Whom to call.
    Contact,
    /// When it was harvested and how much.
    Harvest,
    /// Pre-harvest intervals.
    Interval,
    /// What was done on the plot.
    Records,
    /// Tests.
    Tests,
    /// 承诺达标合格证.
    Certificate,
    /// Probes that stood there.
    Monitoring,
    /// Labels.
    Labels,
}

/// What a certificate may rest on.
#[derive(Debug, Clone)]
pub struct Basis {
    /// `quality_control`, `own_test` or `commissioned_test`.
    pub code: &'static str,
    /// Everything against it.
    pub against: Vec<Words>,
}

/// A certificate.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Its row.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// What it rests on.
    pub basis: String,
    /// How much it covers, with its unit.
    pub quantity: String,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it was voided and why.
    pub voided: Option<(Timestamp, String)>,
    /// Fresh idempotency key of its void.
    pub request: String,
}

impl Thing {
    fn key(self) -> &'static str {
        match self {
            Self::Filing => "check.filing",
            Self::Contact => "check.contact",
            Self::Harvest => "check.harvest",
            Self::Interval => "check.interval",
            Self::Records => "check.records",
            Self::Tests => "check.tests",
            Self::Certificate => "check.certificate",
            Self::Monitoring => "check.monitoring",
            Self::Labels => "check.labels",
        }
    }
}

impl Line {
    fn tone(&self) -> &'static str {
        match self.there {
            Some(true) => "good",
            Some(false) => "bad",
            None => "calm",
        }
    }

    fn word_key(&self) -> &'static str {
        match self.there {
            Some(true) => "check.there",
            Some(false) => "check.missing",
            None => "check.optional",
        }
    }
}

impl CheckView {
    /// How many things are missing.
    fn missing(&self) -> usize {
        let missing = |line: &&Line| line.there == Some(false);
        self.lines.iter().filter(missing).count()
    }

    /// Whether a certificate can be issued on any basis.
    fn can_issue(&self) -> bool {
        self.bases.iter().any(|basis| basis.against.is_empty())
    }

    /// Whether nothing is left that has no certificate.
    fn is_covered(&self) -> bool {
        self.uncovered == "0" && self.papers.iter().any(|paper| paper.voided.is_none())
    }

    /// What stands against every basis alike.
    fn against_all(&self) -> Vec<&Words> {
        let Some(first) = self.bases.first() else {
            return Vec::new();
        };
        let in_all = |words: &&Words| {
            let mut all = self.bases.iter();
            all.all(|basis| basis.against.contains(words))
        };
        first.against.iter().filter(in_all).collect()
    }
}

impl Basis {
    fn key(&self) -> &'static str {
        basis_key(self.code)
    }

    fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl Paper {
    fn key(&self) -> &'static str {
        basis_key(&self.basis)
    }
}

fn basis_key(code: &str) -> &'static str {
    match code {
        "own_test" => "check.own-test",
        "commissioned_test" => "check.commissioned-test",
        _ => "check.quality-control",
    }
}

/// The check of a lot.
pub fn page(site: &Site, view: &CheckView) -> Page {
    CheckPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "producer_check.html")]
struct CheckPage<'a> {
    site: &'a Site,
    view: &'a CheckView,
}

/// An entry of a selection of media that certificates are printed on: value and key.
fn forms() -> [(&'static str, &'static str); 3] {
    [
        ("a6", "check.a6"),
        ("a4", "check.a4"),
        ("label", "check.label"),
    ]
}
