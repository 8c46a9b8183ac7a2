//! Pages that only a mirror has, and what every page of a mirror says of itself: that it is a copy,
//! of when, and where the live one is.

use askama::Template;
use model::time::Timestamp;

use super::{Page, Site, Words};

/// What a copy says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// When it was made.
    pub at: Timestamp,
    /// Address of the live page, where readers may reach it.
    pub live: Option<String>,
}

impl Copied {
    /// What the browser may load, as a `meta` tag says it: no header of ours is with a copy.
    pub(super) fn policy(&self) -> String {
        let live = self.live.as_deref().unwrap_or_default();
        let origin: Vec<&str> = live.splitn(4, '/').take(3).collect();
        let origin = origin.join("/");
        let forms = if origin.is_empty() { "'none'" } else { &origin };
        format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
             base-uri 'none'; form-action {forms}"
        )
    }
}

/// A lot that was on sale and is stopped.
#[derive(Debug, Clone)]
pub struct HeldView {
    /// What it is.
    pub product: Words,
    /// 14 digits.
    pub gtin: String,
    /// Lot code as printed.
    pub code: String,
}

/// A product whose lots lie in the mirror.
#[derive(Debug, Clone)]
pub struct IndexRow {
    /// Its name.
    pub name: Words,
    /// Who makes it.
    pub producer: Words,
    /// Pack and grade.
    pub detail: String,
    /// Its page.
    pub href: String,
}

/// The page of a stopped lot.
pub fn held(site: &Site, view: &HeldView) -> Page {
    HeldPage { site, view }.render()
}

/// The mirror's first page.
pub fn index(site: &Site, products: &[IndexRow]) -> Page {
    IndexPage { site, products }.render()
}

/// What a web host shows for an address that the mirror does not have, in both languages: nobody
/// can tell it which is wanted.
pub fn lost(site: &Site) -> Page {
    LostPage { site }.render()
}

#[derive(Template)]
#[template(path = "mirror_held.html")]
struct HeldPage<'a> {
    site: &'a Site,
    view: &'a HeldView,
}

#[derive(Template)]
#[template(path = "mirror_index.html")]
struct IndexPage<'a> {
    site: &'a Site,
    products: &'a [IndexRow],
}

#[derive(Template)]
#[template(path = "mirror_lost.html")]
struct LostPage<'a> {
    site: &'a Site,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_copy_go_to_the_live_server_alone() {
        let copied = |live: Option<&str>| Copied {
            at: Timestamp(0),
            live: live.map(str::to_owned),
        };
        let policy = copied(Some("https://a.example.cn:8/01/1?x")).policy();
        assert!(
            policy.ends_with("form-action https://a.example.cn:8"),
            "{policy}"
        );
        assert!(copied(None).policy().ends_with("form-action 'none'"));
    }
}
