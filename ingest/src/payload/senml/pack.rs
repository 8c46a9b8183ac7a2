//! From raw records to measurements: base fields, relative times, names (RFC 8428 §4.1 to §4.6).
//! Which channel a measurement belongs to is none of this file's.

use model::senml::ABSOLUTE_SECONDS_MIN;
use model::time::Timestamp;

use super::record::{RawRecord, RecordError};
use super::{NAME_BYTES_MAX, RECORDS_MAX, SenmlError, UNIT_BYTES_MAX, VERSION_MAX};

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number, base value added. May be infinite or no number where CBOR said so.
    Number(f64),
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// Bytes; they stay in the payload.
    Data,
}

/// One resolved record.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Base name and name, joined.
    pub name: String,
    /// Where the record's own name begins in `name`.
    local: usize,
    /// Unit, the base unit where the record has none.
    pub unit: Option<String>,
    /// The value; absent where the record carries only a sum.
    pub value: Option<Value>,
    /// Integrated sum, base sum added.
    pub sum: Option<f64>,
    /// When, absolute. Saturates for numbers that no calendar knows.
    pub time: Timestamp,
    /// Whether the device said when, by a clock of its own; else the time counts from the arrival.
    pub dated: bool,
}

impl Measurement {
    /// A measurement of another format. Its own name is what follows the last of `separators`.
    #[must_use]
    pub fn foreign(name: String, separators: &[char], value: Value, time: Timestamp) -> Self {
        let local = name.rfind(separators).map_or(0, |place| place + 1);
        Self {
            name,
            local,
            unit: None,
            value: Some(value),
            sum: None,
            time,
            dated: true,
        }
    }

    /// The record's own name, without the base name.
    #[must_use]
    pub fn local_name(&self) -> &str {
        self.name.get(self.local..).unwrap_or_default()
    }
}

/// A pack, resolved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pack {
    /// The pack's number at its gateway, our extension `sq`.
    pub sequence: Option<u64>,
    /// Its records, in their order.
    pub measurements: Vec<Measurement>,
}

/// A resolved record as it is being read: what a [`Measurement`] is made of, still borrowed.
#[derive(Debug)]
pub(crate) struct Reading<'r> {
    /// The base name in force.
    pub(crate) base_name: &'r str,
    /// The record's own name.
    pub(crate) own_name: &'r str,
    /// Unit, the base unit where the record has none.
    pub(crate) unit: Option<&'r str>,
    /// The value, if there is one.
    pub(crate) value: Option<Value>,
    /// Integrated sum, base sum added.
    pub(crate) sum: Option<f64>,
    /// When, absolute.
    pub(crate) time: Timestamp,
    /// Whether the device said when.
    pub(crate) dated: bool,
}

/// Who is handed the records of a pack, one after the other.
pub(crate) trait Take {
    /// Takes the next one.
    fn take(&mut self, reading: Reading<'_>);
}

impl Take for Vec<Measurement> {
    fn take(&mut self, reading: Reading<'_>) {
        self.push(Measurement {
            name: [reading.base_name, reading.own_name].concat(),
            local: reading.base_name.len(),
            unit: reading.unit.map(str::to_owned),
            value: reading.value,
            sum: reading.sum,
            time: reading.time,
            dated: reading.dated,
        });
    }
}

/// Takes raw records in their order and remembers the base fields.
#[derive(Debug)]
pub(super) struct PackBuilder<T> {
    now: Timestamp,
    records: usize,
    base_name: String,
    base_time: f64,
    base_unit: Option<String>,
    base_value: Option<f64>,
    base_sum: Option<f64>,
    version: Option<u64>,
    sequence: Option<u64>,
    taker: T,
}

impl<T: Take> PackBuilder<T> {
    pub(super) const fn new(now: Timestamp, taker: T) -> Self {
        Self {
            now,
            records: 0,
            base_name: String::new(),
            base_time: 0.0,
            base_unit: None,
            base_value: None,
            base_sum: None,
            version: None,
            sequence: None,
            taker,
        }
    }

    /// The pack's number, and who took its records.
    pub(super) fn finish(self) -> (Option<u64>, T) {
        (self.sequence, self.taker)
    }

    /// Adds a record; one that only sets base fields gives no measurement.
    pub(super) fn push(&mut self, raw: &RawRecord<'_>) -> Result<(), SenmlError> {
        self.records += 1;
        if self.records > RECORDS_MAX {
            return Err(SenmlError::TooManyRecords);
        }
        if self.records == 1 {
            self.sequence = raw.sequence;
        }
        self.set_base(raw)?;
        let value = self.value(raw)?;
        let sum = match (raw.sum, self.base_sum) {
            (None, None) => None,
            (sum, base) => Some(sum.unwrap_or(0.0) + base.unwrap_or(0.0)),
        };
        // A base sum alone makes no measurement of a record that only sets base fields.
        if value.is_none() && (sum.is_none() || is_base_only(raw)) {
            return Ok(());
        }
        let own_name = raw.name.as_deref().unwrap_or_default();
        check_name(&self.base_name, own_name)?;
        let (time, dated) = self.time(raw.time)?;
        self.taker.take(Reading {
            base_name: &self.base_name,
            own_name,
            unit: raw.unit.as_deref().or(self.base_unit.as_deref()),
            value,
            sum,
            time,
            dated,
        });
        Ok(())
    }

