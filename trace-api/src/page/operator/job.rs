//! `/operator/jobs`: work that takes long: printing, trying again, sums, backups.

use askama::Template;
use model::time::Timestamp;

use crate::page::{Page, Site};

/// Work that takes long.
#[derive(Debug, Clone, Default)]
pub struct JobsView {
    /// Print jobs, newest first.
    pub rows: Vec<JobRow>,
    /// Whether those that ended are listed, too.
    pub all: bool,
    /// Where the list goes on, if it does.
    pub next: Option<String>,
    /// Refused messages that wait for being tried again.
    pub replaying: u64,
    /// Hours whose sums are still to be made.
    pub behind: u64,
    /// Whether a backup is being made.
    pub backing_up: bool,
}

/// A print job.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// Its number.
    pub id: i64,
    /// Where it prints.
    pub printer: String,
    /// Size of the labels.
    pub size: String,
    /// `waiting`, `printing`, `paused`, `done` or `cancelled`.
    pub state: &'static str,
    /// Labels that it has.
    pub labels: i32,
    /// Labels that were printed.
    pub done: i32,
    /// Why it stands still.
    pub problem: Option<String>,
    /// When it last changed.
    pub changed: Timestamp,
}

impl JobRow {
    fn state_word(&self, site: &Site) -> String {
        let word = site.lang.find(&format!("op-job-state.{}", self.state));
        word.unwrap_or_else(|| self.state.to_owned())
    }

    fn tone(&self) -> &'static str {
        match self.state {
            "done" => "good",
            "paused" => "bad",
            _ => "calm",
        }
    }
}

/// The page.
pub fn page(site: &Site, view: &JobsView) -> Page {
    JobsPage { site, view }.render()
}

/// The part of it that is looked at again while the page is open.
pub fn rows(site: &Site, view: &JobsView) -> Page {
    JobRows { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator_jobs.html")]
struct JobsPage<'a> {
    site: &'a Site,
    view: &'a JobsView,
}

#[derive(Template)]
#[template(path = "operator_job_rows.html")]
struct JobRows<'a> {
    site: &'a Site,
    view: &'a JobsView,
}
