//! A sample's results on paper: what stands in the record, with a hash by which the paper is held
//! against it, and the lot's code.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use label_printer::LabelError;
use label_printer::test_sheet::{TestRow, TestSheet};
use sha2::{Digest as _, Sha256};
use store::lot::Lot;
use store::test_result::{self, Filter, TestResult};

use super::label::{link, unprintable};
use super::lot::iso;
use super::upload::hex;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::plausible;
use crate::rule::quick_test::{Outcome, Round, Standing, standing};
use crate::state::AppState;
use crate::web::words::{card, result as read};

/// Most results of a lot that are looked through.
const RESULTS_MAX: i64 = 500;
/// Most results on one paper.
const ROWS_MAX: usize = 50;

/// A report as a file.
#[derive(Debug)]
pub(crate) struct Drawn {
    /// Code of the sample, for the file's name.
    pub(crate) sample: String,
    /// The PDF.
    pub(crate) bytes: Vec<u8>,
}

/// The sample of a result: its lot, and what stands of it, oldest first. What was corrected does
/// not stand.
pub(crate) async fn sample_of(state: &AppState, id: i64) -> Answer<(Lot, Vec<TestResult>)> {
    let none = || Problem::told(Kind::NotFound, "there is no such result", "没有这条结果");
    let mut connection = state.store().acquire().await?;
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = test_result::search(&mut connection, &filter, 1)
        .await?
        .pop();
    let one = one.ok_or_else(none)?;
    let lot = store::lot::find(&mut connection, one.lot_id)
        .await?
        .ok_or_else(none)?;
    let mut rows = test_result::list(&mut connection, Some(lot.id), RESULTS_MAX).await?;
    rows.retain(|row| row.sample_code == one.sample_code && row.corrected_by.is_none());
    rows.sort_by_key(|row| (row.tested_at, row.id));
    Ok((lot, rows))
}

/// Draws the report of a result's sample.
pub(crate) async fn draw(state: &AppState, id: i64) -> Answer<Drawn> {
    let (lot, rows) = sample_of(state, id).await?;
    if rows.len() > ROWS_MAX {
        let en = format!("a report holds at most {ROWS_MAX} results");
        let zh = format!("一份报告最多 {ROWS_MAX} 条结果");
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    let sheet = sheet(state, &lot, &rows)?;
    let sample = rows.first().map(|row| row.sample_code.clone());
    let state = state.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        let mut press = state.presses().take()?;
        let bytes = press.test_sheet(&sheet)?;
        state.presses().give_back(press);
        Ok::<_, LabelError>(bytes)
    });
    let bytes = drawn.await.map_err(Problem::internal)?;
    Ok(Drawn {
        sample: sample.unwrap_or_default(),
        bytes: bytes.map_err(unprintable)?,
    })
}

fn sheet(state: &AppState, lot: &Lot, rows: &[TestResult]) -> Answer<TestSheet> {
    let fact = |caption: &str, text: String| (caption.to_owned(), text);
    let day = |at| iso(plausible::today(at));
    let (first, last) = (rows.first(), rows.last());
    let sampled = first.and_then(|row| row.sampled_on).map(iso);
    let tested = first.zip(last).map(|(first, last)| {
        let (first, last) = (day(first.tested_at), day(last.tested_at));
        if first == last {
            first
        } else {
            format!("{first} 至 {last}")
        }
    });
    Ok(TestSheet {
        title: "检测报告".to_owned(),
        facts: vec![
            fact(
                "样品编号",
                first.map(|row| row.sample_code.clone()).unwrap_or_default(),
            ),
            fact("报告日期", day(state.now())),
            fact("产品名称", lot.product.clone()),
            fact("批次", lot.code.clone()),
            fact("生产主体", lot.producer.clone()),
            fact("规格", lot.specification.clone()),
            fact("抽样日期", sampled.unwrap_or_default()),
            fact("检测日期", tested.unwrap_or_default()),
        ],
        rows: rows.iter().map(row).collect(),
        conclusion: conclusion(rows),
        notes: notes(rows),
        hash: digest(lot, rows),
        link: link(state, &lot.gtin, Some(&lot.code), None)?,
    })
}

