//! Views of filings for the tests and for looking at.

use model::filing::FilingState;
use serde_json::json;

use super::sample::ago;
use crate::page::Lang;
use crate::page::filing::approval::{
    APPROVE, FilingRow, LookView, RETURN, ReliefForm, ReliefRow, SUSPEND, WaitingView,
};
use crate::page::filing::form::{Files, FormView, Input, Limits, PRODUCT_FIELDS, fields};
use crate::page::filing::import::{PreviewRow, PreviewView};
use crate::page::filing::overview::{CredentialRow, OverviewView, ProductRow, states};
use crate::page::filing::{
    PRODUCT, Picture, RETURNED, Standing, StepRow, VersionRow, changes, facts,
};

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const fn standing(state: FilingState, pending: Option<FilingState>) -> Standing {
    Standing {
        state,
        pending,
        version: 2,
    }
}

fn picture() -> Picture {
    Picture {
        sha256: HASH.into(),
        caption: "正面".into(),
        is_document: false,
        is_new: true,
    }
}

fn credential(state: &str, is: &'static str) -> CredentialRow {
    CredentialRow {
        href: "/producer/filing/credentials/1".into(),
        kind: "sc".into(),
        number: "SC10143312700012".into(),
        issuer: "演示发证机构".into(),
        producer: None,
        product: Some("莓茶".into()),
        valid_to: "2029-02-28".into(),
        state: state.into(),
        standing: is,
        reason: "扫描件不清".into(),
    }
}

pub(super) fn overview() -> OverviewView {
    use FilingState::{Approved, Draft, Returned, Submitted, Suspended};
    let product = |id, is| ProductRow {
        id,
        name: "莓茶（芽尖）".into(),
        specification: "特级 罐装 100 g".into(),
        gtin: "00290000000014".into(),
        is_internal: true,
        standing: is,
        at: ago(id),
    };
    OverviewView {
        name: "演示毛坝莓茶专业合作社".into(),
        about: "91000000MA0000001R · 毛坝乡 · 000-00000001".into(),
        standing: standing(Approved, Some(Returned)),
        reasons: vec![(RETURNED, "营业执照照片不清晰".into())],
        products: vec![
            product(1, standing(Approved, None)),
            product(2, standing(Draft, Some(Draft))),
            product(3, standing(Approved, Some(Submitted))),
            product(4, standing(Suspended, Some(Draft))),
        ],
        counts: states()
            .into_iter()
            .map(|(key, code)| (key, code, 3))
            .collect(),
        q: "莓茶".into(),
        state: "approved".into(),
        next: Some("/producer/filing?after=4".into()),
        credentials: vec![
            credential("approved", "expiring"),
            credential("returned", "valid"),
        ],
        export: "/api/v1/producers/1/export".into(),
    }
}

fn versions(lang: Lang) -> Vec<VersionRow> {
    let (before, now) = (json!({ "name": "莓茶" }), json!({ "name": "莓茶（芽尖）" }));
    let step = |step: &str, reason: &str| StepRow {
        step: step.into(),
        at: ago(1),
        by: "supervisor".into(),
        reason: reason.into(),
    };
    vec![VersionRow {
        number: 2,
        at: ago(2),
        by: "producer".into(),
        changes: changes(lang, PRODUCT, (&now, &before)),
        steps: vec![
            step("write", ""),
            step("submit", ""),
            step("return", "规格不清"),
            step("approve", ""),
            step("suspend", "停产整改"),
            step("resume", "整改完成"),
        ],
    }]
}

