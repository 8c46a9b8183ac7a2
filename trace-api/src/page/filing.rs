//! What the pages of two desks say of filings (备案): where one stands, what it says member by member,
//! what a version changed and what became of it; and the form that every filing is written in.

use model::filing::FilingState;
use model::time::Timestamp;
use serde_json::Value;

use super::Lang;

pub mod approval;
pub mod form;
pub mod import;
pub mod overview;

/// Words before the reason of a return.
pub const RETURNED: &str = "filing.returned-because";
/// Words before the reason of a suspension.
pub const SUSPENDED: &str = "filing.suspended-because";
/// Words before the reason of a withdrawal.
pub const WITHDRAWN: &str = "filing.withdrawn-because";

/// Members of a producer's filing: name and key of their words, in the order of the form.
pub const PRODUCER: &[(&str, &str)] = &[
    ("credit_code", "field.credit_code"),
    ("name", "field.name"),
    ("name_en", "field.name_en"),
    ("kind", "field.kind"),
    ("township", "field.township"),
    ("address", "field.address"),
    ("contact", "field.contact"),
    ("pictures", "field.licences"),
];

/// Members of a product's filing.
pub const PRODUCT: &[(&str, &str)] = &[
    ("name", "field.name"),
    ("name_en", "field.name_en"),
    ("gtin", "field.gtin"),
    ("category", "field.category"),
    ("variety", "field.variety"),
    ("specification", "field.specification"),
    ("unit", "field.unit"),
    ("shelf_life_days", "field.shelf_life_days"),
    ("regime", "field.regime"),
    ("season", "field.season"),
    ("standard", "field.standard"),
    ("probe_limits", "field.probe_limits"),
    ("test_limits", "field.test_limits"),
    ("pictures", "field.pictures"),
];

/// Words of ours that a member may have: name of the member, word, key.
const WORDS: &[(&str, &str, &str)] = &[
    ("kind", "cooperative", "filing.cooperative"),
    ("kind", "company", "filing.company"),
    ("kind", "household", "filing.household"),
    ("regime", "promise", "filing.promise"),
    ("regime", "sc", "filing.sc"),
    ("regime", "workshop", "filing.workshop"),
    ("unit", "KGM", "unit.kg"),
    ("unit", "GRM", "unit.g"),
    ("unit", "H87", "unit.piece"),
    ("unit", "TNE", "filing.tonne"),
    ("unit", "LTR", "filing.litre"),
];

/// Title of the page of a new product.
#[must_use]
pub fn new_product(lang: Lang) -> String {
    lang.t("filing.new-of").into_owned()
}

/// Title of the page of a new credential.
#[must_use]
pub fn new_credential(lang: Lang) -> String {
    lang.t("filing.new-paper").into_owned()
}

/// What stands for all products of a producer.
#[must_use]
pub fn any_product(lang: Lang) -> String {
    lang.t("filing.any-product").into_owned()
}

/// The kinds of credentials: what is sent, and what is read.
#[must_use]
pub fn credential_kinds(lang: Lang) -> Vec<(String, String)> {
    let kinds = ["sc", "green", "organic", "origin", "quality"].into_iter();
    let read = |kind| lang.t(credential_key(kind)).into_owned();
    kinds.map(|kind| (kind.to_owned(), read(kind))).collect()
}

/// The words that a member may have, with their keys.
pub fn choices(member: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let own = WORDS.iter().filter(move |(of, ..)| *of == member);
    own.map(|(_, word, key)| (*word, *key))
}

/// Where a filing stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Of all of it.
    pub state: FilingState,
    /// Where the newest version stands while another one is in force.
    pub pending: Option<FilingState>,
    /// The newest version.
    pub version: i32,
}

impl Standing {
    /// Key and tone of each badge: of what stands, and of what waits beside it.
    #[must_use]
    pub fn badges(&self) -> Vec<(&'static str, &'static str)> {
        let beside = self.pending.filter(|pending| *pending != self.state);
        let mut badges = vec![badge(self.state)];
        badges.extend(beside.map(|pending| match pending {
            FilingState::Submitted => ("filing.next-submitted", "warn"),
            FilingState::Returned => ("filing.next-returned", "bad"),
            _ => ("filing.next-draft", "calm"),
        }));
        badges
    }

