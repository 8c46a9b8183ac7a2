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
    /// Printed ahead: which lot it is of is not known yet.
    Unbound {
        /// What was asked for.
        typed: String,
        /// What it was printed for.
        product: Words,
    },
    /// Bound to a lot, and not in use yet.
    Dormant {
        /// What was asked for.
        typed: String,
        /// What it was printed for.
        product: Words,
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
            | Self::Void { typed, .. }
            | Self::Unbound { typed, .. }
            | Self::Dormant { typed, .. } => typed,
        }
    }

    /// What may have been meant.
    pub(in crate::page) fn near(&self) -> &[Near] {
        match self {
            Self::Malformed { near, .. } | Self::Unknown { near, .. } => near,
            Self::Void { .. } | Self::Unbound { .. } | Self::Dormant { .. } => &[],
        }
    }
}

/// What is said of a code that leads to no lot.
pub(in crate::page) struct Lost<'a> {
    /// Key of the heading.
    pub(in crate::page) title: &'static str,
    /// Key of the sentence below it.
    pub(in crate::page) lead: &'static str,
    /// What was asked for.
    pub(in crate::page) typed: &'a str,
    /// What the label was printed for, where that is known.
    pub(in crate::page) product: Option<&'a Words>,
    /// Since when it is not valid any more.
    pub(in crate::page) since: Option<&'a Timestamp>,
    /// Keys of what to do.
    pub(in crate::page) advice: [&'static str; 2],
}

impl<'a> Lost<'a> {
    /// The words for a code.
    pub(in crate::page) fn of(view: &'a NoTrace) -> Self {
        const ASK: [&str; 2] = ["lost.ask-seller", "lost.keep"];
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
            NoTrace::Void { .. } => ("lost.void", "lost.void-lead", ASK),
            NoTrace::Unbound { .. } => ("lost.unbound", "lost.unbound-lead", ASK),
            NoTrace::Dormant { .. } => ("lost.dormant", "lost.dormant-lead", ASK),
        };
        let (product, since) = match view {
            NoTrace::Unbound { product, .. } | NoTrace::Dormant { product, .. } => {
                (Some(product), None)
            }
            NoTrace::Void { since, .. } => (None, Some(since)),
            NoTrace::Malformed { .. } | NoTrace::Unknown { .. } => (None, None),
        };
        Self {
            title,
            lead,
            typed: view.typed(),
            product,
            since,
            advice,
        }
    }
}

/// The page of a code that leads to no lot. Serve it with 400 (malformed), 404 (unknown, void), or
/// 200 for a code of ours that has nothing to show yet.
pub fn page(site: &Site, view: &NoTrace) -> Page {
    let lost = Lost::of(view);
    LostPage { site, view, lost }.render()
}

#[derive(Template)]
#[template(path = "no_trace.html")]
struct LostPage<'a> {
    site: &'a Site,
    view: &'a NoTrace,
    lost: Lost<'a>,
}
