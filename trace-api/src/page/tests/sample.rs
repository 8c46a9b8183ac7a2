//! Plausible views for the tests and for looking at: a tea lot of the demonstration county with a
//! season of weather in which a link failed for thirteen days.

use model::lot::LotState;
use model::time::Timestamp;

use crate::page::chart::{Band, Point, Series, Spread};
use crate::page::credential::{Credential, CredentialKind};
use crate::page::map::Township;
use crate::page::trace::*;
use crate::page::{Lang, Mark, Role, Site, Source, Who, Words};

/// 2026-11-23 10:21 in China.
pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_795_400_460);

const DAY_S: i64 = 86_400;

pub(super) fn ago(days: i64) -> Timestamp {
    NOW.plus_seconds(-days * DAY_S)
}

pub(super) fn site(lang: Lang, here: &str, role: Option<Role>) -> Site {
    let who = |role| Who {
        account: "demo".into(),
        role,
    };
    Site {
        demo: true,
        lang,
        large: false,
        signed_in: role.map(who),
        version: "0.1.0".into(),
        here: here.into(),
        now: NOW,
        csrf: "t0k3n".into(),
        flash: None,
        copy: None,
    }
}

pub(super) fn township(name: &str, latitude: f64, longitude: f64, plots: i64) -> Township {
    Township {
        name: name.into(),
        latitude,
        longitude,
        plots,
        alarms: 0,
    }
}

pub(super) fn source(mark: Mark, zh: &str, en: &str, days: i64) -> Source {
    Source {
        mark,
        by: Words::both(zh, en),
        at: ago(days),
    }
}

/// Weather of a valley in autumn: a slow fall, days and nights, cloudy spells; absent from day 33
/// to day 46 and for some hours here and there.
fn weather(from: Timestamp, days: i64, base: f64, fall: f64, swing: f64) -> Series {
    let mut points = Vec::new();
    for hour in 0..days * 24 {
        let (day, of_day) = (hour as f64 / 24.0, (hour % 24) as f64);
        let cloud = 0.6 + 0.4 * (day * 0.7).sin() * (day * 0.23).cos();
        let warm = (std::f64::consts::TAU * (of_day - 9.0) / 24.0).sin();
        let spell = 2.2 * (day * 0.31).sin() + 1.1 * (day * 1.13).cos();
        let mean = base - fall * day / days as f64 + spell + swing * cloud * warm;
        let lost = (33.0..46.0).contains(&day) || hour % 433 < 7;
        let spread = Spread {
            min: mean - 0.4,
            mean,
            max: mean + 0.5,
        };
        let at = from.plus_seconds(hour * 3_600);
        points.push(Point {
            at,
            spread: (!lost).then_some(spread),
        });
    }
    Series {
        step_s: 3_600,
        points,
    }
}

fn channel(quantity: &str, unit: &str, series: Series) -> Channel {
    let spreads: Vec<Spread> = series.points.iter().filter_map(|p| p.spread).collect();
    let n = spreads.len() as f64;
    let min = spreads.iter().map(|s| s.min).fold(f64::INFINITY, f64::min);
    let mean = spreads.iter().map(|s| s.mean / n).sum();
    let max = spreads
        .iter()
        .map(|s| s.max)
        .fold(f64::NEG_INFINITY, f64::max);
    Channel {
        quantity: quantity.into(),
        unit: unit.into(),
        depth_cm: None,
        extent: Some(Extent { min, mean, max }),
        expected: series.points.len() as u64 * 4,
        present: spreads.len() as u64 * 4,
        band: None,
        series,
        source: source(Mark::Measured, "探头 demo-probe", "Probe demo-probe", 2),
    }
}

/// A licence that holds and a green one that is over.
pub(super) fn credentials() -> Vec<Credential> {
    let credential = |kind, number: &str, days| Credential {
        kind,
        number: number.into(),
        issuer: "演示发证机构".into(),
        until: ago(days),
        expired: days > 0,
    };
    vec![
        credential(CredentialKind::Licence, "SC11400000000011", -900),
        credential(CredentialKind::Green, "LB-00-0000000001", 12),
    ]
}

pub(super) fn monitoring() -> Monitoring {
    let from = Timestamp::from_seconds(1_787_328_000); // 2026-08-22 in China
    let air = weather(from, 91, 24.0, 15.0, 5.0);
    let soil = weather(from, 91, 31.0, 4.0, 0.3);
    let mut air = channel("air-temperature", "Cel", air);
    air.band = Some(Band {
        low: Some(0.0),
        high: None,
    });
    let mut soil = channel("soil-moisture", "%", soil);
    soil.depth_cm = Some(20.0);
    soil.band = Some(Band {
        low: Some(22.0),
        high: Some(36.0),
    });
    Monitoring {
        from,
        to: from.plus_seconds(91 * DAY_S),
        channels: vec![air, soil],
    }
}

pub(super) fn test(result: &str, verdict: TestVerdict) -> Test {
    Test {
        item: Words::both("农药残留（酶抑制率）", "Pesticide residue (inhibition)"),
        result: result.into(),
        unit: "%".into(),
        limit: Some("< 50 %".into()),
        method: "GB/T 5009.199-2003".into(),
        at: ago(3),
        verdict,
        lab: Words::both("演示县快检室", "Demo county quick-test room"),
    }
}

fn event(days: i64, step: Step, detail: Option<(&str, &str)>, mark: Mark) -> Event {
    let detail = detail.map(|(zh, en)| Words::both(zh, en));
    let by = source(
        mark,
        "演示毛坝莓茶专业合作社",
        "Demo Maoba vine tea cooperative",
        days,
    );
    Event {
        at: ago(days),
        step,
        detail,
        source: by,
    }
}

