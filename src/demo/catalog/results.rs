//! What the lab found: the usual items of each product with their methods and limits, and a
//! plausible number for each lot. Limits are those that the named standards are known for; a
//! positive quick test of radish is a known false positive and waits for the laboratory.

use model::lot::LotState;

use super::Line;
use super::lots::Lot;
use crate::demo::random::Stream;

/// An item the lab looks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    /// What is looked for.
    pub name: &'static str,
    /// Standard or method.
    pub method: &'static str,
    /// Unit of value and limit.
    pub unit: &'static str,
    /// At or above this the sample fails.
    pub limit: f32,
    /// Where results of sound goods lie.
    pub sound: (f32, f32),
    /// Below this the method cannot tell: reported as less than it.
    pub quantifiable: f32,
}

/// A result on paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// What was looked for.
    pub item: &'static Item,
    /// `<` below what is quantifiable, else empty.
    pub qualifier: &'static str,
    /// The result, or what is quantifiable.
    pub value: f32,
}

impl Finding {
    /// Whether the sample passed.
    pub fn passed(&self) -> bool {
        !self.qualifier.is_empty() || self.value < self.item.limit
    }
}

const PESTICIDE: Item = Item {
    name: "有机磷和氨基甲酸酯类农药残留（抑制率）",
    method: "GB/T 5009.199-2003 酶抑制法",
    unit: "%",
    limit: 50.0,
    sound: (2.0, 31.0),
    quantifiable: 5.0,
};
const CADMIUM: Item = Item {
    name: "镉",
    method: "GB 5009.15-2023",
    unit: "mg/kg",
    limit: 0.2,
    sound: (0.02, 0.12),
    quantifiable: 0.01,
};
const NITRITE: Item = Item {
    name: "亚硝酸盐（以 NaNO2 计）",
    method: "GB 5009.33-2016",
    unit: "mg/kg",
    limit: 30.0,
    sound: (1.5, 9.0),
    quantifiable: 1.0,
};
const BENZOPYRENE: Item = Item {
    name: "苯并[a]芘",
    method: "GB 5009.27-2016",
    unit: "μg/kg",
    limit: 5.0,
    sound: (0.3, 2.2),
    quantifiable: 0.5,
};
const COLIFORMS: Item = Item {
    name: "大肠菌群",
    method: "GB 4789.3-2016",
    unit: "CFU/g",
    limit: 1_000.0,
    sound: (4.0, 60.0),
    quantifiable: 10.0,
};
const ENROFLOXACIN: Item = Item {
    name: "恩诺沙星",
    method: "胶体金免疫层析法",
    unit: "μg/kg",
    limit: 10.0,
    sound: (0.0, 1.5),
    quantifiable: 2.0,
};

/// What is tested of a product.
pub const fn items(line: Line) -> &'static [Item] {
    match line {
        Line::Kiwi | Line::Citrus | Line::Tea | Line::Radish => &[PESTICIDE],
        Line::Rice => &[CADMIUM, PESTICIDE],
        Line::Bacon => &[NITRITE, BENZOPYRENE],
        Line::Tofu => &[COLIFORMS],
        Line::Egg => &[ENROFLOXACIN],
    }
}

/// The results of a lot: none before a test is done, all sound for most, one too high for a lot
/// that is held or recalled.
pub fn findings(lot: &Lot, seed: u64) -> Vec<Finding> {
    let tested = !matches!(
        lot.state,
        LotState::Growing | LotState::Harvested | LotState::InTest
    );
    let line = lot.product().map(|product| product.family.line);
    let Some(line) = line.filter(|_| tested) else {
        return Vec::new();
    };
    let chance = Stream::new(seed, "findings", i64::from(lot.number()));
    let failed = matches!(lot.state, LotState::Held | LotState::Recalled);
    // Of a failed lot it is the last item that is too high, except for rice: cadmium.
    let culprit = if line == Line::Rice {
        items(line).first()
    } else {
        items(line).last()
    };
    items(line)
        .iter()
        .zip(0..)
        .map(|(item, at)| finding(item, chance, at, failed && culprit == Some(item)))
        .collect()
}

fn finding(item: &'static Item, chance: Stream, at: i64, too_high: bool) -> Finding {
    let value = if too_high {
        item.limit * chance.between(at, 1.14, 1.38)
    } else {
        // Low values are common: the square of an even draw.
        item.sound.0 + (item.sound.1 - item.sound.0) * chance.unit(at).powi(2)
    };
    let digits: f32 = if item.limit < 1.0 { 1_000.0 } else { 10.0 };
    let rounded = (value * digits).round() / digits;
    if rounded < item.quantifiable {
        Finding {
            item,
            qualifier: "<",
            value: item.quantifiable,
        }
    } else {
        Finding {
            item,
            qualifier: "",
            value: rounded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lots::LOTS;
    use super::*;

    #[test]
    fn exactly_the_held_and_the_recalled_lots_have_a_failed_test() {
        for seed in [1, 2, 3] {
            for lot in &LOTS {
                let findings = findings(lot, seed);
                let failed = findings.iter().filter(|finding| !finding.passed()).count();
                let expected = matches!(lot.state, LotState::Held | LotState::Recalled);
                assert_eq!(failed, usize::from(expected), "{lot:?}: {findings:?}");
            }
        }
    }

    #[test]
    fn what_was_sold_was_tested_and_what_still_grows_was_not() {
        for lot in &LOTS {
            let tested = !findings(lot, 1).is_empty();
            let early = matches!(
                lot.state,
                LotState::Growing | LotState::Harvested | LotState::InTest
            );
            assert_eq!(tested, !early, "{lot:?}");
        }
    }

    #[test]
    fn a_result_below_what_the_method_can_tell_is_reported_as_less_than_it() {
        let all = LOTS.iter().flat_map(|lot| findings(lot, 1));
        let below: Vec<Finding> = all.filter(|finding| finding.qualifier == "<").collect();
        assert!(below.len() > 5, "{} below", below.len());
        assert!(
            below
                .iter()
                .all(|f| f.passed() && f.value.to_bits() == f.item.quantifiable.to_bits())
        );
    }

    #[test]
    fn every_line_has_something_to_test_with_a_sound_range_below_its_limit() {
        for line in Line::ALL {
            assert!(!items(line).is_empty());
            for item in items(line) {
                assert!(
                    item.sound.0 < item.sound.1 && item.sound.1 < item.limit,
                    "{item:?}"
                );
            }
        }
    }
}
