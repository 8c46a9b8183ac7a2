//! `/operator/gateways/{gateway}/probes/{probe}`: one probe: what it measures now, where it stood,
//! how it was corrected, what else it is called.
//!
//! Forms below that address: POST `placements` `plot` (empty: nowhere), `since`; `calibrations`
//! `channel`, `valid_from`, `gain`, `offset`, `note`; `aliases` and `aliases/remove` `scheme`,
//! `external_id`; `profile` `profile`, `since`.

use askama::Template;
use model::time::Timestamp;

use super::Typed;
use crate::page::producer::Choice;
use crate::page::{Page, Site};

/// A probe in a list.
#[derive(Debug, Clone, Default)]
pub struct ProbeRow {
    /// Its name at the gateway.
    pub name: String,
    /// Name of the plot that it stands on.
    pub plot: Option<String>,
    /// Expected seconds between two reports.
    pub interval_s: i32,
    /// When it measured last.
    pub last: Option<Timestamp>,
    /// What it measured last, in the order of its channels.
    pub values: Vec<ChannelValue>,
}

/// What a channel said last.
#[derive(Debug, Clone, Default)]
pub struct ChannelValue {
    /// Name in telemetry.
    pub name: String,
    /// Code of the quantity; for `other` the channel's own name.
    pub quantity: String,
    /// Value; `None` where the last report had none.
    pub value: Option<f64>,
    /// Unit in `SenML` spelling.
    pub unit: String,
    /// Least value that the probe can mean.
    pub valid_min: f64,
    /// Greatest value that the probe can mean.
    pub valid_max: f64,
    /// Whether the last value lay outside.
    pub outside: bool,
}

/// A probe.
#[derive(Debug, Clone, Default)]
pub struct ProbeView {
    /// Its gateway.
    pub gateway: String,
    /// The probe.
    pub row: ProbeRow,
    /// Where it stood, newest first.
    pub placements: Vec<PlacementRow>,
    /// How it was and will be corrected, newest first.
    pub calibrations: Vec<CalibrationRow>,
    /// What else it is called.
    pub aliases: Vec<AliasRow>,
    /// The profiles that it had, newest first.
    pub profiles: Vec<(String, Timestamp)>,
    /// Profiles that it can have.
    pub choices: Vec<Choice>,
    /// Plots that it can stand on.
    pub plots: Vec<Choice>,
    /// Schemes of other names.
    pub schemes: Vec<&'static str>,
    /// What was typed before a refusal.
    pub typed: Typed,
}

/// Where a device stood.
#[derive(Debug, Clone)]
pub struct PlacementRow {
    /// Name of the plot.
    pub plot: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Option<Timestamp>,
}

/// A calibration.
#[derive(Debug, Clone)]
pub struct CalibrationRow {
    /// Name of the channel.
    pub channel: String,
    /// From when on.
    pub from: Timestamp,
    /// What raw values are multiplied by.
    pub gain: f64,
    /// What is added then.
    pub offset: f64,
    /// Why and against what.
    pub note: String,
}

/// Another name of a probe.
#[derive(Debug, Clone)]
pub struct AliasRow {
    /// Whose way of naming.
    pub scheme: &'static str,
    /// The name.
    pub id: String,
    /// What it said last of being there.
    pub online: Option<bool>,
}

impl ProbeView {
    /// Where the probe's page is.
    fn address(&self) -> String {
        format!(
            "/operator/gateways/{}/probes/{}",
            self.gateway, self.row.name
        )
    }
}

/// The page.
pub fn page(site: &Site, view: &ProbeView) -> Page {
    ProbePage { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator_probe.html")]
struct ProbePage<'a> {
    site: &'a Site,
    view: &'a ProbeView,
}
