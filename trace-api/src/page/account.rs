//! One's own account: password, sign-ins, tokens for programs; and the page of the first account.
//!
//! Forms, POST: `/account/password` (`old`, `new`, `again`), `/account/sessions/{id}/end`,
//! `/account/tokens` (`name`, `days`), `/welcome` (`code`, `login`, `name`, `password`, `again`).

use askama::Template;
use model::time::Timestamp;

use super::{Page, Site};

/// What the page of one's own account shows.
#[derive(Debug, Clone, Default)]
pub struct AccountView {
    /// Name to sign in with.
    pub login: String,
    /// Name to show.
    pub name: String,
    /// Sign-ins and tokens that are worth something, this one first.
    pub sessions: Vec<SignInRow>,
    /// Most tokens of an account.
    pub tokens_max: i64,
    /// Longest life of a token, days.
    pub token_days_max: i64,
    /// A token that was just made: shown this once.
    pub given: Option<String>,
    /// The token form as last typed.
    pub draft: TokenDraft,
}

/// A sign-in or a token.
#[derive(Debug, Clone)]
pub struct SignInRow {
    /// Names it.
    pub id: i64,
    /// What a token is for; empty for a person's sign-in.
    pub name: String,
    /// When it began.
    pub since: Timestamp,
    /// After this it is worth nothing.
    pub until: Timestamp,
    /// It is the one that the page was asked with.
    pub current: bool,
}

/// The token form's fields.
#[derive(Debug, Clone, Default)]
pub struct TokenDraft {
    /// What it is for.
    pub name: String,
    /// Days.
    pub days: String,
}

/// What the first-run page shows: what was typed, but for the password.
#[derive(Debug, Clone, Default)]
pub struct WelcomeView {
    /// The code, from the address.
    pub code: String,
    /// Name to sign in with.
    pub login: String,
    /// Name to show.
    pub name: String,
}

/// The page of one's own account.
pub fn page(site: &Site, view: &AccountView) -> Page {
    AccountPage { site, view }.render()
}

/// The page that makes the first operator.
pub fn welcome(site: &Site, view: &WelcomeView) -> Page {
    WelcomePage { site, view }.render()
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    site: &'a Site,
    view: &'a AccountView,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage<'a> {
    site: &'a Site,
    view: &'a WelcomeView,
}
