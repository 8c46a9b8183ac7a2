//! The tables must fit together: every name that one table says stands in another, every number
//! is well formed, and nobody in them can be mistaken for somebody who exists.

use std::collections::{BTreeMap, BTreeSet};

use model::credit_code::CreditCode;
use model::gs1::{Gtin, LotCode};
use model::id::{GatewayId, ProbeName};
use model::lot::LotState;
use time::macros::date;
use time::{Date, Duration};

use super::Line;
use super::devices::{DEMO_GATEWAY, DEMO_PROBE, GATEWAYS, PROBES, Profile};
use super::lots::{LOTS, SHOWN_LOT};
use super::plots::{PLOTS, TEA_GARDEN};
use super::producers::{PRODUCERS, TEA_COOPERATIVE};
use super::products::{FAMILIES, products};
use super::rules::FROST;

/// Days on which a demonstration may be started: all around the year, a leap day among them.
fn start_days() -> impl Iterator<Item = Date> {
    (0..24)
        .map(|n| date!(2026 - 11 - 23) + Duration::days(n * 15))
        .chain([date!(2028 - 02 - 29)])
}

const TOWNSHIPS: [&str; 23] = [
    "灵溪镇",
    "首车镇",
    "芙蓉镇",
    "永茂镇",
    "青坪镇",
    "石堤镇",
    "泽家镇",
    "砂坝镇",
    "塔卧镇",
    "万坪镇",
    "松柏镇",
    "小溪镇",
    "颗砂乡",
    "两岔乡",
    "西歧乡",
    "对山乡",
    "高坪乡",
    "朗溪乡",
    "润雅乡",
    "车坪乡",
    "毛坝乡",
    "万民乡",
    "盐井乡",
];

#[test]
fn there_are_sixty_products_of_all_eight_kinds_and_at_least_twelve_producers() {
    assert_eq!(products().len(), 60);
    let lines: BTreeSet<&str> = FAMILIES
        .iter()
        .map(|family| family.line.category())
        .collect();
    assert_eq!(lines.len(), Line::ALL.len());
    assert!(PRODUCERS.len() >= 12);
}

#[test]
fn nobody_can_be_mistaken_for_somebody_who_exists() {
    for producer in &PRODUCERS {
        assert!(producer.full_name().starts_with("演示"));
        assert!(producer.full_name_en().starts_with("Demo "));
        assert!(producer.address().contains("演示") && producer.contact().contains("演示"));
        assert!(producer.contact().starts_with("000-"));
        assert!(
            TOWNSHIPS.contains(&producer.township),
            "{}",
            producer.township
        );
        let code = producer
            .credit_code()
            .map(|code| code.to_string())
            .unwrap_or_default();
        assert!(
            CreditCode::parse(&code).is_ok() && code[2..8] == *"000000",
            "{code}"
        );
    }
    assert!(
        GATEWAYS
            .iter()
            .all(|gateway| gateway.name.starts_with("演示"))
    );
}

#[test]
fn every_gtin_is_a_restricted_number_and_unique() {
    let gtins: BTreeSet<String> = products()
        .iter()
        .filter_map(|p| p.gtin().ok())
        .map(|gtin| gtin.to_string())
        .collect();
    assert_eq!(gtins.len(), 60);
    for text in gtins {
        let gtin = Gtin::parse(&text);
        assert!(gtin.is_ok_and(|gtin| gtin.is_restricted()), "{text}");
        assert!(text.starts_with("002"), "{text}");
    }
}

#[test]
fn names_are_unique_where_the_database_wants_them_to_be() {
    let distinct = |names: Vec<String>| {
        let set: BTreeSet<&String> = names.iter().collect();
        assert_eq!(set.len(), names.len(), "{names:?}");
    };
    distinct(PRODUCERS.iter().map(|p| p.key.to_owned()).collect());
    distinct(
        PRODUCERS
            .iter()
            .filter_map(|p| p.credit_code().ok())
            .map(|c| c.to_string())
            .collect(),
    );
    distinct(FAMILIES.iter().map(|f| f.key.to_owned()).collect());
    distinct(PLOTS.iter().map(|p| p.key.to_owned()).collect());
    distinct(
        PLOTS
            .iter()
            .map(|p| format!("{} {}", p.producer, p.name))
            .collect(),
    );
    distinct(GATEWAYS.iter().map(|g| g.id.to_owned()).collect());
    distinct(
        PROBES
            .iter()
            .map(|p| format!("{} {}", p.gateway, p.name))
            .collect(),
    );
    distinct(Profile::ALL.iter().map(|p| p.name().to_owned()).collect());
}

