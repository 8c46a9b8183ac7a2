//! What a filing has to say of a producer or a product, and in which words: every fault of it at
//! once, so that a form or an imported row can be mended in one go.

use model::credit_code::CreditCode;
use model::gs1::Gtin;
use model::unit::Quantity;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::producer::NewProducer;
use store::product::NewProduct;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};

/// Most pictures of one filing.
pub(crate) const PICTURES_MAX: usize = 12;
/// Most limits of one kind in a product standard.
pub(crate) const LIMITS_MAX: usize = 30;
/// Most days that anything keeps: thirty years.
const SHELF_LIFE_DAYS_MAX: i32 = 10_958;
/// Kinds of producers.
pub(crate) const KINDS: [&str; 3] = ["cooperative", "company", "household"];
/// Document regimes.
pub(crate) const REGIMES: [&str; 3] = ["promise", "sc", "workshop"];

/// An uploaded picture with what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"sha256":
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "caption": "营业执照"}))]
pub(crate) struct Attached {
    /// SHA-256 of an uploaded file of this producer, 64 hexadecimal digits.
    pub(crate) sha256: String,
    /// What it shows.
    #[serde(default)]
    pub(crate) caption: String,
}

/// What is filed of a producer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProducerBody {
    /// 统一社会信用代码: 18 characters, the last one checks the others (GB 32100).
    #[schema(example = "91000000MA0000001R")]
    pub(crate) credit_code: String,
    /// Registered name.
    #[schema(example = "演示毛坝莓茶专业合作社")]
    pub(crate) name: String,
    /// Name for English pages.
    #[serde(default)]
    pub(crate) name_en: String,
    /// `cooperative`, `company` or `household`.
    #[schema(example = "cooperative")]
    pub(crate) kind: String,
    /// 乡镇.
    #[schema(example = "毛坝乡")]
    pub(crate) township: String,
    /// Business address.
    pub(crate) address: String,
    /// Business contact that the certificate rule demands; it is public.
    #[schema(example = "000-00000001")]
    pub(crate) contact: String,
    /// Licences, as pictures; at most 12.
    #[serde(default)]
    pub(crate) pictures: Vec<Attached>,
}

/// What a probe has to read while a product grows, is made or is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProbeLimit {
    /// What is measured, such as `air-temperature`.
    #[schema(example = "air-temperature")]
    pub(crate) quantity: String,
    /// Not below this, in the quantity's usual unit.
    pub(crate) low: Option<f64>,
    /// Not above this.
    pub(crate) high: Option<f64>,
}

/// What a test of a product has to find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TestLimit {
    /// What is looked for.
    #[schema(example = "有机磷和氨基甲酸酯类农药")]
    pub(crate) item: String,
    /// Below this.
    pub(crate) limit: f64,
    /// Unit of the limit.
    #[schema(example = "%")]
    pub(crate) unit: String,
}

/// What is filed of a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProductBody {
    /// GTIN of 8, 12, 13 or 14 digits. Missing or empty: a new product gets a restricted-circulation
    /// number of ours, one that is filed keeps what it has.
    #[serde(default)]
    #[schema(example = "06901234567892")]
    pub(crate) gtin: Option<String>,
    /// Name.
    #[schema(example = "莓茶（芽尖）")]
    pub(crate) name: String,
    /// Name for English pages.
    #[serde(default)]
    pub(crate) name_en: String,
    /// Kind in the county's plan.
    #[schema(example = "莓茶")]
    pub(crate) category: String,
    /// Variety.
    #[serde(default)]
    pub(crate) variety: String,
    /// Pack and grade as sold.
    #[schema(example = "特级 罐装 100 g")]
    pub(crate) specification: String,
    /// Unit of lot quantities, UN/ECE Rec 20.
    #[schema(example = "KGM")]
    pub(crate) unit: String,
    /// Days it keeps.
    #[schema(example = 540)]
    pub(crate) shelf_life_days: i32,
    /// `promise` (承诺达标合格证), `sc` (SC licence) or `workshop` (小作坊).
    #[schema(example = "sc")]
    pub(crate) regime: String,
    /// Season, in words.
    #[serde(default)]
    pub(crate) season: String,
    /// Product standard that it is made by, such as `GB/T 18672-2014`.
    #[serde(default)]
    pub(crate) standard: String,
    /// Limits of that standard for probes; at most 30.
    #[serde(default)]
    pub(crate) probe_limits: Vec<ProbeLimit>,
    /// Limits of that standard for tests; at most 30.
    #[serde(default)]
    pub(crate) test_limits: Vec<TestLimit>,
    /// Pictures of it; at most 12.
    #[serde(default)]
    pub(crate) pictures: Vec<Attached>,
}

