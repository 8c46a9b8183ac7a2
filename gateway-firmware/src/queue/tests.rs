//! The promise of the queue, tried at every moment the power can fail: what was reported as kept
//! is there, what was torn is not, what was forgotten stays forgotten, and no number comes twice.

pub(crate) mod flash;

use super::*;
use flash::{Damage, Fault, Flash};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

const PAGE: usize = 1024;
const PAGES: usize = 3;

type Board = Flash<4, PAGE>;

/// What the world outside knows of the queue.
#[derive(Debug, Default)]
struct Ledger {
    kept: BTreeMap<u32, Payload>,
    /// An append that the cut interrupted: it may be there or not.
    doubtful: Option<Payload>,
    /// A mark that the cut interrupted.
    doubtful_mark: Option<u32>,
    highest: u32,
    next: u32,
}

fn payload(seed: u32) -> Payload {
    core::array::from_fn(|index| (seed.wrapping_mul(31) >> (index % 4 * 8)) as u8 ^ index as u8)
}

impl Ledger {
    fn append(&mut self, queue: &mut Queue<Board>) -> Result<(), QueueError<Fault>> {
        self.next += 1;
        let payload = payload(self.next);
        self.doubtful = Some(payload);
        let number = queue.append(&payload)?;
        self.doubtful = None;
        assert!(
            number > self.highest,
            "number {number} came after {}",
            self.highest
        );
        self.highest = number;
        self.kept.insert(number, payload);
        // The ring may have let go of the page that the head entered last.
        let page_start = number - number % queue.page_slots;
        let oldest_sure = (page_start + queue.page_slots).saturating_sub(queue.slots);
        self.kept.retain(|number, _| *number >= oldest_sure);
        Ok(())
    }

    fn forget_oldest(&mut self, queue: &mut Queue<Board>) -> Result<(), QueueError<Fault>> {
        let Some(oldest) = self.kept.keys().next().copied() else {
            return Ok(());
        };
        self.doubtful_mark = Some(oldest);
        assert!(queue.forget(oldest)?, "{oldest} was held");
        self.doubtful_mark = None;
        self.kept.remove(&oldest);
        Ok(())
    }

    /// Compares the queue after a restart with what must be in it.
    fn check(&mut self, queue: &mut Queue<Board>) -> Result<(), String> {
        let fail = |error| format!("{error:?}");
        let entering = queue.head().is_multiple_of(queue.page_slots);
        for number in queue.tail()..queue.head() {
            let Some(entry) = queue.find(number).map_err(fail)?.filter(|entry| entry.held) else {
                continue;
            };
            match self.kept.get(&number) {
                Some(payload) if *payload == entry.payload => {}
                Some(_) => return Err(format!("{number} changed")),
                None if self.doubtful == Some(entry.payload) => {
                    self.kept.insert(number, entry.payload);
                    self.highest = number;
                }
                None if entering && self.is_of_old_lap(number) => {}
                None => return Err(format!("{number} appeared from nowhere")),
            }
        }
        for number in self.kept.keys().copied().collect::<Vec<_>>() {
            if queue
                .find(number)
                .map_err(fail)?
                .is_some_and(|entry| entry.held)
            {
                continue;
            }
            let being_dropped = entering && number + queue.slots < queue.head() + queue.page_slots;
            if self.doubtful_mark != Some(number) && !being_dropped {
                return Err(format!("{number} was lost"));
            }
            self.kept.remove(&number);
        }
        self.doubtful = None;
        self.doubtful_mark = None;
        Ok(())
    }

    /// A payload whose page was about to be erased may survive an erase that never began.
    fn is_of_old_lap(&self, number: u32) -> bool {
        self.kept
            .keys()
            .next()
            .is_none_or(|oldest| number < *oldest)
    }
}

/// Runs a script of appends (`true`) and forgets until it ends or the power fails.
fn play(queue: &mut Queue<Board>, ledger: &mut Ledger, script: &[bool]) -> Option<usize> {
    for (step, append) in script.iter().enumerate() {
        let done = if *append {
            ledger.append(queue)
        } else {
            ledger.forget_oldest(queue)
        };
        match done {
            Ok(()) => {}
            Err(QueueError::Flash(Fault::PowerCut)) => return Some(step),
            Err(error) => panic!("step {step}: {error:?}"),
        }
    }
    None
}

fn reopen(queue: Queue<Board>) -> Queue<Board> {
    let mut flash = queue.release();
    flash.power_on();
    Queue::open(flash).expect("the flash opens again")
}

/// Three laps of the ring, with fewer forgets than appends so that pages are dropped too.
fn script() -> Vec<bool> {
    (0..220).map(|step| step % 3 != 2).collect()
}

