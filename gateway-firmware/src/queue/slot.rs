//! One slot of the ring, as bytes. It is written in two steps that never touch the same word:
//! the record when it is appended, the mark when it is forgotten. So flash that forbids writing
//! a word twice will do, and a power cut can spoil only the step under way.
//!
//! | bytes | what |
//! |--:|---|
//! | 0–3 | number |
//! | 4–5 | boot id |
//! | 6–51 | payload |
//! | 52–55 | CRC-32 of all before |
//! | 56–63 | mark: blank while held |

/// Bytes of a payload.
pub const PAYLOAD_BYTES: usize = 46;

/// What a slot keeps.
pub type Payload = [u8; PAYLOAD_BYTES];

/// Bytes of a slot.
pub const SLOT_BYTES: usize = 64;

/// Bytes that are written when a payload is appended.
pub const RECORD_BYTES: usize = 56;

/// Where the mark begins.
pub const MARK_AT: usize = RECORD_BYTES;

/// What is written to forget a payload. While any bit of it is there, the payload is forgotten:
/// the write only begins once the payload is committed.
pub const MARK: [u8; SLOT_BYTES - MARK_AT] = [0; SLOT_BYTES - MARK_AT];

const BOOT_AT: usize = 4;
const PAYLOAD_AT: usize = 6;
const CRC_AT: usize = 52;
const BLANK: u8 = 0xff;

/// A slot as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Slot(pub [u8; SLOT_BYTES]);

impl Slot {
    /// Number, boot id and payload, if the checksum vouches for them.
    pub fn record(&self) -> Option<(u32, u16, Payload)> {
        let (number, rest) = self.0.split_first_chunk()?;
        let (boot, rest) = rest.split_first_chunk()?;
        let (payload, rest) = rest.split_first_chunk()?;
        let (crc, _) = rest.split_first_chunk()?;
        let intact = u32::from_le_bytes(*crc) == crc32(&self.0[..CRC_AT]);
        intact.then_some((
            u32::from_le_bytes(*number),
            u16::from_le_bytes(*boot),
            *payload,
        ))
    }

    /// Whether nothing was ever written to the mark.
    pub fn is_unmarked(&self) -> bool {
        self.0[MARK_AT..].iter().all(|byte| *byte == BLANK)
    }

    /// Whether nothing was ever written to the slot.
    pub fn is_blank(&self) -> bool {
        self.0.iter().all(|byte| *byte == BLANK)
    }
}

/// The bytes of a record.
pub fn encode(number: u32, boot: u16, payload: &Payload) -> [u8; RECORD_BYTES] {
    let mut bytes = [0; RECORD_BYTES];
    bytes[..BOOT_AT].copy_from_slice(&number.to_le_bytes());
    bytes[BOOT_AT..PAYLOAD_AT].copy_from_slice(&boot.to_le_bytes());
    bytes[PAYLOAD_AT..CRC_AT].copy_from_slice(payload);
    let crc = crc32(&bytes[..CRC_AT]);
    bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The CRC-32 of Ethernet and zip, four bits a step: 64 bytes of table instead of 1024.
pub fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = table();
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let crc = crc ^ u32::from(*byte);
        let crc = (crc >> 4) ^ TABLE[(crc & 15) as usize];
        (crc >> 4) ^ TABLE[(crc & 15) as usize]
    })
}

const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut index = 0;
    while index < 16 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 4 {
            value = if value & 1 == 1 {
                (value >> 1) ^ 0xedb8_8320
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(record: &[u8]) -> Slot {
        let mut bytes = [BLANK; SLOT_BYTES];
        bytes[..record.len()].copy_from_slice(record);
        Slot(bytes)
    }

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_record_comes_back_and_is_held_until_its_mark_has_a_bit() {
        let payload = core::array::from_fn(|index| index as u8);
        let mut slot = slot(&encode(77, 3, &payload));
        assert_eq!(slot.record(), Some((77, 3, payload)));
        assert!(slot.is_unmarked() && !slot.is_blank());
        slot.0[SLOT_BYTES - 1] = 0xfe;
        assert!(!slot.is_unmarked());
        assert_eq!(slot.record(), Some((77, 3, payload)));
    }

    #[test]
    fn every_flipped_bit_of_a_record_is_noticed() {
        let record = encode(77, 3, &[0x5a; PAYLOAD_BYTES]);
        for bit in 0..RECORD_BYTES * 8 {
            let mut torn = record;
            torn[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(slot(&torn).record(), None, "bit {bit}");
        }
    }

    #[test]
    fn neither_blank_nor_zeroed_flash_is_a_record() {
        assert_eq!(Slot([BLANK; SLOT_BYTES]).record(), None);
        assert_eq!(Slot([0; SLOT_BYTES]).record(), None);
        assert!(Slot([BLANK; SLOT_BYTES]).is_blank());
    }
}
