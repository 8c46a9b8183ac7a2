//! What every page needs of its request: language, who is signed in, where one is.

use axum::http::{HeaderMap, Uri, header};

use crate::caller::{Visitor, cookie};
use crate::page::{Flash, Lang, Role, Site, Who};
use crate::state::{AppState, timestamp};

mod done;

/// Name of the cookie that remembers a chosen language.
pub(crate) const LANGUAGE_COOKIE: &str = "suyuan_lang";
/// Name of the cookie that remembers a chosen size of type.
pub(crate) const SIZE_COOKIE: &str = "suyuan_size";

/// The page's surroundings.
pub(crate) fn site(state: &AppState, visitor: &Visitor, uri: &Uri, headers: &HeaderMap) -> Site {
    Site {
        demo: state.setup().demo,
        lang: language(uri, headers),
        large: is_large(uri, headers),
        signed_in: visitor.0.as_ref().map(|caller| Who {
            account: caller.account.display_name.clone(),
            role: role(caller.account.role),
        }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        here: here(uri),
        now: timestamp(state.now()),
        // Forms are checked by their origin, see `csrf`.
        csrf: String::new(),
        flash: flash(uri, headers),
        copy: None,
    }
}

/// The language asked for: the address, else what was chosen before, else the browser's.
pub(crate) fn language(uri: &Uri, headers: &HeaderMap) -> Lang {
    let accepted = || {
        let header = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        header.map(Lang::from_accept_language).unwrap_or_default()
    };
    parameter(uri, "lang")
        .and_then(Lang::from_code)
        .or_else(|| Lang::from_code(&cookie(headers, LANGUAGE_COOKIE)?))
        .unwrap_or_else(accepted)
}

/// The language that the address chooses, to be remembered.
pub(crate) fn chosen_language(uri: &Uri) -> Option<Lang> {
    parameter(uri, "lang").and_then(Lang::from_code)
}

/// Whether large type is asked for: by the address, else by what was chosen before.
fn is_large(uri: &Uri, headers: &HeaderMap) -> bool {
    let remembered = || cookie(headers, SIZE_COOKIE).as_deref() == Some("large");
    chosen_size(uri).map_or_else(remembered, |size| size == "large")
}

/// The size of type that the address chooses, to be remembered.
pub(crate) fn chosen_size(uri: &Uri) -> Option<&'static str> {
    match parameter(uri, "size")? {
        "large" => Some("large"),
        "normal" => Some("normal"),
        _ => None,
    }
}

/// The words shown after a form was done and the page came back.
fn flash(uri: &Uri, headers: &HeaderMap) -> Option<Flash> {
    let lang = language(uri, headers);
    let (_, zh, en) = done::WORDS
        .iter()
        .find(|(code, ..)| parameter(uri, "done") == Some(code))?;
    let text = if lang == Lang::Zh { *zh } else { *en };
    Some(Flash {
        good: true,
        text: text.to_owned(),
    })
}

/// A parameter of the query that needs no decoding.
pub(crate) fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Path and query without what belongs to this one showing.
fn here(uri: &Uri) -> String {
    let kept = uri.query().unwrap_or_default().split('&').filter(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        !["", "lang", "size", "done"].contains(&key)
    });
    let query = kept.collect::<Vec<_>>().join("&");
    let join = if query.is_empty() { "" } else { "?" };
    format!("{}{join}{query}", uri.path())
}

const fn role(role: store::account::Role) -> Role {
    match role {
        store::account::Role::Operator => Role::Operator,
        store::account::Role::Supervisor => Role::Supervisor,
        store::account::Role::Producer => Role::Producer,
        // An instrument belongs to the lab and never signs in at a page.
        store::account::Role::Lab | store::account::Role::Instrument => Role::Lab,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_address_then_the_choice_then_the_browser_decide_the_language() {
        let mut headers = HeaderMap::new();
        let plain = Uri::from_static("/");
        assert_eq!(language(&plain, &headers), Lang::Zh);
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        assert_eq!(language(&plain, &headers), Lang::En);
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("a=b; suyuan_lang=zh"),
        );
        assert_eq!(language(&plain, &headers), Lang::Zh);
        assert_eq!(language(&Uri::from_static("/?lang=en"), &headers), Lang::En);
    }

    #[test]
    fn large_type_is_remembered_until_the_address_says_otherwise() {
        let mut headers = HeaderMap::new();
        let large = Uri::from_static("/?size=large");
        assert!(is_large(&large, &headers) && !is_large(&Uri::from_static("/"), &headers));
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("suyuan_size=large"),
        );
        assert!(is_large(&Uri::from_static("/?size=huge"), &headers));
        assert!(!is_large(&Uri::from_static("/?size=normal"), &headers));
    }

    #[test]
    fn the_way_back_keeps_the_question_and_drops_the_language() {
        let uri = Uri::from_static("/lab?lang=en&q=1&size=large&done=test");
        assert_eq!(here(&uri), "/lab?q=1");
        assert_eq!(here(&Uri::from_static("/lab?lang=en")), "/lab");
    }
}
