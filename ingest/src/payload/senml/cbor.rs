//! The CBOR form (RFC 8428 §6): integer keys for the labels of the standard, text keys for the
//! rest, numbers of every kind, definite and indefinite lengths. Labels that are passed over are
//! skipped without recursion.

use std::borrow::Cow;

use minicbor::Decoder;
use minicbor::data::Type;
use model::senml::DECIMAL_FRACTION_TAG;
use model::time::Timestamp;

use super::pack::{PackBuilder, Take};
use super::record::{Label, RawRecord, RecordError, Source};
use super::{RECORDS_MAX, SenmlError};

impl From<minicbor::decode::Error> for SenmlError {
    fn from(error: minicbor::decode::Error) -> Self {
        Self::Cbor(error)
    }
}

pub(super) fn decode<T: Take>(
    bytes: &[u8],
    now: Timestamp,
    taker: T,
) -> Result<(Option<u64>, T), SenmlError> {
    let mut decoder = Decoder::new(bytes);
    let mut builder = PackBuilder::new(now, taker);
    let length = decoder.array()?;
    if length.is_some_and(|records| records > RECORDS_MAX as u64) {
        return Err(SenmlError::TooManyRecords);
    }
    let mut items = Items::new(length);
    while items.has_next(&mut decoder)? {
        let record = record(&mut decoder)?;
        builder.push(&record)?;
    }
    if decoder.position() == bytes.len() {
        Ok(builder.finish())
    } else {
        Err(SenmlError::Trailing)
    }
}

fn record<'b>(decoder: &mut Decoder<'b>) -> Result<RawRecord<'b>, SenmlError> {
    let mut record = RawRecord::default();
    let mut items = Items::new(decoder.map()?);
    while items.has_next(decoder)? {
        let label = match decoder.datatype()? {
            Type::String | Type::StringIndef => Label::from_text(&text(decoder)?)?,
            _ => Label::from_key(i128::from(decoder.int()?)),
        };
        match label {
            Some(label) => record.read(label, &mut Values(decoder))?,
            None => decoder.skip()?,
        }
    }
    Ok(record)
}

/// Counts the items of an array or map, or looks for the end of one that does not say.
struct Items {
    left: Option<u64>,
}

impl Items {
    fn new(length: Option<u64>) -> Self {
        Self { left: length }
    }

    fn has_next(&mut self, decoder: &mut Decoder<'_>) -> Result<bool, SenmlError> {
        match &mut self.left {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None if decoder.datatype()? == Type::Break => {
                // `skip` takes a lone break as one item.
                decoder.skip()?;
                Ok(false)
            }
            None => Ok(true),
        }
    }
}

/// The value after a key.
struct Values<'d, 'b>(&'d mut Decoder<'b>);

impl<'b> Source<'b> for Values<'_, 'b> {
    type Error = SenmlError;

    fn text(&mut self, label: Label) -> Result<Cow<'b, str>, SenmlError> {
        match self.0.datatype()? {
            Type::String | Type::StringIndef => text(self.0),
            _ => Err(wrong(label, "a text")),
        }
    }

    fn number(&mut self, label: Label) -> Result<f64, SenmlError> {
        match self.0.datatype()? {
            Type::F16 | Type::F32 | Type::F64 => Ok(self.0.f64()?),
            Type::Tag => decimal(self.0, label),
            kind if is_integer(kind) => Ok(i128::from(self.0.int()?) as f64),
            _ => Err(wrong(label, "a number")),
        }
    }

    fn unsigned(&mut self, label: Label) -> Result<u64, SenmlError> {
        match self.0.datatype()? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Ok(self.0.u64()?),
            _ => Err(wrong(label, "a whole number that is not negative")),
        }
    }

    fn boolean(&mut self, label: Label) -> Result<bool, SenmlError> {
        match self.0.datatype()? {
            Type::Bool => Ok(self.0.bool()?),
            _ => Err(wrong(label, "true or false")),
        }
    }

    fn data(&mut self, label: Label) -> Result<(), SenmlError> {
        match self.0.datatype()? {
            Type::Bytes | Type::BytesIndef => Ok(self.0.skip()?),
            _ => Err(wrong(label, "bytes")),
        }
    }

    fn refuse(error: RecordError) -> SenmlError {
        SenmlError::Record(error)
    }
}

/// A decimal fraction, `[exponent, mantissa]` (RFC 8949 §3.4.4).
fn decimal(decoder: &mut Decoder<'_>, label: Label) -> Result<f64, SenmlError> {
    if decoder.tag()?.as_u64() != DECIMAL_FRACTION_TAG || decoder.array()? != Some(2) {
        return Err(wrong(
            label,
            "a number or a decimal fraction of two integers",
        ));
    }
    // Beyond these every f64 is 0 or infinite, whatever the mantissa.
    let exponent = i128::from(decoder.int()?).clamp(-400, 400) as i32;
    let mantissa = i128::from(decoder.int()?) as f64;
    // Dividing by an exact power is one rounding; multiplying by 0.1 would be two.
    Ok(if exponent < 0 {
        mantissa / 10_f64.powi(-exponent)
    } else {
        mantissa * 10_f64.powi(exponent)
    })
}

fn text<'b>(decoder: &mut Decoder<'b>) -> Result<Cow<'b, str>, SenmlError> {
    if decoder.datatype()? == Type::String {
        return Ok(Cow::Borrowed(decoder.str()?));
    }
    let mut joined = String::new();
    for part in decoder.str_iter()? {
        joined.push_str(part?);
    }
    Ok(Cow::Owned(joined))
}

fn is_integer(kind: Type) -> bool {
    use Type::{I8, I16, I32, I64, Int, U8, U16, U32, U64};
    matches!(kind, U8 | U16 | U32 | U64 | I8 | I16 | I32 | I64 | Int)
}

fn wrong(label: Label, expected: &'static str) -> SenmlError {
    SenmlError::Record(RecordError::Type {
        label: label.text(),
        expected,
    })
}
