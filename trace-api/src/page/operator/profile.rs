//! `/operator/profiles`: what models of probes measure, and the next version of one.
//!
//! Forms: POST `/operator/profiles` `name`, `interval`, and for each row n `name{n}`, `quantity{n}`,
//! `unit{n}`, `depth{n}`, `min{n}`, `max{n}`, `keys{n}` (separated by spaces); POST
//! `/operator/profiles/{id}/versions` the same without `name`, with `base` and `min`, `max`, `keys`
//! alone for the channels that there are.

use askama::Template;
use model::time::Timestamp;

use super::Typed;
use crate::page::{Page, Site};

/// Rows for channels that a form adds.
pub const ROWS_NEW: usize = 4;

/// The profiles.
#[derive(Debug, Clone, Default)]
pub struct ProfilesView {
    /// The newest version of each, by name.
    pub rows: Vec<ProfileRow>,
    /// Codes of the quantities.
    pub quantities: Vec<&'static str>,
    /// What was typed before a refusal.
    pub typed: Typed,
}

/// One version of a profile.
#[derive(Debug, Clone, Default)]
pub struct ProfileRow {
    /// Number of the version.
    pub id: i32,
    /// Name of the profile.
    pub name: String,
    /// From 1.
    pub version: i32,
    /// Whether it came with the program.
    pub builtin: bool,
    /// Expected seconds between two reports.
    pub interval_s: i32,
    /// When it was made.
    pub made: Option<Timestamp>,
    /// In slot order.
    pub channels: Vec<ChannelRow>,
}

/// A channel of a profile.
#[derive(Debug, Clone, Default)]
pub struct ChannelRow {
    /// Name in telemetry.
    pub name: String,
    /// Code of the quantity.
    pub quantity: String,
    /// Unit in `SenML` spelling.
    pub unit: String,
    /// Centimetres below ground.
    pub depth_cm: Option<i16>,
    /// Least value that the probe can mean, as it is written into a form.
    pub min: String,
    /// Greatest value that the probe can mean.
    pub max: String,
    /// What devices of other makes call it.
    pub keys: Vec<String>,
    /// Where it stands in a Modbus device's registers, in words.
    pub register: Option<String>,
}

/// The page of one profile.
#[derive(Debug, Clone, Default)]
pub struct ProfileView {
    /// The version that is looked at.
    pub row: ProfileRow,
    /// Number and version of the newest one.
    pub newest: (i32, i32),
    /// Codes of the quantities.
    pub quantities: Vec<&'static str>,
    /// What was typed before a refusal.
    pub typed: Typed,
}

impl ProfileRow {
    fn has_registers(&self) -> bool {
        self.channels
            .iter()
            .any(|channel| channel.register.is_some())
    }
}

impl ChannelRow {
    fn keys_text(&self) -> String {
        self.keys.join(" ")
    }
}

/// Numbers of the rows of a new profile.
fn first_rows() -> std::ops::Range<usize> {
    0..ROWS_NEW
}

impl ProfileView {
    /// Numbers of the rows for channels to add.
    fn new_rows(&self) -> std::ops::Range<usize> {
        let known = self.row.channels.len();
        known..known + ROWS_NEW
    }

    /// What stands in a field of a channel that there is: what was typed, or what it says.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "askama passes variables by reference"
    )]
    fn kept(&self, name: &str, at: &usize, says: &str) -> String {
        let typed = self.typed.nth(name, at);
        let kept = if typed.is_empty() { says } else { typed };
        kept.to_owned()
    }

    fn interval(&self) -> String {
        let says = self.row.interval_s.to_string();
        self.typed.some("interval").map_or(says, str::to_owned)
    }
}

/// The list.
pub fn list(site: &Site, view: &ProfilesView) -> Page {
    ProfilesPage { site, view }.render()
}

/// One profile.
pub fn page(site: &Site, view: &ProfileView) -> Page {
    ProfilePage { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator_profiles.html")]
struct ProfilesPage<'a> {
    site: &'a Site,
    view: &'a ProfilesView,
}

#[derive(Template)]
#[template(path = "operator_profile.html")]
struct ProfilePage<'a> {
    site: &'a Site,
    view: &'a ProfileView,
}
