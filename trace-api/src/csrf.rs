//! Forms from other sites: a browser adds our cookie to whatever page sends the form, so what it
//! says of the form's origin has to be ours. No token in the page is needed for that.

use axum::http::{HeaderMap, header};

use crate::problem::{Answer, Kind, Problem};

/// Refuses a changing request that a browser sent from another site. One without any word of its
/// origin is no browser's of today; with a cookie it is refused all the same.
pub(crate) fn check(headers: &HeaderMap, public_url: &str, with_cookie: bool) -> Answer<()> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    let ours = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = text(header::HOST.as_str());
            let is_host = origin
                .split_once("://")
                .is_some_and(|(_, rest)| Some(rest) == host);
            is_host || origin.eq_ignore_ascii_case(public_url)
        }
        (None, None) => !with_cookie,
    };
    if ours {
        Ok(())
    } else {
        Err(Problem::of(Kind::CrossSite))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn is_let_through(pairs: &[(&'static str, &'static str)], with_cookie: bool) -> bool {
        let headers = pairs.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        check(&headers.collect(), "https://trace.example.cn", with_cookie).is_ok()
    }

    #[test]
    fn a_form_of_our_own_page_is_let_through() {
        assert!(is_let_through(&[("sec-fetch-site", "same-origin")], true));
        let here = [
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080"),
        ];
        assert!(is_let_through(&here, true));
        let proxied = [
            ("origin", "https://trace.example.cn"),
            ("host", "backend:8080"),
        ];
        assert!(is_let_through(&proxied, true));
    }

    #[test]
    fn a_form_of_another_page_is_refused() {
        assert!(!is_let_through(&[("sec-fetch-site", "cross-site")], true));
        assert!(!is_let_through(&[("sec-fetch-site", "same-site")], true));
        assert!(
            !is_let_through(&[("sec-fetch-site", "cross-site")], false),
            "signing in, too"
        );
        assert!(!is_let_through(&[("origin", "null"), ("host", "a")], true));
        assert!(!is_let_through(
            &[("origin", "https://evil.example"), ("host", "a")],
            true
        ));
    }

    #[test]
    fn a_program_without_a_cookie_needs_no_origin() {
        assert!(is_let_through(&[], false));
        assert!(!is_let_through(&[], true));
    }
}