    /// Whether its newest version can be handed in.
    #[must_use]
    pub const fn can_be_handed_in(&self) -> bool {
        matches!(
            self.pending,
            Some(FilingState::Draft | FilingState::Returned)
        )
    }
}

/// Key and tone of a state.
#[must_use]
pub const fn badge(state: FilingState) -> (&'static str, &'static str) {
    match state {
        FilingState::Draft => ("filing.draft", "calm"),
        FilingState::Submitted => ("filing.submitted", "warn"),
        FilingState::Returned => ("filing.returned", "bad"),
        FilingState::Approved => ("filing.approved", "good"),
        FilingState::Suspended => ("filing.suspended", "bad"),
    }
}

/// One member of a filing as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Key of its name.
    pub key: &'static str,
    /// What it says.
    pub text: String,
    /// What it said before, where that was something else.
    pub before: Option<String>,
}

/// What a version says, member by member, and where it differs from another one.
#[must_use]
pub fn facts(
    lang: Lang,
    members: &[(&str, &'static str)],
    (now, before): (&Value, Option<&Value>),
) -> Vec<Fact> {
    let fact = |(name, key): &(&str, &'static str)| {
        let text = said(lang, name, &now[*name]);
        let was = before.map(|before| said(lang, name, &before[*name]));
        Fact {
            key,
            before: was.filter(|was| *was != text),
            text,
        }
    };
    members.iter().map(fact).collect()
}

/// The facts that differ.
#[must_use]
pub fn changes(
    lang: Lang,
    members: &[(&str, &'static str)],
    (now, before): (&Value, &Value),
) -> Vec<Fact> {
    let mut found = facts(lang, members, (now, Some(before)));
    found.retain(|fact| fact.before.is_some());
    found
}

/// A member as people read it; a dash where it says nothing.
fn said(lang: Lang, member: &str, value: &Value) -> String {
    let text = match value {
        Value::String(text) => word(lang, member, text),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            let lines = items.iter().map(|item| match member {
                "probe_limits" => probe_limit(lang, item),
                "test_limits" => test_limit(item),
                _ => picture(item),
            });
            lines.collect::<Vec<_>>().join("；")
        }
        _ => String::new(),
    };
    if text.is_empty() {
        "–".to_owned()
    } else {
        text
    }
}

fn word(lang: Lang, member: &str, text: &str) -> String {
    let known = WORDS
        .iter()
        .find(|(of, word, _)| *of == member && *word == text);
    known.map_or(text.to_owned(), |(.., key)| lang.t(key).into_owned())
}

fn text<'a>(item: &'a Value, member: &str) -> &'a str {
    item[member].as_str().unwrap_or_default()
}

fn probe_limit(lang: Lang, item: &Value) -> String {
    let name = super::quantity::name(text(item, "quantity"), lang);
    let end = |member: &str| item[member].as_f64().map(super::quantity::short);
    match (end("low"), end("high")) {
        (Some(low), Some(high)) => format!("{name} {low}–{high}"),
        (Some(low), None) => format!("{name} ≥ {low}"),
        (None, Some(high)) => format!("{name} ≤ {high}"),
        (None, None) => name,
    }
}

fn test_limit(item: &Value) -> String {
    let limit = item["limit"].as_f64().map(super::quantity::short);
    let limit = limit.unwrap_or_default();
    format!("{} < {limit} {}", text(item, "item"), text(item, "unit"))
}

fn picture(item: &Value) -> String {
    let hash: String = text(item, "sha256").chars().take(8).collect();
    format!("{} [{hash}]", text(item, "caption"))
}

/// An uploaded file of a filing.
#[derive(Debug, Clone)]
pub struct Picture {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// What it shows.
    pub caption: String,
    /// Whether it is no picture but a document.
    pub is_document: bool,
    /// Whether the version that stands does not have it.
    pub is_new: bool,
}

impl Picture {
    /// Where it is.
    #[must_use]
    pub fn href(&self) -> String {
        format!("/api/v1/files/{}", self.sha256)
    }
}

/// One version with what it changed and what was done with it.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// From 1.
    pub number: i32,
    /// When it was written.
    pub at: Timestamp,
    /// Sign-in name of who wrote it.
    pub by: String,
    /// What it changed of the version before; empty for the first.
    pub changes: Vec<Fact>,
    /// What was done with it, oldest first.
    pub steps: Vec<StepRow>,
}

