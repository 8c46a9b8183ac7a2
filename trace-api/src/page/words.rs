//! Words that come as data: names in one or two languages, and where a fact comes from.

use model::time::Timestamp;

use super::Lang;

/// A text from the record: always in Chinese, sometimes also in English.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The text as filed.
    pub zh: String,
    /// Its English, where the filer gave one.
    pub en: Option<String>,
}

impl Words {
    /// A text with both languages.
    #[must_use]
    pub fn both(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: Some(en.into()),
        }
    }

    /// The text for a page in this language; the Chinese one where English is missing.
    #[must_use]
    pub fn to(&self, lang: Lang) -> &str {
        match (lang, &self.en) {
            (Lang::En, Some(en)) => en,
            _ => &self.zh,
        }
    }
}

impl From<&str> for Words {
    fn from(zh: &str) -> Self {
        Self {
            zh: zh.to_owned(),
            en: None,
        }
    }
}

impl From<String> for Words {
    fn from(zh: String) -> Self {
        Self { zh, en: None }
    }
}

/// How a fact came to be known. Pages never show a fact without its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// 实测: read from an instrument in the field, nobody typed it.
    Measured,
    /// 检测: a laboratory or quick test.
    Tested,
    /// 申报: what the producer says.
    Declared,
    /// 认证: a certificate or promise issued by a named body.
    Certified,
}

/// Where a fact comes from and since when it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How it came to be known.
    pub mark: Mark,
    /// Who entered or measured it: an organisation or a device, never a person.
    pub by: Words,
    /// When it was entered or measured last; the page shows the age.
    pub at: Timestamp,
}
