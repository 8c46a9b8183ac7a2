//! Views of the producer's desk for the tests and for looking at.

use model::lot::LotState;

use super::sample::{NOW, ago, lot_row};
use crate::page::Words;
use crate::page::producer::check::{Basis, CheckView, Line, Paper, Thing};
use crate::page::producer::inputs::{Draft as InputDraft, InputRow, InputsView};
use crate::page::producer::life::{
    Interval, JournalRow, LotView, MadeRow, Part, ReportRow, ResultRow, ShipmentRow, Typed, Use,
};
use crate::page::producer::make::{Goods, MakeView, Typed as MakeTyped};
use crate::page::producer::records::{
    Draft, EntryView, InputChoice, LotChoice, RecordRow, RecordsView, Version,
};
use crate::page::producer::{
    Asked, Awaited, Choice, LotDraft, NewLotView, ProducerView, ProductChoice,
};

pub(super) fn lots() -> ProducerView {
    ProducerView {
        organisation: Words::both("演示毛坝莓茶专业合作社", "Demo Maoba vine tea cooperative"),
        lots: vec![
            lot_row("MC-20261120-01", LotState::Released, 24),
            lot_row("MC-20261118-02", LotState::InTest, 0),
            lot_row("MC-20261101-01", LotState::Recalled, 48),
            lot_row("MC-20261123-01", LotState::Growing, 0),
        ],
        asked: Asked {
            q: "MC".into(),
            state: String::new(),
            sort: "code".into(),
        },
        next: Some("/producer?q=MC&after=4".into()),
        first: Some("/producer?q=MC".into()),
        awaited: vec![Awaited {
            id: 3,
            lot: "DM-20261102-01".into(),
            from: "演示大米公司".into(),
            quantity: "80".into(),
            unit: "kg".into(),
            shipped: ago(1),
            request: "5b18".into(),
        }],
    }
}

fn choice(value: &str, zh: &str, en: &str) -> Choice {
    Choice {
        value: value.into(),
        label: Words::both(zh, en),
    }
}

fn plot() -> Choice {
    choice("3", "莓茶 3 号地", "Vine tea plot 3")
}

pub(super) fn new_lot() -> NewLotView {
    NewLotView {
        products: vec![ProductChoice {
            value: "02900000000014".into(),
            label: Words::both("毛坝莓茶 特级 罐装 100 g", "Maoba vine tea, tin"),
            unit: "KGM".into(),
        }],
        plots: vec![plot()],
        request: "5b1e".into(),
        draft: LotDraft {
            harvested: "2026-11-23".into(),
            ..LotDraft::default()
        },
    }
}

/// A growing lot inside an interval.
pub(super) fn growing() -> LotView {
    LotView {
        id: 1,
        lot: lot_row("MC-20261123-01", LotState::Growing, 0),
        started: ago(60),
        unit: "kg".into(),
        left: "120".into(),
        recall: None,
        interval: Interval {
            free_on: Some("2026-11-29".into()),
            waived: false,
            uses: vec![Use {
                input: "吡虫啉 10% 可湿性粉剂".into(),
                done_on: "2026-11-15".into(),
                days: 14,
                free_on: "2026-11-29".into(),
            }],
        },
        parties: Vec::new(),
        typed: Typed {
            day: "2026-11-23".into(),
            quantity: "120".into(),
            ..Typed::default()
        },
        requests: ["5b30".into(), "5b31".into()],
        journal: Vec::new(),
        shipments: Vec::new(),
        made: Vec::new(),
        results: Vec::new(),
        reports: Vec::new(),
    }
}