    fn set_base(&mut self, raw: &RawRecord<'_>) -> Result<(), RecordError> {
        if let Some(version) = raw.base_version {
            if version > VERSION_MAX {
                return Err(RecordError::Version(version));
            }
            if self.version.is_some_and(|before| before != version) {
                return Err(RecordError::VersionChanges);
            }
            self.version = Some(version);
        }
        if let Some(name) = &raw.base_name {
            check_length(name, NAME_BYTES_MAX, RecordError::NameTooLong)?;
            self.base_name = name.clone().into_owned();
        }
        for unit in [&raw.base_unit, &raw.unit].into_iter().flatten() {
            check_length(unit, UNIT_BYTES_MAX, RecordError::UnitTooLong)?;
        }
        if let Some(unit) = &raw.base_unit {
            self.base_unit = Some(unit.clone().into_owned());
        }
        self.base_time = raw.base_time.unwrap_or(self.base_time);
        self.base_value = raw.base_value.or(self.base_value);
        self.base_sum = raw.base_sum.or(self.base_sum);
        Ok(())
    }

    fn value(&self, raw: &RawRecord<'_>) -> Result<Option<Value>, RecordError> {
        let others = [
            raw.string_value
                .as_deref()
                .map(|text| Value::Text(text.to_owned())),
            raw.boolean_value.map(Value::Boolean),
            raw.data_value.map(|()| Value::Data),
        ];
        let mut present = others.into_iter().flatten();
        let other = present.next();
        if present.next().is_some() || (other.is_some() && raw.value.is_some()) {
            return Err(RecordError::SeveralValues);
        }
        if other.is_some() {
            return Ok(other);
        }
        // A missing half of value and base value counts as zero, but not in a record that has
        // no field of its own (RFC 8428 §4.5.4).
        Ok(match (raw.value, self.base_value) {
            (Some(value), base) => Some(Value::Number(value + base.unwrap_or(0.0))),
            (None, Some(base)) if raw.sum.is_none() && !is_base_only(raw) => {
                Some(Value::Number(base))
            }
            _ => None,
        })
    }

    /// When, and whether that is by the device's own clock.
    fn time(&self, own: Option<f64>) -> Result<(Timestamp, bool), RecordError> {
        let seconds = self.base_time + own.unwrap_or(0.0);
        if !seconds.is_finite() {
            return Err(RecordError::Time);
        }
        let end = if seconds > 0.0 {
            Timestamp(i64::MAX)
        } else {
            Timestamp(i64::MIN)
        };
        let parsed = Timestamp::from_seconds_f64(seconds).unwrap_or(end);
        let relative = seconds < ABSOLUTE_SECONDS_MIN as f64;
        Ok(if relative {
            (Timestamp(self.now.0.saturating_add(parsed.0)), false)
        } else {
            (parsed, true)
        })
    }
}

/// Whether a record says nothing of its own, as the first one of RFC 8428's §5.1.3 example.
fn is_base_only(raw: &RawRecord<'_>) -> bool {
    raw.name.is_none()
        && raw.unit.is_none()
        && raw.time.is_none()
        && raw.sum.is_none()
        && raw.update_time.is_none()
}

fn check_length(text: &str, bytes_max: usize, error: RecordError) -> Result<(), RecordError> {
    if text.len() > bytes_max {
        Err(error)
    } else {
        Ok(())
    }
}

/// RFC 8428 §4.5.1: letters, digits, and `-`, `:`, `.`, `/`, `_`, the first one of the former two.
fn check_name(base: &str, own: &str) -> Result<(), RecordError> {
    check_length(own, NAME_BYTES_MAX - base.len(), RecordError::NameTooLong)?;
    let first = base.chars().chain(own.chars()).next();
    let first = first.ok_or(RecordError::NoName)?;
    if !first.is_ascii_alphanumeric() {
        return Err(RecordError::NameCharacter(first));
    }
    for part in [base, own] {
        // Byte by byte first: nearly every name is a good one.
        if !part.bytes().all(|byte| is_name_character(char::from(byte)))
            && let Some(bad) = part.chars().find(|c| !is_name_character(*c))
        {
            return Err(RecordError::NameCharacter(bad));
        }
    }
    Ok(())
}

const fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '/' | '_')
}
