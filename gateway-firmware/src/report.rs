//! One reading of one probe as the 46 bytes that a slot of the flash queue holds. It is no wire
//! format: nobody but this node reads it, and a pack of `SenML` is made from it when it is sent.
//!
//! | bytes | what |
//! |--:|---|
//! | 0–7 | time, microseconds since the epoch |
//! | 8 | which probe of this node |
//! | 9 | which channels have a value, one bit each |
//! | 10–13 | decimals of each value, four bits each |
//! | 14–45 | the values' digits, four bytes each |

use model::senml::Decimal;
use model::time::Timestamp;

use crate::probe::{CHANNELS_MAX, NOTHING, Sample};
use crate::queue::{PAYLOAD_BYTES, Payload};

/// Most decimals of a value: what four bits count.
pub const DECIMALS_MAX: u8 = 15;

const PROBE: usize = 8;
const PRESENT: usize = 9;
const DECIMALS: usize = 10;
const DIGITS: usize = 14;

/// One reading: what a probe measured at one moment. Probe and time are its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Index of the probe in the node's profiles.
    pub probe: u8,
    /// When it was measured.
    pub time: Timestamp,
    /// A value a channel.
    pub values: Sample,
}

/// Why a reading cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// No channel has a value: there is nothing to keep.
    #[error("no channel has a value")]
    Empty,
    /// A value needs more than 32 bits of digits, or decimals outside 0 to [`DECIMALS_MAX`].
    #[error("the value of channel {0} has too many digits")]
    TooWide(usize),
}

impl Report {
    /// The reading as bytes.
    pub fn encode(&self) -> Result<Payload, ReportError> {
        let mut bytes = [0; PAYLOAD_BYTES];
        bytes[..PROBE].copy_from_slice(&self.time.0.to_le_bytes());
        bytes[PROBE] = self.probe;
        for (index, value) in self.values.iter().enumerate() {
            let Some(value) = value else { continue };
            let (digits, decimals) = narrow(*value).ok_or(ReportError::TooWide(index))?;
            bytes[PRESENT] |= 1 << index;
            bytes[DECIMALS + index / 2] |= decimals << (4 * (index % 2));
            let at = DIGITS + 4 * index;
            bytes[at..at + 4].copy_from_slice(&digits.to_le_bytes());
        }
        if bytes[PRESENT] == 0 {
            Err(ReportError::Empty)
        } else {
            Ok(bytes)
        }
    }

    /// The reading of these bytes. Every payload is one, so nothing can fail.
    #[must_use]
    pub fn decode(bytes: &Payload) -> Self {
        let mut values = NOTHING;
        for (index, value) in values.iter_mut().enumerate() {
            if bytes[PRESENT] & (1 << index) != 0 {
                let decimals = (bytes[DECIMALS + index / 2] >> (4 * (index % 2))) & 0x0f;
                let digits = i32::from_le_bytes(array(bytes, DIGITS + 4 * index));
                *value = Some(Decimal::new(i64::from(digits), -(decimals.cast_signed())));
            }
        }
        let time = Timestamp(i64::from_le_bytes(array(bytes, 0)));
        Self {
            probe: bytes[PROBE],
            time,
            values,
        }
    }
}

/// How many values a reading has, without decoding it.
#[must_use]
pub const fn value_count(bytes: &Payload) -> u32 {
    bytes[PRESENT].count_ones()
}

/// Which probe a reading is of, without decoding it.
#[must_use]
pub const fn probe_index(bytes: &Payload) -> u8 {
    bytes[PROBE]
}

fn narrow(value: Decimal) -> Option<(i32, u8)> {
    let decimals = u8::try_from(-i16::from(value.exponent)).ok()?;
    let digits = i32::try_from(value.mantissa).ok()?;
    (decimals <= DECIMALS_MAX).then_some((digits, decimals))
}

fn array<const N: usize>(bytes: &Payload, at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

const _: () = assert!(DIGITS + 4 * CHANNELS_MAX == PAYLOAD_BYTES);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn report(values: &[(usize, Decimal)]) -> Report {
        let mut sample = NOTHING;
        for (index, value) in values {
            sample[*index] = Some(*value);
        }
        Report {
            probe: 3,
            time: Timestamp(1_736_035_200_000_001),
            values: sample,
        }
    }

    #[test]
    fn a_reading_without_a_value_is_refused() {
        assert_eq!(report(&[]).encode(), Err(ReportError::Empty));
    }

    #[test]
    fn values_that_would_be_cut_are_refused() {
        for value in [
            Decimal::new(1 << 31, 0),
            Decimal::new(-(1 << 31) - 1, 0),
            Decimal::new(1, 1),
            Decimal::new(1, -16),
            Decimal::new(1, i8::MIN),
        ] {
            assert_eq!(report(&[(5, value)]).encode(), Err(ReportError::TooWide(5)));
        }
    }

    #[test]
    fn count_and_probe_are_read_without_decoding() {
        let bytes = report(&[(0, Decimal::new(1, 0)), (7, Decimal::new(-1, -15))]).encode();
        assert_eq!(
            bytes.map(|bytes| (value_count(&bytes), probe_index(&bytes))),
            Ok((2, 3))
        );
    }

    proptest! {
        #[test]
        fn a_reading_comes_back_as_it_was(probe in any::<u8>(), time in any::<i64>(),
            values in proptest::array::uniform8(
                proptest::option::of((any::<i32>(), 0_i8..=15)))) {
            let values = values.map(|value| {
                value.map(|(digits, decimals)| Decimal::new(i64::from(digits), -decimals))
            });
            let report = Report { probe, time: Timestamp(time), values };
            prop_assume!(report.values != NOTHING);
            prop_assert_eq!(report.encode().map(|bytes| Report::decode(&bytes)), Ok(report));
        }
    }
}
