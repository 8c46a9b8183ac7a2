//! The farms of the county: a list with how each does, the county by township, and one farm with
//! its charts over any time.
//!
//! Nothing here is public: a farm is named with its producer and whom to call.
#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "askama passes what a template names by reference"
)]

use askama::Template;
use model::time::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::AlarmRow;
use crate::page::camera::CameraCard;
use crate::page::map::{self, Township};
use crate::page::trace::County;
use crate::page::{Page, Site, Words};

/// Height of the drawing of the county in its own units.
const MAP_HEIGHT: f64 = 620.0;

/// How a farm does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FarmState {
    /// An alarm waits there or is still on.
    Alarm,
    /// Nothing was heard of it for too long.
    Silent,
    /// Readings come and nothing calls.
    Fine,
    /// No probe stands there.
    Bare,
}

impl FarmState {
    /// Every state, the worst first.
    pub const ALL: [Self; 4] = [Self::Alarm, Self::Silent, Self::Fine, Self::Bare];

    /// The word of the address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Silent => "silent",
            Self::Fine => "fine",
            Self::Bare => "bare",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    fn key(self) -> &'static str {
        match self {
            Self::Alarm => "farm.alarm",
            Self::Silent => "farm.silent",
            Self::Fine => "farm.fine",
            Self::Bare => "farm.bare",
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Self::Alarm => "bad",
            Self::Silent => "warn",
            Self::Fine => "good",
            Self::Bare => "calm",
        }
    }
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FarmOrder {
    /// What needs somebody first.
    #[default]
    State,
    /// By name.
    Name,
    /// By township, then name.
    Township,
    /// The longest silent first.
    Last,
}

impl FarmOrder {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::State, Self::Name, Self::Township, Self::Last];

    /// The word of the address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Name => "name",
            Self::Township => "township",
            Self::Last => "last",
        }
    }

    /// The order of a word; the first one for any other.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        let found = Self::ALL.into_iter().find(|order| order.code() == code);
        found.unwrap_or_default()
    }

    fn key(self) -> &'static str {
        match self {
            Self::State => "farm.by-state",
            Self::Name => "farm.by-name",
            Self::Township => "farm.by-township",
            Self::Last => "farm.by-last",
        }
    }
}

/// One farm of the list.
#[derive(Debug, Clone)]
pub struct FarmRow {
    /// Its page.
    pub href: String,
    /// Name of the plot.
    pub name: Words,
    /// Name of the producer.
    pub producer: Words,
    /// Township.
    pub township: String,
    /// How it does.
    pub state: FarmState,
    /// Probes on it.
    pub probes: usize,
    /// Last reading of any of them.
    pub last: Option<Timestamp>,
    /// Rules that call there.
    pub alarms: i64,
}

/// The list of farms.
#[derive(Debug, Clone, Default)]
pub struct FarmsView {
    /// The farms of this page.
    pub farms: Vec<FarmRow>,
    /// How many farms there are by state, whatever is searched for.
    pub counts: [usize; 4],
    /// Only this state.
    pub state: Option<FarmState>,
    /// What is searched for.
    pub words: String,
    /// Only this township.
    pub township: String,
    /// In this order.
    pub order: FarmOrder,
    /// Farms that were found.
    pub found: usize,
    /// The page before.
    pub before: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// The county with its townships.
    pub county: County,
    /// Townships with silent farms.
    pub silent_townships: Vec<String>,
    /// Cameras, by gateway and name.
    pub cameras: Vec<CameraCard>,
}

impl FarmsView {
    fn is_state(&self, state: &FarmState) -> bool {
        self.state == Some(*state)
    }

    fn is_order(&self, order: &FarmOrder) -> bool {
        self.order == *order
    }

    fn count(&self, state: &FarmState) -> usize {
        let place = FarmState::ALL.iter().position(|one| one == state);
        place.map_or(0, |place| self.counts[place])
    }

    fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// The class of a township's dot: what is worst there.
    fn dot(&self, township: &Township) -> &'static str {
        if township.alarms > 0 {
            "alarm"
        } else if self.silent_townships.contains(&township.name) {
            "silent"
        } else {
            "fine"
        }
    }

    fn dot_key(&self, township: &Township) -> &'static str {
        match self.dot(township) {
            "alarm" => "farm.alarm",
            "silent" => "farm.silent",
            _ => "farm.fine",
        }
    }

    fn township_href(&self, township: &Township) -> String {
        let name = utf8_percent_encode(&township.name, NON_ALPHANUMERIC);
        let state = self.state.map(FarmState::code).unwrap_or_default();
        format!("/supervisor/farms?township={name}&state={state}")
    }

    fn is_here(&self, township: &Township) -> bool {
        self.township == township.name
    }
}

/// A span of time that a farm is looked at over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
    /// The last 30 days.
    Month,
    /// The last 90 days.
    Season,
    /// Days that were chosen.
    Own,
}

impl Range {
    /// Those with a link.
    pub const LINKED: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Season];

    /// The word of the address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Season => "90d",
            Self::Own => "own",
        }
    }

    /// Hours back from now; 0 for chosen days.
    #[must_use]
    pub const fn hours(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
            Self::Season => 90 * 24,
            Self::Own => 0,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Day => "farm.range-24h",
            Self::Week => "farm.range-7d",
            Self::Month => "farm.range-30d",
            Self::Season => "farm.range-90d",
            Self::Own => "farm.range-own",
        }
    }
}

/// A probe's channels over the span.
#[derive(Debug, Clone)]
pub struct ProbeCharts {
    /// Gateway and probe.
    pub name: String,
    /// Its last reading.
    pub last: Option<Timestamp>,
    /// Since when it stands there.
    pub since: Timestamp,
    /// When it was taken away; `None` while it stands there.
    pub until: Option<Timestamp>,
    /// A chart a channel, drawn.
    pub charts: Vec<String>,
    /// Its readings of the span as a spreadsheet.
    pub csv: String,
}

/// One farm.
#[derive(Debug, Clone)]
pub struct FarmView {
    /// The farm as its list shows it.
    pub farm: FarmRow,
    /// Whom to call.
    pub contact: String,
    /// Area in mu.
    pub area_mu: f64,
    /// Metres above sea level.
    pub altitude_m: f64,
    /// Which span.
    pub range: Range,
    /// First and last day of it, `YYYY-MM-DD`.
    pub days: (String, String),
    /// Its probes with their charts.
    pub probes: Vec<ProbeCharts>,
    /// Alarms there that wait or are on.
    pub alarms: Vec<AlarmRow>,
    /// Cameras that look at it.
    pub cameras: Vec<CameraCard>,
}

impl FarmView {
    fn is_range(&self, range: &Range) -> bool {
        self.range == *range
    }
}

/// The list of farms.
pub fn page(site: &Site, view: &FarmsView) -> Page {
    let map = map::draw(
        &view.county.townships,
        view.county.outline.as_deref(),
        MAP_HEIGHT,
    );
    FarmsPage { site, view, map }.render()
}

/// One farm.
pub fn farm(site: &Site, view: &FarmView) -> Page {
    FarmPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "supervisor_farms.html")]
struct FarmsPage<'a> {
    site: &'a Site,
    view: &'a FarmsView,
    map: map::Drawing<'a>,
}

#[derive(Template)]
#[template(path = "supervisor_farm.html")]
struct FarmPage<'a> {
    site: &'a Site,
    view: &'a FarmView,
}
