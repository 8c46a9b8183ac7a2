//! `SenML` (RFC 8428), the way measurements travel: its labels, its CBOR keys, and an encoder of
//! a CBOR pack into a caller's buffer, without a heap. Decoding is not here: what comes from
//! outside is read by `ingest`, which has an allocator and has to be suspicious. The one thing to
//! know: values are written as decimal fractions, so 48.20 arrives as 48.20 and not as 48.19.

mod decimal;

pub use decimal::{Decimal, DecimalError};

use minicbor::Encoder;
use minicbor::encode::write::{Cursor, EndOfSlice};

use crate::time::{MICROS_PER_SECOND, Timestamp};

/// Labels of the JSON form (RFC 8428, table 1), and ours.
pub mod label {
    /// Base name: put before every name that follows.
    pub const BASE_NAME: &str = "bn";
    /// Base time, seconds: added to every time that follows.
    pub const BASE_TIME: &str = "bt";
    /// Base unit: holds where a record names none.
    pub const BASE_UNIT: &str = "bu";
    /// Base value: added to every value that follows.
    pub const BASE_VALUE: &str = "bv";
    /// Base sum: added to every sum that follows.
    pub const BASE_SUM: &str = "bs";
    /// Version of the format; absent means 10.
    pub const BASE_VERSION: &str = "bver";
    /// Name of what was measured.
    pub const NAME: &str = "n";
    /// Unit symbol.
    pub const UNIT: &str = "u";
    /// Value, a number.
    pub const VALUE: &str = "v";
    /// Value, a text.
    pub const STRING_VALUE: &str = "vs";
    /// Value, true or false.
    pub const BOOLEAN_VALUE: &str = "vb";
    /// Value, bytes (base64url in JSON).
    pub const DATA_VALUE: &str = "vd";
    /// Integrated sum of the values.
    pub const SUM: &str = "s";
    /// Time, seconds; below 2^28 it counts from now.
    pub const TIME: &str = "t";
    /// Seconds until the next update at the latest.
    pub const UPDATE_TIME: &str = "ut";
    /// Ours, in the first record only: the pack's number at its gateway, echoed by `committed`.
    /// It does not end in `_`, so a reader that does not know it passes over it.
    pub const SEQUENCE: &str = "sq";
}

/// Map keys of the CBOR form (RFC 8428, table 6). A label without a number, like
/// [`label::SEQUENCE`], stays a text key.
pub mod key {
    /// [`super::label::BASE_VERSION`] in CBOR.
    pub const BASE_VERSION: i8 = -1;
    /// [`super::label::BASE_NAME`] in CBOR.
    pub const BASE_NAME: i8 = -2;
    /// [`super::label::BASE_TIME`] in CBOR.
    pub const BASE_TIME: i8 = -3;
    /// [`super::label::BASE_UNIT`] in CBOR.
    pub const BASE_UNIT: i8 = -4;
    /// [`super::label::BASE_VALUE`] in CBOR.
    pub const BASE_VALUE: i8 = -5;
    /// [`super::label::BASE_SUM`] in CBOR.
    pub const BASE_SUM: i8 = -6;
    /// [`super::label::NAME`] in CBOR.
    pub const NAME: i8 = 0;
    /// [`super::label::UNIT`] in CBOR.
    pub const UNIT: i8 = 1;
    /// [`super::label::VALUE`] in CBOR.
    pub const VALUE: i8 = 2;
    /// [`super::label::STRING_VALUE`] in CBOR.
    pub const STRING_VALUE: i8 = 3;
    /// [`super::label::BOOLEAN_VALUE`] in CBOR.
    pub const BOOLEAN_VALUE: i8 = 4;
    /// [`super::label::SUM`] in CBOR.
    pub const SUM: i8 = 5;
    /// [`super::label::TIME`] in CBOR.
    pub const TIME: i8 = 6;
    /// [`super::label::UPDATE_TIME`] in CBOR.
    pub const UPDATE_TIME: i8 = 7;
    /// [`super::label::DATA_VALUE`] in CBOR.
    pub const DATA_VALUE: i8 = 8;
}

/// A time below this many seconds counts from the moment of reading (RFC 8428 §4.5.3).
pub const ABSOLUTE_SECONDS_MIN: i64 = 1 << 28;

/// The CBOR tag of a decimal fraction, `[exponent, mantissa]` (RFC 8949 §3.4.4).
pub const DECIMAL_FRACTION_TAG: u64 = 4;

