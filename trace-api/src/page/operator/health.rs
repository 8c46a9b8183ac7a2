//! `/operator`: how the server is, at a glance. Each thing that is looked at is a card with a word,
//! a colour and what to do; what needs somebody comes first.

use askama::Template;
use model::time::Timestamp;

use super::gateway::GatewayRow;
use super::room;
use crate::page::camera::CameraCard;
use crate::page::{Page, Site, clock};

/// From this age on a backup is too old: somebody forgot it twice.
const BACKUP_OLD_S: i64 = 2 * clock::DAY_S;
/// Part of the disk below which an operator has to do something, and soon.
const DISK_LOW_PERCENT: [u64; 2] = [15, 5];

/// What is known of the server.
#[derive(Debug, Clone, Default)]
pub struct HealthView {
    /// What `/readyz` looks at.
    pub checks: Vec<CheckRow>,
    /// Bytes of the disk, and of those the free ones; `None` where nobody knows.
    pub disk: Option<(u64, u64)>,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// When the newest backup was made.
    pub backup: Option<Timestamp>,
    /// When one failed after that.
    pub backup_failed: Option<Timestamp>,
    /// Gateways.
    pub gateways: u64,
    /// Those that sent nothing for an hour, the longest silent first.
    pub silent: Vec<GatewayRow>,
    /// Refused messages of which something is still not stored.
    pub refused: u64,
    /// Those that wait for being tried again.
    pub replaying: u64,
    /// Print jobs that stand still.
    pub paused: u64,
    /// Hours whose sums are still to be made.
    pub behind: u64,
    /// Cameras, by gateway and name.
    pub cameras: Vec<CameraCard>,
}

/// One thing that `/readyz` looks at.
#[derive(Debug, Clone)]
pub struct CheckRow {
    /// What it is, such as `ingest`.
    pub name: String,
    /// Whether it does its work.
    pub ready: bool,
    /// More, in the program's words.
    pub detail: String,
    /// How much of the window for messages under way is used.
    pub window_percent: Option<f64>,
    /// Age of the oldest message that waits to be stored.
    pub oldest_s: Option<f64>,
}

/// A card.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Card {
    title: String,
    tone: &'static str,
    word: String,
    value: String,
    note: String,
    /// The program's own words, for who helps the operator.
    detail: String,
    href: &'static str,
}

/// The page.
pub fn page(site: &Site, view: &HealthView) -> Page {
    HealthPage::new(site, view).render()
}

/// The part of it that is looked at again while the page is open.
pub fn fragment(site: &Site, view: &HealthView) -> Page {
    HealthFragment(HealthPage::new(site, view)).render()
}

#[derive(Template)]
#[template(path = "operator.html")]
struct HealthPage<'a> {
    site: &'a Site,
    view: &'a HealthView,
    cards: Vec<Card>,
    /// Cards that need somebody.
    wanting: usize,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "operator_health_fragment.html")]
struct HealthFragment<'a>(HealthPage<'a>);

impl<'a> std::ops::Deref for HealthFragment<'a> {
    type Target = HealthPage<'a>;

    fn deref(&self) -> &HealthPage<'a> {
        &self.0
    }
}

impl<'a> HealthPage<'a> {
    fn new(site: &'a Site, view: &'a HealthView) -> Self {
        let mut cards = cards(site, view);
        let urgency = |card: &Card| ["bad", "warn"].iter().position(|tone| *tone == card.tone);
        cards.sort_by_key(|card| urgency(card).unwrap_or(2));
        let wanting = cards.iter().filter(|card| urgency(card).is_some()).count();
        let tone = match cards.first().map(|card| card.tone) {
            Some("bad") => "bad",
            Some("warn") => "warn",
            _ => "good",
        };
        Self {
            site,
            view,
            cards,
            wanting,
            tone,
        }
    }
}