#[expect(clippy::too_many_lines, reason = "one list, read from top to bottom")]
pub(super) fn trace() -> TraceView {
    let declared = |days| {
        source(
            Mark::Declared,
            "演示毛坝莓茶专业合作社",
            "Demo Maoba vine tea cooperative",
            days,
        )
    };
    TraceView {
        verdict: Verdict::Passed,
        product: Product {
            name: Words::both("毛坝莓茶", "Maoba vine tea"),
            detail: Some(Words::both(
                "特级 · 罐装 100 g",
                "Special grade · tin of 100 g",
            )),
            gtin: "02900000000014".into(),
            regime: Regime::Promise,
            suspended: None,
            source: declared(94),
        },
        lot: Lot {
            code: "MC-20261120-01".into(),
            serial: Some("7ZK3M9QX2VBTD".into()),
            quantity: Some("120 kg".into()),
            started: Some(ago(93)),
            harvested: Some(ago(3)),
            best_before: Some(ago(-537)),
        },
        query: Some(Query {
            first: ago(1),
            count: 3,
            days: 1,
            places: 0,
            busiest: 3,
            signs: Vec::new(),
        }),
        producer: Producer {
            name: Words::both("演示毛坝莓茶专业合作社", "Demo Maoba vine tea cooperative"),
            township: Words::both("毛坝乡", "Maoba township"),
            contact: Some("0743-000 0000".into()),
            credit_code: Some("93433127MA00000000".into()),
            source: declared(94),
        },
        credentials: credentials(),
        plot: Some(Plot {
            name: Words::both("莓茶 3 号地", "Vine tea plot 3"),
            township: Words::both("毛坝乡", "Maoba township"),
            area_mu: Some(12.5),
            altitude_m: Some(640.0),
            source: declared(94),
        }),
        county: County {
            townships: [
                township("毛坝乡", 29.1, 109.7, 3),
                township("松柏镇", 28.9, 110.0, 1),
            ]
            .into(),
            outline: None,
        },
        inputs: vec![InputLot {
            product: Words::both("莓茶鲜叶", "Fresh vine tea leaf"),
            code: "XY-20261119-02".into(),
            href: "/01/02900000000021/10/XY-20261119-02".into(),
            quantity: "480 kg".into(),
            recalled: false,
            source: declared(3),
        }],
        certificates: vec![Certificate {
            name: Words::both("承诺达标合格证", "Promise of conformity"),
            number: "HGZ20261121-000012-01".into(),
            basis: Some(Words::both("自行检测合格", "own test passed")),
            issued: ago(2),
            expires: None,
            void_since: None,
            source: source(
                Mark::Certified,
                "演示毛坝莓茶专业合作社",
                "Demo Maoba vine tea cooperative",
                2,
            ),
        }],
        reports: Vec::new(),
        tests: vec![test("<5.0", TestVerdict::Pass)],
        events: vec![
            event(
                93,
                Step::Started,
                Some(("秋茶生长期开始", "Autumn growth begins")),
                Mark::Declared,
            ),
            event(
                41,
                Step::Treated,
                Some(("人工除草，未用药", "Weeded by hand, nothing sprayed")),
                Mark::Declared,
            ),
            event(
                3,
                Step::Harvested,
                Some(("鲜叶 120 kg", "120 kg of fresh leaf")),
                Mark::Declared,
            ),
            event(
                3,
                Step::Tested,
                Some(("1 项，合格", "One test, passed")),
                Mark::Tested,
            ),
            event(2, Step::Released, None, Mark::Tested),
            event(
                1,
                Step::Labelled,
                Some(("24 枚", "24 labels")),
                Mark::Declared,
            ),
        ],
        monitoring: Some(monitoring()),
        pictures: None,
        entered: vec![
            Entered {
                what: Words::both("批次登记", "Lot"),
                by: Words::both("演示毛坝莓茶专业合作社", "Demo Maoba vine tea cooperative"),
                at: ago(3),
            },
            Entered {
                what: Words::both("检测结果", "Test result"),
                by: Words::both("演示县快检室", "Demo county quick-test room"),
                at: ago(3),
            },
        ],
        as_of: ago(1),
    }
}

pub(super) fn recalled() -> TraceView {
    let reason = Words::both(
        "监督抽检发现农药残留超标。",
        "A supervisory sample exceeded the residue limit.",
    );
    TraceView {
        verdict: Verdict::Recalled {
            since: ago(1),
            reason,
            advice: None,
        },
        reports: Vec::new(),
        tests: vec![
            test("62.4", TestVerdict::Fail),
            test("<5.0", TestVerdict::Pass),
        ],
        ..trace()
    }
}

pub(super) fn lot_row(code: &str, state: LotState, labels: u64) -> crate::page::producer::LotRow {
    crate::page::producer::LotRow {
        code: code.into(),
        product: Words::both(
            "毛坝莓茶 特级 罐装 100 g",
            "Maoba vine tea, special, tin of 100 g",
        ),
        plot: Some(Words::both("莓茶 3 号地", "Vine tea plot 3")),
        stage: state,
        quantity: Some("120 kg".into()),
        harvested: Some(ago(3)),
        labels,
        href: "/producer/lots/1".into(),
        labels_href: "/producer/lots/1/labels".into(),
        trace_href: "/01/02900000000014/10/MC-20261120-01".into(),
    }
}