/// What the first record says for the whole pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// Put before every name; with it a name is unique in the world. May be empty.
    pub base_name: &'a str,
    /// Records whose time equals it need none of their own.
    pub base_time: Timestamp,
    /// The pack's number at its gateway.
    pub sequence: u32,
}

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The channel's name.
    pub name: &'a str,
    /// Unit symbol as RFC 8428's registry spells it; empty leaves it out.
    pub unit: &'a str,
    /// When it was measured.
    pub time: Timestamp,
    /// What was measured.
    pub value: Decimal,
}

/// Why a pack could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The buffer ended before the pack.
    #[error("the buffer is too small for the pack")]
    BufferFull,
    /// More or fewer records than announced.
    #[error("the pack holds another number of records than announced")]
    Count,
}

impl From<minicbor::encode::Error<EndOfSlice>> for EncodeError {
    fn from(_: minicbor::encode::Error<EndOfSlice>) -> Self {
        // The encoder itself refuses nothing that is written here: only the space can end.
        Self::BufferFull
    }
}

/// Writes one pack, record by record, into a buffer of the caller's.
#[derive(Debug)]
pub struct PackEncoder<'b, 'h> {
    encoder: Encoder<Cursor<&'b mut [u8]>>,
    head: Head<'h>,
    announced: u32,
    written: u32,
}

impl<'b, 'h> PackEncoder<'b, 'h> {
    /// Opens a pack of exactly `records` records.
    pub fn new(buffer: &'b mut [u8], head: Head<'h>, records: u32) -> Result<Self, EncodeError> {
        let mut encoder = Encoder::new(Cursor::new(buffer));
        encoder.array(u64::from(records))?;
        Ok(Self {
            encoder,
            head,
            announced: records,
            written: 0,
        })
    }

    /// Appends a measurement. The first one carries the base fields and the pack's number.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), EncodeError> {
        if self.written == self.announced {
            return Err(EncodeError::Count);
        }
        let first = self.written == 0;
        let has_unit = !record.unit.is_empty();
        let has_time = record.time != self.head.base_time;
        let base_fields = if first {
            2 + u64::from(!self.head.base_name.is_empty())
        } else {
            0
        };
        self.encoder
            .map(2 + base_fields + u64::from(has_unit) + u64::from(has_time))?;
        if first {
            self.push_base()?;
        }
        self.encoder.i8(key::NAME)?.str(record.name)?;
        if has_unit {
            self.encoder.i8(key::UNIT)?.str(record.unit)?;
        }
        self.encoder.i8(key::VALUE)?;
        self.push_decimal(record.value)?;
        if has_time {
            self.encoder.i8(key::TIME)?;
            self.push_decimal(seconds(record.time.0.saturating_sub(self.head.base_time.0)))?;
        }
        self.written += 1;
        Ok(())
    }

    /// Closes the pack and says how many bytes of the buffer it takes.
    pub fn finish(self) -> Result<usize, EncodeError> {
        if self.written != self.announced {
            return Err(EncodeError::Count);
        }
        Ok(self.encoder.writer().position())
    }

    fn push_base(&mut self) -> Result<(), EncodeError> {
        if !self.head.base_name.is_empty() {
            self.encoder.i8(key::BASE_NAME)?.str(self.head.base_name)?;
        }
        self.encoder.i8(key::BASE_TIME)?;
        self.push_decimal(seconds(self.head.base_time.0))?;
        self.encoder.str(label::SEQUENCE)?.u32(self.head.sequence)?;
        Ok(())
    }

    /// An integer where the number is one, a decimal fraction else: both are exact.
    fn push_decimal(&mut self, number: Decimal) -> Result<(), EncodeError> {
        if number.exponent == 0 {
            self.encoder.i64(number.mantissa)?;
        } else {
            self.encoder
                .tag(minicbor::data::Tag::new(DECIMAL_FRACTION_TAG))?
                .array(2)?;
            self.encoder.i8(number.exponent)?.i64(number.mantissa)?;
        }
        Ok(())
    }
}

