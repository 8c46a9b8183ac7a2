//! From raw records to measurements: base fields, relative times, names (RFC 8428 §4.1 to §4.6).
//! Which channel a measurement belongs to is none of this file's.

use std::borrow::Cow;

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

/// Takes raw records in their order and remembers the base fields.
#[derive(Debug)]
pub(super) struct PackBuilder {
    now: Timestamp,
    records: usize,
    base_name: String,
    base_time: f64,
    base_unit: Option<String>,
    base_value: Option<f64>,
    base_sum: Option<f64>,
    version: Option<u64>,
    pack: Pack,
}

impl PackBuilder {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            now,
            records: 0,
            base_name: String::new(),
            base_time: 0.0,
            base_unit: None,
            base_value: None,
            base_sum: None,
            version: None,
            pack: Pack::default(),
        }
    }

    pub(super) fn finish(self) -> Pack {
        self.pack
    }

    /// Adds a record; one that only sets base fields gives no measurement.
    pub(super) fn push(&mut self, raw: RawRecord<'_>) -> Result<(), SenmlError> {
        self.records += 1;
        if self.records > RECORDS_MAX {
            return Err(SenmlError::TooManyRecords);
        }
        if self.records == 1 {
            self.pack.sequence = raw.sequence;
        }
        self.set_base(&raw)?;
        let value = self.value(&raw)?;
        let sum = match (raw.sum, self.base_sum) {
            (None, None) => None,
            (sum, base) => Some(sum.unwrap_or(0.0) + base.unwrap_or(0.0)),
        };
        // A base sum alone makes no measurement of a record that only sets base fields.
        if value.is_none() && (sum.is_none() || is_base_only(&raw)) {
            return Ok(());
        }
        let local = self.base_name.len();
        let name = self.name(raw.name.as_deref().unwrap_or_default())?;
        let (time, dated) = self.time(raw.time)?;
        let unit = raw
            .unit
            .map(Cow::into_owned)
            .or_else(|| self.base_unit.clone());
        self.pack.measurements.push(Measurement {
            name,
            local,
            unit,
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

    fn name(&self, own: &str) -> Result<String, RecordError> {
        check_length(
            own,
            NAME_BYTES_MAX - self.base_name.len(),
            RecordError::NameTooLong,
        )?;
        let mut name = String::with_capacity(self.base_name.len() + own.len());
        name.push_str(&self.base_name);
        name.push_str(own);
        let first = name.chars().next().ok_or(RecordError::NoName)?;
        if !first.is_ascii_alphanumeric() {
            return Err(RecordError::NameCharacter(first));
        }
        match name.chars().find(|c| !is_name_character(*c)) {
            Some(bad) => Err(RecordError::NameCharacter(bad)),
            None => Ok(name),
        }
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

/// RFC 8428 §4.5.1: letters, digits, and `-`, `:`, `.`, `/`, `_`.
const fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '/' | '_')
}
