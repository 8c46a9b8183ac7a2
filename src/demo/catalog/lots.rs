//! The lots: what was grown or made when, and how far each has come. Days are told against the
//! season or against today, so that the county looks alive whenever it is started.

use When::Since;
use model::lot::LotState::{
    self, Growing, Harvested, Held, InTest, Recalled, Released, Shipped, SoldOut,
};
use time::{Date, Duration};

use super::products::{FAMILIES, Product, products};
use crate::demo::calendar::YearDay;

/// When a lot grew or was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// In the last season that has ended: from and to.
    Season(YearDay, YearDay),
    /// So many days ago, after so many days of making.
    Ago {
        /// Days from its last day to today.
        days: i64,
        /// Days it took.
        took: i64,
    },
    /// Still growing since so many days.
    Since(i64),
}

/// A lot on paper.
#[derive(Debug, Clone, Copy)]
pub struct Lot {
    /// Its product's family.
    pub family: &'static str,
    /// Which of the family's packs.
    pub pack: usize,
    /// Where it grew or was made.
    pub plot: &'static str,
    /// When.
    pub when: When,
    /// How far it has come.
    pub state: LotState,
    /// Quantity, kilograms.
    pub kg: f64,
    /// How many labels were printed.
    pub labels: u32,
}

/// A lot with its days settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day of growing or making.
    pub started_on: Date,
    /// Last day of it, `None` while growing.
    pub harvested_on: Option<Date>,
}

impl Lot {
    /// Its days, seen from `today`.
    pub fn period(&self, today: Date) -> Period {
        match self.when {
            When::Season(from, to) => {
                let harvested_on = to.latest(today);
                let started_on = from.latest(harvested_on);
                Period {
                    started_on,
                    harvested_on: Some(harvested_on),
                }
            }
            When::Ago { days, took } => {
                let harvested_on = today - Duration::days(days);
                let started_on = harvested_on - Duration::days(took);
                Period {
                    started_on,
                    harvested_on: Some(harvested_on),
                }
            }
            Since(days) => Period {
                started_on: today - Duration::days(days),
                harvested_on: None,
            },
        }
    }

    /// Its product; `None` if the tables do not fit together, which a test rules out.
    pub fn product(&self) -> Option<Product> {
        products()
            .into_iter()
            .filter(|p| p.family.key == self.family)
            .nth(self.pack)
    }

    /// Its place in [`LOTS`], from 1.
    pub fn number(&self) -> u32 {
        let same = |other: &Self| {
            (
                other.family,
                other.pack,
                other.plot,
                other.when,
                other.state,
            ) == (self.family, self.pack, self.plot, self.when, self.state)
        };
        LOTS.iter().position(same).map_or(0, |at| at as u32 + 1)
    }

    /// Its code: the product's letters, the day of harvest (or start), its number.
    pub fn code(&self, today: Date) -> String {
        let family = FAMILIES.iter().find(|family| family.key == self.family);
        let prefix = family.map_or("YS", |family| family.line.lot_prefix());
        let period = self.period(today);
        let day = period.harvested_on.unwrap_or(period.started_on);
        let (year, month) = (day.year() % 100, u8::from(day.month()));
        format!(
            "{prefix}{year:02}{month:02}{:02}-{:02}",
            day.day(),
            self.number()
        )
    }
}

/// Why the recalled lot was recalled.
pub const RECALL_REASON: &str = "演示：出厂后复检苯并[a]芘超过限量，召回已售批次";

/// The lot that the README walks through: a season of vine tea with gaps, tested and labelled.
pub const SHOWN_LOT: Lot = lot(
    ("tea-autumn", 1),
    super::plots::TEA_GARDEN,
    When::Season(YearDay(3, 16), YearDay(10, 12)),
    Released,
    (320.0, 48),
);

