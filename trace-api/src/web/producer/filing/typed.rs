//! What a form of a filing sent, as it was typed: it becomes what is filed, or stands in the form
//! again with what is wrong at each field.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use crate::page::Lang;
use crate::page::filing::form::Limits;
use crate::problem::{Answer, Problem};
use crate::rule::filing::{Attached, Fault, ProbeLimit, ProducerBody, ProductBody, TestLimit};

/// A form of names and values, some of them several times.
pub(super) type Pairs = Vec<(String, String)>;

/// What a form sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    /// Made by the page.
    pub(super) request: Uuid,
    /// The version that was seen.
    pub(super) base: Option<i32>,
    /// Whether it is handed in.
    pub(super) submit: bool,
    /// SHA-256 of a credential's scan.
    pub(super) scan: Option<String>,
    /// The pictures, in their order.
    pub(super) pictures: Vec<Attached>,
    fields: BTreeMap<String, String>,
    probe: Vec<[String; 3]>,
    test: Vec<[String; 3]>,
}

impl Typed {
    /// Reads a form.
    pub(super) fn parse(pairs: Pairs) -> Answer<Self> {
        let mut typed = Self::default();
        let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            if is_repeated(&name) {
                columns.entry(name).or_default().push(value);
            } else {
                typed.fields.insert(name, value);
            }
        }
        let mut take = |name: &str| columns.remove(name).unwrap_or_default();
        typed.probe = rows([
            take("probe-quantity"),
            take("probe-low"),
            take("probe-high"),
        ]);
        typed.test = rows([take("test-item"), take("test-limit"), take("test-unit")]);
        let mut captions = take("caption").into_iter();
        typed.pictures = take("picture")
            .into_iter()
            .map(|sha256| Attached {
                sha256,
                caption: captions.next().unwrap_or_default().trim().to_owned(),
            })
            .collect();
        typed.scan = take("scan").pop().filter(|scan| !scan.is_empty());
        let unreadable = |field| Problem::invalid(field, "reload the page", "请刷新页面后重试");
        typed.request = typed
            .text("request")
            .parse()
            .map_err(|_| unreadable("request"))?;
        typed.base = match typed.text("base") {
            "" => None,
            text => Some(text.parse().map_err(|_| unreadable("base"))?),
        };
        typed.submit = typed.text("do") == "submit";
        Ok(typed)
    }

    /// What a kept version says, as the form shows it.
    pub(super) fn of(body: &Value) -> Self {
        let cell = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let fields = body.as_object().into_iter().flatten();
        let list = |name: &str, members: [&str; 3]| {
            let items = body[name].as_array().into_iter().flatten();
            let row = |item: &Value| members.map(|member| cell(&item[member]));
            items.map(row).collect()
        };
        Self {
            fields: fields
                .map(|(name, value)| (name.clone(), cell(value)))
                .collect(),
            probe: list("probe_limits", ["quantity", "low", "high"]),
            test: list("test_limits", ["item", "limit", "unit"]),
            pictures: serde_json::from_value(body["pictures"].clone()).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// With another text in a field.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// What stands in a field.
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |text| text.trim())
    }

    fn owned(&self, name: &str) -> String {
        self.text(name).to_owned()
    }

    /// As a producer.
    pub(super) fn producer(&self) -> ProducerBody {
        ProducerBody {
            credit_code: self.text("credit_code").to_ascii_uppercase(),
            name: self.owned("name"),
            name_en: self.owned("name_en"),
            kind: self.owned("kind"),
            township: self.owned("township"),
            address: self.owned("address"),
            contact: self.owned("contact"),
            pictures: self.pictures.clone(),
        }
    }

    /// As a product; what is no number becomes one that is refused.
    pub(super) fn product(&self) -> ProductBody {
        let probe_limits = self.probe.iter().filter(|row| is_filled(row));
        let test_limits = self.test.iter().filter(|row| is_filled(row));
        ProductBody {
            gtin: Some(self.owned("gtin")).filter(|gtin| !gtin.is_empty()),
            name: self.owned("name"),
            name_en: self.owned("name_en"),
            category: self.owned("category"),
            variety: self.owned("variety"),
            specification: self.owned("specification"),
            unit: self.owned("unit"),
            shelf_life_days: self.text("shelf_life_days").parse().unwrap_or(0),
            regime: self.owned("regime"),
            season: self.owned("season"),
            standard: self.owned("standard"),
            probe_limits: probe_limits.map(probe_limit).collect(),
            test_limits: test_limits.map(test_limit).collect(),
            pictures: self.pictures.clone(),
        }
    }

    /// The limits as they were typed, with a row to write in.
    pub(super) fn limits(&self, quantities: Vec<(String, String)>) -> Limits {
        let mut limits = Limits {
            probe: self.probe.clone(),
            test: self.test.clone(),
            quantities,
            ..Limits::default()
        };
        limits.probe.push(Default::default());
        limits.test.push(Default::default());
        limits
    }
}