pub(super) fn form(lang: Lang) -> FormView {
    let faults = [("gtin", "位数有误".to_owned())].into();
    let text = |name: &str| if name == "unit" { "XBX" } else { "莓茶" }.to_owned();
    let (now, theirs) = (json!({ "name": "莓茶" }), json!({ "name": "莓茶乙" }));
    FormView {
        title: "莓茶（芽尖） 特级".into(),
        standing: Some(standing(FilingState::Returned, Some(FilingState::Returned))),
        reasons: vec![(RETURNED, "规格不清".into())],
        conflict: changes(lang, PRODUCT, (&now, &theirs)),
        is_refused: true,
        action: "/producer/filing/products/1".into(),
        submission: Some("/producer/filing/products/1/submission".into()),
        withdrawal: Some("/producer/filing/credentials/1/withdrawal".into()),
        requests: ["5b30".into(), "5b31".into()],
        base: Some(2),
        fields: fields(lang, PRODUCT_FIELDS, (text, faults), &[]),
        files: Files {
            files: vec![picture()],
            is_scan: false,
            fault: Some("最多 12 张".into()),
        },
        limits: Some(Limits {
            probe: vec![["air-temperature".into(), "0".into(), "38".into()]],
            test: vec![["农残".into(), "50".into(), "%".into()]],
            faults: [None, Some("检测限值须大于 0".into())],
            quantities: vec![("air-temperature".into(), "气温".into())],
        }),
        may_wait: true,
        versions: versions(lang),
        ..FormView::default()
    }
}

pub(super) fn preview() -> PreviewView {
    PreviewView {
        kind: "products".into(),
        request: "5b32".into(),
        submit: true,
        head: vec!["名称".into(), "保质期（天）".into()],
        rows: vec![PreviewRow {
            number: 2,
            cells: vec![("莓茶".into(), false), ("很久".into(), true)],
        }],
        count: 30,
        mistakes: vec![(2, "保质期（天）".into(), "须为整数".into())],
        ..PreviewView::default()
    }
}

pub(super) fn waiting() -> WaitingView {
    let row = |is_product, name: &str| FilingRow {
        href: "/supervisor/filings/products/1".into(),
        is_product,
        name: name.into(),
        about: "演示毛坝莓茶专业合作社".into(),
        standing: standing(FilingState::Approved, Some(FilingState::Submitted)),
        at: ago(3),
    };
    WaitingView {
        waiting: vec![row(true, "莓茶（芽尖） 特级"), row(false, "演示新社")],
        credentials: vec![credential("submitted", "valid")],
        q: "莓茶".into(),
        found: Some(vec![row(true, "莓茶（袋泡）")]),
        relief: vec![ReliefRow {
            href: "/supervisor/filings/producers/1#relief".into(),
            producer: "演示毛坝莓茶专业合作社".into(),
            township: "毛坝乡".into(),
            households: 12,
            tests: [24, 3, 21],
            is_current: true,
        }],
    }
}

pub(super) fn look(lang: Lang) -> LookView {
    let before = json!({ "name": "莓茶", "regime": "promise", "unit": "KGM" });
    let now = json!({ "name": "莓茶（芽尖）", "regime": "sc", "unit": "KGM",
        "test_limits": [{ "item": "农残", "limit": 50.0, "unit": "%" }] });
    LookView {
        title: "莓茶（芽尖） 特级".into(),
        owner: Some((
            "/supervisor/filings/producers/1".into(),
            "演示合作社".into(),
        )),
        standing: Some(standing(
            FilingState::Approved,
            Some(FilingState::Submitted),
        )),
        facts: facts(lang, PRODUCT, (&now, Some(&before))),
        is_compared: true,
        pictures: vec![
            picture(),
            Picture {
                is_document: true,
                ..picture()
            },
        ],
        action: "/supervisor/filings/products/1".into(),
        of_version: vec![APPROVE, RETURN],
        of_standing: vec![SUSPEND],
        versions_seen: [2, 1],
        requests: ["5b33".into(), "5b34".into()],
        versions: versions(lang),
        relief: Some(ReliefForm {
            action: "/supervisor/filings/producers/1/relief".into(),
            base: 1,
            households: "12".into(),
            free_tests: "24".into(),
            since: "2026-01-01".into(),
            ..ReliefForm::default()
        }),
        ..LookView::default()
    }
}

#[test]
fn a_unit_that_is_none_of_the_usual_ones_can_be_kept() {
    let form = form(Lang::Zh);
    let unit = form.fields.iter().find(|field| field.name == "unit");
    let kept = unit.is_some_and(|field| {
        matches!(&field.input, Input::Choice(all) if all.iter().any(|(word, _)| word == "XBX"))
    });
    assert!(kept);
}
