//! The two languages of the pages. The only reader of `locales/`; a test below fails when a key is
//! used that either language lacks, when the two differ, or when a key is used nowhere.

use std::borrow::Cow;
use std::fmt::Display;

use rust_i18n::t;

/// Language of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Chinese, the default.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The short code used by `?lang=` and by the files in `locales/`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The value of the `lang` attribute (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The language's name for itself, as the switch shows it.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    /// The language the switch offers.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// From `?lang=`; anything but a known code is `None`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// From an `Accept-Language` header: English only where it is preferred to Chinese.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        let english = preference(header, "en");
        if english > 0.0 && english > preference(header, "zh") {
            Self::En
        } else {
            Self::Zh
        }
    }

    /// The text behind a key.
    #[must_use]
    pub fn t(self, key: &'static str) -> Cow<'static, str> {
        t!(key, locale = self.code())
    }

    /// The text behind a key with its `%{name}` places filled.
    #[must_use]
    pub fn say(self, key: &'static str, fill: &[(&str, &dyn Display)]) -> String {
        let names: Vec<&str> = fill.iter().map(|(name, _)| *name).collect();
        let values: Vec<String> = fill.iter().map(|(_, value)| value.to_string()).collect();
        rust_i18n::replace_patterns(&self.t(key), &names, &values)
    }

    /// The text behind a key that is put together while running, if there is one.
    #[must_use]
    pub fn find(self, key: &str) -> Option<String> {
        let text = t!(key, locale = self.code());
        // What is missing comes back as the key itself.
        (text != key).then(|| text.into_owned())
    }
}

/// How much an `Accept-Language` header wants a language: 0 (not at all) to 1. Of equal weights the
/// one named first wins. Reads at most 32 entries.
fn preference(header: &str, wanted: &str) -> f64 {
    let weights = header
        .split(',')
        .take(32)
        .enumerate()
        .filter_map(|(place, entry)| {
            let mut parts = entry.split(';');
            let tag = parts.next()?.trim();
            if !tag.split('-').next()?.eq_ignore_ascii_case(wanted) {
                return None;
            }
            let q = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f64>().ok());
            Some(q.unwrap_or(1.0) - place as f64 * 1e-6)
        });
    weights.fold(0.0, f64::max)
}
