//! The node's memory: a ring of fixed slots in NOR flash that survives a power cut at any moment.
//! It keeps payloads of one size and knows nothing of what is in them.
//!
//! The one thing to know: a slot's number fixes its place (`number % slots`), so numbers go on
//! rising over restarts, a torn slot uses its number up, and no number ever means two things.
//! When the ring is full its oldest erase page goes, and what was lost with it is counted.

mod slot;
#[cfg(test)]
pub(crate) mod tests;

use embedded_storage::nor_flash::NorFlash;

use slot::{MARK_AT, RECORD_BYTES, SLOT_BYTES, Slot};
pub use slot::{PAYLOAD_BYTES, Payload};

/// Bytes of flash that one payload takes, mark and checksum included.
pub const SLOT_SIZE_BYTES: usize = SLOT_BYTES;

/// Slots are grouped by this number; a group never crosses an erase page. Packs rely on it.
pub const GROUP_SLOTS: u32 = 16;

/// Slots that one append may try before it gives up on the flash.
const ATTEMPTS_MAX: usize = 3;

/// Why the queue cannot do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueueError<E> {
    /// The flash said no.
    #[error("the flash failed")]
    Flash(E),
    /// Erase pages must hold whole groups, there must be two of them, and write and read units
    /// must divide eight bytes.
    #[error("the flash does not suit: pages of 1024·n bytes, at least two, units of 1, 2, 4 or 8")]
    Geometry,
    /// Several slots in a row did not read back as written.
    #[error("the flash does not keep what is written")]
    WornOut,
    /// All numbers are used up.
    #[error("the queue ran out of numbers")]
    Exhausted,
}

/// What happened since the queue was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Payloads kept.
    pub appended: u32,
    /// Payloads forgotten because they were committed.
    pub forgotten: u32,
    /// Payloads lost, oldest first, because the ring was full.
    pub dropped: u32,
    /// Slots given up: torn by a power cut, or not reading back as written.
    pub torn: u32,
}

/// A payload in the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its number, rising for ever.
    pub number: u32,
    /// Which start of the node wrote it.
    pub boot: u16,
    /// What was appended.
    pub payload: Payload,
    /// Whether it still has to be delivered.
    pub held: bool,
}

/// The ring.
#[derive(Debug)]
pub struct Queue<F> {
    flash: F,
    slots: u32,
    page_slots: u32,
    boot: u16,
    /// No slot below it is held.
    tail: u32,
    /// The next number.
    head: u32,
    counters: Counters,
}

impl<F: NorFlash> Queue<F> {
    /// Opens what is in the flash, or an empty ring where there is nothing. Reads every slot once.
    pub fn open(flash: F) -> Result<Self, QueueError<F::Error>> {
        let page_bytes = F::ERASE_SIZE;
        let group_bytes = SLOT_BYTES * GROUP_SLOTS as usize;
        let units_fit = 8 % F::WRITE_SIZE == 0 && 8 % F::READ_SIZE == 0;
        let pages = flash.capacity() / page_bytes;
        if !units_fit || page_bytes % group_bytes != 0 || pages < 2 {
            return Err(QueueError::Geometry);
        }
        let page_slots = (page_bytes / SLOT_BYTES) as u32;
        let slots = u32::try_from(pages)
            .ok()
            .and_then(|pages| pages.checked_mul(page_slots));
        let slots = slots.ok_or(QueueError::Geometry)?;
        let mut queue = Self {
            flash,
            slots,
            page_slots,
            boot: 1,
            tail: slots,
            head: slots,
            counters: Counters::default(),
        };
        queue.recover()?;
        Ok(queue)
    }

    /// Keeps a payload and gives its number. When this returns `Ok`, the payload was written,
    /// read back, and survives a power cut.
    pub fn append(&mut self, payload: &Payload) -> Result<u32, QueueError<F::Error>> {
        for _ in 0..ATTEMPTS_MAX {
            if self.head.is_multiple_of(self.page_slots) {
                self.open_page()?;
            }
            let number = self.head;
            let record = slot::encode(number, self.boot, payload);
            // Whatever comes of it, this slot and its number are used up.
            self.head = number.checked_add(1).ok_or(QueueError::Exhausted)?;
            self.flash
                .write(self.address(number), &record)
                .map_err(QueueError::Flash)?;
            if self.slot(number)?.record() == Some((number, self.boot, *payload)) {
                self.counters.appended = self.counters.appended.saturating_add(1);
                return Ok(number);
            }
            self.counters.torn = self.counters.torn.saturating_add(1);
        }
        Err(QueueError::WornOut)
    }

