//! The node: readings go into flash, packs of them go out, `committed` lets them go. It is a
//! state machine without IO of its own: the board calls it with the time and an uplink, and gets
//! told when to call again. The one thing to know: a broker's acknowledgement means nothing here;
//! a reading stays until the server says that it is in the database.

mod flight;
#[cfg(test)]
mod tests;

use embedded_storage::nor_flash::NorFlash;
use model::id::GatewayId;
use model::time::Timestamp;

use crate::committed::{CommittedError, sequences};
use crate::pack::{self, PackId};
use crate::probe::{Probe, Profile, Sample};
use crate::queue::{Counters, GROUP_SLOTS, Queue, QueueError};
use crate::report::{Report, ReportError, probe_index};
use crate::uplink::{Pack, Uplink, UplinkError};
use flight::Flights;

pub use crate::pack::PACK_BYTES_MAX;
pub use flight::WINDOW_PACKS;

/// How patient the node is, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Longest wait of a reading for others to share a pack with.
    pub linger_ms: u32,
    /// Wait for `committed` before a pack is sent again; doubles with each try.
    pub resend_floor_ms: u32,
    /// Longest wait before a pack is sent again.
    pub resend_ceiling_ms: u32,
    /// Wait when the uplink takes no more for now.
    pub busy_ms: u32,
}

impl Default for Settings {
    /// For a field node on a mobile network: five seconds to fill a pack, thirty for an answer.
    fn default() -> Self {
        Self {
            linger_ms: 5_000,
            resend_floor_ms: 30_000,
            resend_ceiling_ms: 900_000,
            busy_ms: 100,
        }
    }
}

/// Why a reading was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError<E> {
    /// The node has no such probe, or the probe no such channel.
    #[error("the node has no such probe or channel")]
    Unknown,
    /// The reading itself cannot be kept.
    #[error("the reading cannot be kept")]
    Report(#[source] ReportError),
    /// The flash queue failed.
    #[error("the queue failed")]
    Queue(QueueError<E>),
}

/// Why nothing was measured, or not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SampleError<P, E> {
    /// The probe failed: nothing is made up in its place.
    #[error("the probe failed")]
    Probe(P),
    /// The reading was not kept.
    #[error("the reading was not kept")]
    Record(RecordError<E>),
}

/// Why nothing, or not all, was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForgetError<E> {
    /// The message was not understood, so nothing was forgotten.
    #[error("the message is no list of pack numbers")]
    Message(#[source] CommittedError),
    /// The flash queue failed; what was not forgotten is sent again.
    #[error("the queue failed")]
    Queue(QueueError<E>),
}

/// A node with its flash and the profiles of its probes.
#[derive(Debug)]
pub struct Node<'a, F> {
    gateway: GatewayId,
    profiles: &'a [Profile<'a>],
    settings: Settings,
    queue: Queue<F>,
    flights: Flights,
    /// Every held reading below this number is in a pack that was sent since the start.
    cursor: u32,
    /// When the last reading was kept; readings from before the start count as old.
    recorded_ms: Option<u64>,
    online: bool,
    resent_packs: u32,
    buffer: [u8; PACK_BYTES_MAX],
}