#[test]
fn every_name_that_one_table_says_stands_in_another() {
    let producers: BTreeSet<&str> = PRODUCERS.iter().map(|p| p.key).collect();
    let plots: BTreeMap<&str, &str> = PLOTS.iter().map(|p| (p.key, p.producer)).collect();
    let gateways: BTreeSet<&str> = GATEWAYS.iter().map(|g| g.id).collect();
    assert!(
        FAMILIES
            .iter()
            .all(|family| producers.contains(family.producer))
    );
    assert!(PLOTS.iter().all(|plot| producers.contains(plot.producer)));
    for probe in &PROBES {
        assert!(
            gateways.contains(probe.gateway) && plots.contains_key(probe.plot),
            "{probe:?}"
        );
        assert!(GatewayId::parse(probe.gateway).is_ok() && ProbeName::parse(probe.name).is_ok());
        let slots = probe.profile.channels().len();
        assert!(
            probe
                .rules()
                .iter()
                .all(|rule| usize::from(rule.channel) < slots)
        );
    }
    for lot in &LOTS {
        let grower = lot.product().map(|product| product.family.producer);
        assert_eq!(grower, plots.get(lot.plot).copied(), "{lot:?}");
    }
}

#[test]
fn the_demo_probe_is_what_the_interface_promises() {
    let probe = PROBES
        .iter()
        .find(|p| (p.gateway, p.name) == (DEMO_GATEWAY, DEMO_PROBE));
    let Some(probe) = probe else {
        panic!("no {DEMO_GATEWAY}/{DEMO_PROBE}")
    };
    let channels: Vec<(&str, &str)> = probe
        .profile
        .channels()
        .iter()
        .map(|channel| (channel.name, channel.unit))
        .collect();
    assert_eq!(
        channels,
        [
            ("temperature", "Cel"),
            ("humidity", "%RH"),
            ("soil-moisture", "%")
        ]
    );
    assert!(probe.rules().contains(&FROST));
    assert!(FROST.limit.abs() < f32::EPSILON && FROST.hold_s == 600);
    let plot = PLOTS
        .iter()
        .find(|plot| plot.key == probe.plot)
        .map(|plot| plot.producer);
    assert_eq!((probe.plot, plot), (TEA_GARDEN, Some(TEA_COOPERATIVE)));
}

#[test]
fn lots_are_in_every_state_and_at_least_four_still_grow() {
    for state in LotState::ALL {
        assert!(
            LOTS.iter().any(|lot| lot.state == state),
            "no lot is {state}"
        );
    }
    assert!(
        LOTS.iter()
            .filter(|lot| lot.state == LotState::Growing)
            .count()
            >= 4
    );
    let labelled = |lot: &&super::lots::Lot| lot.labels > 0;
    let may_be_labelled = [
        LotState::Released,
        LotState::Shipped,
        LotState::SoldOut,
        LotState::Recalled,
    ];
    assert!(
        LOTS.iter()
            .filter(labelled)
            .all(|lot| may_be_labelled.contains(&lot.state))
    );
}

#[test]
fn periods_end_before_today_and_are_no_longer_than_a_season() {
    for today in start_days() {
        for lot in &LOTS {
            let period = lot.period(today);
            let end = period.harvested_on.unwrap_or(today);
            assert!(
                period.started_on < end && end <= today,
                "{today}: {lot:?} {period:?}"
            );
            assert!(
                end - period.started_on <= Duration::days(240),
                "{lot:?} {period:?}"
            );
            assert!(today - end <= Duration::days(366), "{lot:?} {period:?}");
            let growing = lot.state == LotState::Growing;
            assert_eq!(growing, period.harvested_on.is_none(), "{lot:?}");
        }
    }
}

#[test]
fn lot_codes_are_legal_and_unique_on_any_day() {
    for today in start_days() {
        let codes: BTreeSet<String> = LOTS.iter().map(|lot| lot.code(today)).collect();
        assert_eq!(codes.len(), LOTS.len(), "{today}");
        assert!(
            codes.iter().all(|code| LotCode::parse(code).is_ok()),
            "{codes:?}"
        );
    }
}

#[test]
fn the_shown_lot_is_a_released_and_labelled_season_of_vine_tea_under_the_demo_probe() {
    let lot = SHOWN_LOT;
    assert_eq!((lot.state, lot.plot), (LotState::Released, TEA_GARDEN));
    assert!(lot.labels > 0 && lot.number() == 1);
    let product = lot.product().map(|product| product.family.line);
    assert_eq!(product, Some(Line::Tea));
    let period = lot.period(date!(2026 - 11 - 23));
    assert_eq!(lot.code(date!(2026 - 11 - 23)), "MC261012-01");
    assert_eq!(period.started_on, date!(2026 - 03 - 16));
}

#[test]
fn units_are_those_that_senml_knows() {
    for profile in Profile::ALL {
        for channel in profile.channels() {
            assert!(
                channel.valid.0 < channel.valid.1 && channel.step > 0.0,
                "{channel:?}"
            );
            assert!(!channel.unit.is_empty());
        }
    }
}
