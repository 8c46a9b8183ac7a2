//! The plots and rooms: where things grow, are made or wait, how high and on what ground. Places
//! are rough to a hundredth of a degree, about a kilometre, and never shown finer than the township.

use crate::demo::weather::Site;
use crate::demo::weather::soil::Ground;

/// A plot on paper.
#[derive(Debug, Clone, Copy)]
pub struct Plot {
    /// How the other tables call it.
    pub key: &'static str,
    /// Whose it is.
    pub producer: &'static str,
    /// Name, Chinese.
    pub name: &'static str,
    /// Name for English pages.
    pub name_en: &'static str,
    /// Area, mu.
    pub area_mu: f32,
    /// Height above the sea, metres.
    pub altitude_m: i32,
    /// Latitude and longitude, WGS-84 degrees.
    pub place: (f64, f64),
    /// How far cold air gathers in clear nights, kelvin.
    pub hollow_k: f32,
    /// What the ground is made of.
    pub ground: Ground,
}

impl Plot {
    /// The plot as the weather sees it.
    pub fn site(&self) -> Site {
        Site {
            number: PLOTS
                .iter()
                .zip(1..)
                .find(|(other, _)| other.key == self.key)
                .map_or(0, |(_, n)| n),
            altitude_m: self.altitude_m as f32,
            hollow_k: self.hollow_k,
            ground: self.ground,
        }
    }
}

/// The plot of `demo-probe`.
pub const TEA_GARDEN: &str = "tea-garden-1";

const fn plot(
    key: &'static str,
    producer: &'static str,
    names: [&'static str; 2],
    size: (f32, i32),
    place: (f64, f64),
    earth: (f32, Ground),
) -> Plot {
    let [name, name_en] = names;
    let (area_mu, altitude_m) = size;
    let (hollow_k, ground) = earth;
    Plot {
        key,
        producer,
        name,
        name_en,
        area_mu,
        altitude_m,
        place,
        hollow_k,
        ground,
    }
}

use Ground::{Clay, Loam, Sand, WateredLoam};

/// A room: no ground, no hollow; its size in mu is that of the building.
const ROOM: (f32, Ground) = (0.0, Loam);

/// Every plot and room.
#[rustfmt::skip]
pub const PLOTS: [Plot; 22] = [
    plot(TEA_GARDEN, "maoba-tea", ["云雾坡一号茶园", "Mist Slope tea garden 1"],
        (42.0, 640), (29.17, 109.63), (0.8, WateredLoam)),
    plot("tea-garden-2", "maoba-tea", ["岩板溪茶园", "Slate Brook tea garden"],
        (35.0, 560), (29.15, 109.65), (0.4, Loam)),
    plot("cloud-tea", "shidi-tea", ["白岩茶园", "White Rock tea garden"],
        (60.0, 840), (29.13, 110.02), (0.2, Loam)),
    plot("kiwi-saddle", "shidi-kiwi", ["马鞍坡果园", "Saddle Slope orchard"],
        (80.0, 560), (29.11, 110.00), (1.2, WateredLoam)),
    plot("kiwi-brook", "shidi-kiwi", ["河坎果园", "Brookside orchard"],
        (55.0, 450), (29.09, 110.01), (1.4, Loam)),
    plot("kiwi-store", "shidi-kiwi", ["果品冷库", "Fruit cold store"],
        (0.9, 440), (29.09, 110.00), ROOM),
    plot("kiwi-high", "songbai-kiwi", ["高山果园", "Highland orchard"],
        (30.0, 690), (29.06, 110.07), (0.9, Loam)),
    plot("rice-basin", "songbai-rice", ["大坝稻田", "Basin paddies"],
        (120.0, 390), (29.05, 110.09), (0.6, Clay)),
    plot("rice-spring", "songbai-rice", ["泉眼稻田", "Spring paddies"],
        (90.0, 430), (29.06, 110.10), (0.4, Clay)),
    plot("rice-terrace", "gaoping-rice", ["高坪梯田", "Gaoping terraces"],
        (60.0, 510), (29.10, 109.78), (0.3, Clay)),
    plot("citrus-river", "furong-citrus", ["河湾果园", "River Bend orchard"],
        (150.0, 260), (28.77, 109.97), (0.5, Sand)),
    plot("citrus-ferry", "furong-citrus", ["渡口坡果园", "Ferry Slope orchard"],
        (70.0, 310), (28.79, 109.96), (0.2, Loam)),
    plot("citrus-bank", "zejia-citrus", ["沙洲果园", "Sandbank orchard"],
        (45.0, 280), (28.87, 109.84), (0.9, Sand)),
    plot("smoke-1", "tawo-bacon", ["一号熏房", "Smoke room 1"],
        (0.3, 480), (29.21, 110.03), ROOM),
    plot("smoke-2", "tawo-bacon", ["二号熏房", "Smoke room 2"],
        (0.3, 480), (29.21, 110.03), ROOM),
    plot("smoke-house", "wanmin-bacon", ["老屋熏房", "Old house smoke room"],
        (0.2, 620), (29.24, 109.75), ROOM),
    plot("tofu-cold", "wanping-tofu", ["豆腐冷藏间", "Tofu cold room"],
        (0.2, 520), (29.16, 109.89), ROOM),
    plot("hens-1", "duishan-egg", ["一号林下鸡舍", "Woodland hen house 1"],
        (6.0, 540), (28.96, 109.72), ROOM),
    plot("hens-2", "duishan-egg", ["二号林下鸡舍", "Woodland hen house 2"],
        (5.0, 550), (28.96, 109.73), ROOM),
    plot("hens-range", "yanjing-egg", ["坡地鸡舍", "Hillside hen house"],
        (8.0, 450), (28.92, 109.90), ROOM),
    plot("radish-top", "cheping-radish", ["高台萝卜地", "Terrace Top radish field"],
        (65.0, 780), (28.98, 110.06), (0.6, Loam)),
    plot("radish-pass", "cheping-radish", ["坳上萝卜地", "Pass radish field"],
        (50.0, 830), (28.99, 110.07), (0.3, Sand)),
];
