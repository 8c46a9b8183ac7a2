//! Packs that were sent and are not committed yet: a fixed window of them, each with the moment
//! to send it again. Kept in memory only: after a restart everything held counts as not sent.

use crate::backoff::step_ms;
use crate::node::Settings;
use crate::pack::PackId;

/// Most packs under way at once.
pub const WINDOW_PACKS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flight {
    id: PackId,
    due_ms: u64,
    sent: u8,
}

/// The window.
#[derive(Debug, Clone, Default)]
pub struct Flights([Option<Flight>; WINDOW_PACKS]);

impl Flights {
    /// Whether no further pack may be sent.
    pub fn is_full(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// A pack was sent for the first time.
    pub fn depart(&mut self, id: PackId, now_ms: u64, settings: &Settings) {
        if let Some(place) = self.0.iter_mut().find(|place| place.is_none()) {
            *place = Some(Flight {
                id,
                due_ms: due_ms(now_ms, 0, settings),
                sent: 1,
            });
        }
    }

    /// A pack was sent again: its next turn is further away.
    pub fn sent_again(&mut self, id: PackId, now_ms: u64, settings: &Settings) {
        if let Some(flight) = self.0.iter_mut().flatten().find(|flight| flight.id == id) {
            flight.due_ms = due_ms(now_ms, flight.sent, settings);
            flight.sent = flight.sent.saturating_add(1);
        }
    }

    /// A pack was committed, and with it every earlier one of its probe and group.
    pub fn land(&mut self, id: PackId) {
        let landed = |other: &PackId| {
            other.probe == id.probe && other.group() == id.group() && other.sequence <= id.sequence
        };
        self.free(|other| landed(other));
    }

    /// A pack whose readings are all gone from the ring.
    pub fn land_dropped(&mut self, sequence: u32) {
        self.free(|other| other.sequence == sequence);
    }

    /// The pack of the same probe and group that is under way.
    pub fn of_group(&self, id: PackId) -> Option<PackId> {
        let same = |other: &PackId| other.probe == id.probe && other.group() == id.group();
        self.0.iter().flatten().map(|flight| flight.id).find(same)
    }

    /// The connection is new: nobody knows what arrived, so everything goes out again.
    pub fn make_all_due(&mut self) {
        for flight in self.0.iter_mut().flatten() {
            flight.due_ms = 0;
            flight.sent = 1;
        }
    }

    /// The oldest pack whose turn has come.
    pub fn first_due(&self, now_ms: u64) -> Option<PackId> {
        let due = self
            .0
            .iter()
            .flatten()
            .filter(|flight| flight.due_ms <= now_ms);
        due.map(|flight| flight.id).min_by_key(|id| id.sequence)
    }

    /// When the next pack has its turn.
    pub fn next_due(&self) -> Option<u64> {
        self.0.iter().flatten().map(|flight| flight.due_ms).min()
    }

    fn free(&mut self, is_done: impl Fn(&PackId) -> bool) {
        for place in &mut self.0 {
            if place.as_ref().is_some_and(|flight| is_done(&flight.id)) {
                *place = None;
            }
        }
    }
}

fn due_ms(now_ms: u64, sent: u8, settings: &Settings) -> u64 {
    now_ms
        + u64::from(step_ms(
            sent,
            settings.resend_floor_ms,
            settings.resend_ceiling_ms,
        ))
}
