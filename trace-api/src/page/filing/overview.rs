//! `/producer/filing`: what a producer has filed and where it stands.

use askama::Template;
use model::time::Timestamp;

use super::{Standing, badge, credential_badge, credential_key};
use crate::page::{Page, Site};

/// The page.
#[derive(Debug, Clone)]
pub struct OverviewView {
    /// Name of the producer.
    pub name: String,
    /// Its credit code, township and contact, for a line.
    pub about: String,
    /// Where it stands.
    pub standing: Standing,
    /// Why it came back or was stopped: key of the words before it, and the reason.
    pub reasons: Vec<(&'static str, String)>,
    /// Its products.
    pub products: Vec<ProductRow>,
    /// How many stand where: key, state of the query, count.
    pub counts: Vec<(&'static str, &'static str, i64)>,
    /// The words that are searched for.
    pub q: String,
    /// The state that is looked at.
    pub state: String,
    /// Where the list goes on.
    pub next: Option<String>,
    /// Its credentials.
    pub credentials: Vec<CredentialRow>,
    /// Where its data is, whole.
    pub export: String,
}

/// One product of the list.
#[derive(Debug, Clone)]
pub struct ProductRow {
    /// Its number.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Pack and grade.
    pub specification: String,
    /// GTIN-14.
    pub gtin: String,
    /// Whether that is a number of ours.
    pub is_internal: bool,
    /// Where it stands.
    pub standing: Standing,
    /// When it was last written or took a step.
    pub at: Timestamp,
}

/// One credential of a list.
#[derive(Debug, Clone)]
pub struct CredentialRow {
    /// Where it is looked at.
    pub href: String,
    /// `sc`, `green`, `organic`, `origin` or `quality`.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// The body that issued it.
    pub issuer: String,
    /// Name of its producer, where the list has several.
    pub producer: Option<String>,
    /// The product that it is for.
    pub product: Option<String>,
    /// Last day.
    pub valid_to: String,
    /// `submitted`, `returned`, `approved` or `withdrawn`.
    pub state: String,
    /// `ahead`, `valid`, `expiring` or `expired`.
    pub standing: &'static str,
    /// Why it was returned or withdrawn.
    pub reason: String,
}

impl CredentialRow {
    /// Key and tone of where it stands.
    pub(super) fn badge(&self) -> (&'static str, &'static str) {
        credential_badge(&self.state, self.standing)
    }

    /// Key of its kind.
    pub(super) fn key(&self) -> &'static str {
        credential_key(&self.kind)
    }
}

/// The states that the list can be narrowed to, with the keys of their words.
#[must_use]
pub fn states() -> Vec<(&'static str, &'static str)> {
    let states = model::filing::FilingState::ALL.into_iter();
    states.map(|state| (badge(state).0, state.code())).collect()
}

/// The page.
pub fn page(site: &Site, view: &OverviewView) -> Page {
    OverviewPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "filing_overview.html")]
struct OverviewPage<'a> {
    site: &'a Site,
    view: &'a OverviewView,
}
