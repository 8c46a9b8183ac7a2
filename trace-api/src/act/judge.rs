//! Judging a result: by the edition of its method that was in force on the day of sampling, by an
//! imported residue limit, or by the limit that the laboratory gave with it. The verdict keeps the
//! rule that gave it.

use store::lot::Lot;
use store::test_method::{self, Method, ResidueLimit};
use store::{AnyConnection, product};
use time::Date;

use super::test::Entered;
use crate::problem::{Answer, Problem};
use crate::rule::quick_test::{Outcome, card, remarks};
use crate::rule::result::Reading;

/// A result with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// What it says.
    pub(crate) outcome: Outcome,
    /// The number; 1 for a positive card, 0 for another.
    pub(crate) value: f32,
    /// The number is the limit of quantification and the result lies below it.
    pub(crate) below: bool,
    /// Unit of number and limit.
    pub(crate) unit: String,
    /// The limit.
    pub(crate) limit: f32,
    /// What is to be remarked.
    pub(crate) remarks: Vec<String>,
    /// The rule that gave the verdict.
    pub(crate) rule: String,
    /// The method's limit of quantification, where it is known.
    pub(crate) quantification: Option<f32>,
}

/// Judges a result of a sample of this day.
pub(crate) async fn judge(
    connection: &mut AnyConnection,
    lot: &Lot,
    entered: &Entered,
    sampled_on: Date,
) -> Answer<Judged> {
    let (method, item) = (entered.method.trim(), entered.item.trim());
    let edition = test_method::find(connection, method, item, sampled_on).await?;
    if let Some(lines) = entered.lines {
        return by_card(edition.as_ref(), lines);
    }
    let reading = entered
        .reading
        .ok_or_else(|| Problem::invalid("value", "a value or the lines of a card", "请填写结果"))?;
    if let Some(edition) = edition {
        return by_edition(&edition, lot, entered, reading);
    }
    let unit = entered.unit.clone().ok_or_else(|| {
        Problem::invalid(
            "unit",
            "the method is not known: say its unit",
            "请填写单位",
        )
    })?;
    reading.check(&unit)?;
    let unit = unit.trim().to_owned();
    if let Some(limit) = entered.limit {
        return Ok(Judged::of(
            reading,
            reading.meets(limit),
            (unit, limit),
            "实验室给定限值",
        ));
    }
    by_residue_limit(connection, lot, (item, sampled_on), (reading, unit)).await
}

fn by_card(edition: Option<&Method>, (control, test): (bool, bool)) -> Answer<Judged> {
    if edition.is_some_and(|edition| edition.principle != "colloidal_gold") {
        let (en, zh) = ("this method has no lines", "该方法不是胶体金法");
        return Err(Problem::invalid("c_line", en, zh));
    }
    let outcome = card(control, test);
    let source = edition.map(|edition| edition.source.clone());
    Ok(Judged {
        outcome,
        value: f32::from(u8::from(outcome == Outcome::Fail)),
        below: false,
        unit: String::new(),
        limit: 1.0,
        remarks: Vec::new(),
        rule: source.unwrap_or_else(|| "胶体金：C 线不显色无效，T 线不显色为阳性".to_owned()),
        quantification: None,
    })
}

fn by_edition(edition: &Method, lot: &Lot, entered: &Entered, reading: Reading) -> Answer<Judged> {
    let unit = entered.unit.as_deref().map(str::trim);
    if unit.is_some_and(|unit| unit != edition.unit) {
        let en = format!("{} is in {}", edition.code, edition.unit);
        return Err(Problem::invalid(
            "unit",
            en,
            format!("该方法的单位为 {}", edition.unit),
        ));
    }
    if entered
        .limit
        .is_some_and(|limit| (limit - edition.limit).abs() > f32::EPSILON * limit)
    {
        let en = format!("on the day of sampling it was {}", edition.limit);
        let zh = format!("抽样当日有效的限值为 {}", edition.limit);
        return Err(Problem::invalid("limit", en, zh));
    }
    reading.check(&edition.unit)?;
    let limit = (edition.unit.clone(), edition.limit);
    let remarks = remarks(
        &edition.principle,
        reading.value,
        &lot.product,
        &edition.false_positives,
    );
    Ok(Judged {
        remarks: remarks.into_iter().map(str::to_owned).collect(),
        quantification: edition.quantification,
        ..Judged::of(
            reading,
            reading.meets(edition.limit),
            limit,
            &edition.source,
        )
    })
}

/// The newest residue limit for the product or its category; above it a sample fails.
async fn by_residue_limit(
    connection: &mut AnyConnection,
    lot: &Lot,
    (item, sampled_on): (&str, Date),
    (reading, unit): (Reading, String),
) -> Answer<Judged> {
    let none = || {
        Problem::invalid(
            "limit",
            "no limit is known for it: give one",
            "没有适用的限值，请填写",
        )
    };
    if unit != "mg/kg" {
        return Err(none());
    }
    let limit = residue_limit(connection, lot, (item, sampled_on)).await?;
    let limit = limit.ok_or_else(none)?;
    let most = limit.limit_mg_kg;
    let rule = source(&limit);
    Ok(Judged::of(
        reading,
        reading.value <= most,
        (unit, most),
        &rule,
    ))
}

/// The newest residue limit for the product or its category that was in force on a day.
pub(super) async fn residue_limit(
    connection: &mut AnyConnection,
    lot: &Lot,
    (item, sampled_on): (&str, Date),
) -> Answer<Option<ResidueLimit>> {
    let own = product::find(connection, lot.product_id).await?;
    let category = own.map(|product| product.category).unwrap_or_default();
    let foods = [lot.product.clone(), category];
    let found = test_method::list_limits(connection, Some(item), Some(&foods), sampled_on).await?;
    Ok(found.into_iter().max_by_key(|limit| limit.valid_from))
}

/// A residue limit as the source of a verdict.
pub(super) fn source(limit: &ResidueLimit) -> String {
    let ResidueLimit { edition, food, .. } = limit;
    format!("{edition}：{food} {} mg/kg", limit.limit_mg_kg)
}

impl Judged {
    fn of(reading: Reading, passed: bool, (unit, limit): (String, f32), rule: &str) -> Self {
        Self {
            outcome: if passed { Outcome::Pass } else { Outcome::Fail },
            value: reading.value,
            below: reading.below,
            unit,
            limit,
            remarks: Vec::new(),
            rule: rule.to_owned(),
            quantification: None,
        }
    }
}