/// A number of microseconds as seconds, in as few digits as it needs.
const fn seconds(micros: i64) -> Decimal {
    if micros % MICROS_PER_SECOND == 0 {
        Decimal::new(micros / MICROS_PER_SECOND, 0)
    } else if micros % 1_000 == 0 {
        Decimal::new(micros / 1_000, -3)
    } else {
        Decimal::new(micros, -6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;
    use minicbor::Decoder;
    use minicbor::data::Type;

    const BASE: Timestamp = Timestamp::from_seconds(1_736_035_200);

    fn head() -> Head<'static> {
        Head {
            base_name: "gw:probe:",
            base_time: BASE,
            sequence: 17,
        }
    }

    fn record<'a>(name: &'a str, time: Timestamp, text: &str) -> Record<'a> {
        let unit = if name == "temperature" { "Cel" } else { "" };
        let value = Decimal::parse(text).unwrap_or(Decimal::new(0, 0));
        Record {
            name,
            unit,
            time,
            value,
        }
    }

    fn encode(records: &[Record<'_>], buffer: &mut [u8]) -> Result<usize, EncodeError> {
        let mut pack = PackEncoder::new(buffer, head(), records.len() as u32)?;
        for record in records {
            pack.push(record)?;
        }
        pack.finish()
    }

    /// One number back, as the text of its key and its value.
    fn number(decoder: &mut Decoder<'_>) -> Result<String, minicbor::decode::Error> {
        if decoder.datatype()? != Type::Tag {
            return Ok(decoder.i64()?.to_string());
        }
        assert_eq!(decoder.tag()?.as_u64(), DECIMAL_FRACTION_TAG);
        assert_eq!(decoder.array()?, Some(2));
        let exponent = decoder.i8()?;
        Ok(Decimal::new(decoder.i64()?, exponent).to_string())
    }

    fn fields(bytes: &[u8]) -> Result<Vec<Vec<(String, String)>>, minicbor::decode::Error> {
        let mut decoder = Decoder::new(bytes);
        let mut records = Vec::new();
        for _ in 0..decoder.array()?.unwrap_or_default() {
            let mut fields = Vec::new();
            for _ in 0..decoder.map()?.unwrap_or_default() {
                let key = match decoder.datatype()? {
                    Type::String => decoder.str()?.to_string(),
                    _ => decoder.i8()?.to_string(),
                };
                let value = match decoder.datatype()? {
                    Type::String => decoder.str()?.to_string(),
                    _ => number(&mut decoder)?,
                };
                fields.push((key, value));
            }
            records.push(fields);
        }
        assert_eq!(
            decoder.position(),
            bytes.len(),
            "nothing may follow the pack"
        );
        Ok(records)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(key, value)| ((*key).to_string(), (*value).to_string()))
            .collect()
    }

    #[test]
    fn the_first_record_carries_the_base_fields_and_the_number() {
        let mut buffer = [0; 128];
        let records = [
            record("temperature", BASE, "48.20"),
            record("soil-moisture", Timestamp(BASE.0 + 1_500_000), "-7"),
        ];
        let length = encode(&records, &mut buffer).unwrap_or_default();
        assert_eq!(
            fields(&buffer[..length]).unwrap_or_default(),
            [
                pairs(&[
                    ("-2", "gw:probe:"),
                    ("-3", "1736035200"),
                    ("sq", "17"),
                    ("0", "temperature"),
                    ("1", "Cel"),
                    ("2", "48.20"),
                ]),
                pairs(&[("0", "soil-moisture"), ("2", "-7"), ("6", "1.500")]),
            ]
        );
    }

    #[test]
    fn a_pack_of_one_value_is_these_bytes() {
        let mut buffer = [0; 64];
        let length = encode(&[record("temperature", BASE, "48.20")], &mut buffer);
        let expected = b"\x81\xa6\x21\x69gw:probe:\x22\x1a\x67\x79\xcb\x80\x62sq\x11\
            \x00\x6btemperature\x01\x63Cel\x02\xc4\x82\x21\x19\x12\xd4";
        assert_eq!(length, Ok(expected.len()));
        assert_eq!(&buffer[..expected.len()], expected);
    }

    #[test]
    fn a_buffer_that_is_one_byte_short_is_refused_at_every_length() {
        let mut buffer = [0; 128];
        let records = [
            record("temperature", BASE, "1.5"),
            record("soil", BASE, "2"),
        ];
        let whole = encode(&records, &mut buffer).unwrap_or_default();
        assert!(whole > 40);
        for short in 0..whole {
            assert_eq!(
                encode(&records, &mut buffer[..short]),
                Err(EncodeError::BufferFull)
            );
        }
    }

    #[test]
    fn the_number_of_records_must_be_the_announced_one() {
        let mut buffer = [0; 64];
        let missing = PackEncoder::new(&mut buffer, head(), 1).map(PackEncoder::finish);
        assert_eq!(missing, Ok(Err(EncodeError::Count)));
        let mut buffer = [0; 64];
        let pushed = PackEncoder::new(&mut buffer, head(), 0)
            .map(|mut pack| pack.push(&record("temperature", BASE, "1")));
        assert_eq!(pushed, Ok(Err(EncodeError::Count)));
    }

    #[test]
    fn times_need_no_more_digits_than_they_have() {
        assert_eq!(seconds(5_000_000).to_string(), "5");
        assert_eq!(seconds(-1_234_000).to_string(), "-1.234");
        assert_eq!(seconds(1_276_020_076_001_000).to_string(), "1276020076.001");
        assert_eq!(seconds(1).to_string(), "0.000001");
    }
}
