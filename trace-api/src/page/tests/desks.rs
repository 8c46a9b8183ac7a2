//! Views of the desks for the tests and for looking at.

use model::lot::LotState;

use super::sample::{ago, lot_row};
use crate::page::label_run::{
    JobRow, JobStage, LabelFate, LineRow, PrinterRow, PrinterView, RunView, SheetPlaces,
};
use crate::page::producer::{LabelRun, LabelView, ListedLabel, Medium, Symbol};

pub(super) fn labels() -> LabelView {
    let serials = ["7ZK3M9QX2VBTD", "0H5R8WQ3YJ1CE", "9T2D6BVX4KMPA"];
    LabelView {
        lot: lot_row("MC-20261120-01", LotState::Released, 24),
        preview_src: "/preview.svg".into(),
        dots_src: "/preview.png".into(),
        link: "https://SUYUAN.EXAMPLE/01/02900000000014/10/MC-20261120-01/21/7ZK3M9QX2VBTD".into(),
        symbol: Some(Symbol {
            edge_mm: 22.5,
            module_mm: 0.5,
            correction: "Q".into(),
            quiet_modules: 4,
            dpi: 203,
        }),
        refusal: None,
        media: media(),
        chosen: "40x30mm".into(),
        action: "/producer/lots/1/labels".into(),
        request: "5b1f".into(),
        runs: vec![LabelRun {
            id: 7,
            at: ago(1),
            count: 24,
            size: "40x30mm".into(),
            labels: serials
                .map(|serial| ListedLabel {
                    serial: serial.into(),
                    short: Some("9012 3456 7893".into()),
                    href: format!("/labels/{serial}.png"),
                })
                .into(),
            more: 21,
        }],
    }
}

fn media() -> Vec<Medium> {
    let medium = |name: &str, title: &str, chosen| Medium {
        name: name.into(),
        title: title.into(),
        chosen,
    };
    vec![
        medium("40x30mm", "40 × 30 mm", true),
        medium("a4-3x8", "A4 3 × 8 · 70 × 37 mm", false),
    ]
}

fn row(id: i64, name: &str) -> PrinterRow {
    PrinterRow {
        id,
        name: name.into(),
        about: "TSPL · 203 dpi".into(),
        offset: "0.5 / -1 mm".into(),
    }
}

pub(super) fn run() -> RunView {
    let job = |id, state, next, problem: Option<&str>| JobRow {
        id,
        printer: "包装间".into(),
        first: 1,
        last: 24,
        next,
        state,
        problem: problem.map(str::to_owned),
        reason: (id == 3).then(|| "受潮".to_owned()),
    };
    RunView {
        id: 7,
        lot: lot_row("MC-20261120-01", LotState::Released, 24),
        at: ago(1),
        medium: "40 × 30 mm".into(),
        counts: [24, 12, 1, 0],
        next: 13,
        printers: vec![row(1, "包装间")],
        office: vec![row(2, "办公室")],
        sheets: media(),
        sheet: Some(SheetPlaces {
            name: "a4-3x8".into(),
            rows: (0..8)
                .map(|row| (row * 3 + 1..=row * 3 + 3).collect())
                .collect(),
        }),
        jobs: vec![
            job(3, JobStage::Printing, 5, None),
            job(
                2,
                JobStage::Paused,
                13,
                Some("the printer stopped: out of labels"),
            ),
            job(1, JobStage::Done, 25, None),
        ],
        lines: vec![LineRow {
            at: ago(1),
            fate: LabelFate::Spoiled,
            first: 12,
            last: 12,
            reason: "卡纸".into(),
        }],
        requests: ["5b20".into(), "5b21".into()],
    }
}

pub(super) fn printer() -> PrinterView {
    PrinterView {
        printer: row(2, "办公室"),
        is_office: true,
        habits: ["0.5".into(), "-1".into(), "1".into()],
        media: media(),
    }
}