fn cards(site: &Site, view: &HealthView) -> Vec<Card> {
    let checks = view.checks.iter().map(|check| check_card(site, check));
    let mut cards: Vec<Card> = checks.collect();
    cards.extend(disk_card(site, view));
    cards.push(backup_card(site, view));
    cards.push(gateway_card(site, view));
    cards.push(count_card(
        site,
        ("operator.dead-letters", "/operator/dead-letters"),
        view.refused,
        site.with("operator.replaying", "n", view.replaying),
    ));
    let behind = site.with("operator.behind", "n", view.behind);
    cards.push(count_card(
        site,
        ("operator.paused-jobs", "/operator/jobs"),
        view.paused,
        behind,
    ));
    cards
}

fn card(site: &Site, title: &'static str, tone: &'static str) -> Card {
    let word = match tone {
        "bad" => "operator.bad",
        "warn" => "operator.warn",
        _ => "operator.good",
    };
    Card {
        title: site.t(title).into_owned(),
        tone,
        word: site.t(word).into_owned(),
        value: String::new(),
        note: String::new(),
        detail: String::new(),
        href: "",
    }
}

fn check_card(site: &Site, check: &CheckRow) -> Card {
    let named = site.lang.find(&format!("op-check.{}", check.name));
    let tone = if check.ready { "good" } else { "bad" };
    let mut note = String::new();
    if let (Some(window), Some(oldest)) = (check.window_percent, check.oldest_s) {
        let (window, oldest) = (format!("{window:.0}"), format!("{oldest:.1}"));
        let words = site.lang.say(
            "operator.window",
            &[("window", &window), ("oldest", &oldest)],
        );
        note = words;
    } else if let Some(words) = site.lang.find(&format!("op-check-note.{}", check.name)) {
        note = words;
    }
    Card {
        title: named.unwrap_or_else(|| check.name.clone()),
        note,
        detail: if check.ready {
            String::new()
        } else {
            check.detail.clone()
        },
        ..card(site, "operator.health", tone)
    }
}

fn disk_card(site: &Site, view: &HealthView) -> Option<Card> {
    let (total, free) = view.disk?;
    let percent = (free.saturating_mul(100)).checked_div(total)?;
    let tone = match DISK_LOW_PERCENT {
        [_, bad] if percent < bad => "bad",
        [warn, _] if percent < warn => "warn",
        _ => "good",
    };
    let of: [(&str, &dyn std::fmt::Display); 2] = [("free", &room(free)), ("total", &room(total))];
    Some(Card {
        value: site.lang.say("operator.free", &of),
        note: site.with("operator.database-bytes", "size", room(view.database_bytes)),
        ..card(site, "operator.disk", tone)
    })
}

fn backup_card(site: &Site, view: &HealthView) -> Card {
    let href = "/operator/backups";
    let Some(at) = view.backup else {
        return Card {
            value: site.t("operator.no-backup").into_owned(),
            note: site.t("operator.no-backup-hint").into_owned(),
            href,
            ..card(site, "operator.last-backup", "bad")
        };
    };
    let old = site.now.seconds() - at.seconds() >= BACKUP_OLD_S;
    let failed = view.backup_failed.is_some_and(|failed| failed > at);
    let (tone, note) = match (old, failed) {
        (_, true) => ("bad", "operator.backup-failed"),
        (true, false) => ("warn", "operator.backup-old"),
        (false, false) => ("good", "operator.backup-fine"),
    };
    Card {
        value: site.age(&at),
        note: site.t(note).into_owned(),
        href,
        ..card(site, "operator.last-backup", tone)
    }
}

fn gateway_card(site: &Site, view: &HealthView) -> Card {
    let silent = view.silent.len() as u64;
    let counts: [(&str, &dyn std::fmt::Display); 2] = [
        ("heard", &view.gateways.saturating_sub(silent)),
        ("all", &view.gateways),
    ];
    let tone = if silent == 0 { "good" } else { "warn" };
    Card {
        value: site.lang.say("operator.heard", &counts),
        note: site.with("operator.silent-n", "n", silent),
        href: "/operator/gateways",
        ..card(site, "operator.gateways", tone)
    }
}

fn count_card(
    site: &Site,
    (title, href): (&'static str, &'static str),
    count: u64,
    note: String,
) -> Card {
    let tone = if count == 0 { "good" } else { "warn" };
    Card {
        value: count.to_string(),
        note,
        href,
        ..card(site, title, tone)
    }
}
