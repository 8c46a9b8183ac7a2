//! What a made-up county is like: names, states, and how its lots came of each other, all by
//! number.

/// Townships of the county.
const TOWNSHIPS: [&str; 8] = [
    "毛坝乡",
    "石堤镇",
    "万坪镇",
    "芙蓉镇",
    "车坪乡",
    "灵溪镇",
    "首车镇",
    "塔卧镇",
];
/// What is grown and made.
const CROPS: [&str; 8] = [
    "莓茶",
    "猕猴桃",
    "大米",
    "柑桔",
    "土家腊肉",
    "豆腐",
    "土鸡蛋",
    "萝卜",
];

/// A township.
pub(super) fn township(number: u64) -> &'static str {
    TOWNSHIPS[number as usize % TOWNSHIPS.len()]
}

/// Category and name of a product.
pub(super) fn product(number: u64) -> (&'static str, String) {
    let crop = CROPS[number as usize % CROPS.len()];
    (crop, format!("{crop}{number}号"))
}

/// State of a lot and why it was called back, as COPY wants them: most are sold, a few wait.
pub(super) fn state(lot: u64) -> (&'static str, &'static str) {
    match lot % 500 {
        0 => ("in_test", "\\N"),
        1 => ("harvested", "\\N"),
        2 => ("held", "\\N"),
        3 => ("recalled", "复检不合格"),
        4..100 => ("released", "\\N"),
        100..250 => ("shipped", "\\N"),
        _ => ("sold_out", "\\N"),
    }
}

/// Another number for each number (`SplitMix64`), without any two alike.
pub(super) const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// How lots came of each other.
///
/// Most lots stand in groups of `levels + 1` rows. Each processing takes two lots of a row and makes
/// the two lots below them; the distance between the two doubles from row to row, so that a lot of
/// the first row is in all of the last one, and each of the last one came of all of the first. One
/// tree, of a lot that is split again and again, is far wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graph {
    levels: u32,
    groups: u64,
    fan: u64,
}

impl Graph {
    /// The graph of so many lots.
    #[must_use]
    pub(super) fn of(lots: u64, levels: u32) -> Self {
        // The tree may take a tenth of the lots.
        let fan = (1..=4).rev().find(|fan| tree(*fan, levels) <= lots / 10);
        let fan = fan.unwrap_or(0);
        let left = lots - if fan == 0 { 0 } else { tree(fan, levels) };
        let group = (u64::from(levels) + 1) << levels;
        Self {
            levels,
            groups: left / group,
            fan,
        }
    }

    const fn width(self) -> u64 {
        1 << self.levels
    }

    const fn group(self) -> u64 {
        self.width() * (self.levels as u64 + 1)
    }

    const fn group_processings(self) -> u64 {
        self.width() / 2 * self.levels as u64
    }

    /// Lots that came of a lot of a first row, and that a lot of a last row came of, themselves
    /// included.
    #[must_use]
    pub const fn closure(self) -> u64 {
        2 * self.width() - 1
    }

    /// A lot of a first row.
    #[must_use]
    pub const fn first(self, number: u64) -> u64 {
        let groups = if self.groups == 0 { 1 } else { self.groups };
        number % groups * self.group() + number / groups % self.width() + 1
    }

    /// A lot of a last row.
    #[must_use]
    pub const fn last(self, number: u64) -> u64 {
        self.first(number) + self.levels as u64 * self.width()
    }

    /// The lot that was split again and again, and how many lots came of it; `None` in a county too
    /// small for it.
    #[must_use]
    pub fn widest(self) -> Option<(u64, u64)> {
        let lots = tree(self.fan, self.levels);
        (self.fan > 0).then(|| (self.groups * self.group() + 1, lots))
    }

    /// Lots of the tree that were split.
    fn split(self) -> u64 {
        match (self.fan, self.levels) {
            (0, _) | (_, 0) => 0,
            (fan, levels) => tree(fan, levels - 1),
        }
    }

    pub(super) fn processings(self) -> u64 {
        self.groups * self.group_processings() + self.split()
    }

    pub(super) fn inputs(self) -> u64 {
        self.groups * self.group_processings() * 2 + self.split()
    }

    pub(super) fn outputs(self) -> u64 {
        self.groups * self.group_processings() * 2 + self.split() * self.fan
    }

    /// Processing and lot of an input, numbered from 0.
    pub(super) fn input(self, number: u64) -> (u64, u64) {
        let paired = self.groups * self.group_processings() * 2;
        if number < paired {
            return self.pair(number, 0);
        }
        let split = number - paired;
        (
            paired / 2 + split + 1,
            self.groups * self.group() + split + 1,
        )
    }

    /// Processing and lot of an output, numbered from 0.
    pub(super) fn output(self, number: u64) -> (u64, u64) {
        let paired = self.groups * self.group_processings() * 2;
        if number < paired {
            return self.pair(number, 1);
        }
        // Lot n of the tree, from 0, was split into the lots fan·n + 1 … fan·n + fan.
        let child = number - paired;
        let split = child / self.fan;
        (
            paired / 2 + split + 1,
            self.groups * self.group() + child + 2,
        )
    }

    /// Processing `number / 2` of the groups and its first or second lot, of the row above or below.
    const fn pair(self, number: u64, below: u64) -> (u64, u64) {
        let (processing, second) = (number / 2, number % 2);
        let (group, within) = (
            processing / self.group_processings(),
            processing % self.group_processings(),
        );
        let (row, place) = (within / (self.width() / 2), within % (self.width() / 2));
        let apart = 1 << row;
        let column = place / apart * apart * 2 + place % apart + second * apart;
        let lot = group * self.group() + (row + below) * self.width() + column + 1;
        (processing + 1, lot)
    }
}

/// Lots of a tree: 1 + fan + fan² + … .
fn tree(fan: u64, levels: u32) -> u64 {
    (0..=levels).map(|level| fan.saturating_pow(level)).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn a_first_lot_is_in_all_of_the_last_row_and_every_lot_comes_of_one_processing() {
        let graph = Graph::of(1_000, 3);
        let outputs: Vec<_> = (0..graph.outputs()).map(|n| graph.output(n)).collect();
        let lots: BTreeSet<_> = outputs.iter().map(|(_, lot)| *lot).collect();
        assert_eq!(lots.len(), outputs.len());
        assert!(lots.iter().all(|lot| (1..=1_000).contains(lot)));
        let mut into: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for number in 0..graph.inputs() {
            let (processing, lot) = graph.input(number);
            into.entry(lot).or_default().push(processing);
        }
        let reach = |from: u64| {
            let mut reached = BTreeSet::from([from]);
            let mut next = vec![from];
            while let Some(lot) = next.pop() {
                for processing in into.get(&lot).into_iter().flatten() {
                    let made = outputs.iter().filter(|(p, _)| p == processing);
                    next.extend(made.map(|(_, lot)| *lot).filter(|lot| reached.insert(*lot)));
                }
            }
            reached.len() as u64
        };
        for number in [0, 1, 17] {
            assert_eq!(reach(graph.first(number)), graph.closure());
            assert!(!into.contains_key(&graph.last(number)));
        }
        let widest = graph.widest();
        assert_eq!(
            widest.map(|(lot, _)| reach(lot)),
            widest.map(|(_, lots)| lots)
        );
    }

    #[test]
    fn numbers_are_mixed_without_two_alike() {
        let mixed: BTreeSet<u64> = (0..10_000).map(mix).collect();
        assert_eq!(mixed.len(), 10_000);
    }
}
