//! Which form of a trace a request wants: by `linkType`, else by `Accept`.

use axum::http::HeaderMap;

use crate::problem::{Answer, Kind, Problem};

/// Most entries of an `Accept` header that are read.
const ENTRIES_MAX: usize = 32;

/// A form of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// HTML for a person.
    Page,
    /// The trace as an EPCIS document.
    JsonLd,
    /// Where else there is something about it.
    Linkset,
}

/// Media types and the forms they mean; `application/json` is the linkset by the resolver standard.
const TYPES: [(&str, Form); 5] = [
    ("text/html", Form::Page),
    ("application/xhtml+xml", Form::Page),
    ("application/ld+json", Form::JsonLd),
    ("application/linkset+json", Form::Linkset),
    ("application/json", Form::Linkset),
];

/// Link types that we have; each leads to a form.
const LINK_TYPES: [(&str, Form); 7] = [
    ("linkset", Form::Linkset),
    ("all", Form::Linkset),
    ("gs1:defaultLink", Form::Page),
    ("gs1:pip", Form::Page),
    ("gs1:traceability", Form::Page),
    ("gs1:epcis", Form::JsonLd),
    ("gs1:recallStatus", Form::Page),
];

impl Form {
    /// The form that a request wants; a link type that we do not have is not found.
    pub(super) fn choose(headers: &HeaderMap, link_type: Option<&str>) -> Answer<Self> {
        if let Some(wanted) = link_type {
            let wanted = wanted.replace("%3A", ":").replace("%3a", ":");
            let wanted = wanted.replace("https://ref.gs1.org/voc/", "gs1:");
            let known = LINK_TYPES.iter().find(|(name, _)| *name == wanted);
            let (en, zh) = ("there is no link of this type", "没有此类型的链接");
            let nothing = || Problem::told(Kind::NotFound, en, zh);
            return known.map(|(_, form)| *form).ok_or_else(nothing);
        }
        Ok(super::accept(headers).map_or(Self::Page, accepted))
    }
}

/// The best form of an `Accept` header; of equal weights the one named first. What names none of
/// our types gets the page.
fn accepted(header: &str) -> Form {
    let mut best = (0.0, Form::Page);
    for entry in header.split(',').take(ENTRIES_MAX) {
        let mut parts = entry.split(';');
        let media = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok());
        let weight = weight.unwrap_or(1.0);
        let form = TYPES
            .iter()
            .find(|(name, _)| *name == media)
            .map(|(_, form)| *form);
        if let Some(form) = form.filter(|_| weight > best.0) {
            best = (weight, form);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_page() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(accepted(browser), Form::Page);
        assert_eq!(accepted("*/*"), Form::Page);
        assert_eq!(accepted("image/png"), Form::Page);
    }

    #[test]
    fn a_program_gets_what_it_weighs_most() {
        assert_eq!(accepted("application/ld+json"), Form::JsonLd);
        assert_eq!(
            accepted("text/html;q=0.5, application/linkset+json"),
            Form::Linkset
        );
        assert_eq!(
            accepted("application/ld+json;q=0.1, text/html;q=0.2"),
            Form::Page
        );
        assert_eq!(
            accepted("application/ld+json;q=0, text/html;q=0"),
            Form::Page
        );
        assert_eq!(accepted("APPLICATION/JSON"), Form::Linkset);
    }

    #[test]
    fn a_link_type_outweighs_the_header_and_an_unknown_one_is_not_found() {
        let headers = HeaderMap::new();
        let chosen = |link_type| Form::choose(&headers, Some(link_type)).ok();
        assert_eq!(chosen("linkset"), Some(Form::Linkset));
        assert_eq!(chosen("gs1%3Aepcis"), Some(Form::JsonLd));
        assert_eq!(chosen("https://ref.gs1.org/voc/pip"), Some(Form::Page));
        let unknown = Form::choose(&headers, Some("gs1:recipeInfo"));
        assert_eq!(
            unknown.err().map(|problem| problem.kind),
            Some(Kind::NotFound)
        );
    }
}
