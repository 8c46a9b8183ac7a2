//! The words of a data pack's README.txt, in both languages.

use super::Lang;

/// What a pack of so many products, made at some time, says of itself.
#[must_use]
pub fn readme(at: &str, products: usize, demo: bool) -> String {
    let mut text = String::new();
    for lang in [Lang::Zh, Lang::En] {
        text.push_str(&lang.say("pack.made", &[("at", &at), ("count", &products)]));
        text.push_str("\r\n");
        text.push_str(&lang.t("pack.holds"));
        text.push_str("\r\n");
        if demo {
            text.push_str(&lang.t("site.demo-more"));
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
    }
    text
}
