//! A code that leads to no lot: mistyped, never issued, or voided; and what may have been meant.

use askama::Template;
use model::time::Timestamp;

use crate::page::{Page, Site, Words};

/// A code that leads to no lot.
#[derive(Debug, Clone)]
pub enum NoTrace {
    /// The address is no valid link: a digit mistyped, a part missing.
    Malformed {
        /// What was asked for.
        typed: String,
        /// What may have been meant.
        near: Vec<Near>,
    },
    /// A well-formed code that was never issued here.
    Unknown {
        /// What was asked for.
        typed: String,
        /// What may have been meant.
        near: Vec<Near>,
    },
    /// Issued, then withdrawn before use: spoiled or replaced labels.
    Void {
        /// What was asked for.
        typed: String,
        /// Since when.
        since: Timestamp,
    },
}

/// A code close to one that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The code, and where it leads.
    pub href: String,
    /// What it is.
    pub product: Words,
}

impl NoTrace {
    /// What was asked for.
    pub(in crate::page) fn typed(&self) -> &str {
        match self {
            Self::Malformed { typed, .. }
            | Self::Unknown { typed, .. }
            | Self::Void { typed, .. } => typed,
        }
    }

    /// What may have been meant.
    pub(in crate::page) fn near(&self) -> &[Near] {
        match self {
            Self::Malformed { near, .. } | Self::Unknown { near, .. } => near,
            Self::Void { .. } => &[],
        }
    }
}

/// The page of a code that leads to no lot. Serve it with 400 (malformed), 404 (unknown) or 410
/// (void).
pub fn page(site: &Site, view: &NoTrace) -> Page {
    let (title, lead, advice) = match view {
        NoTrace::Malformed { .. } => (
            "lost.malformed",
            "lost.malformed-lead",
            ["lost.check-digits", "lost.rescan"],
        ),
        NoTrace::Unknown { .. } => (
            "lost.unknown",
            "lost.unknown-lead",
            ["lost.check-digits", "lost.ask-seller"],
        ),
        NoTrace::Void { .. } => (
            "lost.void",
            "lost.void-lead",
            ["lost.ask-seller", "lost.keep"],
        ),
    };
    let since = match view {
        NoTrace::Void { since, .. } => Some(since),
        _ => None,
    };
    LostPage {
        site,
        view,
        title,
        lead,
        since,
        advice,
    }
    .render()
}

#[derive(Template)]
#[template(path = "no_trace.html")]
struct LostPage<'a> {
    site: &'a Site,
    view: &'a NoTrace,
    title: &'static str,
    lead: &'static str,
    since: Option<&'a Timestamp>,
    advice: [&'static str; 2],
}
