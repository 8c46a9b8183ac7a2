//! Views of the supervisor's desk for the tests and for looking at.

use model::alarm::{Bound, Severity};
use model::lot::LotState;

use super::sample::{NOW, ago, site, township};
use crate::page::supervisor::audit::{Asked, AuditView, ChangeRow, Column};
use crate::page::supervisor::farms::{FarmRow, FarmState, FarmView, FarmsView, ProbeCharts, Range};
use crate::page::supervisor::graph::{GraphFlow, GraphLot, GraphReceiver};
use crate::page::supervisor::lots::{
    IntervalLine, LotLine, LotView, LotsView, StepLine, TestLine, Turns,
};
use crate::page::supervisor::recalls::{
    Closure, ClosureLot, Holder, Kilograms, PlanView, RecallDraft, RecallLine, RecallView,
};
use crate::page::supervisor::statistics::{Counted, StatisticsView, SuspectRow};
use crate::page::supervisor::{self, AlarmRow, AlarmState, SupervisorView};
use crate::page::trace::County;
use crate::page::{Lang, Role, Words};

/// Every page of the desk with the name of its sample file.
pub(super) fn pages(lang: Lang) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let at = |here: &str| site(lang, here, Some(Role::Supervisor));
    let farm = at("/supervisor/farms/3");
    Ok(vec![
        (
            "supervisor",
            supervisor::page(&at("/supervisor"), &alarms())?,
        ),
        (
            "farms",
            supervisor::farms::page(&at("/supervisor/farms"), &farms())?,
        ),
        ("farm", supervisor::farms::farm(&farm, &one_farm())?),
        (
            "lots",
            supervisor::lots::page(&at("/supervisor/lots"), &lots())?,
        ),
        (
            "lot",
            supervisor::lots::lot(&at("/supervisor/lots/2"), &lot())?,
        ),
        (
            "plan",
            supervisor::recalls::plan(&at("/supervisor/lots/2/recall"), &plan())?,
        ),
        (
            "recalls",
            supervisor::recalls::page(&at("/supervisor/recalls"), &[line(true), line(false)])?,
        ),
        (
            "recall",
            supervisor::recalls::recall(&at("/supervisor/recalls/1"), &recall(false))?,
        ),
        (
            "drill",
            supervisor::recalls::recall(&at("/supervisor/recalls/2"), &recall(true))?,
        ),
        (
            "notice",
            supervisor::recalls::notice(&at("/supervisor/recalls/1/notice"), &recall(false))?,
        ),
        (
            "statistics",
            supervisor::statistics::page(&at("/supervisor/statistics"), &statistics())?,
        ),
        (
            "audit",
            supervisor::audit::page(&at("/supervisor/audit"), &audit())?,
        ),
    ])
}

pub(super) fn alarm(id: &str, severity: Severity, state: AlarmState) -> AlarmRow {
    AlarmRow {
        id: id.into(),
        rule: id.into(),
        severity,
        title: Words::both("霜冻", "Frost"),
        place: Words::both("莓茶 3 号地 · 毛坝乡", "Vine tea plot 3 · Maoba township"),
        farm: Some("/supervisor/farms/3".into()),
        probe: "demo-gw / demo-probe".into(),
        quantity: "air-temperature".into(),
        value: -1.3,
        bound: Bound::Below,
        limit: 0.0,
        unit: "Cel".into(),
        since: NOW.plus_seconds(-1_900),
        last_seen: NOW.plus_seconds(-100),
        last: -0.4,
        until: None,
        state,
        repeats: 1,
        acknowledged: None,
        note: None,
        assigned: None,
        shelved: None,
    }
}

fn alarms() -> SupervisorView {
    let mut soil = alarm("12", Severity::Medium, AlarmState::Closed);
    soil.title = Words::both("土壤过干", "Dry soil");
    soil.quantity = "soil-moisture".into();
    (soil.value, soil.limit, soil.unit) = (17.2, 22.0, "%".into());
    soil.acknowledged = Some(("supervisor".into(), ago(1)));
    soil.note = Some("已通知合作社浇水".into());
    let mut again = alarm("13", Severity::High, AlarmState::Returned);
    again.repeats = 4;
    again.assigned = Some(("supervisor".into(), "监管员".into()));
    let mut put = alarm("11", Severity::High, AlarmState::Active);
    put.shelved = Some((
        NOW.plus_seconds(1_800),
        "监管员".into(),
        "正在点火熏烟".into(),
    ));
    SupervisorView {
        alarms: vec![
            alarm("14", Severity::Critical, AlarmState::Active),
            again,
            put,
            soil,
        ],
        colleagues: [("supervisor".into(), "监管员".into())].into(),
        silent: 2,
        next: Some("/supervisor?after=11".into()),
        ..SupervisorView::default()
    }
}

