//! What measures: gateways, and probes by profile. A profile's channels stand in the order of its reports, which is fixed for `demo-probe` by the interface.

use model::unit::Quantity;

use super::plots::TEA_GARDEN;
use super::rules::{AMMONIA, DROUGHT, FROST, HOT_SMOKE, Rule, WARM_STORE};

/// The gateway that visitors may use, with [`KEY`].
pub const DEMO_GATEWAY: &str = "demo-gw";

/// The probe that visitors may publish as.
pub const DEMO_PROBE: &str = "demo-probe";

/// Key of every gateway of the demonstration, and password of its accounts: printed at start, so
/// no secret. `up --demo` listens on loopback only.
pub const KEY: &str = "suyuan-demo";

/// One measured quantity of a profile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Channel {
    /// Name in telemetry.
    pub name: &'static str,
    /// What it measures.
    pub quantity: Quantity,
    /// `SenML` unit.
    pub unit: &'static str,
    /// Depth below ground, centimetres.
    pub depth_cm: Option<i16>,
    /// Least and greatest value the probe can mean.
    pub valid: (f32, f32),
    /// Steps of the sensor: values are whole multiples of it.
    pub step: f32,
}

/// A model of probe: what it measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `demo-probe`: air and soil moisture, every quarter of an hour.
    DemoField,
    /// Air and soil moisture, hourly.
    Field,
    /// Air, light and acidity of a tea slope.
    Tea,
    /// Soil moisture and temperature at 20 and 40 cm.
    Soil,
    /// Water on a paddy.
    Paddy,
    /// Smoke room.
    Smoke,
    /// Cold store or cold room.
    Cold,
    /// Hen house.
    Hens,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 8] = [
        Self::DemoField,
        Self::Field,
        Self::Tea,
        Self::Soil,
        Self::Paddy,
        Self::Smoke,
        Self::Cold,
        Self::Hens,
    ];

    /// Its name, unique.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DemoField => "demo-field-climate",
            Self::Field => "field-climate",
            Self::Tea => "tea-garden",
            Self::Soil => "soil-20-40",
            Self::Paddy => "paddy",
            Self::Smoke => "smoke-room",
            Self::Cold => "cold-room",
            Self::Hens => "hen-house",
        }
    }

    /// Seconds between two reports.
    pub const fn interval_s(self) -> i64 {
        match self {
            Self::DemoField => 900,
            Self::Smoke | Self::Cold => 1_800,
            _ => 3_600,
        }
    }

    /// Its channels in the order of a report's values.
    pub const fn channels(self) -> &'static [Channel] {
        match self {
            Self::DemoField | Self::Field => &FIELD,
            Self::Tea => &TEA,
            Self::Soil => &SOIL,
            Self::Paddy => &PADDY,
            Self::Smoke => &ROOM_CLIMATE,
            Self::Cold => &COLD,
            Self::Hens => &HENS,
        }
    }
}

const fn channel(
    name: &'static str,
    quantity: Quantity,
    depth_cm: Option<i16>,
    valid: (f32, f32),
    step: f32,
) -> Channel {
    Channel {
        name,
        quantity,
        unit: quantity.usual_unit(),
        depth_cm,
        valid,
        step,
    }
}

const AIR_TEMPERATURE: Channel = channel(
    "temperature",
    Quantity::AirTemperature,
    None,
    (-40.0, 60.0),
    0.1,
);
const AIR_HUMIDITY: Channel = channel("humidity", Quantity::AirHumidity, None, (0.0, 100.0), 0.5);
const ROOM_TEMPERATURE: Channel = channel(
    "temperature",
    Quantity::RoomTemperature,
    None,
    (-40.0, 90.0),
    0.1,
);

const FIELD: [Channel; 3] = [
    AIR_TEMPERATURE,
    AIR_HUMIDITY,
    channel(
        "soil-moisture",
        Quantity::SoilMoisture,
        Some(20),
        (0.0, 60.0),
        0.1,
    ),
];
const TEA: [Channel; 4] = [
    AIR_TEMPERATURE,
    AIR_HUMIDITY,
    channel(
        "illuminance",
        Quantity::Illuminance,
        None,
        (0.0, 200_000.0),
        100.0,
    ),
    channel("soil-ph", Quantity::SoilPh, Some(20), (3.0, 10.0), 0.01),
];
const SOIL: [Channel; 4] = [
    channel(
        "soil-moisture-20",
        Quantity::SoilMoisture,
        Some(20),
        (0.0, 60.0),
        0.1,
    ),
    channel(
        "soil-moisture-40",
        Quantity::SoilMoisture,
        Some(40),
        (0.0, 60.0),
        0.1,
    ),
    channel(
        "soil-temperature-20",
        Quantity::SoilTemperature,
        Some(20),
        (-20.0, 60.0),
        0.1,
    ),
    channel(
        "soil-temperature-40",
        Quantity::SoilTemperature,
        Some(40),
        (-20.0, 60.0),
        0.1,
    ),
];
const PADDY: [Channel; 3] = [
    channel("water-level", Quantity::WaterLevel, None, (0.0, 50.0), 0.1),
    channel(
        "water-temperature",
        Quantity::WaterTemperature,
        None,
        (0.0, 60.0),
        0.1,
    ),
    AIR_TEMPERATURE,
];
const ROOM_CLIMATE: [Channel; 2] = [ROOM_TEMPERATURE, AIR_HUMIDITY];
const COLD: [Channel; 2] = [ROOM_TEMPERATURE, AIR_HUMIDITY];
const HENS: [Channel; 3] = [
    ROOM_TEMPERATURE,
    AIR_HUMIDITY,
    channel("ammonia", Quantity::Ammonia, None, (0.0, 100.0), 0.1),
];

