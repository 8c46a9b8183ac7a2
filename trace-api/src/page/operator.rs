//! The operator's desk: how the server is, accounts, gateways, what was refused, work that takes
//! long, backups. A file a page; what several of them need stands here.
//!
//! Forms send what people typed as pairs ([`Typed`]), so that a refused one is shown as it was.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::producer::Choice;
use super::{Lang, Words};

pub mod account;
pub mod backup;
pub mod dead_letter;
pub mod gateway;
pub mod health;
pub mod job;
pub mod printer;
pub mod probe;
pub mod profile;

/// The pages of this desk.
pub(super) const TABS: &[super::face::Tab] = &[
    ("/operator", "operator.health"),
    ("/operator/accounts", "operator.accounts"),
    ("/operator/gateways", "operator.gateways"),
    ("/operator/profiles", "operator.profiles"),
    ("/operator/dead-letters", "operator.dead-letters"),
    ("/operator/jobs", "operator.jobs"),
    ("/operator/backups", "operator.backups"),
    ("/operator/printers", "operator.printers"),
];

/// The tour of this desk.
pub(super) const TOUR: &[super::face::TourStep] = &[
    ("/operator", ".headline h1", "operator.tour-start"),
    ("/operator", "[data-poll]", "operator.tour-health"),
    ("/operator", ".tabs", "tour.tabs"),
    ("/operator", ".who .account", "tour.account"),
];

/// A form's fields as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Typed(Vec<(String, String)>);

impl Typed {
    /// The field of a name; empty where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        let mut pairs = self.0.iter();
        pairs
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    }

    /// The field of a name without the space around it, where something was typed.
    #[must_use]
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty())
    }

    /// The field of a name and a number, as rows of a table have them.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "askama passes variables by reference"
    )]
    pub(super) fn nth(&self, name: &str, at: &usize) -> &str {
        self.get(&format!("{name}{at}"))
    }

    /// Whether a choice was chosen.
    pub(super) fn chose(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }
}

/// Bytes as people say them: `1.2 GB`.
#[must_use]
pub fn room(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && size < 99.95);
    format!("{size:.decimals$} {}", UNITS[unit])
}

/// A text as a part of an address.
#[must_use]
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The words of an account's role.
pub(super) fn role_word(lang: Lang, code: &str) -> String {
    lang.find(&format!("op-role.{code}"))
        .unwrap_or_else(|| code.to_owned())
}

/// A choice whose label is the same in both languages.
#[must_use]
pub fn choice(value: impl Into<String>, label: impl Into<String>) -> Choice {
    let label = label.into();
    Choice {
        value: value.into(),
        label: Words::both(label.clone(), label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_with_two_or_three_figures() {
        for (bytes, said) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (12_345_678, "12.3 MB"),
            (999_999_999, "1.0 GB"),
            (123_456_789_000, "123 GB"),
        ] {
            assert_eq!(room(bytes), said);
        }
    }

    #[test]
    fn what_was_typed_is_found_by_its_name() {
        let typed = Typed(vec![
            ("a".to_owned(), " x ".to_owned()),
            ("b".to_owned(), " ".to_owned()),
        ]);
        assert_eq!((typed.get("a"), typed.some("a")), (" x ", Some("x")));
        assert_eq!((typed.some("b"), typed.get("c")), (None, ""));
    }
}
