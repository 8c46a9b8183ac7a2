//! Views of the desks for the tests and for looking at.

use model::lot::LotState;

use super::sample::{NOW, ago, lot_row};
use crate::page::Words;
use crate::page::lab::{LabView, ResultRow, TestKind, Waiting};
use crate::page::operator::{DeadLetterRow, GatewayRow, OperatorView};
use crate::page::producer::{Choice, LabelRun, LabelView, LotDraft, ProducerView, Symbol};
use crate::page::trace::TestVerdict;

pub(super) fn producer() -> ProducerView {
    let choice = |value: &str, zh: &str, en: &str| Choice {
        value: value.into(),
        label: Words::both(zh, en),
    };
    ProducerView {
        organisation: Words::both("演示毛坝莓茶专业合作社", "Demo Maoba vine tea cooperative"),
        lots: vec![
            lot_row("MC-20261120-01", LotState::Released, 24),
            lot_row("MC-20261118-02", LotState::InTest, 0),
            lot_row("MC-20261101-01", LotState::Recalled, 48),
            lot_row("MC-20261123-01", LotState::Growing, 0),
        ],
        products: vec![choice(
            "02900000000014",
            "毛坝莓茶 特级 罐装 100 g",
            "Maoba vine tea, tin",
        )],
        plots: vec![choice("3", "莓茶 3 号地", "Vine tea plot 3")],
        request: "5b1e".into(),
        draft: LotDraft {
            harvested: "2026-11-23".into(),
            ..LotDraft::default()
        },
    }
}

pub(super) fn labels() -> LabelView {
    let serials = ["7ZK3M9QX2VBTD", "0H5R8WQ3YJ1CE", "9T2D6BVX4KMPA"];
    LabelView {
        lot: lot_row("MC-20261120-01", LotState::Released, 24),
        preview_src: "/preview.png".into(),
        link: "https://SUYUAN.EXAMPLE/01/02900000000014/10/MC-20261120-01/21/7ZK3M9QX2VBTD".into(),
        symbol: Symbol {
            edge_mm: 22.5,
            module_mm: 0.5,
            correction: "Q".into(),
            quiet_modules: 4,
            dpi: 203,
        },
        sizes: vec!["40x30mm".into(), "50x40mm".into()],
        action: "/producer/lots/1/labels".into(),
        request: "5b1f".into(),
        runs: vec![LabelRun {
            at: ago(1),
            count: 24,
            size: "40x30mm".into(),
            labels: serials
                .map(|s| (s.to_owned(), format!("/labels/{s}.png")))
                .into(),
            more: 21,
        }],
    }
}

pub(super) fn lab() -> LabView {
    let waiting = |sample: &str, caution: Option<Words>| Waiting {
        sample: sample.into(),
        product: Words::both("车坪萝卜 5 kg", "Cheping radish, 5 kg"),
        producer: Words::both("演示车坪蔬菜合作社", "Demo Cheping vegetable cooperative"),
        since: NOW.plus_seconds(-7_300),
        caution,
    };
    let false_positive = Words::both(
        "萝卜用整株提取易出现假阳性，阳性须复检。",
        "Radish is known for false positives: repeat a positive.",
    );
    let row = |sample: &str, result: &str, verdict| ResultRow {
        sample: sample.into(),
        product: Words::both("毛坝莓茶 特级", "Maoba vine tea, special"),
        item: Words::both("农药残留（酶抑制率）", "Pesticide residue (inhibition)"),
        result: result.into(),
        limit: Some("< 50 %".into()),
        verdict,
        at: ago(3),
        by: "lab".into(),
    };
    LabView {
        waiting: vec![
            waiting("CP-20261122-04", Some(false_positive)),
            waiting("CP-20261122-05", None),
        ],
        kinds: vec![TestKind {
            item: "pesticide-inhibition".into(),
            label: Words::both("农药残留（酶抑制率）", "Pesticide residue (inhibition)"),
            method: "GB/T 5009.199-2003".into(),
            unit: "%".into(),
            limit: "50".into(),
            limit_source: Words::both(
                "限值来源：GB/T 5009.199-2003，抑制率 ≥ 50 % 为阳性。",
                "Limit: GB/T 5009.199-2003, inhibition of 50 % or more is positive.",
            ),
        }],
        recent: vec![
            row("MC-20261120-01", "<5.0 %", TestVerdict::Pass),
            row("MC-20261101-01", "62.4 %", TestVerdict::Fail),
            row("CP-20261120-02", "50.2 %", TestVerdict::Unclear),
        ],
        request: "5b20".into(),
        draft: None,
    }
}

pub(super) fn operator() -> OperatorView {
    let letter = |reason: &str, detail: &str| DeadLetterRow {
        at: ago(1),
        gateway: "gw-maoba-07".into(),
        topic: "suyuan/v1/gw-maoba-07/probe-1/telemetry".into(),
        reason: reason.into(),
        detail: detail.into(),
        bytes: 212,
        replayable: Some(7),
        replay: "",
    };
    let gateway = |id: &str, online, last: Option<i64>| GatewayRow {
        id: id.into(),
        online,
        last_seen: last.map(|s| NOW.plus_seconds(-s)),
        probes: 3,
    };
    OperatorView {
        dead_letters: vec![
            letter("time_in_past", "1970-01-01T00:00:07Z"),
            letter("not_senml", "expected an array at byte 0"),
            letter("a_new_reason", "…"),
        ],
        gateways: vec![
            gateway("gw-new", false, None),
            gateway("demo-gw", true, Some(40)),
        ],
        cameras: Vec::new(),
    }
}
