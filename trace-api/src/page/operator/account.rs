//! `/operator/accounts`: who may sign in, and what an operator does about it.
//!
//! Forms: POST `/operator/accounts` `login`, `name`, `role`, `producer`; POST
//! `/operator/accounts/{id}/disable`, `enable`, `password`, `sessions` without fields, `identity`
//! with `subject` (empty unlinks).

use askama::Template;

use super::{Typed, role_word};
use crate::page::producer::Choice;
use crate::page::{Page, Site};

/// Codes of the roles that an account can be given.
const ROLES: [&str; 4] = ["producer", "lab", "supervisor", "operator"];

/// A page of accounts.
#[derive(Debug, Clone, Default)]
pub struct AccountsView {
    /// By sign-in name.
    pub rows: Vec<AccountRow>,
    /// The part of a name that was looked for.
    pub part: String,
    /// The role that was chosen; empty for all.
    pub role: String,
    /// Where the list goes on, if it does.
    pub next: Option<String>,
    /// Producers whose staff an account may be of.
    pub producers: Vec<Choice>,
    /// What was typed before a refusal.
    pub typed: Typed,
}

/// One account.
#[derive(Debug, Clone, Default)]
pub struct AccountRow {
    /// Its number.
    pub id: i64,
    /// Name to sign in with.
    pub login: String,
    /// Name to show.
    pub name: String,
    /// Code of its role.
    pub role: String,
    /// Whose staff it is.
    pub producer: Option<String>,
    /// Whether nobody can sign in with it.
    pub disabled: bool,
    /// Who it is at the identity service.
    pub subject: Option<String>,
    /// Sign-ins that are open.
    pub sessions: u64,
}

/// The page of one account.
#[derive(Debug, Clone, Default)]
pub struct AccountView {
    /// The account.
    pub row: AccountRow,
    /// Whether it is the reader's own.
    pub is_own: bool,
    /// Name of the identity service, where one is set up.
    pub service: Option<String>,
    /// What was typed before a refusal.
    pub typed: Typed,
}

/// A password that was drawn, shown once.
#[derive(Debug, Clone)]
pub struct DrawnView {
    /// Number of the account.
    pub id: i64,
    /// Name to sign in with.
    pub login: String,
    /// The password.
    pub password: String,
    /// Where to sign in.
    pub address: String,
    /// Whether the account is new.
    pub is_new: bool,
}

impl AccountRow {
    fn role_word(&self, site: &Site) -> String {
        role_word(site.lang, &self.role)
    }
}

/// Codes and words of the roles.
fn roles(site: &Site) -> Vec<(&'static str, String)> {
    ROLES
        .iter()
        .map(|code| (*code, role_word(site.lang, code)))
        .collect()
}

/// The list.
pub fn list(site: &Site, view: &AccountsView) -> Page {
    AccountsPage { site, view }.render()
}

/// One account.
pub fn page(site: &Site, view: &AccountView) -> Page {
    AccountPage { site, view }.render()
}

/// A password that was drawn.
pub fn drawn(site: &Site, view: &DrawnView) -> Page {
    DrawnPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "operator_accounts.html")]
struct AccountsPage<'a> {
    site: &'a Site,
    view: &'a AccountsView,
}

#[derive(Template)]
#[template(path = "operator_account.html")]
struct AccountPage<'a> {
    site: &'a Site,
    view: &'a AccountView,
}

#[derive(Template)]
#[template(path = "operator_drawn.html")]
struct DrawnPage<'a> {
    site: &'a Site,
    view: &'a DrawnView,
}
