//! What is to be on a label: a link and texts by field. It says nothing of where and how large.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;

use model::gs1::{DigitalLink, Elements, ShortCode};

use crate::error::LabelError;

/// Most characters of a link: a symbol of a longer one would need more than 35 mm.
pub(crate) const LINK_CHARS_MAX: usize = 256;

/// A link in the spelling that is printed: scheme lower case (upper-case schemes fail in some
/// scanner apps), host upper case (the QR alphanumeric mode), path and query as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLink(String);

impl CodeLink {
    /// Checks a full GS1 Digital Link URI and respells it.
    pub fn parse(uri: &str) -> Result<Self, LabelError> {
        Elements::parse(uri)?;
        if uri.chars().count() > LINK_CHARS_MAX {
            return Err(LabelError::LinkTooLong);
        }
        let (scheme, rest) = uri.split_once("://").ok_or(LabelError::LinkWithoutHost)?;
        let host_end = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(host_end);
        Ok(Self(format!(
            "{}://{}{path}",
            scheme.to_ascii_lowercase(),
            host.to_ascii_uppercase()
        )))
    }

    /// The link of one of our items below a stem such as `https://example.com`.
    pub fn of(stem: &str, link: &DigitalLink) -> Result<Self, LabelError> {
        Self::parse(&link.with_stem(stem).to_string())
    }

    /// The text of the code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CodeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text's place in the trade, from which templates choose size and position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The document regime's words, such as 承诺达标合格证: set apart and prominent.
    Regime,
    /// Product name: the largest text.
    Product,
    /// Who answers for the product.
    Producer,
    /// Place of production.
    Origin,
    /// Lot code.
    Lot,
    /// Weight or count, with its unit.
    Weight,
    /// Day of harvest.
    Harvested,
    /// Day of production, of made goods.
    Produced,
    /// Day of packing.
    Packed,
    /// Day on which the certificate was issued.
    Issued,
    /// A day that needs no name.
    Date,
    /// Last day of use.
    Expires,
    /// Grade or quality class.
    Grade,
    /// What the producer's promise rests on.
    Basis,
    /// Business contact.
    Contact,
    /// One free line.
    Note,
    /// The short all-digit code for keypads.
    Code,
}

/// Field, its name on the command line, its caption on paper, and whether its text may be broken
/// into lines.
const FIELDS: [(Field, &str, &str, bool); 17] = [
    (Field::Regime, "regime", "", false),
    (Field::Product, "product", "", true),
    (Field::Producer, "producer", "主体", true),
    (Field::Origin, "origin", "产地", true),
    (Field::Lot, "lot", "批次", false),
    (Field::Weight, "weight", "数量", false),
    (Field::Harvested, "harvested", "采收", false),
    (Field::Produced, "produced", "生产", false),
    (Field::Packed, "packed", "包装", false),
    (Field::Issued, "issued", "开具", false),
    (Field::Date, "date", "日期", false),
    (Field::Expires, "expires", "到期", false),
    (Field::Grade, "grade", "等级", true),
    (Field::Basis, "basis", "依据", true),
    (Field::Contact, "contact", "联系", true),
    (Field::Note, "note", "", true),
    (Field::Code, "code", "", false),
];

impl Field {
    /// Every field, in the order of [`Field`].
    pub const ALL: [Self; FIELDS.len()] = {
        let mut all = [Self::Code; FIELDS.len()];
        let mut at = 0;
        while at < FIELDS.len() {
            all[at] = FIELDS[at].0;
            at += 1;
        }
        all
    };

    /// The name used on the command line and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }

    /// The caption printed before the text; empty when the text speaks for itself.
    #[must_use]
    pub const fn caption(self) -> &'static str {
        FIELDS[self as usize].2
    }

    /// Whether the text may go over several lines: codes, dates and weights stay whole.
    #[must_use]
    pub const fn breaks(self) -> bool {
        FIELDS[self as usize].3
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Field {
    type Err = LabelError;
    fn from_str(name: &str) -> Result<Self, LabelError> {
        let found = Self::ALL.into_iter().find(|field| field.name() == name);
        found.ok_or_else(|| LabelError::Field(name.to_owned()))
    }
}

/// A label to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    link: CodeLink,
    texts: BTreeMap<Field, String>,
}

impl Label {
    /// A label that has nothing but its code.
    #[must_use]
    pub const fn new(link: CodeLink) -> Self {
        Self {
            link,
            texts: BTreeMap::new(),
        }
    }

    /// Adds a text, or replaces it. White space is made single and trimmed, an empty text removes
    /// the field, and a short code is grouped in fours.
    #[must_use]
    pub fn with(mut self, field: Field, text: &str) -> Self {
        let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let (Field::Code, Ok(code)) = (field, ShortCode::parse(&text)) {
            text = code.groups().collect::<Vec<_>>().join(" ");
        }
        if text.is_empty() {
            self.texts.remove(&field);
        } else {
            self.texts.insert(field, text);
        }
        self
    }

    /// The same label with another link.
    #[must_use]
    pub fn with_link(mut self, link: CodeLink) -> Self {
        self.link = link;
        self
    }

    /// What the code says.
    #[must_use]
    pub const fn link(&self) -> &CodeLink {
        &self.link
    }

    /// The text of a field, if it has one.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<&str> {
        self.texts.get(&field).map(String::as_str)
    }

    /// All texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (Field, &str)> {
        self.texts
            .iter()
            .map(|(field, text)| (*field, text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_spelt_for_the_alphanumeric_mode() -> Result<(), LabelError> {
        let link = CodeLink::parse("HTTPS://Trace.example.cn:8443/Farm/01/09506000134352?a=b")?;
        assert_eq!(
            link.as_str(),
            "https://TRACE.EXAMPLE.CN:8443/Farm/01/09506000134352?a=b"
        );
        Ok(())
    }

    #[test]
    fn a_link_that_no_phone_can_open_is_refused() {
        assert_eq!(
            CodeLink::parse("/01/09506000134352"),
            Err(LabelError::LinkWithoutHost)
        );
        let wrong = CodeLink::parse("https://example.cn/01/09506000134353");
        assert!(matches!(wrong, Err(LabelError::Link(_))));
    }

    #[test]
    fn every_field_is_found_by_its_name() {
        for (at, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field as usize, at);
            assert_eq!(field.name().parse(), Ok(field));
        }
        assert!("colour".parse::<Field>().is_err());
    }

    #[test]
    fn texts_are_tidied_and_short_codes_grouped() -> Result<(), LabelError> {
        let link = CodeLink::parse("https://example.cn/01/09506000134352")?;
        let code = ShortCode::from_random(42);
        let label = Label::new(link)
            .with(Field::Product, "  莓茶\n 特级 ")
            .with(Field::Weight, " ")
            .with(Field::Code, code.as_str());
        assert_eq!(label.text(Field::Product), Some("莓茶 特级"));
        assert_eq!(label.text(Field::Weight), None);
        assert_eq!(label.text(Field::Code).map(str::len), Some(14));
        Ok(())
    }
}
