//! The rules that call a person: which channel, which limit, for how long. Which probe has which
//! rules is told with the probes.

use model::alarm::{Bound, Severity};

/// When a probe's channel calls for a person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Name, Chinese.
    pub name: &'static str,
    /// Name for English pages.
    pub name_en: &'static str,
    /// What the supervisor wrote on past alarms of it.
    pub answer: &'static str,
    /// Place of the channel in the report.
    pub channel: u8,
    /// Which side alarms.
    pub bound: Bound,
    /// The limit in the channel's unit.
    pub limit: f32,
    /// Seconds the value must stay beyond it.
    pub hold_s: i32,
    /// How soon a person has to look.
    pub severity: Severity,
}

const fn rule(
    names: [&'static str; 3],
    channel: u8,
    bound: Bound,
    limit: f32,
    hold_s: i32,
    severity: Severity,
) -> Rule {
    let [name, name_en, answer] = names;
    Rule {
        name,
        name_en,
        answer,
        channel,
        bound,
        limit,
        hold_s,
        severity,
    }
}

/// Fixed by the interface for `demo-probe`: below 0 °C for ten minutes.
pub const FROST: Rule = rule(
    ["霜冻", "Frost", "已通知种植户覆盖、熏烟防霜（演示）"],
    0,
    Bound::Below,
    0.0,
    600,
    Severity::Critical,
);
/// The upper soil is near wilting.
pub const DROUGHT: Rule = rule(
    ["土壤偏旱", "Dry soil", "已提醒种植户傍晚灌溉（演示）"],
    2,
    Bound::Below,
    15.0,
    6 * 3_600,
    Severity::Medium,
);
/// Fat drips into the fire.
pub const HOT_SMOKE: Rule = rule(
    ["熏房超温", "Smoke room too hot", "已通知作坊压火（演示）"],
    0,
    Bound::Above,
    45.0,
    1_800,
    Severity::High,
);
/// Cold goods are warming up.
pub const WARM_STORE: Rule = rule(
    [
        "冷藏超温",
        "Cold room too warm",
        "已通知企业检修压缩机（演示）",
    ],
    0,
    Bound::Above,
    6.0,
    1_800,
    Severity::High,
);
/// The hens' eyes and lungs suffer.
pub const AMMONIA: Rule = rule(
    [
        "氨气偏高",
        "High ammonia",
        "已通知农场通风、更换垫料（演示）",
    ],
    2,
    Bound::Above,
    16.5,
    7_200,
    Severity::Medium,
);