/// A member that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Which member.
    pub(crate) field: &'static str,
    /// Why, in Chinese.
    pub(crate) zh: String,
    /// Why, in English.
    pub(crate) en: String,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self {
            field: Some(fault.field),
            ..Self::told(Kind::Invalid, fault.en, fault.zh)
        }
    }
}

/// The faults that were found so far.
#[derive(Debug, Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, field: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.0.push(Fault {
            field,
            zh: zh.into(),
            en: en.into(),
        });
    }

    /// A text of `least` to `most` characters without control characters.
    fn text(&mut self, field: &'static str, text: &str, (least, most): (usize, usize)) {
        let chars = text.trim().chars().count();
        if !(least..=most).contains(&chars) || text.chars().count() > most {
            let zh = format!("须为 {least} 至 {most} 个字符");
            self.add(
                field,
                zh,
                format!("it must have {least} to {most} characters"),
            );
        } else if text.chars().any(char::is_control) {
            self.add(field, "含有控制字符", "it has control characters");
        }
    }

    fn word(&mut self, field: &'static str, word: &str, words: &[&str]) {
        if !words.contains(&word) {
            let list = words.join("、");
            let en = format!("it must be one of {}", words.join(", "));
            self.add(field, format!("须为 {list} 之一"), en);
        }
    }

    fn pictures(&mut self, pictures: &[Attached]) {
        if pictures.len() > PICTURES_MAX {
            let zh = format!("最多 {PICTURES_MAX} 张");
            self.add("pictures", zh, format!("at most {PICTURES_MAX}"));
        }
        for picture in pictures {
            self.text("pictures", &picture.caption, (0, 100));
            let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if picture.sha256.len() != 64 || !picture.sha256.chars().all(hex) {
                let en = "a sha256 has 64 hexadecimal digits";
                self.add("pictures", "文件摘要须为 64 位十六进制", en);
            }
        }
    }
}

/// Every fault of what is filed of a producer.
pub(crate) fn check_producer(body: &ProducerBody) -> Vec<Fault> {
    let mut faults = Faults::default();
    if let Err(error) = CreditCode::parse(&body.credit_code) {
        faults.add(
            "credit_code",
            "统一社会信用代码须为 18 位，且校验码正确",
            error.to_string(),
        );
    }
    faults.text("name", &body.name, (1, 100));
    faults.text("name_en", &body.name_en, (0, 150));
    faults.word("kind", &body.kind, &KINDS);
    faults.text("township", &body.township, (1, 40));
    faults.text("address", &body.address, (1, 200));
    faults.text("contact", &body.contact, (1, 60));
    faults.pictures(&body.pictures);
    faults.0
}

/// Every fault of what is filed of a product; `own` is a number that it has or had.
pub(crate) fn check_product(body: &ProductBody, own: &[String]) -> Vec<Fault> {
    let mut faults = Faults::default();
    match body.gtin.as_deref().map(Gtin::parse) {
        Some(Err(error)) => {
            let zh = "商品条码（GTIN）位数或校验码有误";
            faults.add("gtin", zh, error.to_string());
        }
        Some(Ok(gtin)) if gtin.is_restricted() && !own.contains(&gtin.to_string()) => faults.add(
            "gtin",
            "店内码（02、04、20–29 开头）由本平台签发，请留空",
            "numbers of restricted circulation are issued here: leave it empty",
        ),
        None | Some(Ok(_)) => {}
    }
    faults.text("name", &body.name, (1, 100));
    faults.text("name_en", &body.name_en, (0, 150));
    faults.text("category", &body.category, (1, 40));
    faults.text("variety", &body.variety, (0, 100));
    faults.text("specification", &body.specification, (1, 100));
    let is_unit = (2..=3).contains(&body.unit.len())
        && body
            .unit
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if !is_unit {
        let en = "a unit is a code of UN/ECE Rec 20, such as KGM";
        faults.add("unit", "计量单位须为 UN/ECE Rec 20 代码，例如 KGM", en);
    }
    if !(1..=SHELF_LIFE_DAYS_MAX).contains(&body.shelf_life_days) {
        let zh = format!("保质期须为 1 至 {SHELF_LIFE_DAYS_MAX} 天");
        let en = format!("it must be 1 to {SHELF_LIFE_DAYS_MAX} days");
        faults.add("shelf_life_days", zh, en);
    }
    faults.word("regime", &body.regime, &REGIMES);
    faults.text("season", &body.season, (0, 60));
    faults.text("standard", &body.standard, (0, 100));
    check_limits(&mut faults, body);
    faults.pictures(&body.pictures);
    faults.0
}

