//! The calls that a sequence is drawn from, and how often each comes up.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::oracle::TODAY;

/// Days that the labels of the pesticides ask for.
pub(super) const INTERVALS: [i64; 5] = [0, 3, 7, 14, 30];
/// What a certificate may rest on.
pub(super) const BASES: [&str; 3] = ["quality_control", "own_test", "commissioned_test"];

/// A call. Lots are meant by their place, wrapped around.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Spray {
        lot: Option<usize>,
        day: i64,
        label: usize,
    },
    VoidSpraying(usize),
    Harvest {
        lot: usize,
        day: i64,
    },
    Waive(usize),
    Sample(usize),
    Test {
        lot: usize,
        passes: bool,
        laboratory: bool,
    },
    Release {
        lot: usize,
        by_supervisor: bool,
    },
    Hold(usize),
    Ship(usize),
    SellOut(usize),
    Pack {
        one: usize,
        other: Option<usize>,
    },
    Certify {
        lot: usize,
        basis: usize,
    },
    VoidPaper(usize),
    Label(usize),
    Recall(usize),
}

/// Sequences of calls; of each whether it is sent twice.
pub(super) fn calls() -> impl Strategy<Value = Vec<(Call, bool)>> {
    let lot = 0_usize..6;
    let flag = any::<bool>;
    let some = proptest::option::of(0_usize..6);
    let spray = (some.clone(), -20..=TODAY, 0..INTERVALS.len())
        .prop_map(|(lot, day, label)| Call::Spray { lot, day, label });
    let harvest = (lot.clone(), 0..=TODAY).prop_map(|(lot, day)| Call::Harvest { lot, day });
    let test = (lot.clone(), flag(), flag()).prop_map(|(lot, passes, laboratory)| Call::Test {
        lot,
        passes,
        laboratory,
    });
    let release =
        (lot.clone(), flag()).prop_map(|(lot, by_supervisor)| Call::Release { lot, by_supervisor });
    let pack = (lot.clone(), some).prop_map(|(one, other)| Call::Pack { one, other });
    let certify =
        (lot.clone(), 0..BASES.len()).prop_map(|(lot, basis)| Call::Certify { lot, basis });
    let of = |call: fn(usize) -> Call| lot.clone().prop_map(call).boxed();
    let call = Union::new_weighted(vec![
        (3, spray.boxed()),
        (1, of(Call::VoidSpraying)),
        (5, harvest.boxed()),
        (1, of(Call::Waive)),
        (2, of(Call::Sample)),
        (4, test.boxed()),
        (4, release.boxed()),
        (1, of(Call::Hold)),
        (2, of(Call::Ship)),
        (1, of(Call::SellOut)),
        (3, pack.boxed()),
        (4, certify.boxed()),
        (1, of(Call::VoidPaper)),
        (2, of(Call::Label)),
        (1, of(Call::Recall)),
    ]);
    // Some calls are sent twice.
    proptest::collection::vec((call, flag()), 12..40)
}
