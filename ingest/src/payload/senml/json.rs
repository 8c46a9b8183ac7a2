//! The JSON form, read straight from the bytes into records: no tree in between. Nesting below
//! labels that are passed over is bounded by `serde_json` (128 levels).

use std::borrow::Cow;
use std::fmt;

use model::time::Timestamp;
use serde::de::{Deserialize, Visitor};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess};

use super::SenmlError;
use super::pack::{PackBuilder, Take};
use super::record::{Label, RawRecord, RecordError, Source};

pub(super) fn decode<T: Take>(
    bytes: &[u8],
    now: Timestamp,
    taker: T,
) -> Result<(Option<u64>, T), SenmlError> {
    let mut builder = PackBuilder::new(now, taker);
    let mut broken = None;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = deserializer
        .deserialize_seq(Records {
            builder: &mut builder,
            broken: &mut broken,
        })
        .and_then(|()| deserializer.end());
    // A rule that was broken says more than the reader's "stopped here".
    match (broken, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(SenmlError::Json(error)),
        (None, Ok(())) => Ok(builder.finish()),
    }
}

/// Reads the array and hands every record on.
struct Records<'b, T> {
    builder: &'b mut PackBuilder<T>,
    broken: &'b mut Option<SenmlError>,
}

impl<'de, T: Take> Visitor<'de> for Records<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of SenML records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        while let Some(record) = records.next_element_seed(Record)? {
            if let Err(error) = self.builder.push(&record) {
                let message = A::Error::custom(&error);
                *self.broken = Some(error);
                return Err(message);
            }
        }
        Ok(())
    }
}

/// Reads one record.
struct Record;

impl<'de> DeserializeSeed<'de> for Record {
    type Value = RawRecord<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<RawRecord<'de>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record {
    type Value = RawRecord<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a SenML record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawRecord<'de>, A::Error> {
        let mut record = RawRecord::default();
        while let Some(Text(key)) = map.next_key()? {
            match Label::from_text(&key).map_err(A::Error::custom)? {
                Some(label) => record.read(label, &mut Values(&mut map))?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(record)
    }
}

/// The values of a JSON object.
struct Values<'m, A>(&'m mut A);

impl<'de, A: MapAccess<'de>> Source<'de> for Values<'_, A> {
    type Error = A::Error;

    fn text(&mut self, _: Label) -> Result<Cow<'de, str>, A::Error> {
        self.0.next_value::<Text<'de>>().map(|Text(text)| text)
    }

    fn number(&mut self, _: Label) -> Result<f64, A::Error> {
        self.0.next_value()
    }

    fn unsigned(&mut self, _: Label) -> Result<u64, A::Error> {
        self.0.next_value()
    }

    fn boolean(&mut self, _: Label) -> Result<bool, A::Error> {
        self.0.next_value()
    }

    fn data(&mut self, _: Label) -> Result<(), A::Error> {
        // Base64 in a text; nothing here needs the bytes.
        self.0.next_value::<Text<'de>>().map(|_| ())
    }

    fn refuse(error: RecordError) -> A::Error {
        A::Error::custom(error)
    }
}

/// A text, borrowed from the payload where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}