fn is_repeated(name: &str) -> bool {
    ["picture", "caption", "scan"].contains(&name)
        || name.starts_with("probe-")
        || name.starts_with("test-")
}

/// Three columns as rows; those without a word are left out.
fn rows([first, second, third]: [Vec<String>; 3]) -> Vec<[String; 3]> {
    let (mut second, mut third) = (second.into_iter(), third.into_iter());
    let rows = first.into_iter().map(|cell| {
        let row = [
            cell,
            second.next().unwrap_or_default(),
            third.next().unwrap_or_default(),
        ];
        row.map(|cell| cell.trim().to_owned())
    });
    rows.filter(is_filled).collect()
}

fn is_filled(row: &[String; 3]) -> bool {
    row.iter().any(|cell| !cell.is_empty())
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

fn probe_limit([quantity, low, high]: &[String; 3]) -> ProbeLimit {
    let end = |text: &str| (!text.is_empty()).then(|| number(text));
    ProbeLimit {
        quantity: quantity.clone(),
        low: end(low),
        high: end(high),
    }
}

fn test_limit([item, limit, unit]: &[String; 3]) -> TestLimit {
    TestLimit {
        item: item.clone(),
        limit: number(limit),
        unit: unit.clone(),
    }
}

/// What is wrong at each field, in the page's language: every fault of the words, and what the
/// record said against them.
pub(super) fn faults(
    lang: Lang,
    found: Vec<Fault>,
    problem: Option<&Problem>,
) -> BTreeMap<&'static str, String> {
    let mut faults = BTreeMap::new();
    for fault in found {
        let text = if lang == Lang::Zh { fault.zh } else { fault.en };
        faults.entry(fault.field).or_insert(text);
    }
    if let Some((field, text)) =
        problem.and_then(|problem| problem.field.zip(problem.words(lang == Lang::Zh)))
    {
        faults.entry(field).or_insert(text);
    }
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::filing::check_product;

    fn pairs(words: &[(&str, &str)]) -> Pairs {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        words.iter().map(owned).collect()
    }

    const REQUEST: (&str, &str) = ("request", "00000000-0000-4000-8000-000000000001");

    #[test]
    fn a_form_reads_as_the_filing_that_it_was_made_of() -> Result<(), Problem> {
        let body = json!({ "gtin": "06901234567892", "name": "莓茶", "category": "茶",
            "specification": "100 g", "unit": "KGM", "shelf_life_days": 540, "regime": "sc",
            "probe_limits": [{ "quantity": "air-temperature", "low": 5.0, "high": null }],
            "test_limits": [{ "item": "农残", "limit": 50.0, "unit": "%" }],
            "pictures": [{ "sha256": "aa", "caption": "正面" }] });
        let kept = Typed::of(&body).product();
        let sent = Typed::parse(pairs(&[
            REQUEST,
            ("gtin", "06901234567892"),
            ("name", " 莓茶 "),
            ("category", "茶"),
            ("specification", "100 g"),
            ("unit", "KGM"),
            ("shelf_life_days", "540"),
            ("regime", "sc"),
            ("probe-quantity", "air-temperature"),
            ("probe-low", "5.0"),
            ("probe-high", ""),
            ("probe-quantity", ""),
            ("probe-low", ""),
            ("probe-high", ""),
            ("test-item", "农残"),
            ("test-limit", "50"),
            ("test-unit", "%"),
            ("picture", "aa"),
            ("caption", "正面"),
            ("do", "submit"),
        ]))?;
        assert_eq!(sent.product(), kept);
        assert!(sent.submit && sent.base.is_none());
        Ok(())
    }

    #[test]
    fn what_is_no_number_is_a_fault_and_stays_in_the_form() -> Result<(), Problem> {
        let sent = Typed::parse(pairs(&[
            REQUEST,
            ("base", "2"),
            ("shelf_life_days", "long"),
            ("test-item", "农残"),
            ("test-limit", "few"),
            ("test-unit", ""),
        ]))?;
        let found = faults(Lang::Zh, check_product(&sent.product(), &[]), None);
        assert!(found.contains_key("shelf_life_days") && found.contains_key("test_limits"));
        assert_eq!(sent.limits(Vec::new()).test[0][1], "few");
        assert_eq!(sent.base, Some(2));
        Ok(())
    }

    #[test]
    fn a_form_without_its_key_is_no_form() {
        assert!(Typed::parse(Vec::new()).is_err());
        assert!(Typed::parse(pairs(&[REQUEST, ("base", "two")])).is_err());
    }
}
