//! From slots to a pack. A pack is named by the number of its last reading and holds every held
//! reading of the same probe in the same group of slots up to it. So a pack's number means the
//! same readings however often it is built, after restarts too: it can only lose what was
//! forgotten or dropped meanwhile, and `committed` for it never covers a reading it did not hold.

use embedded_storage::nor_flash::NorFlash;
use model::id::GatewayId;
use model::senml::{EncodeError, Head, PackEncoder, Record};

use crate::probe::Profile;
use crate::queue::{Entry, GROUP_SLOTS, Queue, QueueError};
use crate::report::{Report, probe_index, value_count};

/// Room for a pack, bytes: sixteen readings of eight channels with names of ten characters. Longer
/// ones make packs of fewer readings.
pub const PACK_BYTES_MAX: usize = 4_096;

/// A pack's name: which probe, and the number of its last reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackId {
    /// Index of the probe in the node's profiles.
    pub probe: u8,
    /// Number of the last reading.
    pub sequence: u32,
}

impl PackId {
    /// The first number of the group that the pack lies in.
    pub const fn group(self) -> u32 {
        self.sequence - self.sequence % GROUP_SLOTS
    }

    /// Whether a reading belongs into this pack.
    pub fn covers(self, entry: &Entry) -> bool {
        entry.held
            && entry.number >= self.group()
            && entry.number <= self.sequence
            && probe_index(&entry.payload) == self.probe
    }
}

/// A pack ready to be sent: its name, and how many bytes of the buffer it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    /// The pack; its sequence is lower than asked for if not all readings had room.
    pub id: PackId,
    /// Bytes in the buffer.
    pub length: usize,
}

/// Builds the pack of a name; `None` when none of its readings is held any more, or when not
/// even one reading fits the buffer.
pub fn build<F: NorFlash>(
    queue: &mut Queue<F>,
    gateway: &GatewayId,
    profile: &Profile<'_>,
    id: PackId,
    buffer: &mut [u8],
) -> Result<Option<Built>, QueueError<F::Error>> {
    let mut name = BaseName::new(gateway, profile);
    for sequence in (id.group()..=id.sequence).rev() {
        let id = PackId { sequence, ..id };
        // A pack ends with a reading of its own; the others are tried when this one has no room.
        if !queue.find(sequence)?.is_some_and(|entry| id.covers(&entry)) {
            continue;
        }
        match encode(queue, name.text(), profile, id, buffer)? {
            Ok(length) => return Ok(Some(Built { id, length })),
            Err(EncodeError::BufferFull | EncodeError::Count) => {}
        }
    }
    Ok(None)
}

type Encoded<E> = Result<Result<usize, EncodeError>, QueueError<E>>;

fn encode<F: NorFlash>(
    queue: &mut Queue<F>,
    base_name: &str,
    profile: &Profile<'_>,
    id: PackId,
    buffer: &mut [u8],
) -> Encoded<F::Error> {
    let mut records = 0;
    let mut first = None;
    for number in id.group()..=id.sequence {
        if let Some(entry) = queue.find(number)?.filter(|entry| id.covers(entry)) {
            records += value_count(&entry.payload);
            first = first.or_else(|| Some(Report::decode(&entry.payload).time));
        }
    }
    let Some(base_time) = first else {
        return Ok(Err(EncodeError::Count));
    };
    let head = Head {
        base_name,
        base_time,
        sequence: id.sequence,
    };
    let mut pack = match PackEncoder::new(buffer, head, records) {
        Ok(pack) => pack,
        Err(error) => return Ok(Err(error)),
    };
    for number in id.group()..=id.sequence {
        if let Some(entry) = queue.find(number)?.filter(|entry| id.covers(entry))
            && let Err(error) = push(&mut pack, profile, &Report::decode(&entry.payload))
        {
            return Ok(Err(error));
        }
    }
    Ok(pack.finish())
}

fn push(
    pack: &mut PackEncoder<'_, '_>,
    profile: &Profile<'_>,
    report: &Report,
) -> Result<(), EncodeError> {
    for (index, value) in report.values.iter().enumerate() {
        let Some(value) = *value else { continue };
        // A value beyond the profile's channels has no name: `Node::record` lets none in.
        let channel = profile.channels.get(index).ok_or(EncodeError::Count)?;
        let (name, unit) = (channel.name, channel.unit);
        pack.push(&Record {
            name,
            unit,
            time: report.time,
            value,
        })?;
    }
    Ok(())
}

/// `gateway:probe:`, which makes a channel's name unique in the world of this server.
struct BaseName {
    bytes: [u8; BaseName::BYTES_MAX],
    length: usize,
}

impl BaseName {
    const BYTES_MAX: usize = 2 * (model::id::NAME_BYTES_MAX + 1);

    fn new(gateway: &GatewayId, profile: &Profile<'_>) -> Self {
        let mut name = Self {
            bytes: [0; Self::BYTES_MAX],
            length: 0,
        };
        for part in [gateway.as_str(), ":", profile.name.as_str(), ":"] {
            let end = name.length + part.len();
            // Both names are bounded by their types, so they always fit.
            if let Some(room) = name.bytes.get_mut(name.length..end) {
                room.copy_from_slice(part.as_bytes());
                name.length = end;
            }
        }
        name
    }

    fn text(&mut self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}
