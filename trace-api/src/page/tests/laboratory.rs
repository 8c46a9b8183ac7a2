//! Views of the lab's desk and of one's own account for the tests and for looking at.

use super::sample::{NOW, ago};
use crate::page::Words;
use crate::page::account::{AccountView, SignInRow, TokenDraft};
use crate::page::lab::limits::{Import, LimitRow, LimitsView, MethodRow};
use crate::page::lab::paste::{PasteView, PastedLine};
use crate::page::lab::results::{Asked, ResultView, ResultsView};
use crate::page::lab::{LabView, ResultRow, TestKind, Waiting};
use crate::page::trace::TestVerdict;

pub(super) fn lab() -> LabView {
    let waiting = |sample: &str, caution: Option<Words>| Waiting {
        sample: sample.into(),
        lot: caution.is_none().then(|| "CP-20261122-01".into()),
        unsampled: caution.is_some().then_some(7),
        product: Words::both("车坪萝卜 5 kg", "Cheping radish, 5 kg"),
        producer: Words::both("演示车坪蔬菜合作社", "Demo Cheping vegetable cooperative"),
        since: NOW.plus_seconds(-7_300),
        caution,
    };
    let false_positive = Words::both(
        "萝卜用整株提取易出现假阳性，阳性须复检。",
        "Radish is known for false positives: repeat a positive.",
    );
    LabView {
        waiting: vec![
            waiting("CP-20261122-04", Some(false_positive)),
            waiting("CP-20261122-05", None),
        ],
        kinds: vec![kind()],
        recent: vec![
            result(9, "MC-20261120-01", "<5.0 %", TestVerdict::Pass),
            result(8, "MC-20261101-01", "62.4 %", TestVerdict::Fail),
            result(7, "CP-20261120-02", "50.2 %", TestVerdict::Unclear),
        ],
        request: "5b20".into(),
        draft: None,
        asked: None,
    }
}

fn kind() -> TestKind {
    TestKind {
        item: "pesticide-inhibition".into(),
        label: Words::both("农药残留（酶抑制率）", "Pesticide residue (inhibition)"),
        method: "GB/T 5009.199-2003".into(),
        unit: "%".into(),
        limit: "50".into(),
        limit_source: Words::both(
            "限值来源：GB/T 5009.199-2003，抑制率 ≥ 50 % 为阳性。",
            "Limit: GB/T 5009.199-2003, inhibition of 50 % or more is positive.",
        ),
    }
}

fn result(id: i64, sample: &str, result: &str, verdict: TestVerdict) -> ResultRow {
    ResultRow {
        id,
        sample: sample.into(),
        product: Words::both("毛坝莓茶 特级", "Maoba vine tea, special"),
        item: Words::both("农药残留（酶抑制率）", "Pesticide residue (inhibition)"),
        round: if id == 8 { "repeat" } else { "first" }.into(),
        result: result.into(),
        limit: Some("< 50 %".into()),
        verdict,
        at: ago(3),
        by: "lab".into(),
        instrument: id == 7,
        corrected: id == 8,
        corrects: id == 9,
    }
}

pub(super) fn results() -> ResultsView {
    ResultsView {
        asked: Asked {
            words: "MC".into(),
            verdict: "fail".into(),
            from: "2026-11-01".into(),
            until: String::new(),
        },
        rows: lab().recent,
        next: Some("/lab/results?after=1_7".into()),
    }
}

pub(super) fn lab_result() -> ResultView {
    let rows = lab().recent;
    ResultView {
        row: result(9, "MC-20261120-01", "<5.0 %", TestVerdict::Pass),
        lot: "MC-20261120-01".into(),
        trace: "/01/02900000000014/10/MC-20261120-01".into(),
        producer: Words::both("演示毛坝莓茶专业合作社", "Demo Maoba vine tea cooperative"),
        method: "GB/T 5009.199-2003".into(),
        rule: "GB/T 5009.199-2003: 抑制率 ≥ 50 % 为阳性".into(),
        sampled_on: Some("2026-11-20".into()),
        remarks: vec!["…".into()],
        corrects: Some((8, "抄写错误".into())),
        corrected_by: None,
        others: rows,
        hash: "0123456789abcdef".repeat(4),
        request: "5b22".into(),
        draft: ("6.2".into(), "抄写错误".into()),
        asked: Some(("不合格：62 %".into(), "mark".into())),
    }
}

pub(super) fn paste() -> PasteView {
    let line = |number, verdict, refused: Option<&str>| PastedLine {
        number,
        sample: "S-1".into(),
        value: "62".into(),
        product: "毛坝莓茶".into(),
        verdict,
        doubts: Vec::new(),
        refused: refused.map(str::to_owned),
    };
    PasteView {
        kinds: vec![kind()],
        batch: "5b23".into(),
        block: "S-1\t62".into(),
        lines: Some(vec![
            line(1, Some(TestVerdict::Fail), None),
            line(2, None, Some("没有此编号的样品或批次")),
        ]),
        told: "将通知监管".into(),
        lines_max: 200,
        ..PasteView::default()
    }
}

pub(super) fn limits() -> LimitsView {
    LimitsView {
        methods: vec![MethodRow {
            code: "GB/T 5009.199-2003".into(),
            item: String::new(),
            principle: "inhibition".into(),
            limit: "50 %".into(),
            quantification: Some("5 %".into()),
            crops: "葱、蒜".into(),
            source: "GB/T 5009.199-2003".into(),
            since: "2004-01-01".into(),
            in_force: true,
        }],
        limits: vec![LimitRow {
            substance: "吡虫啉".into(),
            food: "结球甘蓝".into(),
            limit: "1 mg/kg".into(),
            edition: "GB 2763-2026".into(),
            since: "2026-03-01".into(),
        }],
        import: Some(Import {
            mistakes: vec![(3, "limit_mg_kg".into())],
            ..Import::default()
        }),
        ..LimitsView::default()
    }
}

pub(super) fn account() -> AccountView {
    let session = |id, name: &str| SignInRow {
        id,
        name: name.into(),
        since: ago(1),
        until: NOW.plus_seconds(3_600),
        current: id == 1,
    };
    AccountView {
        login: "lab".into(),
        name: "演示检测员".into(),
        sessions: vec![session(1, ""), session(2, ""), session(3, "冷库数据上报")],
        tokens_max: 20,
        token_days_max: 366,
        given: Some("0123456789abcdef".into()),
        draft: TokenDraft {
            name: "冷库".into(),
            days: "90".into(),
        },
    }
}