impl<'a, F: NorFlash> Node<'a, F> {
    /// A node just started: what its flash holds will be sent first.
    pub fn new(
        gateway: GatewayId,
        profiles: &'a [Profile<'a>],
        queue: Queue<F>,
        settings: Settings,
    ) -> Self {
        let cursor = queue.tail();
        Self {
            gateway,
            profiles,
            settings,
            queue,
            flights: Flights::default(),
            cursor,
            recorded_ms: None,
            online: false,
            resent_packs: 0,
            buffer: [0; PACK_BYTES_MAX],
        }
    }

    /// Measures with a probe and keeps what it says. `time` is the wall clock, `now_ms` the
    /// board's own clock, which never jumps.
    pub fn sample<P: Probe>(
        &mut self,
        index: u8,
        probe: &mut P,
        time: Timestamp,
        now_ms: u64,
    ) -> Result<u32, SampleError<P::Error, F::Error>> {
        let values = probe.sample().map_err(SampleError::Probe)?;
        self.record(index, time, values, now_ms)
            .map_err(SampleError::Record)
    }

    /// Keeps a reading and gives its number in the queue. After `Ok` it survives a power cut.
    pub fn record(
        &mut self,
        probe: u8,
        time: Timestamp,
        values: Sample,
        now_ms: u64,
    ) -> Result<u32, RecordError<F::Error>> {
        let profile = self
            .profiles
            .get(usize::from(probe))
            .ok_or(RecordError::Unknown)?;
        if values
            .iter()
            .skip(profile.channels.len())
            .any(Option::is_some)
        {
            return Err(RecordError::Unknown);
        }
        let report = Report {
            probe,
            time,
            values,
        };
        let payload = report.encode().map_err(RecordError::Report)?;
        let number = self.queue.append(&payload).map_err(RecordError::Queue)?;
        self.recorded_ms = Some(now_ms);
        Ok(number)
    }

    /// The uplink is there (again): what is not committed goes out again, at once.
    pub fn connected(&mut self) {
        self.online = true;
        self.flights.make_all_due();
    }

    /// The uplink is gone. Nothing is sent until [`Self::connected`].
    pub const fn disconnected(&mut self) {
        self.online = false;
    }

    /// Sends what is due and says when to be called again at the latest, on the board's clock;
    /// `None` when there is nothing to wait for.
    pub fn poll(
        &mut self,
        now_ms: u64,
        uplink: &mut impl Uplink,
    ) -> Result<Option<u64>, QueueError<F::Error>> {
        if !self.online {
            return Ok(None);
        }
        let sent = match self.resend_due(now_ms, uplink)? {
            Ok(()) => self.send_new(now_ms, uplink)?,
            refused => refused,
        };
        match sent {
            Ok(()) => Ok(self.next_call(now_ms)),
            Err(UplinkError::Busy) => Ok(Some(now_ms + u64::from(self.settings.busy_ms))),
            Err(UplinkError::Down) => {
                self.online = false;
                Ok(None)
            }
        }
    }

    /// Takes a message from `committed` and forgets what it names; says how many readings that
    /// were. A number that is not ours any more is no error: it was forgotten before.
    pub fn committed(&mut self, message: &[u8]) -> Result<u32, ForgetError<F::Error>> {
        let mut forgotten = 0;
        for sequence in sequences(message).map_err(ForgetError::Message)? {
            forgotten += self.forget_pack(sequence).map_err(ForgetError::Queue)?;
        }
        Ok(forgotten)
    }

    /// Readings that may still have to be delivered, at most.
    #[must_use]
    pub const fn backlog(&self) -> u32 {
        self.queue.head() - self.queue.tail()
    }

    /// Readings that always fit before the oldest are dropped.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.queue.capacity()
    }

    /// What happened to readings since the start.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.queue.counters()
    }

    /// Packs that were sent more than once since the start.
    #[must_use]
    pub const fn resent_packs(&self) -> u32 {
        self.resent_packs
    }

    /// Gives the flash back, as a power cut would.
    pub fn release(self) -> F {
        self.queue.release()
    }

    fn forget_pack(&mut self, sequence: u32) -> Result<u32, QueueError<F::Error>> {
        let Some(last) = self.queue.find(sequence)? else {
            // Dropped meanwhile, with all that is older.
            self.flights.land_dropped(sequence);
            return Ok(0);
        };
        let id = PackId {
            probe: probe_index(&last.payload),
            sequence,
        };
        let mut forgotten = 0;
        for number in id.group()..=sequence {
            if self
                .queue
                .find(number)?
                .is_some_and(|entry| id.covers(&entry))
            {
                forgotten += u32::from(self.queue.forget(number)?);
            }
        }
        self.flights.land(id);
        Ok(forgotten)
    }

    fn resend_due(
        &mut self,
        now_ms: u64,
        uplink: &mut impl Uplink,
    ) -> Result<Result<(), UplinkError>, QueueError<F::Error>> {
        while let Some(id) = self.flights.first_due(now_ms) {
            match self.send(id, uplink)? {
                Ok(Some(_)) => {
                    self.resent_packs = self.resent_packs.saturating_add(1);
                    self.flights.sent_again(id, now_ms, &self.settings);
                }
                // Nothing of it is held any more: dropped, oldest first.
                Ok(None) => self.flights.land(id),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(()))
    }

    /// Walks the cursor over what was not sent yet, as far as window, pack and linger allow.
    fn send_new(
        &mut self,
        now_ms: u64,
        uplink: &mut impl Uplink,
    ) -> Result<Result<(), UplinkError>, QueueError<F::Error>> {
        self.cursor = self.cursor.max(self.queue.tail());
        while self.cursor < self.queue.head() && !self.flights.is_full() {
            let group = self.cursor - self.cursor % GROUP_SLOTS;
            let end = (group + GROUP_SLOTS).min(self.queue.head());
            if end < group + GROUP_SLOTS && now_ms < self.lingers_until() {
                break;
            }
            let entry = self.queue.find(self.cursor)?.filter(|entry| entry.held);
            let probe = entry.map(|entry| probe_index(&entry.payload));
            let Some(probe) = probe.filter(|probe| self.knows(*probe)) else {
                self.cursor += 1;
                continue;
            };
            let id = PackId {
                probe,
                sequence: end - 1,
            };
            match self.flights.of_group(id) {
                Some(flight) if flight.sequence >= self.cursor => self.cursor += 1,
                // Its group has a pack under way: one at a time, so that packs stay whole.
                Some(_) => break,
                None => match self.send(id, uplink)? {
                    Ok(Some(sent)) => self.flights.depart(sent, now_ms, &self.settings),
                    Ok(None) => self.cursor += 1,
                    Err(refused) => return Ok(Err(refused)),
                },
            }
        }
        Ok(Ok(()))
    }

    /// Builds a pack and hands it over. Says which pack it became, `None` if nothing is left of it.
    fn send(
        &mut self,
        id: PackId,
        uplink: &mut impl Uplink,
    ) -> Result<Result<Option<PackId>, UplinkError>, QueueError<F::Error>> {
        let Some(profile) = self.profiles.get(usize::from(id.probe)) else {
            return Ok(Ok(None));
        };
        let built = pack::build(
            &mut self.queue,
            &self.gateway,
            profile,
            id,
            &mut self.buffer,
        )?;
        let Some(built) = built else {
            return Ok(Ok(None));
        };
        let payload = &self.buffer[..built.length];
        let pack = Pack {
            probe: &profile.name,
            sequence: built.id.sequence,
            payload,
        };
        Ok(uplink.send(&pack).map(|()| Some(built.id)))
    }

    /// A reading of a probe that this image does not have any more cannot be named; it stays in
    /// the ring until its page is needed.
    fn knows(&self, probe: u8) -> bool {
        usize::from(probe) < self.profiles.len()
    }

    fn lingers_until(&self) -> u64 {
        self.recorded_ms
            .map_or(0, |at| at + u64::from(self.settings.linger_ms))
    }

    fn next_call(&self, now_ms: u64) -> Option<u64> {
        let waiting = self.cursor < self.queue.head() && !self.flights.is_full();
        let linger = waiting
            .then(|| self.lingers_until())
            .filter(|at| *at > now_ms);
        [linger, self.flights.next_due()]
            .into_iter()
            .flatten()
            .min()
    }
}
