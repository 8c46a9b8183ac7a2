//! A page of the live server as a file: addresses below the server's root become relative ones
//! where the mirror has what they lead to, and lead to the live server where it has not.
//!
//! The one thing to know: our templates put every attribute in double quotes and escape every
//! quote of a text, so `="/` begins an address and nothing else.

use std::collections::BTreeSet;

/// Where an address from the server's root begins in our pages.
const ROOTED: &str = "=\"/";

/// Where a page will lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    /// From the page's folder to the mirror's root, such as `../../`.
    pub(super) up: &'a str,
    /// Path of the page on the live server.
    pub(super) here: &'a str,
    /// Where the live server is, if anybody may know.
    pub(super) live: Option<&'a str>,
}

/// A page as it lies in a mirror.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Relinked {
    /// The page.
    pub(super) html: String,
    /// Paths, from the mirror's root, of the pictures and styles that it needs.
    pub(super) shared: BTreeSet<String>,
}

/// Turns a page into a file.
pub(super) fn relink(page: &str, spot: Spot<'_>) -> Relinked {
    let mut html = String::with_capacity(page.len() + page.len() / 16);
    let mut shared = BTreeSet::new();
    let mut rest = page;
    while let Some(at) = rest.find(ROOTED) {
        let (before, from) = rest.split_at(at + ROOTED.len() - 1);
        html.push_str(before);
        let end = from.find('"').unwrap_or(from.len());
        let (address, after) = from.split_at(end);
        html.push_str(&target(address, spot, &mut shared));
        rest = after;
    }
    html.push_str(rest);
    Relinked { html, shared }
}

/// Where an address from the server's root leads in the mirror.
fn target(address: &str, spot: Spot<'_>, shared: &mut BTreeSet<String>) -> String {
    let path = &address[1..];
    if path.starts_with("assets/") || path.starts_with("pictures/") {
        shared.insert(path.to_owned());
        return format!("{}{path}", spot.up);
    }
    if let Some(lang) = address
        .strip_prefix(spot.here)
        .and_then(|rest| rest.strip_prefix("?lang="))
    {
        let name = if lang == "en" {
            "en.html"
        } else {
            "index.html"
        };
        return name.to_owned();
    }
    if is_mirrored(path) {
        return format!("{}{}/", spot.up, path.trim_end_matches('/'));
    }
    if path.is_empty() {
        return format!("{}index.html", spot.up);
    }
    match spot.live {
        Some(live) => format!("{live}{address}"),
        None => format!("{}index.html", spot.up),
    }
}

/// Whether a path is that of a product or a lot.
fn is_mirrored(path: &str) -> bool {
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let is_gtin = |text: &str| text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        ["01", gtin] => is_gtin(gtin),
        ["01", gtin, "10", lot] => is_gtin(gtin) && !lot.contains('?'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOT: Spot<'_> = Spot {
        up: "../../../../",
        here: "/01/06901234567892/10/L1",
        live: Some("https://live.example.cn"),
    };

    fn to(address: &str, spot: Spot<'_>) -> String {
        let page = relink(&format!("<a href=\"{address}\">x</a>"), spot).html;
        let page = page.strip_prefix("<a href=\"").expect("a link");
        page.strip_suffix("\">x</a>").expect("a link").to_owned()
    }

    #[test]
    fn what_the_mirror_has_is_relative_and_the_rest_is_live() {
        for (address, expected) in [
            ("/assets/suyuan-0.css", "../../../../assets/suyuan-0.css"),
            ("/pictures/ab-480.jpg", "../../../../pictures/ab-480.jpg"),
            ("/01/06901234567892/10/L1?lang=en", "en.html"),
            ("/01/06901234567892/10/L1?lang=zh", "index.html"),
            ("/01/06901234567892", "../../../../01/06901234567892/"),
            (
                "/01/06901234567892/10/L2",
                "../../../../01/06901234567892/10/L2/",
            ),
            ("/", "../../../../index.html"),
            ("/catalogue", "https://live.example.cn/catalogue"),
            ("/01/1/10/L2", "https://live.example.cn/01/1/10/L2"),
            ("https://other.example.cn/", "https://other.example.cn/"),
            ("tel:12315", "tel:12315"),
        ] {
            assert_eq!(to(address, SPOT), expected);
        }
        let alone = Spot { live: None, ..SPOT };
        assert_eq!(to("/catalogue", alone), "../../../../index.html");
    }

    #[test]
    fn what_a_page_needs_is_collected_once() {
        let page = "<img src=\"/pictures/a.jpg\"><a href=\"/pictures/a.jpg\">=&#34;/assets/x</a>\
                    <link href=\"/assets/s.css\">";
        let relinked = relink(page, SPOT);
        let needed: Vec<_> = relinked.shared.iter().map(String::as_str).collect();
        assert_eq!(needed, ["assets/s.css", "pictures/a.jpg"]);
        assert!(!relinked.html.contains("=\"/"));
        assert!(relinked.html.contains("=&#34;/assets/x"), "a text stays");
    }
}
