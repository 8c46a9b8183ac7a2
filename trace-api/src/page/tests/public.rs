//! Views of the catalogue, the kiosk and the wall for the tests and for looking at.

use model::alarm::Severity;
use model::lot::LotState;

use super::sample::{self, NOW, ago, township};
use crate::page::Words;
use crate::page::catalogue::{CatalogueView, CategoryRow, LotRow, ProductRow, ProductView};
use crate::page::supervisor::AlarmState;
use crate::page::trace::Regime;
use crate::page::wall::{AlarmLine, Line, WallView};

fn product_row() -> ProductRow {
    ProductRow {
        gtin: "02900000000014".into(),
        name: Words::both("毛坝莓茶", "Maoba vine tea"),
        detail: "显齿蛇葡萄 · 特级 罐装 100 g".into(),
        category: "莓茶".into(),
        season: "3–10 月".into(),
        regime: Regime::Licence,
        producer: "演示毛坝莓茶专业合作社".into(),
        township: "毛坝乡".into(),
        suspended: false,
        lots: 3,
        shelf_life_days: 540,
        shot: Some(("/pictures/0-480.jpg".into(), ago(4))),
    }
}

pub(super) fn catalogue() -> CatalogueView {
    CatalogueView {
        pack: "/catalogue/pack.zip?q=".to_owned(),
        words: "莓".into(),
        category: "莓茶".into(),
        categories: vec![CategoryRow {
            name: "莓茶".into(),
            href: "/catalogue?category=%E8%8E%93%E8%8C%B6".into(),
            products: 8,
        }],
        products: vec![product_row()],
        next: Some("/catalogue?q=&category=&from=60".into()),
    }
}

pub(super) fn product() -> ProductView {
    let lot = |code: &str, state| LotRow {
        code: code.into(),
        href: format!("/01/02900000000014/10/{code}"),
        state,
        harvested: Some(ago(4)),
    };
    ProductView {
        credentials: sample::credentials(),
        product: product_row(),
        lots: vec![
            lot("MC-20261120-01", LotState::Released),
            lot("MC-20261101-01", LotState::Recalled),
        ],
    }
}

pub(super) fn wall() -> WallView {
    let line = |passed| Line {
        product: Words::both("毛坝莓茶", "Maoba vine tea"),
        township: "毛坝乡".into(),
        at: ago(1),
        passed,
    };
    let mut alarmed = township("毛坝乡", 29.1, 109.7, 3);
    alarmed.alarms = 1;
    WallView {
        producers: 14,
        products: 60,
        lots: 46,
        tests: 120,
        pass_pct: Some(97),
        scanned: 412,
        scanned_today: 9,
        probes: 28,
        reports_per_minute: 2.8,
        alarms: 1,
        hours: (0..24).map(|hour| (900 - hour * 10, 960)).collect(),
        townships: vec![alarmed, township("松柏镇", 28.9, 110.0, 1)],
        outline: None,
        newest_alarms: vec![AlarmLine {
            severity: Severity::Critical,
            township: "毛坝乡".into(),
            since: ago(1),
            state: AlarmState::Active,
        }],
        newest_tests: vec![line(Some(true)), line(Some(false))],
        newest_scans: vec![line(None)],
        at: NOW,
    }
}