fn check_limits(faults: &mut Faults, body: &ProductBody) {
    for (field, count) in [
        ("probe_limits", body.probe_limits.len()),
        ("test_limits", body.test_limits.len()),
    ] {
        if count > LIMITS_MAX {
            faults.add(
                field,
                format!("最多 {LIMITS_MAX} 条"),
                format!("at most {LIMITS_MAX}"),
            );
        }
    }
    for limit in &body.probe_limits {
        let ends = [limit.low, limit.high];
        let sound = ends
            .iter()
            .flatten()
            .all(|end| end.is_finite() && end.abs() <= 1e6)
            && (limit.low.is_some() || limit.high.is_some())
            && limit
                .low
                .zip(limit.high)
                .is_none_or(|(low, high)| low < high);
        if Quantity::from_code(&limit.quantity).is_none() {
            let en = format!("{:?} is no quantity of a probe", limit.quantity);
            faults.add("probe_limits", "没有这种监测项目", en);
        }
        if !sound {
            let en = "a probe's limit has a low end below its high end, or one of them";
            faults.add("probe_limits", "监测限值的下限须小于上限，至少填一个", en);
        }
    }
    for limit in &body.test_limits {
        faults.text("test_limits", &limit.item, (1, 100));
        faults.text("test_limits", &limit.unit, (0, 20));
        if !(limit.limit.is_finite() && limit.limit > 0.0 && limit.limit <= 1e6) {
            let en = "a test's limit is above 0 and at most 1e6";
            faults.add("test_limits", "检测限值须大于 0", en);
        }
    }
}

impl ProducerBody {
    /// With the blanks at the ends of its texts gone.
    pub(crate) fn trimmed(mut self) -> Self {
        for text in [
            &mut self.credit_code,
            &mut self.name,
            &mut self.name_en,
            &mut self.kind,
            &mut self.township,
            &mut self.address,
            &mut self.contact,
        ] {
            trim(text);
        }
        self
    }

    /// What the register's columns hold of it.
    pub(crate) fn row(&self) -> NewProducer<'_> {
        NewProducer {
            credit_code: &self.credit_code,
            name: &self.name,
            name_en: &self.name_en,
            kind: &self.kind,
            township: &self.township,
            address: &self.address,
            contact: &self.contact,
        }
    }

    /// What is kept beside the columns.
    pub(crate) fn details(&self) -> Value {
        json!({ "pictures": self.pictures })
    }
}

impl ProductBody {
    /// With the blanks at the ends of its texts gone, and an empty number missing.
    pub(crate) fn trimmed(mut self) -> Self {
        for text in [
            &mut self.name,
            &mut self.name_en,
            &mut self.category,
            &mut self.variety,
            &mut self.specification,
            &mut self.unit,
            &mut self.regime,
            &mut self.season,
            &mut self.standard,
        ] {
            trim(text);
        }
        self.gtin = self
            .gtin
            .map(|gtin| gtin.trim().to_owned())
            .filter(|gtin| !gtin.is_empty());
        self
    }

    /// What the register's columns hold of it.
    pub(crate) fn row<'a>(&'a self, producer_id: i64, gtin: &'a str) -> NewProduct<'a> {
        NewProduct {
            producer_id,
            gtin,
            name: &self.name,
            name_en: &self.name_en,
            category: &self.category,
            variety: &self.variety,
            specification: &self.specification,
            unit: &self.unit,
            shelf_life_days: self.shelf_life_days,
            regime: &self.regime,
            season: &self.season,
        }
    }

    /// What is kept beside the columns.
    pub(crate) fn details(&self) -> Value {
        json!({ "standard": self.standard, "probe_limits": self.probe_limits,
            "test_limits": self.test_limits, "pictures": self.pictures })
    }
}

fn trim(text: &mut String) {
    let kept = text.trim();
    if kept.len() != text.len() {
        *text = kept.to_owned();
    }
}

/// A restricted-circulation number of ours: 02 and 9, nine digits, and the check digit, padded to
/// 14. The demonstration's own numbers begin otherwise.
pub(crate) fn internal_gtin(number: i64) -> Option<Gtin> {
    Gtin::from_body(&format!("0029{number:09}")).ok()
}

#[cfg(test)]
mod tests;
