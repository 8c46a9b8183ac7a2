//! The supervisor's desk: alarms live, farms with the age of their last reading.
//!
//! Form, POST `/supervisor/alarms/{id}/acknowledge`: `csrf`, `note` (may be empty).
//!
//! Stream `/supervisor/alarms/stream` (SSE): `event: alarm` with `data:` = [`alarm_row`] of an
//! alarm that is new or changed (one `data:` line a line of the fragment); `event: heartbeat` with
//! any data at least every 15 s. After 45 s without either the page says that it is stale.

use askama::Template;
use model::alarm::{Bound, Severity};
use model::time::Timestamp;

use super::camera::CameraCard;
use super::{Page, Site, Words};

/// The pages of this desk.
pub(super) const TABS: &[super::face::Tab] = &[
    ("/supervisor", "supervisor.title"),
    ("/supervisor/filings", "approval.title"),
];

/// The tour of this desk.
pub(super) const TOUR: &[super::face::TourStep] = &[
    ("/supervisor", ".headline h1", "supervisor.tour-start"),
    ("/supervisor", "#live", "supervisor.tour-live"),
    ("/supervisor", "#alarms", "supervisor.tour-alarms"),
    ("/supervisor", ".tabs", "tour.tabs"),
    ("/supervisor", ".who .account", "tour.account"),
];

/// The desk's page.
#[derive(Debug, Clone, Default)]
pub struct SupervisorView {
    /// Alarms, newest first.
    pub alarms: Vec<AlarmRow>,
    /// Farms, the longest silent first.
    pub farms: Vec<FarmRow>,
    /// Cameras, by gateway and name.
    pub cameras: Vec<CameraCard>,
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
    /// How urgent.
    pub severity: Severity,
    /// What it is, such as “霜冻”.
    pub title: Words,
    /// Farm or plot, with township.
    pub place: Words,
    /// Gateway and probe, such as `demo-gw / demo-probe`.
    pub probe: String,
    /// Code of the quantity (`model::unit::Quantity::code`); for `other` the channel's own name.
    pub quantity: String,
    /// Value that raised it.
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
    /// Where it stands.
    pub state: AlarmState,
    /// Who acknowledged it, when.
    pub acknowledged: Option<(String, Timestamp)>,
    /// The note left with that.
    pub note: Option<String>,
}

/// One farm.
#[derive(Debug, Clone)]
pub struct FarmRow {
    /// Name of the farm or plot.
    pub name: Words,
    /// Township.
    pub township: Words,
    /// Probes on it.
    pub probes: u64,
    /// Last reading of any of them.
    pub last_reading: Option<Timestamp>,
    /// Open alarms.
    pub open_alarms: u64,
}

/// The supervisor's desk.
pub fn page(site: &Site, view: &SupervisorView) -> Page {
    SupervisorPage { site, view }.render()
}

/// One row as the stream sends it: the same template as on the page.
pub fn alarm_row(site: &Site, alarm: &AlarmRow) -> Page {
    AlarmFragment { site, alarm }.render()
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
}
