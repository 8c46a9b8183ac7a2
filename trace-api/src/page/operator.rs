//! The operator's desk, small for now: refused payloads with their reason, gateways, last seen.

use askama::Template;
use model::time::Timestamp;

use super::camera::CameraCard;
use super::{Page, Site};

/// The pages of this desk.
pub(super) const TABS: &[super::face::Tab] = &[("/operator", "operator.title")];

/// The tour of this desk.
pub(super) const TOUR: &[super::face::TourStep] = &[
    ("/operator", ".headline h1", "operator.tour-start"),
    ("/operator", "[data-poll]", "operator.tour-health"),
    ("/operator", ".tabs", "tour.tabs"),
    ("/operator", ".who .account", "tour.account"),
];

/// The desk's page.
#[derive(Debug, Clone, Default)]
pub struct OperatorView {
    /// Refused payloads, newest first.
    pub dead_letters: Vec<DeadLetterRow>,
    /// Gateways, the longest silent first.
    pub gateways: Vec<GatewayRow>,
    /// Cameras, by gateway and name.
    pub cameras: Vec<CameraCard>,
}

/// One refused payload.
#[derive(Debug, Clone)]
pub struct DeadLetterRow {
    /// Its number, where it may be tried again: its bytes were kept and are not stored yet.
    pub replayable: Option<i64>,
    /// Where trying again stands: `waiting`, `stored`, `partly`, `refused`; empty where nobody asked.
    pub replay: &'static str,
    /// When it arrived.
    pub at: Timestamp,
    /// Gateway that sent it, as it named itself.
    pub gateway: String,
    /// Topic.
    pub topic: String,
    /// Reason as the record spells it, such as `unknown_gateway`; shown in words where known.
    pub reason: String,
    /// What was wrong exactly.
    pub detail: String,
    /// Size of the payload, bytes.
    pub bytes: u64,
}

/// One gateway.
#[derive(Debug, Clone)]
pub struct GatewayRow {
    /// Identity.
    pub id: String,
    /// Connected now, by its own status message.
    pub online: bool,
    /// Last message of any kind.
    pub last_seen: Option<Timestamp>,
    /// Probes behind it.
    pub probes: u64,
}

impl DeadLetterRow {
    /// The reason in words, or as the record spells it.
    fn reason_words(&self, site: &Site) -> String {
        site.lang
            .find(&format!("dead.{}", self.reason))
            .unwrap_or_else(|| self.reason.clone())
    }
}

/// The operator's desk.
pub fn page(site: &Site, view: &OperatorView) -> Page {
    OperatorPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator.html")]
struct OperatorPage<'a> {
    site: &'a Site,
    view: &'a OperatorView,
}