fn farm_row(zh: &str, en: &str, state: FarmState, last_s: Option<i64>) -> FarmRow {
    FarmRow {
        href: "/supervisor/farms/3".into(),
        name: Words::both(zh, en),
        producer: Words::both("演示毛坝莓茶专业合作社", "Demo Maoba vine tea cooperative"),
        township: "毛坝乡".into(),
        state,
        probes: 2,
        last: last_s.map(|s| NOW.plus_seconds(-s)),
        alarms: i64::from(state == FarmState::Alarm),
    }
}

fn farms() -> FarmsView {
    let mut calling = township("毛坝乡", 29.1, 109.6, 9);
    calling.alarms = 2;
    FarmsView {
        farms: vec![
            farm_row(
                "莓茶 3 号地",
                "Vine tea plot 3",
                FarmState::Alarm,
                Some(100),
            ),
            farm_row(
                "松柏大米 2 号田",
                "Songbai rice paddy 2",
                FarmState::Silent,
                Some(300_000),
            ),
            farm_row(
                "万坪豆腐 1 号冷库",
                "Wanping tofu cold store 1",
                FarmState::Bare,
                None,
            ),
        ],
        counts: [1, 1, 0, 1],
        found: 3,
        next: Some("/supervisor/farms?page=1".into()),
        county: County {
            townships: [calling, township("松柏镇", 28.9, 110.0, 4)].into(),
            outline: None,
        },
        silent_townships: vec!["松柏镇".into()],
        ..FarmsView::default()
    }
}

fn one_farm() -> FarmView {
    FarmView {
        farm: farm_row(
            "莓茶 3 号地",
            "Vine tea plot 3",
            FarmState::Alarm,
            Some(100),
        ),
        contact: "0743-1234567".into(),
        area_mu: 12.5,
        altitude_m: 640.0,
        range: Range::Week,
        days: ("2026-11-16".into(), "2026-11-23".into()),
        probes: vec![ProbeCharts {
            name: "demo-gw / demo-probe".into(),
            last: Some(NOW),
            since: ago(90),
            until: None,
            charts: Vec::new(),
            csv: "/supervisor/probes/demo-gw/demo-probe/readings.csv?from=2026-11-16&to=2026-11-23"
                .into(),
        }],
        alarms: vec![alarm("14", Severity::Critical, AlarmState::Active)],
        cameras: Vec::new(),
    }
}

fn lot_line(code: &str, state: LotState) -> LotLine {
    LotLine {
        href: "/supervisor/lots/2".into(),
        code: code.into(),
        product: Words::both("毛坝莓茶 特级", "Maoba vine tea, special"),
        producer: Words::both("演示毛坝莓茶专业合作社", "Demo Maoba vine tea cooperative"),
        state,
        quantity: "120 kg".into(),
        harvested: Some(ago(3)),
        tests: 1,
        labels: 24,
    }
}

fn lots() -> LotsView {
    LotsView {
        lots: LotState::ALL
            .map(|state| lot_line("MC-20261120-01", state))
            .into(),
        next: Some("/supervisor/lots?after=2".into()),
        ..LotsView::default()
    }
}

fn lot() -> LotView {
    LotView {
        lot: lot_line("MC-20261120-01", LotState::Growing),
        id: 2,
        gtin: "02900000000014".into(),
        plot: (
            Words::both("莓茶 3 号地", "Vine tea plot 3"),
            "/supervisor/farms/3".into(),
        ),
        started: ago(200),
        registered: ago(190),
        recall_reason: Some("复检不合格".into()),
        trace: "/01/02900000000014/10/MC-20261120-01".into(),
        steps: vec![StepLine {
            at: ago(2),
            step: "hold".into(),
            state: Some(LotState::Held),
            reason: "抽检阳性".into(),
            by: Some("nav.supervisor"),
        }],
        tests: vec![TestLine {
            at: ago(2),
            sample: "MC-1".into(),
            item: "农药残留（酶抑制率）".into(),
            result: "62.4 %".into(),
            limit: "50 %".into(),
            passed: Some(false),
        }],
        certificates: vec![("20261120-0001".into(), true)],
        intervals: vec![IntervalLine {
            input: "苦参碱".into(),
            done: ago(5),
            days: 7,
            free: NOW,
        }],
        waived: false,
        closure: closure(),
        turns: Turns {
            hold: true,
            release: true,
            waive: true,
            recall: true,
        },
        requests: ["a".into(), "b".into(), "c".into()],
        reason: String::new(),
    }
}

fn closure_lot(id: i64, level: i32, product: &str) -> ClosureLot {
    ClosureLot {
        lot: GraphLot {
            id,
            level,
            href: format!("/supervisor/lots/{id}"),
            code: format!("MC-2026112{id}-01"),
            product: product.into(),
            state: LotState::Shipped,
            quantity: "120 kg".into(),
        },
        producer: "演示毛坝莓茶专业合作社".into(),
        processed: "80 kg".into(),
        shipped: "30 kg".into(),
        left: "10 kg".into(),
    }
}