/// A shipped lot with everything that can be noted of it.
pub(super) fn shipped() -> LotView {
    let step = |step: &str, by: Option<&str>, reason: &str| JournalRow {
        step: step.into(),
        at: ago(2),
        by: by.map(str::to_owned),
        reason: reason.into(),
    };
    let part = |code: &str, href: Option<&str>| Part {
        code: code.into(),
        href: href.map(str::to_owned),
        quantity: "60 kg".into(),
    };
    LotView {
        lot: lot_row("MC-20261120-01", LotState::Shipped, 24),
        parties: vec![choice("9", "高坪乡村级服务站 高坪乡", "Gaoping station")],
        journal: vec![
            step("harvest", Some("producer"), ""),
            step("sample", Some("lab"), "MC-20261120-01"),
            step("release", Some("supervisor"), "快检合格"),
            step("seal", None, ""),
        ],
        shipments: vec![ShipmentRow {
            to: "高坪乡村级服务站".into(),
            quantity: "40 kg".into(),
            shipped: ago(1),
            received: Some((NOW, "39 kg".into())),
        }],
        made: vec![MadeRow {
            kind: "packing".into(),
            at: ago(1),
            inputs: vec![part("MC-20261120-01", Some("/producer/lots/1"))],
            outputs: vec![
                part("MC-20261121-01", Some("/producer/lots/2")),
                part("X-1", None),
            ],
            balance: ["60 kg", "58 kg", "1 kg", "1 kg"].map(str::to_owned),
        }],
        results: vec![
            result("<5.0 %", Some(true)),
            result("62.4 %", Some(false)),
            result("0 %", None),
        ],
        reports: vec![ReportRow {
            id: 4,
            laboratory: "演示农产品质量检测中心".into(),
            number: "YS-2026-0417".into(),
            issued_on: "2026-11-20".into(),
            public: true,
        }],
        ..growing()
    }
}

fn result(value: &str, passed: Option<bool>) -> ResultRow {
    ResultRow {
        item: "农药残留（酶抑制率）".into(),
        value: value.into(),
        passed,
        at: ago(2),
    }
}

pub(super) fn check() -> CheckView {
    let line = |thing, there, zh: &str, href: Option<&str>| Line {
        thing,
        there,
        words: Words::both(zh, "words"),
        href: href.map(str::to_owned),
    };
    let untested = Words::both(
        "所选承诺依据没有相应的合格检测结果",
        "no passed test matches",
    );
    let basis = |code, against| Basis { code, against };
    let paper = |id, voided| Paper {
        id,
        number: format!("HGZ20261120-000001-0{id}"),
        basis: "quality_control".into(),
        quantity: "60 kg".into(),
        issued: ago(1),
        voided,
        request: "5b41".into(),
    };
    CheckView {
        id: 1,
        lot: lot_row("MC-20261120-01", LotState::Released, 24),
        unit: "kg".into(),
        lines: vec![
            line(Thing::Filing, Some(true), "产品与生产主体均已备案", None),
            line(Thing::Contact, Some(true), "0743-1234567", None),
            line(Thing::Harvest, Some(true), "2026-11-20 · 120 kg", None),
            line(Thing::Interval, Some(true), "安全间隔期已满", None),
            line(
                Thing::Records,
                Some(false),
                "0 条",
                Some("/producer/records/new?lot=1"),
            ),
            line(Thing::Tests, None, "未检测", None),
            line(Thing::Certificate, Some(false), "尚未开具", None),
            line(Thing::Monitoring, Some(true), "2 台设备", None),
            line(Thing::Labels, Some(true), "24 枚", None),
        ],
        bases: vec![
            basis("quality_control", Vec::new()),
            basis("own_test", vec![untested.clone()]),
            basis("commissioned_test", vec![untested]),
        ],
        uncovered: "60".into(),
        is_promised: true,
        papers: vec![paper(2, None), paper(1, Some((ago(1), "数量有误".into())))],
        request: "5b40".into(),
        typed: ("quality_control".into(), "60".into()),
    }
}

pub(super) fn make() -> MakeView {
    let goods = |value: &str, zh: &str, kilograms| Goods {
        value: value.into(),
        label: Words::both(zh, "goods"),
        kilograms,
    };
    MakeView {
        id: 1,
        lot: lot_row("MC-20261120-01", LotState::Released, 24),
        lots: vec![
            goods("1", "MC-20261120-01 毛坝莓茶", Some(1.0)),
            goods("2", "JD-20261120-01 土鸡蛋", None),
        ],
        products: vec![goods(
            "02900000000014",
            "毛坝莓茶 特级 罐装 100 g",
            Some(0.001),
        )],
        plots: vec![plot()],
        request: "5b50".into(),
        typed: MakeTyped {
            kind: "packing".into(),
            plot: "3".into(),
            inputs: vec![("1".into(), "60".into())],
            ..MakeTyped::default()
        },
    }
}

