//! The sign-in page.
//!
//! Form, POST `/login`: `csrf`, `account`, `password`, `next` (a path to return to).

use askama::Template;

use super::{Page, Site};

/// What the sign-in page shows.
#[derive(Debug, Clone, Default)]
pub struct LoginView {
    /// The account typed last time, put back after a refusal.
    pub account: String,
    /// The last attempt was refused; the page does not say which part was wrong.
    pub refused: bool,
    /// Where to go afterwards; a path of this site.
    pub next: String,
    /// Demonstration accounts to show (name, password); empty outside the demonstration.
    pub demo_accounts: Vec<(String, String)>,
    /// The identity service that one may sign in with, and the path there; `None` where there is
    /// none. A link, because our forms lead nowhere else.
    pub service: Option<(String, String)>,
    /// Why it did not sign one in.
    pub identity_refused: Option<String>,
}

/// The sign-in page.
pub fn page(site: &Site, view: &LoginView) -> Page {
    LoginPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    site: &'a Site,
    view: &'a LoginView,
}