fn closure() -> Closure {
    let flow = |from, to| GraphFlow {
        from,
        to,
        quantity: "40 kg".into(),
    };
    let holder = |kind, id, name: &str, call| Holder {
        kind,
        id,
        name: name.into(),
        contact: "0743-1234567".into(),
        lots: "MC-20261123-01".into(),
        quantity: "20 kg".into(),
        call,
        request: format!("r{id}"),
    };
    let reached = Some(("监管员".to_owned(), ago(0), "已下架".to_owned()));
    Closure {
        lots: vec![
            closure_lot(1, -1, "莓茶鲜叶"),
            closure_lot(2, 0, "毛坝莓茶 毛茶"),
            closure_lot(3, 1, "毛坝莓茶 特级 罐装 100 g"),
            closure_lot(4, 1, "毛坝莓茶 礼盒"),
        ],
        more: 7,
        flows: vec![flow(1, 2), flow(2, 3), flow(2, 4)],
        receivers: vec![
            GraphReceiver {
                id: 9,
                name: "演示县城超市".into(),
                lot: 3,
                quantity: "12 kg".into(),
            },
            GraphReceiver {
                id: 10,
                name: "演示村级服务站".into(),
                lot: 4,
                quantity: "8 kg".into(),
            },
        ],
        holders: vec![
            holder("party", 9, "演示县城超市", None),
            holder("party", 10, "演示村级服务站", reached),
            holder("producer", 1, "演示毛坝莓茶专业合作社", None),
        ],
        kg: Kilograms {
            came_in: 120.0,
            out: 20.0,
            left: 90.0,
            lost: 8.0,
            unaccounted: 2.0,
            unweighed: 1,
        },
    }
}

fn plan() -> PlanView {
    PlanView {
        id: 2,
        code: "MC-20261122-01".into(),
        product: "毛坝莓茶 毛茶".into(),
        producer: "演示毛坝莓茶专业合作社".into(),
        state: LotState::Shipped,
        open: true,
        closure: closure(),
        request: "r".into(),
        draft: RecallDraft::default(),
    }
}

fn line(drill: bool) -> RecallLine {
    RecallLine {
        href: "/supervisor/recalls/1".into(),
        drill,
        code: "MC-20261122-01".into(),
        product: "毛坝莓茶 毛茶".into(),
        reason: "监督抽检发现农药残留超标".into(),
        at: ago(1),
        took_ms: 12.3,
        lots: 3,
    }
}

fn recall(drill: bool) -> RecallView {
    RecallView {
        line: line(drill),
        id: 1,
        lot_href: "/supervisor/lots/2".into(),
        notice: "召回公告：请立即停止销售和食用。".into(),
        notice_en: "Recall: stop selling and eating it.".into(),
        version: 0,
        typed: None,
        closure: closure(),
    }
}

fn statistics() -> StatisticsView {
    let month = |name: &str, lots| Counted {
        name: name.into(),
        producers: 1,
        products: 4,
        lots,
        tests: 20,
        passed: 19,
        labels: 480,
        scanned: 96,
    };
    let rows = vec![
        month("2026-09", 12),
        month("2026-10", 31),
        month("2026-11", 24),
    ];
    StatisticsView {
        months: ("2026-09".into(), "2026-11".into()),
        by_township: vec![month("毛坝乡", 67)],
        total: month("", 67),
        by_month: rows,
        scan_days: (1..=30).map(|day| (format!("11/{day}"), day % 7)).collect(),
        scan_places: vec![("毛坝乡".into(), 40), (String::new(), 12)],
        suspects: vec![SuspectRow {
            serial: "7ZK3M9QX2VBTD".into(),
            trace: "/01/02900000000014/10/MC-20261120-01/21/7ZK3M9QX2VBTD".into(),
            product: "毛坝莓茶".into(),
            lot: Some(("MC-20261120-01".into(), "/supervisor/lots/2".into())),
            counts: [412, 30, 9, 60],
            signs: vec!["queries", "places"],
            since: ago(4),
        }],
    }
}

fn audit() -> AuditView {
    let column = |name: &str, before: Option<&str>, after: Option<&str>| Column {
        name: name.into(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let change = |id, made, removed, columns| ChangeRow {
        id,
        at: ago(0),
        login: (id != 3).then(|| "supervisor".to_owned()),
        table: if id == 2 {
            "a_new_table".into()
        } else {
            "lot".into()
        },
        row: "2".into(),
        columns,
        made,
        removed,
    };
    AuditView {
        asked: Asked {
            table: "lot".into(),
            ..Asked::default()
        },
        changes: vec![
            change(
                5,
                false,
                false,
                vec![column("state", Some("released"), Some("held"))],
            ),
            change(
                3,
                true,
                false,
                vec![column("code", None, Some("<b>A-1</b>"))],
            ),
            change(2, false, true, vec![column("x", Some("1"), None)]),
        ],
        logins: vec!["supervisor".into()],
        first: Some("/supervisor/audit".into()),
        next: Some("/supervisor/audit?before=2".into()),
    }
}