pub(super) fn records() -> RecordsView {
    let row = |kind: &str, voided| RecordRow {
        href: "/producer/records/1".into(),
        kind: kind.into(),
        done_on: "2026-11-15".into(),
        plot: Words::both("莓茶 3 号地", "Vine tea plot 3"),
        lot: Some("MC-20261123-01".into()),
        input: "吡虫啉 10% 可湿性粉剂".into(),
        dose: Some("20 g".into()),
        area: Some("2 亩".into()),
        interval_days: Some(14),
        target: "蚜虫".into(),
        person: "演示人员".into(),
        voided,
        pictures: 2,
    };
    RecordsView {
        records: vec![row("pesticide", false), row("irrigation", true)],
        plots: vec![plot()],
        kind: "pesticide".into(),
        next: Some("/producer/records?after=1".into()),
        entry_href: "/producer/records/new".into(),
        account: 4,
        ..RecordsView::default()
    }
}

/// A correction that met another.
pub(super) fn entry() -> EntryView {
    let version = |number, dose: &str| Version {
        number,
        members: vec![
            ("records.kind", "打药".into(), false),
            ("records.dose", dose.into(), true),
        ],
    };
    EntryView {
        id: "5b60".into(),
        version: Some(2),
        updated: Some(ago(1)),
        action: "/producer/records/5b60".into(),
        account: 4,
        today: "2026-11-23".into(),
        plots: vec![plot()],
        lots: vec![LotChoice {
            value: "1".into(),
            plot: "3".into(),
            label: Words::both("MC-20261123-01 毛坝莓茶", "MC-20261123-01 Maoba vine tea"),
        }],
        inputs: vec![InputChoice {
            value: "5b61".into(),
            kind: "pesticide".into(),
            unit: "g".into(),
            interval_days: Some(14),
            left: "480 g".into(),
            label: "吡虫啉 10% 可湿性粉剂".into(),
        }],
        draft: Draft {
            plot: "3".into(),
            lot: "1".into(),
            kind: "pesticide".into(),
            done_on: "2026-11-15".into(),
            input: "5b61".into(),
            dose: "20".into(),
            area: "2".into(),
            target: "蚜虫".into(),
            person: "演示人员".into(),
            note: String::new(),
            voided: true,
        },
        versions: Some([version(Some(2), "25"), version(None, "20")]),
        pictures: vec!["/api/v1/records/5b60/pictures/00".into()],
    }
}

pub(super) fn inputs() -> InputsView {
    let row = |name: &str, kind: &str, stock| InputRow {
        id: "5b61".into(),
        kind: kind.into(),
        name: name.into(),
        registration: "PD20080000".into(),
        ingredient: "吡虫啉 10 %".into(),
        interval_days: Some(14),
        unit: "g".into(),
        stock,
        request: "5b71".into(),
    };
    InputsView {
        inputs: vec![
            row("吡虫啉 10% 可湿性粉剂", "pesticide", 480.0),
            row("有机肥", "fertiliser", -20.0),
        ],
        draft: InputDraft {
            unit: "kg".into(),
            ..InputDraft::default()
        },
        request: "5b70".into(),
        today: "2026-11-23".into(),
    }
}

/// Every page of the desk but printing, with the name of its sample file.
pub(super) fn pages(
    site: impl Fn(&str) -> crate::page::Site,
) -> Result<Vec<(&'static str, String)>, askama::Error> {
    use crate::page::producer as desk;
    let at = |here: &str| site(&format!("/producer/{here}"));
    Ok(vec![
        ("lot-new", desk::new_lot(&at("lots/new"), &new_lot())?),
        ("lot-growing", desk::life::page(&at("lots/1"), &growing())?),
        ("lot-shipped", desk::life::page(&at("lots/1"), &shipped())?),
        (
            "lot-check",
            desk::check::page(&at("lots/1/check"), &check())?,
        ),
        (
            "lot-process",
            desk::make::page(&at("lots/1/process"), &make())?,
        ),
        ("records", desk::records::list(&at("records"), &records())?),
        ("record", desk::records::entry(&at("records/1"), &entry())?),
        ("inputs", desk::inputs::page(&at("inputs"), &inputs())?),
    ])
}
