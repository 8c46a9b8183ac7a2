//! The supervisor's desk. Alarms are here; farms, lots, recalls, statistics and the audit log have
//! a file each.
//!
//! Forms below an alarm (all POST, all with `csrf`, and `show` to come back to the same list):
//! - `/supervisor/alarms/{id}/acknowledge`: `note` (may be empty); repeats are meant, too.
//! - `/supervisor/alarms/{id}/shelve`: `minutes`, `reason`.
//! - `/supervisor/alarms/{id}/unshelve`: nothing more.
//! - `/supervisor/alarms/{id}/assign`: `account` (sign-in name, empty for nobody).
//!
//! Stream `/supervisor/alarms/stream` (SSE): `event: alarm` with `data:` = [`alarm_row`] of an
//! alarm that is new or changed (one `data:` line a line of the fragment); `event: heartbeat` with
//! any data at least every 15 s. After 45 s without either the page says that it is stale.

use std::sync::Arc;

use askama::Template;
use model::alarm::{Bound, Severity};
use model::time::Timestamp;

use super::{Page, Site, Words};

pub mod audit;
pub mod bars;
pub mod farms;
pub mod graph;
pub mod lots;
pub mod recalls;
pub mod statistics;

/// The tour of this desk.
pub(super) const TOUR: &[super::face::TourStep] = &[
    ("/supervisor", ".headline h1", "supervisor.tour-start"),
    ("/supervisor", "#live", "supervisor.tour-live"),
    ("/supervisor", "#alarms", "supervisor.tour-alarms"),
    ("/supervisor", ".tabs", "tour.tabs"),
    ("/supervisor", ".who .account", "tour.account"),
];

/// The pages of this desk.
pub(super) const TABS: &[super::face::Tab] = &[
    ("/supervisor", "supervisor.alarms"),
    ("/supervisor/filings", "approval.title"),
    ("/supervisor/farms", "supervisor.farms"),
    ("/supervisor/lots", "supervisor.lots"),
    ("/supervisor/recalls", "supervisor.recalls"),
    ("/supervisor/statistics", "supervisor.statistics"),
    ("/supervisor/audit", "supervisor.audit"),
];

/// Those who may look after alarms: sign-in name and name.
pub type Colleagues = Arc<[(String, String)]>;

/// Which alarms are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Those that wait for somebody or are still on.
    #[default]
    Open,
    /// Those on the shelf.
    Shelved,
    /// Every one there ever was.
    All,
}

impl Show {
    /// Every list, in the order of the links.
    pub const ALL: [Self; 3] = [Self::Open, Self::Shelved, Self::All];

    /// The word of the address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Shelved => "shelved",
            Self::All => "all",
        }
    }

    /// The list of a word; the open ones for any other.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        let found = Self::ALL.into_iter().find(|show| show.code() == code);
        found.unwrap_or_default()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Open => "alarm.show-open",
            Self::Shelved => "alarm.show-shelved",
            Self::All => "alarm.show-all",
        }
    }

    fn none_key(self) -> &'static str {
        match self {
            Self::Open => "alarm.none-open",
            Self::Shelved => "alarm.none-shelved",
            Self::All => "alarm.none-all",
        }
    }
}

/// The desk's first page.
#[derive(Debug, Clone, Default)]
pub struct SupervisorView {
    /// Which list.
    pub show: Show,
    /// What is searched for.
    pub words: String,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// Alarms, active ones first, then newest first.
    pub alarms: Vec<AlarmRow>,
    /// Where the list goes on.
    pub next: Option<String>,
    /// Who may look after them.
    pub colleagues: Colleagues,
    /// Farms of which nothing was heard for too long.
    pub silent: usize,
}

impl SupervisorView {
    /// Whether new alarms come in while one looks: a searched list stays as it is.
    fn is_live(&self) -> bool {
        self.show == Show::Open && self.words.is_empty() && self.severity.is_none()
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "askama passes what a template names by reference"
    )]
    fn has_severity(&self, severity: &Severity) -> bool {
        self.severity == Some(*severity)
    }

    fn severities() -> [Severity; 4] {
        [
            Severity::Critical,
            Severity::High,
            Severity::Medium,
            Severity::Low,
        ]
    }
}

/// Where an alarm stands (ISA-18.2 words).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// 未确认，仍在发生
    Active,
    /// 未确认，已恢复
    Returned,
    /// 已确认，仍在发生
    Acknowledged,
    /// 已关闭
    Closed,
}

/// One alarm.
#[derive(Debug, Clone)]
pub struct AlarmRow {
    /// Identity, used in the address of its form and as the row's id: letters, digits, `-`.
    pub id: String,
    /// Its rule: a newer alarm of the same one takes this one's place.
    pub rule: String,
    /// How urgent.
    pub severity: Severity,
    /// What it is, such as “霜冻”.
    pub title: Words,
    /// Farm or plot, with township.
    pub place: Words,
    /// Page of that farm.
    pub farm: Option<String>,
    /// Gateway and probe, such as `demo-gw / demo-probe`.
    pub probe: String,
    /// Code of the quantity (`model::unit::Quantity::code`); for `other` the channel's own name.
    pub quantity: String,
    /// Farthest value.
    pub value: f64,
    /// On which side of the limit the trouble lies.
    pub bound: Bound,
    /// The limit.
    pub limit: f64,
    /// Unit in `SenML` spelling.
    pub unit: String,
    /// Since when.
    pub since: Timestamp,
    /// Last reading that kept it going.
    pub last_seen: Timestamp,
    /// The value of that reading.
    pub last: f64,
    /// When it was over.
    pub until: Option<Timestamp>,
    /// Where it stands.
    pub state: AlarmState,
    /// Alarms of its rule in the week that ends with it, itself included.
    pub repeats: i64,
    /// Who acknowledged it, when.
    pub acknowledged: Option<(String, Timestamp)>,
    /// The note left with that.
    pub note: Option<String>,
    /// Who looks after it: sign-in name and name.
    pub assigned: Option<(String, String)>,
    /// On the shelf until when, by whom, why.
    pub shelved: Option<(Timestamp, String, String)>,
}

impl AlarmRow {
    /// Whether this account looks after it.
    fn is_with(&self, login: &str) -> bool {
        self.assigned.as_ref().is_some_and(|(own, _)| own == login)
    }

    /// Nothing is left to do about it.
    fn is_over(&self) -> bool {
        self.state == AlarmState::Closed
    }

    /// The class of how it stands.
    fn class(&self) -> &'static str {
        if self.shelved.is_some() {
            "answered shelved"
        } else {
            self.state.class()
        }
    }
}

/// The desk's first page.
pub fn page(site: &Site, view: &SupervisorView) -> Page {
    SupervisorPage { site, view }.render()
}

/// One row as the stream sends it: the same template as on the page.
pub fn alarm_row(site: &Site, alarm: &AlarmRow, colleagues: &Colleagues) -> Page {
    let show = Show::Open;
    AlarmFragment {
        site,
        alarm,
        colleagues,
        show,
    }
    .render()
}

#[derive(Template)]
#[template(path = "supervisor.html")]
struct SupervisorPage<'a> {
    site: &'a Site,
    view: &'a SupervisorView,
}

#[derive(Template)]
#[template(path = "alarm_fragment.html")]
struct AlarmFragment<'a> {
    site: &'a Site,
    alarm: &'a AlarmRow,
    colleagues: &'a Colleagues,
    show: Show,
}
