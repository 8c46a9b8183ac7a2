//! The lab's lists in the words of its page, and the kinds of test on offer.

use store::lot::Lot;
use store::test_result::TestResult;

use crate::page::lab::{ResultRow, TestKind, Waiting};
use crate::page::trace::TestVerdict;
use crate::page::{Words, quantity};
use crate::state::timestamp;
use crate::web::words::{card, result as read, words};

/// Crops whose own juices hinder the enzyme: a positive quick test of them proves little.
const FALSE_POSITIVES: [&str; 9] = [
    "葱", "蒜", "萝卜", "韭菜", "芹菜", "香菜", "茭白", "蘑菇", "番茄",
];

/// A kind of test: what it looks for in both languages, method, unit, limit, where that is from.
type Kind = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// The kinds on offer; the first is the default.
const KINDS: [Kind; 1] = [(
    "有机磷和氨基甲酸酯类农药残留（抑制率）",
    "Organophosphorus and carbamate pesticides (inhibition)",
    "GB/T 5009.199-2003 酶抑制法",
    "%",
    "50",
    "GB/T 5009.199-2003：抑制率 ≥ 50 % 为阳性",
    "GB/T 5009.199-2003: inhibition of 50 % or more is positive",
)];

/// The kinds of test on offer.
pub(super) fn kinds() -> Vec<TestKind> {
    let kinds =
        KINDS.into_iter().map(
            |(item, item_en, method, unit, limit, source, source_en)| TestKind {
                item: item.to_owned(),
                label: Words::both(item, item_en),
                method: method.to_owned(),
                unit: unit.to_owned(),
                limit: limit.to_owned(),
                limit_source: Words::both(source, source_en),
            },
        );
    kinds.collect()
}

/// Lots that wait for a test. A code that several of them have is told with the lot's number.
pub(super) fn waiting(lots: &[Lot]) -> Vec<Waiting> {
    let row = |lot: &Lot| {
        let alike = lots.iter().filter(|other| other.code == lot.code).count();
        let sample = if alike > 1 {
            format!("{}#{}", lot.code, lot.id)
        } else {
            lot.code.clone()
        };
        Waiting {
            sample,
            product: words(&lot.product, &lot.product_en),
            producer: words(&lot.producer, &lot.producer_en),
            since: timestamp(lot.created_at),
            caution: caution(&lot.product),
        }
    };
    lots.iter().map(row).collect()
}

/// A caution for crops that the quick test is known to misjudge.
fn caution(product: &str) -> Option<Words> {
    FALSE_POSITIVES.iter().any(|crop| product.contains(crop)).then(|| {
        Words::both(
            "酶抑制法对该作物易出现假阳性，请采用整株浸提",
            "The enzyme test often gives false positives for this crop; extract the whole plant",
        )
    })
}

/// One result of the list.
pub(super) fn result(row: TestResult) -> ResultRow {
    let lines = row.control_line.zip(row.test_line);
    let number = read(&row.qualifier, row.value);
    let (result, unit) = (card(lines).map_or(number, str::to_owned), &row.unit);
    ResultRow {
        product: words(&row.product, &row.product_en),
        item: row.item.into(),
        result: format!("{result} {unit}"),
        limit: Some(format!(
            "< {} {unit}",
            quantity::short(f64::from(row.limit))
        )),
        verdict: match (row.invalid, row.passed) {
            (true, _) => TestVerdict::Unclear,
            (false, true) => TestVerdict::Pass,
            (false, false) => TestVerdict::Fail,
        },
        at: timestamp(row.tested_at),
        sample: row.sample_code,
        by: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_on_offer_have_limits_that_are_numbers() {
        for kind in kinds() {
            assert!(
                kind.limit.parse::<f32>().is_ok_and(|limit| limit > 0.0),
                "{}",
                kind.item
            );
        }
    }

    #[test]
    fn radish_is_warned_of_and_tea_is_not() {
        assert!(caution("车坪萝卜").is_some());
        assert!(caution("莓茶").is_none());
    }
}
