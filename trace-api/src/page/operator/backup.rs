//! `/operator/backups`: the newest backup, making one, and how to put one back.
//!
//! Form: POST `/operator/backups` without fields.

use askama::Template;
use model::time::Timestamp;

use super::room;
use crate::page::{Page, Site};

/// Backups.
#[derive(Debug, Clone, Default)]
pub struct BackupsView {
    /// The newest that was made, by whomever: when, name, bytes.
    pub last: Option<(Timestamp, String, u64)>,
    /// The newest that failed after that: when, why.
    pub failed: Option<(Timestamp, String)>,
    /// The one that is being made.
    pub running: Option<Running>,
    /// Where this server puts them; `None` where it cannot make them.
    pub folder: Option<String>,
    /// What lies there, newest first: name and bytes.
    pub files: Vec<(String, u64)>,
    /// Command lines for this machine: make one, look at one, put one back.
    pub commands: [String; 3],
}

/// A backup that is being made.
#[derive(Debug, Clone, Copy)]
pub struct Running {
    /// Since when.
    pub since: Timestamp,
    /// Whether the database is copied.
    pub database: bool,
    /// Pictures copied so far.
    pub pictures: u64,
}

/// A size in words.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "askama passes variables by reference"
)]
fn said(bytes: &u64) -> String {
    room(*bytes)
}

/// The page.
pub fn page(site: &Site, view: &BackupsView) -> Page {
    BackupsPage { site, view }.render()
}

/// The part of it that is looked at again while the page is open.
pub fn state(site: &Site, view: &BackupsView) -> Page {
    BackupState { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator_backups.html")]
struct BackupsPage<'a> {
    site: &'a Site,
    view: &'a BackupsView,
}

#[derive(Template)]
#[template(path = "operator_backup_state.html")]
struct BackupState<'a> {
    site: &'a Site,
    view: &'a BackupsView,
}
