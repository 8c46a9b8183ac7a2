//! The sixty products: families (a variety of one producer) times packs. Their GTINs begin with
//! 02, which GS1 keeps for circulation inside one organisation, so no shop elsewhere knows them.

use model::gs1::{Gtin, GtinError};

use super::Line;

/// The document that goes with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// 承诺达标合格证.
    Promise,
    /// SC production licence.
    Sc,
    /// 小作坊 registration.
    Workshop,
}

impl Regime {
    /// The database's word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Promise => "promise",
            Self::Sc => "sc",
            Self::Workshop => "workshop",
        }
    }
}

/// How a product is packed: Chinese and English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pack(pub &'static str, pub &'static str);

/// One variety of one producer in its packs.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// How the lots call it.
    pub key: &'static str,
    /// The plan's product.
    pub line: Line,
    /// Whose it is.
    pub producer: &'static str,
    /// Name, Chinese.
    pub name: &'static str,
    /// Name for English pages.
    pub name_en: &'static str,
    /// Variety or recipe.
    pub variety: &'static str,
    /// Document that goes with it.
    pub regime: Regime,
    /// Days it keeps.
    pub shelf_life_days: i32,
    /// Packs it is sold in.
    pub packs: &'static [Pack],
}

/// A product: a family in one pack.
#[derive(Debug, Clone, Copy)]
pub struct Product {
    /// Place in the county's list, from 1.
    pub number: u32,
    /// What it is.
    pub family: &'static Family,
    /// How it is packed.
    pub pack: Pack,
}

impl Product {
    /// Its GTIN-14: 0, then the restricted prefix 02 of an EAN-13, then its number.
    pub fn gtin(&self) -> Result<Gtin, GtinError> {
        Gtin::from_body(&format!("002{:010}", 4_300_000 + self.number))
    }

    /// Name for English pages; the pack is told with it, since the specification is Chinese.
    pub fn name_en(&self) -> String {
        format!("{}, {}", self.family.name_en, self.pack.1)
    }
}

/// Every product, in the order of [`FAMILIES`].
pub fn products() -> Vec<Product> {
    let packed = FAMILIES
        .iter()
        .flat_map(|f| f.packs.iter().map(move |pack| (f, *pack)));
    packed
        .enumerate()
        .map(|(at, (family, pack))| Product {
            number: at as u32 + 1,
            family,
            pack,
        })
        .collect()
}

const FRUIT_PACKS: [Pack; 3] = [
    Pack("特级 礼盒 5 kg", "extra grade, 5 kg gift box"),
    Pack("一级 箱装 10 kg", "first grade, 10 kg crate"),
    Pack("散装", "loose"),
];
const RICE_PACKS: [Pack; 3] = [
    Pack("真空包装 2.5 kg", "2.5 kg vacuum pack"),
    Pack("袋装 5 kg", "5 kg bag"),
    Pack("袋装 25 kg", "25 kg bag"),
];
const BACON_PACKS: [Pack; 3] = [
    Pack("真空包装 500 g", "500 g vacuum pack"),
    Pack("礼盒 2 kg", "2 kg gift box"),
    Pack("散装", "loose"),
];
const TEA_PACKS: [Pack; 3] = [
    Pack("特级 罐装 100 g", "extra grade, 100 g tin"),
    Pack("一级 袋装 250 g", "first grade, 250 g bag"),
    Pack("礼盒 2×125 g", "gift box of 2×125 g"),
];
const TOFU_PACKS: [Pack; 2] = [
    Pack("盒装 400 g", "400 g box"),
    Pack("真空包装 250 g", "250 g vacuum pack"),
];
const EGG_PACKS: [Pack; 2] = [
    Pack("盒装 30 枚 1.5 kg", "box of 30, 1.5 kg"),
    Pack("箱装 10 kg", "10 kg crate"),
];
const RADISH_PACKS: [Pack; 2] = [Pack("袋装 5 kg", "5 kg bag"), Pack("散装", "loose")];
const LOOSE: [Pack; 1] = [Pack("散装", "loose")];

