//! The landing page: what this is, a field for a code, the way to the desks.
//! The form is a plain GET to `/find?code=…`; the code may be a whole link, a path or digits.

use askama::Template;

use super::{Page, Site};

/// What the landing page shows.
#[derive(Debug, Clone, Default)]
pub struct HomeView {
    /// Links of sample items (name, path), shown in the demonstration only.
    pub samples: Vec<(super::Words, String)>,
    /// The code typed, put back with a hint when it led nowhere.
    pub refused_code: Option<String>,
}

/// The landing page.
pub fn page(site: &Site, view: &HomeView) -> Page {
    HomePage { site, view }.render()
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    site: &'a Site,
    view: &'a HomeView,
}
