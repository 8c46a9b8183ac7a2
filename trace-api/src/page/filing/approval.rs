//! `/supervisor/filings`: what waits for a supervisor, a look at each with what it changes, and the
//! marks of the poverty relief programme, which nobody but supervisors and the lab ever sees.
//!
//! Forms (POST, all with `csrf`): [`LookView::action`]: `request`, `version`, `do` (`approve`,
//! `return`, `suspend`, `resume` or `withdraw`), `reason`. [`ReliefForm::action`]: `base`,
//! `households`, `free_tests`, `since`, `until`, `note`.

use askama::Template;
use model::time::Timestamp;

use super::overview::CredentialRow;
use super::{Fact, Picture, Standing, VersionRow, any_product, credential_key};
use crate::page::{Lang, Page, Site};

/// The page of what waits.
#[derive(Debug, Clone, Default)]
pub struct WaitingView {
    /// Producers and products that wait, the longest waiting first.
    pub waiting: Vec<FilingRow>,
    /// Credentials that wait.
    pub credentials: Vec<CredentialRow>,
    /// What was searched for.
    pub q: String,
    /// What was found; `None` where nothing was searched for.
    pub found: Option<Vec<FilingRow>>,
    /// Marked producers: name, township, and what the mark says.
    pub relief: Vec<ReliefRow>,
}

/// A producer or a product.
#[derive(Debug, Clone)]
pub struct FilingRow {
    /// Where it is looked at.
    pub href: String,
    /// Whether it is a product.
    pub is_product: bool,
    /// Name, with the pack of a product.
    pub name: String,
    /// Whose product it is, or the township.
    pub about: String,
    /// Where it stands.
    pub standing: Standing,
    /// When it was last written or took a step.
    pub at: Timestamp,
}

/// A marked producer.
#[derive(Debug, Clone)]
pub struct ReliefRow {
    /// Where its mark is changed.
    pub href: String,
    /// Its name.
    pub producer: String,
    /// 乡镇.
    pub township: String,
    /// Households linked to it.
    pub households: i32,
    /// Free tests a year, used, left.
    pub tests: [i64; 3],
    /// Whether the mark holds today.
    pub is_current: bool,
}

/// A look at one filing.
#[derive(Debug, Clone, Default)]
pub struct LookView {
    /// What it is of.
    pub title: String,
    /// Whose it is: address and name.
    pub owner: Option<(String, String)>,
    /// Where it stands; `None` for credentials.
    pub standing: Option<Standing>,
    /// Key and tone of where a credential stands.
    pub badge: Option<(&'static str, &'static str)>,
    /// Why it came back or was stopped: key of the words before it, and the reason.
    pub reasons: Vec<(&'static str, String)>,
    /// What the newest version says, and what it changes of the one that stands.
    pub facts: Vec<Fact>,
    /// Whether there is one that stands beside it.
    pub is_compared: bool,
    /// Its pictures.
    pub pictures: Vec<Picture>,
    /// Where a decision is sent.
    pub action: String,
    /// What can be decided of the newest version.
    pub of_version: Vec<Choice>,
    /// What can be decided of what stands.
    pub of_standing: Vec<Choice>,
    /// The newest version, and the one that stands.
    pub versions_seen: [i32; 2],
    /// Idempotency keys: of the newest version's form, of the other.
    pub requests: [String; 2],
    /// The reason as it was typed before a refusal.
    pub reason: String,
    /// What was written and done before, newest first.
    pub versions: Vec<VersionRow>,
    /// The mark of a producer.
    pub relief: Option<ReliefForm>,
}

/// What can be decided: value and key of its button, and whether it is the lesser one.
pub type Choice = (&'static str, &'static str, bool);

/// The newest version is taken.
pub const APPROVE: Choice = ("approve", "approval.approve", false);
/// It is sent back.
pub const RETURN: Choice = ("return", "approval.return", true);
/// What stands is stopped.
pub const SUSPEND: Choice = ("suspend", "approval.suspend", true);
/// What is stopped goes on.
pub const RESUME: Choice = ("resume", "approval.resume", true);
/// A credential counts no more.
pub const WITHDRAW: Choice = ("withdraw", "approval.withdraw", true);

/// What a credential says: kind, number, issuer; the product, the days.
#[must_use]
pub fn credential_facts(
    lang: Lang,
    [kind, number, issuer]: [&String; 3],
    (product, (from, to)): (Option<&str>, (String, String)),
) -> Vec<Fact> {
    let product = product.map_or_else(|| any_product(lang), str::to_owned);
    let facts = [
        ("field.paper", lang.t(credential_key(kind)).into_owned()),
        ("field.number", number.clone()),
        ("field.issuer", issuer.clone()),
        ("field.product", product),
        ("field.valid_from", from),
        ("field.valid_to", to),
    ];
    let fact = |(key, text)| Fact {
        key,
        text,
        before: None,
    };
    facts.map(fact).into()
}

/// The form of a producer's mark.
#[derive(Debug, Clone, Default)]
pub struct ReliefForm {
    /// Where it is sent.
    pub action: String,
    /// The version that is seen; 0 for the first.
    pub base: i32,
    /// Households linked to it.
    pub households: String,
    /// Free tests a year.
    pub free_tests: String,
    /// First day.
    pub since: String,
    /// Last day.
    pub until: String,
    /// More.
    pub note: String,
    /// Samples of this year.
    pub used: i64,
}

/// What waits.
pub fn page(site: &Site, view: &WaitingView) -> Page {
    WaitingPage { site, view }.render()
}

/// A look at one filing.
pub fn look(site: &Site, view: &LookView) -> Page {
    LookPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "approval_waiting.html")]
struct WaitingPage<'a> {
    site: &'a Site,
    view: &'a WaitingView,
}

#[derive(Template)]
#[template(path = "approval_look.html")]
struct LookPage<'a> {
    site: &'a Site,
    view: &'a LookView,
}
