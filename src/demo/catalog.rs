//! The demonstration county on paper: who farms what and where, what stands on the plots, which
//! lots came of it. Plain tables, written for this county alone; nobody in it exists, every name
//! begins with 演示 and every number carries a test prefix. It knows no database and no weather.

pub mod cameras;
pub mod credit_code;
pub mod devices;
pub mod lots;
pub mod plots;
pub mod producers;
pub mod products;
pub mod results;
pub mod rules;

/// What the county's plan names: the eight products of 永顺.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Line {
    /// 猕猴桃.
    Kiwi,
    /// 大米.
    Rice,
    /// 柑桔.
    Citrus,
    /// 土家腊肉.
    Bacon,
    /// 莓茶.
    Tea,
    /// 万坪豆腐.
    Tofu,
    /// 土鸡蛋.
    Egg,
    /// 车坪萝卜.
    Radish,
}

impl Line {
    /// Every line of the plan.
    #[cfg(test)]
    pub const ALL: [Self; 8] = [
        Self::Kiwi,
        Self::Rice,
        Self::Citrus,
        Self::Bacon,
        Self::Tea,
        Self::Tofu,
        Self::Egg,
        Self::Radish,
    ];

    /// Its name in the plan.
    pub const fn category(self) -> &'static str {
        match self {
            Self::Kiwi => "猕猴桃",
            Self::Rice => "大米",
            Self::Citrus => "柑桔",
            Self::Bacon => "土家腊肉",
            Self::Tea => "莓茶",
            Self::Tofu => "万坪豆腐",
            Self::Egg => "土鸡蛋",
            Self::Radish => "车坪萝卜",
        }
    }

    /// When it is harvested or made, in words.
    pub const fn season(self) -> &'static str {
        match self {
            Self::Kiwi => "9–10 月采收",
            Self::Rice => "9 月收割",
            Self::Citrus => "11–12 月采收",
            Self::Bacon => "11 月至次年 2 月熏制",
            Self::Tea => "3–10 月采摘",
            Self::Tofu | Self::Egg => "全年",
            Self::Radish => "11 月至次年 1 月采收",
        }
    }

    /// First letters of its lots' codes.
    pub const fn lot_prefix(self) -> &'static str {
        match self {
            Self::Kiwi => "MHT",
            Self::Rice => "DM",
            Self::Citrus => "GJ",
            Self::Bacon => "LR",
            Self::Tea => "MC",
            Self::Tofu => "DF",
            Self::Egg => "JD",
            Self::Radish => "LB",
        }
    }
}

#[cfg(test)]
mod tests;