fn row(row: &TestResult) -> TestRow {
    let round = match Round::from_code(&row.round) {
        Some(Round::Repeat) => "（复检）",
        Some(Round::Confirm) => "（确证）",
        Some(Round::First) | None => "",
    };
    let lines = card(row.control_line.zip(row.test_line));
    let (result, limit) = match lines {
        Some(words) => (words.to_owned(), "阴性".to_owned()),
        None => (
            format!("{} {}", read(&row.qualifier, row.value), row.unit),
            format!("{} {}", row.limit, row.unit),
        ),
    };
    let verdict = match (row.invalid, row.passed) {
        (true, _) => "无效",
        (false, true) => "合格",
        (false, false) => "不合格",
    };
    TestRow {
        item: format!("{}{round}", row.item),
        method: row.method.clone(),
        limit,
        result,
        verdict: verdict.to_owned(),
    }
}

/// What the results say together, item by item: as the record judges a lot, one positive is not
/// outweighed by a repeat.
fn conclusion(rows: &[TestResult]) -> String {
    let items: BTreeSet<&str> = rows.iter().map(|row| row.item.as_str()).collect();
    let stands = |item: &str| {
        let own = rows.iter().filter(|row| row.item == item);
        standing(own.map(|row| {
            let outcome = match (row.invalid, row.passed) {
                (true, _) => Outcome::Invalid,
                (false, true) => Outcome::Pass,
                (false, false) => Outcome::Fail,
            };
            (
                Round::from_code(&row.round).unwrap_or(Round::First),
                outcome,
            )
        }))
    };
    let named = |wanted: &[Standing]| {
        let found = items.iter().filter(|item| wanted.contains(&stands(item)));
        found.copied().collect::<Vec<_>>().join("、")
    };
    let failed = named(&[Standing::Positive, Standing::ConfirmedFail]);
    let open = named(&[Standing::Disagree]);
    let untested = named(&[Standing::Untested]);
    let mut text = "结论：".to_owned();
    if !failed.is_empty() {
        let _ = write!(text, "不合格项目：{failed}。");
    }
    if !open.is_empty() {
        let _ = write!(text, "初检与复检不一致，须确证：{open}。");
    }
    if !untested.is_empty() {
        let _ = write!(text, "检测无效，须重测：{untested}。");
    }
    if failed.is_empty() && open.is_empty() && untested.is_empty() {
        text.push_str("所检项目合格。");
    }
    text
}

fn notes(rows: &[TestResult]) -> Vec<String> {
    let rules: BTreeSet<&str> = rows.iter().map(|row| row.rule.as_str()).collect();
    let rules = rules.into_iter().filter(|rule| !rule.is_empty());
    let rules = rules.collect::<Vec<_>>().join("；");
    let crop = rows.iter().any(|row| {
        row.remarks
            .iter()
            .any(|remark| remark == "false_positive_crop")
    });
    let rules = Some(format!("判定依据：{rules}")).filter(|_| !rules.is_empty());
    let crop = crop.then(|| "该作物以酶抑制法检测易出现假阳性。".to_owned());
    let scope = "本报告仅对来样负责；扫码可查看该批次的公开追溯信息。".to_owned();
    rules.into_iter().chain(crop).chain([scope]).collect()
}

/// Hash of what was found: a line a result, its members by tab. The result's page shows it too.
pub(crate) fn digest(lot: &Lot, rows: &[TestResult]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("suyuan test report\t{}\t{}\n", lot.gtin, lot.code));
    for row in rows {
        let members = [
            row.id.to_string(),
            row.sample_code.clone(),
            row.item.clone(),
            row.method.clone(),
            read(&row.qualifier, row.value),
            row.unit.clone(),
            row.limit.to_string(),
            format!("{}/{}", row.passed, row.invalid),
            row.round.clone(),
            row.tested_at.unix_timestamp_nanos().to_string(),
        ];
        hash.update(members.join("\t"));
        hash.update("\n");
    }
    hex(&hash.finalize())
}