const fn family(
    key: &'static str,
    line: Line,
    producer: &'static str,
    names: [&'static str; 3],
    keeping: (Regime, i32),
    packs: &'static [Pack],
) -> Family {
    let [name, name_en, variety] = names;
    let (regime, shelf_life_days) = keeping;
    Family {
        key,
        line,
        producer,
        name,
        name_en,
        variety,
        regime,
        shelf_life_days,
        packs,
    }
}

use Line::{Bacon, Citrus, Egg, Kiwi, Radish, Rice, Tea, Tofu};
use Regime::{Promise, Sc, Workshop};

const FRESH_FRUIT: (Regime, i32) = (Promise, 45);
const MILLED: (Regime, i32) = (Sc, 365);
const SMOKED: (Regime, i32) = (Sc, 180);
const SMOKED_AT_HOME: (Regime, i32) = (Workshop, 150);
const MADE_TEA: (Regime, i32) = (Sc, 540);

/// Every family; together they have sixty packs.
#[rustfmt::skip]
pub const FAMILIES: [Family; 24] = [
    family("tea-tips", Tea, "maoba-tea", ["莓茶（芽尖）", "Vine tea, tips", "显齿蛇葡萄 芽尖"],
        MADE_TEA, &TEA_PACKS),
    family("tea-autumn", Tea, "maoba-tea", ["莓茶（龙须）", "Vine tea, dragon beard", "显齿蛇葡萄 一芽二叶"],
        MADE_TEA, &TEA_PACKS),
    family("tea-leaf", Tea, "maoba-tea", ["莓茶鲜叶", "Vine tea, fresh leaf", "显齿蛇葡萄 鲜叶"],
        (Promise, 1), &LOOSE),
    family("tea-cloud", Tea, "shidi-tea", ["云岭莓茶", "Cloud Ridge vine tea", "显齿蛇葡萄 一芽三叶"],
        MADE_TEA, &TEA_PACKS),
    family("kiwi-red", Kiwi, "shidi-kiwi", ["红心猕猴桃", "Red-heart kiwifruit", "红阳"],
        FRESH_FRUIT, &FRUIT_PACKS),
    family("kiwi-green", Kiwi, "shidi-kiwi", ["绿心猕猴桃", "Green kiwifruit", "米良一号"],
        (Promise, 60), &FRUIT_PACKS),
    family("kiwi-gold", Kiwi, "songbai-kiwi", ["黄心猕猴桃", "Golden kiwifruit", "金艳"],
        (Promise, 60), &FRUIT_PACKS),
    family("rice-songbai", Rice, "songbai-rice", ["松柏大米", "Songbai rice", "香型优质稻"],
        MILLED, &RICE_PACKS),
    family("rice-selenium", Rice, "songbai-rice", ["松柏胚芽米", "Songbai germ rice", "留胚碾米"],
        (Sc, 180), &RICE_PACKS),
    family("rice-terrace", Rice, "gaoping-rice", ["高坪梯田米", "Gaoping terrace rice", "高山一季稻"],
        MILLED, &RICE_PACKS),
    family("ponkan", Citrus, "furong-citrus", ["芙蓉椪柑", "Furong ponkan", "椪柑"],
        FRESH_FRUIT, &FRUIT_PACKS),
    family("navel", Citrus, "furong-citrus", ["芙蓉脐橙", "Furong navel orange", "纽荷尔"],
        FRESH_FRUIT, &FRUIT_PACKS),
    family("ponkan-valley", Citrus, "zejia-citrus", ["泽家椪柑", "Zejia ponkan", "椪柑"],
        FRESH_FRUIT, &FRUIT_PACKS),
    family("bacon-belly", Bacon, "tawo-bacon", ["土家腊肉（五花）", "Tujia bacon, belly", "柏枝熏 五花"],
        SMOKED, &BACON_PACKS),
    family("bacon-leg", Bacon, "tawo-bacon", ["土家腊肉（后腿）", "Tujia bacon, leg", "柏枝熏 后腿"],
        SMOKED, &BACON_PACKS),
    family("bacon-house", Bacon, "wanmin-bacon", ["老屋腊肉", "Old house bacon", "茶壳熏 五花"],
        SMOKED_AT_HOME, &BACON_PACKS),
    family("tofu-fresh", Tofu, "wanping-tofu", ["万坪水豆腐", "Wanping fresh tofu", "石磨 酸浆"],
        (Workshop, 3), &LOOSE),
    family("tofu-firm", Tofu, "wanping-tofu", ["万坪老豆腐", "Wanping firm tofu", "石磨 石膏"],
        (Workshop, 7), &TOFU_PACKS),
    family("tofu-dry", Tofu, "wanping-tofu", ["万坪香干", "Wanping smoked tofu", "卤制 柏枝熏"],
        (Workshop, 60), &TOFU_PACKS),
    family("egg-wood", Egg, "duishan-egg", ["林下土鸡蛋", "Woodland hen eggs", "林下散养"],
        (Promise, 30), &EGG_PACKS),
    family("egg-green", Egg, "duishan-egg", ["绿壳土鸡蛋", "Green-shell eggs", "绿壳蛋鸡"],
        (Promise, 30), &EGG_PACKS),
    family("egg-range", Egg, "yanjing-egg", ["盐井土鸡蛋", "Yanjing free range eggs", "坡地散养"],
        (Promise, 30), &EGG_PACKS),
    family("radish-white", Radish, "cheping-radish", ["车坪白萝卜", "Cheping white radish", "白玉春"],
        (Promise, 20), &RADISH_PACKS),
    family("radish-red", Radish, "cheping-radish", ["车坪红皮萝卜", "Cheping red radish", "红皮"],
        (Promise, 20), &LOOSE),
];