    /// The payload of a number, held or already forgotten; `None` where there is none, because
    /// it was dropped, torn, or never written.
    pub fn find(&mut self, number: u32) -> Result<Option<Entry>, QueueError<F::Error>> {
        if number >= self.head || self.head - number > self.slots {
            return Ok(None);
        }
        let slot = self.slot(number)?;
        Ok(slot
            .record()
            .filter(|record| record.0 == number)
            .map(|(number, boot, payload)| Entry {
                number,
                boot,
                payload,
                held: number >= self.tail && slot.is_unmarked(),
            }))
    }

    /// Marks a payload as delivered, for good; says whether it was held until now.
    pub fn forget(&mut self, number: u32) -> Result<bool, QueueError<F::Error>> {
        if !self.find(number)?.is_some_and(|entry| entry.held) {
            return Ok(false);
        }
        let mark = self.address(number) + MARK_AT as u32;
        self.flash
            .write(mark, &slot::MARK)
            .map_err(QueueError::Flash)?;
        self.counters.forgotten = self.counters.forgotten.saturating_add(1);
        self.advance_tail()?;
        Ok(true)
    }

    /// The oldest number that may still be held; equal to [`Self::head`] when nothing is.
    pub const fn tail(&self) -> u32 {
        self.tail
    }

    /// The number that the next payload gets, unless its slot turns out to be bad.
    pub const fn head(&self) -> u32 {
        self.head
    }

    /// Payloads that always fit before the oldest are dropped.
    pub const fn capacity(&self) -> u32 {
        self.slots - self.page_slots
    }

    /// Which start of the node this is, counted by the flash itself.
    pub const fn boot(&self) -> u16 {
        self.boot
    }

    /// What happened since [`Self::open`].
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Gives the flash back, as a power cut would.
    pub fn release(self) -> F {
        self.flash
    }

    /// Finds the newest record, the oldest held one, and the first slot that is safe to write.
    fn recover(&mut self) -> Result<(), QueueError<F::Error>> {
        let mut newest = None;
        let mut oldest_held = None;
        for index in 0..self.slots {
            let slot = self.slot(index)?;
            let Some((number, boot, _)) = slot.record() else {
                continue;
            };
            if number < self.slots || number % self.slots != index {
                continue;
            }
            if newest.is_none_or(|(newest, _)| number > newest) {
                newest = Some((number, boot));
            }
            if slot.is_unmarked() && oldest_held.is_none_or(|oldest| number < oldest) {
                oldest_held = Some(number);
            }
        }
        let Some((newest, boot)) = newest else {
            return Ok(());
        };
        self.boot = boot.wrapping_add(1).max(1);
        self.head = newest.checked_add(1).ok_or(QueueError::Exhausted)?;
        self.skip_torn()?;
        self.tail = oldest_held.unwrap_or(self.head);
        Ok(())
    }

    /// Passes over slots that a power cut left half written: they are not blank, and writing
    /// onto them could bring back a record that never was.
    fn skip_torn(&mut self) -> Result<(), QueueError<F::Error>> {
        while !self.head.is_multiple_of(self.page_slots) && !self.slot(self.head)?.is_blank() {
            self.head = self.head.checked_add(1).ok_or(QueueError::Exhausted)?;
            self.counters.torn = self.counters.torn.saturating_add(1);
        }
        Ok(())
    }

    /// Erases the page that the head enters. What it still held is dropped, and counted.
    fn open_page(&mut self) -> Result<(), QueueError<F::Error>> {
        // The page's slots last carried numbers one lap below the ones they get now.
        let oldest = self.head - self.slots;
        for number in self.tail.max(oldest)..oldest + self.page_slots {
            if self.find(number)?.is_some_and(|entry| entry.held) {
                self.counters.dropped = self.counters.dropped.saturating_add(1);
            }
        }
        let start = self.address(self.head);
        self.flash
            .erase(start, start + F::ERASE_SIZE as u32)
            .map_err(QueueError::Flash)?;
        if self.tail < oldest + self.page_slots {
            self.tail = oldest + self.page_slots;
            self.advance_tail()?;
        }
        Ok(())
    }

    /// Moves the tail to the oldest held payload, or to the head.
    fn advance_tail(&mut self) -> Result<(), QueueError<F::Error>> {
        while self.tail < self.head && !self.find(self.tail)?.is_some_and(|entry| entry.held) {
            self.tail += 1;
        }
        Ok(())
    }

    fn address(&self, number: u32) -> u32 {
        (number % self.slots) * SLOT_BYTES as u32
    }

    fn slot(&mut self, number: u32) -> Result<Slot, QueueError<F::Error>> {
        let mut bytes = [0; SLOT_BYTES];
        let address = self.address(number);
        self.flash
            .read(address, &mut bytes)
            .map_err(QueueError::Flash)?;
        Ok(Slot(bytes))
    }
}

const _: () = assert!(RECORD_BYTES.is_multiple_of(8) && SLOT_BYTES.is_multiple_of(8));
