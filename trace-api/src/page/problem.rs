//! The page for a request that failed or was refused, in the visitor's language.

use askama::Template;

use super::{Page, Site};

/// What the page says.
#[derive(Debug, Clone)]
pub struct ProblemView {
    /// HTTP status; 401, 403, 404, 409, 413, 422, 429, 500 and 503 have words of their own.
    pub status: u16,
    /// More for the visitor, already in their language; never the inside of a 5xx.
    pub detail: Option<String>,
    /// Reference for the log of a 5xx.
    pub reference: Option<String>,
}

impl ProblemView {
    fn title_key(&self) -> &'static str {
        match self.status {
            401 => "problem.401",
            403 => "problem.403",
            404 | 410 => "problem.404",
            409 => "problem.409",
            413 => "problem.413",
            422 => "problem.422",
            429 => "problem.429",
            503 => "problem.503",
            500.. => "problem.500",
            _ => "problem.400",
        }
    }

    fn advice_key(&self) -> &'static str {
        match self.status {
            401 => "problem.401-advice",
            403 => "problem.403-advice",
            404 | 410 => "problem.404-advice",
            409 => "problem.409-advice",
            413 => "problem.413-advice",
            422 => "problem.422-advice",
            429 => "problem.429-advice",
            503 => "problem.503-advice",
            500.. => "problem.500-advice",
            _ => "problem.400-advice",
        }
    }
}

/// The page of a refused or failed request.
pub fn page(site: &Site, view: &ProblemView) -> Page {
    ProblemPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    site: &'a Site,
    view: &'a ProblemView,
}