const fn lot(
    product: (&'static str, usize),
    plot: &'static str,
    when: When,
    state: LotState,
    amount: (f64, u32),
) -> Lot {
    let (family, pack) = product;
    let (kg, labels) = amount;
    Lot {
        family,
        pack,
        plot,
        when,
        state,
        kg,
        labels,
    }
}

const fn season(from: (u8, u8), to: (u8, u8)) -> When {
    When::Season(YearDay(from.0, from.1), YearDay(to.0, to.1))
}

const fn ago(days: i64, took: i64) -> When {
    When::Ago { days, took }
}

/// Every lot.
#[rustfmt::skip]
pub const LOTS: [Lot; 46] = [
    SHOWN_LOT,
    lot(("tea-tips", 0), "tea-garden-1", season((2, 26), (4, 8)), SoldOut, (46.0, 40)),
    lot(("tea-tips", 2), "tea-garden-1", season((2, 26), (4, 19)), Shipped, (60.0, 60)),
    lot(("tea-tips", 1), "tea-garden-2", season((2, 26), (4, 27)), Shipped, (85.0, 36)),
    lot(("tea-autumn", 0), "tea-garden-2", season((4, 28), (9, 18)), Released, (140.0, 24)),
    lot(("tea-leaf", 0), "tea-garden-1", ago(4, 60), Harvested, (210.0, 0)),
    lot(("tea-leaf", 0), "tea-garden-2", Since(48), Growing, (400.0, 0)),
    lot(("tea-cloud", 0), "cloud-tea", season((3, 20), (9, 28)), Released, (180.0, 20)),
    lot(("tea-cloud", 1), "cloud-tea", season((3, 20), (10, 9)), Shipped, (260.0, 30)),
    lot(("kiwi-red", 0), "kiwi-saddle", season((3, 10), (9, 8)), Shipped, (6_200.0, 60)),
    lot(("kiwi-red", 1), "kiwi-saddle", season((3, 10), (9, 15)), Released, (9_800.0, 48)),
    lot(("kiwi-red", 2), "kiwi-brook", season((3, 10), (9, 12)), SoldOut, (4_100.0, 12)),
    lot(("kiwi-green", 0), "kiwi-brook", season((3, 24), (10, 5)), Released, (7_400.0, 40)),
    lot(("kiwi-green", 1), "kiwi-brook", season((3, 24), (10, 10)), Shipped, (12_500.0, 30)),
    lot(("kiwi-gold", 0), "kiwi-high", season((3, 28), (10, 16)), Released, (5_300.0, 40)),
    lot(("kiwi-gold", 2), "kiwi-high", Since(36), Growing, (8_000.0, 0)),
    lot(("rice-songbai", 0), "rice-basin", season((5, 12), (9, 22)), Released, (18_000.0, 60)),
    lot(("rice-songbai", 1), "rice-basin", season((5, 12), (9, 24)), Shipped, (26_000.0, 60)),
    lot(("rice-songbai", 2), "rice-spring", season((5, 16), (9, 26)), SoldOut, (15_000.0, 24)),
    lot(("rice-selenium", 0), "rice-spring", season((5, 16), (9, 27)), Released, (6_000.0, 30)),
    lot(("rice-terrace", 0), "rice-terrace", season((5, 20), (9, 28)), Held, (7_500.0, 0)),
    lot(("rice-terrace", 1), "rice-terrace", season((5, 20), (9, 25)), Released, (9_000.0, 24)),
    lot(("ponkan", 0), "citrus-river", season((4, 6), (11, 12)), Released, (16_000.0, 40)),
    lot(("ponkan", 1), "citrus-river", Since(180), Growing, (60_000.0, 0)),
    lot(("navel", 0), "citrus-ferry", Since(165), Growing, (22_000.0, 0)),
    lot(("navel", 1), "citrus-ferry", season((4, 6), (11, 18)), Shipped, (8_000.0, 30)),
    lot(("ponkan-valley", 0), "citrus-bank", season((4, 8), (11, 8)), Released, (7_200.0, 30)),
    lot(("ponkan-valley", 2), "citrus-bank", ago(2, 190), InTest, (3_600.0, 0)),
    lot(("bacon-belly", 0), "smoke-1", season((12, 28), (2, 6)), SoldOut, (900.0, 40)),
    lot(("bacon-belly", 1), "smoke-1", season((1, 10), (2, 18)), Shipped, (720.0, 30)),
    lot(("bacon-leg", 0), "smoke-2", season((1, 4), (2, 20)), Recalled, (640.0, 30)),
    lot(("bacon-leg", 2), "smoke-2", Since(16), Growing, (1_100.0, 0)),
    lot(("bacon-house", 0), "smoke-house", season((12, 30), (2, 12)), Released, (260.0, 20)),
    lot(("tofu-fresh", 0), "tofu-cold", ago(0, 1), InTest, (180.0, 0)),
    lot(("tofu-firm", 0), "tofu-cold", ago(1, 1), Released, (240.0, 40)),
    lot(("tofu-dry", 1), "tofu-cold", ago(12, 2), Shipped, (150.0, 40)),
    lot(("tofu-dry", 0), "tofu-cold", ago(33, 2), SoldOut, (140.0, 30)),
    lot(("egg-wood", 0), "hens-1", ago(1, 2), Harvested, (360.0, 0)),
    lot(("egg-wood", 0), "hens-1", ago(5, 2), Released, (345.0, 36)),
    lot(("egg-wood", 1), "hens-1", ago(9, 3), Shipped, (520.0, 20)),
    lot(("egg-green", 0), "hens-2", ago(3, 2), InTest, (150.0, 0)),
    lot(("egg-range", 0), "hens-range", ago(6, 2), Released, (210.0, 24)),
    lot(("radish-white", 0), "radish-top", season((8, 26), (11, 16)), Held, (14_000.0, 0)),
    lot(("radish-white", 1), "radish-top", season((8, 26), (11, 5)), Released, (9_500.0, 20)),
    lot(("radish-white", 1), "radish-pass", Since(84), Growing, (20_000.0, 0)),
    lot(("radish-red", 0), "radish-pass", season((8, 22), (11, 2)), Shipped, (6_800.0, 20)),
];
