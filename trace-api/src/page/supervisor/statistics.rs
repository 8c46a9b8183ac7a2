//! The county in numbers: by month, by township, and how often codes are asked for.

use askama::Template;
use model::time::Timestamp;

use super::bars::{self, Bar};
use crate::page::{Page, Site, quantity};

/// What was counted of a month or a township.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// The month or the township.
    pub name: String,
    /// Producers approved for the first time.
    pub producers: i64,
    /// Products approved for the first time.
    pub products: i64,
    /// Lots registered.
    pub lots: i64,
    /// Results entered.
    pub tests: i64,
    /// Those that passed.
    pub passed: i64,
    /// Labels issued.
    pub labels: i64,
    /// Labels looked at for the first time.
    pub scanned: i64,
}

impl Counted {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.producers += other.producers;
        self.products += other.products;
        self.lots += other.lots;
        self.tests += other.tests;
        self.passed += other.passed;
        self.labels += other.labels;
        self.scanned += other.scanned;
    }

    /// Share of the tests that passed, whole per cent.
    fn rate(&self) -> Option<u64> {
        let (passed, tests) = (
            u64::try_from(self.passed).ok()?,
            u64::try_from(self.tests).ok()?,
        );
        quantity::share_pct(passed, tests)
    }
}

/// A code whose queries are uncommon.
#[derive(Debug, Clone)]
pub struct SuspectRow {
    /// Its serial.
    pub serial: String,
    /// Public page of the item.
    pub trace: String,
    /// What it is on.
    pub product: String,
    /// The lot and its page at this desk.
    pub lot: Option<(String, String)>,
    /// Queries, days, places, queries of the busiest day.
    pub counts: [i64; 4],
    /// Words of what is uncommon: `queries`, `day`, `days`, `places`.
    pub signs: Vec<&'static str>,
    /// When it became so.
    pub since: Timestamp,
}

impl SuspectRow {
    fn sign_key(sign: &str) -> &'static str {
        match sign {
            "queries" => "stats.sign-queries",
            "day" => "stats.sign-day",
            "days" => "stats.sign-days",
            _ => "stats.sign-places",
        }
    }
}

/// The county in numbers.
#[derive(Debug, Clone, Default)]
pub struct StatisticsView {
    /// First and last month, `YYYY-MM`.
    pub months: (String, String),
    /// Every month of the span, oldest first.
    pub by_month: Vec<Counted>,
    /// Townships, by name.
    pub by_township: Vec<Counted>,
    /// All of it.
    pub total: Counted,
    /// Queries by day, oldest first: day and number.
    pub scan_days: Vec<(String, i64)>,
    /// Queries by place, most first.
    pub scan_places: Vec<(String, i64)>,
    /// Codes with uncommon queries, newest first.
    pub suspects: Vec<SuspectRow>,
}

impl StatisticsView {
    fn csv(&self) -> String {
        self.export("csv")
    }

    fn json(&self) -> String {
        self.export("json")
    }

    fn export(&self, format: &str) -> String {
        let (from, to) = &self.months;
        format!("/api/v1/statistics?from={from}&to={to}&format={format}")
    }
}

/// The county in numbers.
pub fn page(site: &Site, view: &StatisticsView) -> Page {
    let month = |of: fn(&Counted) -> (i64, i64)| {
        let bars = view.by_month.iter().map(move |month| {
            let (value, part) = of(month);
            Bar {
                label: month.name.clone(),
                value,
                part,
            }
        });
        bars.collect::<Vec<_>>()
    };
    let (lots, labels) = (
        month(|one| (one.lots, one.lots)),
        month(|one| (one.labels, one.labels)),
    );
    let tests = month(|one| (one.tests, one.passed));
    let scanned = month(|one| (one.scanned, one.scanned));
    let days = view.scan_days.iter().map(|(day, count)| Bar {
        label: day.clone(),
        value: *count,
        part: *count,
    });
    let passed = site.t("stats.passed");
    let charts = [
        bars::draw(site, &site.t("stats.lots"), None, &lots)?,
        bars::draw(site, &site.t("stats.tests-passed"), Some(&passed), &tests)?,
        bars::draw(site, &site.t("stats.labels"), None, &labels)?,
        bars::draw(site, &site.t("stats.scanned"), None, &scanned)?,
    ];
    let scans = bars::draw(
        site,
        &site.t("stats.scan-days"),
        None,
        &days.collect::<Vec<_>>(),
    )?;
    StatisticsPage {
        site,
        view,
        charts,
        scans,
    }
    .render()
}

#[derive(Template)]
#[template(path = "supervisor_statistics.html")]
struct StatisticsPage<'a> {
    site: &'a Site,
    view: &'a StatisticsView,
    charts: [String; 4],
    scans: String,
}
