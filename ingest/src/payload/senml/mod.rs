//! Reading `SenML` (RFC 8428), JSON and CBOR, from outside: suspicious of sizes, strict about what
//! the standard forbids, deaf to labels it does not know. Writing is `model::senml`'s. The one
//! thing to know: a pack comes out resolved, every record with its full name and absolute time.

mod cbor;
mod json;
mod pack;
mod record;

use model::time::Timestamp;

pub use pack::{Measurement, Pack, Value};
pub(crate) use pack::{Reading, Take};
pub use record::RecordError;

/// Most bytes of a pack. A node's flash queue sends packs of some hundred bytes.
pub const PACK_BYTES_MAX: usize = 256 * 1024;
/// Most records of a pack.
pub const RECORDS_MAX: usize = 4096;
/// Most bytes of a name, base name included; bounds what a short pack can make of memory.
pub const NAME_BYTES_MAX: usize = 256;
/// Most bytes of a unit, for the same reason.
pub const UNIT_BYTES_MAX: usize = 64;
/// The version of the format that this reader knows (RFC 8428 §4.4).
pub const VERSION_MAX: u64 = 10;

/// CBOR's "self-described" tag, which may stand before the pack (RFC 8949 §3.4.6).
const SELF_DESCRIBED: &[u8] = &[0xd9, 0xd9, 0xf7];

/// Why bytes are no pack that we take.
#[derive(Debug, thiserror::Error)]
pub enum SenmlError {
    /// Nothing came.
    #[error("the payload is empty")]
    Empty,
    /// More bytes than [`PACK_BYTES_MAX`].
    #[error("the pack has {bytes} bytes, more than {PACK_BYTES_MAX}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// The first byte begins neither a JSON array nor a CBOR array.
    #[error("the first byte, {0:#04x}, begins neither a JSON nor a CBOR array")]
    NeitherForm(u8),
    /// More records than [`RECORDS_MAX`].
    #[error("the pack has more than {RECORDS_MAX} records")]
    TooManyRecords,
    /// No JSON, or none that `SenML` allows.
    #[error("the JSON is no SenML pack")]
    Json(#[source] serde_json::Error),
    /// No CBOR.
    #[error("the CBOR is malformed")]
    Cbor(#[source] minicbor::decode::Error),
    /// Bytes follow the pack.
    #[error("bytes follow the end of the pack")]
    Trailing,
    /// A record breaks a rule of the standard.
    #[error("a record is refused")]
    Record(#[from] RecordError),
}

/// Reads a pack; relative times count from `now`, the moment of arrival.
///
/// The first byte decides between the two forms.
pub fn decode(bytes: &[u8], now: Timestamp) -> Result<Pack, SenmlError> {
    let (sequence, measurements) = decode_into(bytes, now, Vec::new())?;
    Ok(Pack {
        sequence,
        measurements,
    })
}

/// Reads a pack record by record into somebody's hands; returns its number and the hands. What was
/// handed over before an error is worth nothing.
pub(crate) fn decode_into<T: Take>(
    bytes: &[u8],
    now: Timestamp,
    taker: T,
) -> Result<(Option<u64>, T), SenmlError> {
    if bytes.len() > PACK_BYTES_MAX {
        return Err(SenmlError::TooLarge { bytes: bytes.len() });
    }
    let cbor = bytes.strip_prefix(SELF_DESCRIBED).unwrap_or(bytes);
    match cbor.first() {
        None => Err(SenmlError::Empty),
        Some(b'[' | b' ' | b'\t' | b'\r' | b'\n') => json::decode(bytes, now, taker),
        // Major type 4 with a definite length, or the indefinite array.
        Some(0x80..=0x9b | 0x9f) => cbor::decode(cbor, now, taker),
        Some(other) => Err(SenmlError::NeitherForm(*other)),
    }
}

#[cfg(test)]
mod tests;