/// A gateway on paper.
#[derive(Debug, Clone, Copy)]
pub struct Gateway {
    /// Id: user name and topic level.
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Since how many hours it has been silent; 0 means that it is online.
    pub silent_h: i64,
}

/// A probe on paper.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// Its gateway's id.
    pub gateway: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it measures.
    pub profile: Profile,
    /// Where it stands.
    pub plot: &'static str,
}

impl Probe {
    /// Its rules: those of its profile and, below 0 °C in the open, frost.
    pub fn rules(&self) -> &'static [Rule] {
        match self.profile {
            Profile::DemoField | Profile::Tea => &[FROST],
            Profile::Field => &[FROST, DROUGHT],
            Profile::Soil | Profile::Paddy => &[],
            Profile::Smoke => &[HOT_SMOKE],
            Profile::Cold => &[WARM_STORE],
            Profile::Hens => &[AMMONIA],
        }
    }

    /// Its place in [`PROBES`], from 1.
    pub fn number(&self) -> i64 {
        let same = |other: &Self| other.gateway == self.gateway && other.name == self.name;
        PROBES
            .iter()
            .zip(1..)
            .find(|(other, _)| same(other))
            .map_or(0, |(_, number)| number)
    }
}

const fn gateway(id: &'static str, name: &'static str) -> Gateway {
    Gateway {
        id,
        name,
        silent_h: 0,
    }
}

/// Every gateway. One has been silent for two days, as one always is.
pub const GATEWAYS: [Gateway; 14] = [
    gateway(DEMO_GATEWAY, "演示网关 毛坝茶园"),
    gateway("ys-shidi-tea", "演示网关 石堤茶园"),
    gateway("ys-shidi-kiwi", "演示网关 石堤果园"),
    gateway("ys-songbai-kiwi", "演示网关 松柏果园"),
    gateway("ys-songbai-rice", "演示网关 松柏稻田"),
    Gateway {
        id: "ys-gaoping-rice",
        name: "演示网关 高坪梯田",
        silent_h: 47,
    },
    gateway("ys-furong-citrus", "演示网关 芙蓉果园"),
    gateway("ys-zejia-citrus", "演示网关 泽家果园"),
    gateway("ys-tawo-bacon", "演示网关 塔卧熏房"),
    gateway("ys-wanmin-bacon", "演示网关 万民熏房"),
    gateway("ys-wanping-tofu", "演示网关 万坪冷藏"),
    gateway("ys-duishan-egg", "演示网关 对山鸡舍"),
    gateway("ys-yanjing-egg", "演示网关 盐井鸡舍"),
    gateway("ys-cheping-radish", "演示网关 车坪菜地"),
];

const fn probe(
    gateway: &'static str,
    name: &'static str,
    profile: Profile,
    plot: &'static str,
) -> Probe {
    Probe {
        gateway,
        name,
        profile,
        plot,
    }
}

/// Every probe.
pub const PROBES: [Probe; 28] = [
    probe(DEMO_GATEWAY, DEMO_PROBE, Profile::DemoField, TEA_GARDEN),
    probe(DEMO_GATEWAY, "soil-01", Profile::Soil, TEA_GARDEN),
    probe(DEMO_GATEWAY, "tea-02", Profile::Tea, "tea-garden-2"),
    probe("ys-shidi-tea", "tea-01", Profile::Tea, "cloud-tea"),
    probe("ys-shidi-kiwi", "field-01", Profile::Field, "kiwi-saddle"),
    probe("ys-shidi-kiwi", "soil-01", Profile::Soil, "kiwi-saddle"),
    probe("ys-shidi-kiwi", "field-02", Profile::Field, "kiwi-brook"),
    probe("ys-shidi-kiwi", "cold-01", Profile::Cold, "kiwi-store"),
    probe("ys-songbai-kiwi", "field-01", Profile::Field, "kiwi-high"),
    probe("ys-songbai-kiwi", "soil-01", Profile::Soil, "kiwi-high"),
    probe("ys-songbai-rice", "paddy-01", Profile::Paddy, "rice-basin"),
    probe("ys-songbai-rice", "paddy-02", Profile::Paddy, "rice-spring"),
    probe(
        "ys-gaoping-rice",
        "paddy-01",
        Profile::Paddy,
        "rice-terrace",
    ),
    probe(
        "ys-furong-citrus",
        "field-01",
        Profile::Field,
        "citrus-river",
    ),
    probe("ys-furong-citrus", "soil-01", Profile::Soil, "citrus-river"),
    probe(
        "ys-furong-citrus",
        "field-02",
        Profile::Field,
        "citrus-ferry",
    ),
    probe("ys-zejia-citrus", "field-01", Profile::Field, "citrus-bank"),
    probe("ys-zejia-citrus", "soil-01", Profile::Soil, "citrus-bank"),
    probe("ys-tawo-bacon", "smoke-01", Profile::Smoke, "smoke-1"),
    probe("ys-tawo-bacon", "smoke-02", Profile::Smoke, "smoke-2"),
    probe("ys-wanmin-bacon", "smoke-01", Profile::Smoke, "smoke-house"),
    probe("ys-wanping-tofu", "cold-01", Profile::Cold, "tofu-cold"),
    probe("ys-duishan-egg", "hens-01", Profile::Hens, "hens-1"),
    probe("ys-duishan-egg", "hens-02", Profile::Hens, "hens-2"),
    probe("ys-yanjing-egg", "hens-01", Profile::Hens, "hens-range"),
    probe(
        "ys-cheping-radish",
        "field-01",
        Profile::Field,
        "radish-top",
    ),
    probe("ys-cheping-radish", "soil-01", Profile::Soil, "radish-top"),
    probe(
        "ys-cheping-radish",
        "field-02",
        Profile::Field,
        "radish-pass",
    ),
];