fn sweep(damage: Damage) {
    let script = script();
    let mut whole = Queue::open(Board::blank(PAGES)).expect("blank flash opens");
    assert_eq!(play(&mut whole, &mut Ledger::default(), &script), None);
    let units = whole.release().units_done;
    assert!(units > 2_000, "the script writes {units} units");
    for cut in 0..units {
        let mut flash = Board::blank(PAGES);
        flash.cut_after(cut, damage, u64::from(cut) * 0x1_0001 + 7);
        let mut queue = Queue::open(flash).expect("blank flash opens");
        let mut ledger = Ledger::default();
        let step = play(&mut queue, &mut ledger, &script).expect("the plug was pulled");
        let mut queue = reopen(queue);
        if let Err(fault) = ledger.check(&mut queue) {
            panic!("cut after {cut} units, in step {step}: {fault}");
        }
        let rest = play(&mut queue, &mut ledger, &script[step..]);
        assert_eq!(rest, None, "after a restart everything works");
        ledger
            .check(&mut queue)
            .unwrap_or_else(|fault| panic!("cut after {cut}, later: {fault}"));
    }
}

#[test]
fn a_power_cut_at_any_write_unit_loses_nothing_that_was_kept() {
    sweep(Damage::Clean);
}

#[test]
fn a_torn_word_is_never_returned() {
    sweep(Damage::Torn);
}

#[test]
fn an_interrupted_erase_with_random_bits_brings_nothing_back() {
    sweep(Damage::Random);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn many_cuts_in_a_random_life_lose_nothing_that_was_kept(
        script in proptest::collection::vec(proptest::bool::weighted(0.6), 200..400),
        cuts in proptest::collection::vec((1_u32..900, any::<u64>()), 0..8),
        random in any::<bool>(),
    ) {
        let damage = if random { Damage::Random } else { Damage::Torn };
        let mut queue = Queue::open(Board::blank(PAGES)).expect("blank flash opens");
        let mut ledger = Ledger::default();
        let mut rest = script.as_slice();
        for (units, seed) in cuts {
            queue.flash.cut_after(units, damage, seed);
            let Some(step) = play(&mut queue, &mut ledger, rest) else { break };
            rest = &rest[step..];
            queue = reopen(queue);
            prop_assert_eq!(ledger.check(&mut queue), Ok(()));
        }
        queue.flash.power_on();
        prop_assert_eq!(play(&mut queue, &mut ledger, rest), None);
        prop_assert_eq!(ledger.check(&mut reopen(queue)), Ok(()));
    }
}

#[test]
fn a_full_ring_drops_its_oldest_page_and_counts_it() {
    let mut queue = Queue::open(Board::blank(PAGES)).expect("blank flash opens");
    assert_eq!((queue.capacity(), queue.tail(), queue.head()), (32, 48, 48));
    let first = queue.append(&payload(1)).expect("room");
    for seed in 2..=48 {
        queue.append(&payload(seed)).expect("room");
    }
    assert_eq!(queue.counters().dropped, 0);
    assert!(queue.forget(first).expect("flash works"));
    queue
        .append(&payload(49))
        .expect("room after the oldest page");
    assert_eq!(
        queue.counters().dropped,
        15,
        "one of the sixteen was delivered before"
    );
    assert_eq!(queue.tail(), 64);
    assert_eq!(queue.find(first + 15).expect("flash works"), None);
}

#[test]
fn numbers_and_boot_ids_go_on_after_a_restart_even_when_all_is_forgotten() {
    let mut queue = Queue::open(Board::blank(PAGES)).expect("blank flash opens");
    let number = queue.append(&payload(1)).expect("room");
    assert!(queue.forget(number).expect("flash works"));
    assert!(!queue.forget(number).expect("flash works"), "only once");
    let mut queue = reopen(queue);
    assert_eq!(
        (queue.tail(), queue.head(), queue.boot()),
        (number + 1, number + 1, 2)
    );
    let next = queue.append(&payload(2)).expect("room");
    let entry = queue.find(next).expect("flash works");
    assert_eq!(
        entry.map(|entry| (entry.number, entry.boot, entry.held)),
        Some((49, 2, true))
    );
    assert_eq!(queue.find(next + 1).expect("flash works"), None);
}

#[test]
fn a_worn_word_costs_its_slot_and_nothing_else() {
    let mut queue = Queue::open(Board::blank(PAGES)).expect("blank flash opens");
    queue.flash.dead_at = Some(64 + 20);
    let numbers: Vec<u32> = (0..3)
        .map(|seed| queue.append(&payload(seed)).expect("room"))
        .collect();
    assert_eq!(numbers, vec![48, 50, 51]);
    assert_eq!(queue.counters().torn, 1);
}

#[test]
fn flash_that_does_not_suit_is_refused() {
    assert!(matches!(
        Queue::open(Flash::<4, 1024>::blank(1)),
        Err(QueueError::Geometry)
    ));
    assert!(matches!(
        Queue::open(Flash::<4, 512>::blank(8)),
        Err(QueueError::Geometry)
    ));
    assert!(matches!(
        Queue::open(Flash::<16, 1024>::blank(2)),
        Err(QueueError::Geometry)
    ));
    assert!(Queue::open(Flash::<8, 2048>::blank(2)).is_ok());
}
