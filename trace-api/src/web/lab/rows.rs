//! The lab's lists in the words of its pages.

use store::test_result::TestResult;
use store::waiting;

use crate::page::lab::{ResultRow, Waiting, caution};
use crate::page::quantity;
use crate::page::trace::TestVerdict;
use crate::state::timestamp;
use crate::web::words::{card, result as read, words};

/// Samples and lots that wait. A lot's code that several of them have is told with its number.
pub(super) fn waiting(rows: &[waiting::Waiting], crops: &[String]) -> Vec<Waiting> {
    let row = |row: &waiting::Waiting| {
        let alike = |other: &&waiting::Waiting| other.lot == row.lot && other.lot_id != row.lot_id;
        let sample = match &row.sample {
            Some(code) => code.clone(),
            None if rows.iter().any(|other| alike(&other)) => format!("{}#{}", row.lot, row.lot_id),
            None => row.lot.clone(),
        };
        let known = crops.iter().any(|crop| row.product.contains(crop.as_str()));
        Waiting {
            sample,
            lot: row.sample.as_ref().map(|_| row.lot.clone()),
            unsampled: row.sample.is_none().then_some(row.lot_id),
            product: words(&row.product, &row.product_en),
            producer: words(&row.producer, &row.producer_en),
            since: timestamp(row.since),
            caution: known.then(caution),
        }
    };
    rows.iter().map(row).collect()
}

/// What a result says.
pub(super) const fn verdict(row: &TestResult) -> TestVerdict {
    match (row.invalid, row.passed) {
        (true, _) => TestVerdict::Unclear,
        (false, true) => TestVerdict::Pass,
        (false, false) => TestVerdict::Fail,
    }
}

/// A number with its unit, where it has one.
pub(super) fn with_unit(number: &str, unit: &str) -> String {
    format!("{number} {unit}").trim_end().to_owned()
}

/// A result as it reads: a card's words, or the number with its unit.
pub(super) fn reads(row: &TestResult) -> String {
    match card(row.control_line.zip(row.test_line)) {
        Some(words) => words.to_owned(),
        None => with_unit(&read(&row.qualifier, row.value), &row.unit),
    }
}

/// One result of the list.
pub(super) fn result(row: TestResult) -> ResultRow {
    let is_card = row.control_line.is_some();
    let limit = with_unit(&quantity::short(f64::from(row.limit)), &row.unit);
    ResultRow {
        id: row.id,
        result: reads(&row),
        limit: (!is_card).then(|| format!("< {limit}")),
        verdict: verdict(&row),
        product: words(&row.product, &row.product_en),
        item: row.item.into(),
        round: row.round,
        at: timestamp(row.tested_at),
        sample: row.sample_code,
        instrument: row.instrument.is_some(),
        by: row.instrument.unwrap_or(row.entered_by),
        corrected: row.corrected_by.is_some(),
        corrects: row.corrects.is_some(),
    }
}