/// One thing that was done with a version.
#[derive(Debug, Clone)]
pub struct StepRow {
    /// `submit`, `return`, `approve`, `suspend`, `resume` or `write`.
    pub step: String,
    /// When.
    pub at: Timestamp,
    /// Sign-in name of who.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
}

impl StepRow {
    /// Key of its word.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self.step.as_str() {
            "submit" => "filing.step-submit",
            "return" => "filing.step-return",
            "approve" => "filing.step-approve",
            "suspend" => "filing.step-suspend",
            "resume" => "filing.step-resume",
            _ => "filing.step-write",
        }
    }
}

/// Key and tone of where a credential stands: the decision first, then the calendar.
#[must_use]
pub fn credential_badge(state: &str, standing: &str) -> (&'static str, &'static str) {
    match (state, standing) {
        ("submitted", _) => ("filing.submitted", "warn"),
        ("returned", _) => ("filing.returned", "bad"),
        ("withdrawn", _) => ("filing.withdrawn", "calm"),
        (_, "expired") => ("filing.expired", "bad"),
        (_, "expiring") => ("filing.expiring", "warn"),
        (_, "ahead") => ("filing.ahead", "calm"),
        _ => ("filing.valid", "good"),
    }
}

/// Key of a credential's kind.
#[must_use]
pub fn credential_key(kind: &str) -> &'static str {
    match kind {
        "sc" => "credential.sc",
        "green" => "credential.green",
        "organic" => "credential.organic",
        "origin" => "credential.origin",
        _ => "credential.quality",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_reads_as_people_write_it() {
        let body = json!({ "name": "莓茶", "regime": "sc", "unit": "KGM", "shelf_life_days": 540,
            "probe_limits": [{ "quantity": "air-temperature", "low": 5.0, "high": 25.5 }],
            "test_limits": [{ "item": "农残", "limit": 50.0, "unit": "%" }] });
        let found = facts(Lang::Zh, PRODUCT, (&body, None));
        let text = |key: &str| {
            let fact = found.iter().find(|fact| fact.key == key);
            fact.map(|fact| fact.text.as_str())
        };
        assert_eq!(text("field.probe_limits"), Some("气温 5–25.5"));
        assert_eq!(text("field.test_limits"), Some("农残 < 50 %"));
        assert_eq!(text("field.shelf_life_days"), Some("540"));
        assert_eq!(text("field.season"), Some("–"));
        assert!(found.iter().all(|fact| fact.before.is_none()));
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let before = json!({ "name": "莓茶", "kind": "company", "pictures": [] });
        let now = json!({ "name": "莓茶社", "kind": "company" });
        let found = changes(Lang::Zh, PRODUCER, (&now, &before));
        let wanted = Fact {
            key: "field.name",
            text: "莓茶社".to_owned(),
            before: Some("莓茶".to_owned()),
        };
        assert_eq!(found, [wanted]);
    }

    #[test]
    fn what_waits_beside_what_stands_has_a_badge_of_its_own() {
        use FilingState::{Approved, Draft, Returned};
        let standing = |state, pending| Standing {
            state,
            pending,
            version: 1,
        };
        assert_eq!(standing(Approved, Some(Returned)).badges().len(), 2);
        assert_eq!(standing(Draft, Some(Draft)).badges().len(), 1);
        assert!(standing(Draft, Some(Draft)).can_be_handed_in());
        assert!(!standing(Approved, None).can_be_handed_in());
    }
}
