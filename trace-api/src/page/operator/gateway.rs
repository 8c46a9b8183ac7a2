//! `/operator/gateways`: what sends readings, and the key that it signs in with.
//!
//! Forms: POST `/operator/gateways` `id`, `name`; POST `/operator/gateways/{gateway}/key` `mark`;
//! POST `/operator/gateways/{gateway}/probes` `name`, `profile`, `plot`, `since`; POST
//! `/operator/gateways/{gateway}/cameras` `name`, `interval` (minutes), `plot`, `since`; POST
//! `/operator/gateways/{gateway}/cameras/{camera}/placements` `plot`, `since`. Times are
//! `YYYY-MM-DDTHH:MM` in China standard time; an empty one is now.

use askama::Template;
use model::time::Timestamp;

use super::Typed;
use super::probe::ProbeRow;
use crate::page::camera::CameraCard;
use crate::page::producer::Choice;
use crate::page::{Page, Site};

/// The gateways.
#[derive(Debug, Clone, Default)]
pub struct GatewaysView {
    /// The longest silent first.
    pub rows: Vec<GatewayRow>,
    /// What was typed before a refusal.
    pub typed: Typed,
}

/// One gateway.
#[derive(Debug, Clone, Default)]
pub struct GatewayRow {
    /// Identity.
    pub id: String,
    /// Name.
    pub name: String,
    /// Connected now, by its own status message.
    pub online: bool,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Last message of any kind.
    pub last_seen: Option<Timestamp>,
    /// Probes behind it.
    pub probes: u64,
}

/// The page of one gateway.
#[derive(Debug, Clone, Default)]
pub struct GatewayView {
    /// The gateway.
    pub row: GatewayRow,
    /// Tells its present key from the next.
    pub mark: String,
    /// Its probes.
    pub probes: Vec<ProbeRow>,
    /// Its cameras, with the name alone.
    pub cameras: Vec<CameraPlace>,
    /// Profiles that a probe can have.
    pub profiles: Vec<Choice>,
    /// Plots that a device can stand on.
    pub plots: Vec<Choice>,
    /// What was typed before a refusal.
    pub typed: Typed,
}

/// A camera and what it looks at.
#[derive(Debug, Clone)]
pub struct CameraPlace {
    /// Its name at the gateway.
    pub name: String,
    /// Expected seconds between two pictures.
    pub interval_s: i32,
    /// The plot that it looks at, and its newest picture.
    pub card: CameraCard,
}

/// A key that was drawn, shown once, with all that a gateway's set-up asks for.
#[derive(Debug, Clone)]
pub struct KeyView {
    /// The gateway.
    pub id: String,
    /// Its key.
    pub key: String,
    /// Name or address of the server for devices.
    pub host: String,
    /// Ports for devices; empty where another process takes readings.
    pub ports: Vec<Port>,
    /// The whole as one address, `mqtt://id:key@host:port`, and its code as SVG.
    pub code: Option<(String, String)>,
    /// Whether the gateway is new.
    pub is_new: bool,
}

/// A port for devices.
#[derive(Debug, Clone, Copy)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Whether it is behind TLS.
    pub tls: bool,
}

/// The list.
pub fn list(site: &Site, view: &GatewaysView) -> Page {
    GatewaysPage { site, view }.render()
}

/// The rows of the list alone.
pub fn rows(site: &Site, view: &GatewaysView) -> Page {
    GatewayRows { site, view }.render()
}

/// One gateway.
pub fn page(site: &Site, view: &GatewayView) -> Page {
    GatewayPage { site, view }.render()
}

/// What of it changes while the page is open.
pub fn state(site: &Site, view: &GatewayView) -> Page {
    GatewayState { site, view }.render()
}

/// A key that was drawn.
pub fn key(site: &Site, view: &KeyView) -> Page {
    KeyPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator_gateways.html")]
struct GatewaysPage<'a> {
    site: &'a Site,
    view: &'a GatewaysView,
}

#[derive(Template)]
#[template(path = "operator_gateway_rows.html")]
struct GatewayRows<'a> {
    site: &'a Site,
    view: &'a GatewaysView,
}

#[derive(Template)]
#[template(path = "operator_gateway.html")]
struct GatewayPage<'a> {
    site: &'a Site,
    view: &'a GatewayView,
}

#[derive(Template)]
#[template(path = "operator_gateway_state.html")]
struct GatewayState<'a> {
    site: &'a Site,
    view: &'a GatewayView,
}

#[derive(Template)]
#[template(path = "operator_key.html")]
struct KeyPage<'a> {
    site: &'a Site,
    view: &'a KeyView,
}
