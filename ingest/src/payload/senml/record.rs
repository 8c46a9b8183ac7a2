//! One record as it stands in a pack, before base fields are added: which labels there are, and
//! the rules that hold for both forms. The forms themselves differ only in how a value is read,
//! which is [`Source`].

use std::borrow::Cow;

use model::senml::{key, label};

use super::{NAME_BYTES_MAX, UNIT_BYTES_MAX, VERSION_MAX};

/// Which rule of RFC 8428 a record breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A label that stands twice in one record.
    #[error("the label {0:?} stands twice")]
    Twice(&'static str),
    /// A label that ends in `_` must be understood, and is not (§4.4).
    #[error("the label {0:?} must be understood and is not")]
    MustUnderstand(String),
    /// A value of another type than its label's.
    #[error("{label:?} is not {expected}")]
    Type {
        /// The label.
        label: &'static str,
        /// What should stand there.
        expected: &'static str,
    },
    /// More than one of `v`, `vs`, `vb`, `vd`.
    #[error("a record has more than one value")]
    SeveralValues,
    /// Neither `bn` nor `n`.
    #[error("a record has no name")]
    NoName,
    /// A name longer than [`NAME_BYTES_MAX`].
    #[error("a name has more than {NAME_BYTES_MAX} bytes")]
    NameTooLong,
    /// A name with a character that §4.5.1 forbids.
    #[error("a name begins with or contains {0:?}, which SenML forbids")]
    NameCharacter(char),
    /// A unit longer than [`UNIT_BYTES_MAX`].
    #[error("a unit has more than {UNIT_BYTES_MAX} bytes")]
    UnitTooLong,
    /// A version above [`VERSION_MAX`].
    #[error("version {0} is newer than {VERSION_MAX}")]
    Version(u64),
    /// Two versions in one pack.
    #[error("the version changes within the pack")]
    VersionChanges,
    /// A time that is no finite number.
    #[error("a time is no finite number")]
    Time,
}

/// A label that we know, in the order of RFC 8428's table 1, and ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    BaseName,
    BaseTime,
    BaseUnit,
    BaseValue,
    BaseSum,
    BaseVersion,
    Name,
    Unit,
    Value,
    StringValue,
    BooleanValue,
    DataValue,
    Sum,
    Time,
    UpdateTime,
    Sequence,
}

impl Label {
    const TABLE: &'static [(Self, &'static str, Option<i8>)] = &[
        (Self::Name, label::NAME, Some(key::NAME)),
        (Self::Unit, label::UNIT, Some(key::UNIT)),
        (Self::Value, label::VALUE, Some(key::VALUE)),
        (Self::Time, label::TIME, Some(key::TIME)),
        (Self::BaseName, label::BASE_NAME, Some(key::BASE_NAME)),
        (Self::BaseTime, label::BASE_TIME, Some(key::BASE_TIME)),
        (Self::BaseUnit, label::BASE_UNIT, Some(key::BASE_UNIT)),
        (Self::BaseValue, label::BASE_VALUE, Some(key::BASE_VALUE)),
        (Self::BaseSum, label::BASE_SUM, Some(key::BASE_SUM)),
        (
            Self::BaseVersion,
            label::BASE_VERSION,
            Some(key::BASE_VERSION),
        ),
        (
            Self::StringValue,
            label::STRING_VALUE,
            Some(key::STRING_VALUE),
        ),
        (
            Self::BooleanValue,
            label::BOOLEAN_VALUE,
            Some(key::BOOLEAN_VALUE),
        ),
        (Self::DataValue, label::DATA_VALUE, Some(key::DATA_VALUE)),
        (Self::Sum, label::SUM, Some(key::SUM)),
        (Self::UpdateTime, label::UPDATE_TIME, Some(key::UPDATE_TIME)),
        (Self::Sequence, label::SEQUENCE, None),
    ];

    /// The label of a JSON name or a CBOR text key: `None` may be passed over, an error may not.
    pub(super) fn from_text(text: &str) -> Result<Option<Self>, RecordError> {
        match Self::TABLE.iter().find(|(_, name, _)| *name == text) {
            Some((label, ..)) => Ok(Some(*label)),
            None if text.ends_with('_') => Err(RecordError::MustUnderstand(
                text.chars().take(NAME_BYTES_MAX).collect(),
            )),
            None => Ok(None),
        }
    }

    /// The label of a CBOR integer key; unknown ones may be passed over.
    pub(super) fn from_key(wanted: i128) -> Option<Self> {
        Self::TABLE
            .iter()
            .find(|(_, _, key)| key.is_some_and(|key| i128::from(key) == wanted))
            .map(|(label, ..)| *label)
    }

    pub(super) fn text(self) -> &'static str {
        Self::TABLE
            .iter()
            .find(|(label, ..)| *label == self)
            .map_or("", |(_, text, _)| text)
    }
}

/// A record with the fields that stand in it.
#[derive(Debug, Default)]
pub(super) struct RawRecord<'a> {
    pub(super) base_name: Option<Cow<'a, str>>,
    pub(super) base_time: Option<f64>,
    pub(super) base_unit: Option<Cow<'a, str>>,
    pub(super) base_value: Option<f64>,
    pub(super) base_sum: Option<f64>,
    pub(super) base_version: Option<u64>,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) unit: Option<Cow<'a, str>>,
    pub(super) value: Option<f64>,
    pub(super) string_value: Option<Cow<'a, str>>,
    pub(super) boolean_value: Option<bool>,
    pub(super) data_value: Option<()>,
    pub(super) sum: Option<f64>,
    pub(super) time: Option<f64>,
    pub(super) update_time: Option<f64>,
    pub(super) sequence: Option<u64>,
}

/// Reads the value that follows a label, in one of the two forms.
pub(super) trait Source<'a> {
    /// The form's own error.
    type Error;
    /// A text.
    fn text(&mut self, label: Label) -> Result<Cow<'a, str>, Self::Error>;
    /// A number of any kind.
    fn number(&mut self, label: Label) -> Result<f64, Self::Error>;
    /// A whole number that is not negative.
    fn unsigned(&mut self, label: Label) -> Result<u64, Self::Error>;
    /// True or false.
    fn boolean(&mut self, label: Label) -> Result<bool, Self::Error>;
    /// Bytes; checked for their type only, since nothing here uses them.
    fn data(&mut self, label: Label) -> Result<(), Self::Error>;
    /// A broken rule as the form's own error.
    fn refuse(error: RecordError) -> Self::Error;
}

impl<'a> RawRecord<'a> {
    /// Reads the value of `label` into its field.
    pub(super) fn read<S: Source<'a>>(
        &mut self,
        label: Label,
        source: &mut S,
    ) -> Result<(), S::Error> {
        let fresh = match label {
            Label::BaseName => set(&mut self.base_name, source.text(label)?),
            Label::BaseTime => set(&mut self.base_time, source.number(label)?),
            Label::BaseUnit => set(&mut self.base_unit, source.text(label)?),
            Label::BaseValue => set(&mut self.base_value, source.number(label)?),
            Label::BaseSum => set(&mut self.base_sum, source.number(label)?),
            Label::BaseVersion => set(&mut self.base_version, source.unsigned(label)?),
            Label::Name => set(&mut self.name, source.text(label)?),
            Label::Unit => set(&mut self.unit, source.text(label)?),
            Label::Value => set(&mut self.value, source.number(label)?),
            Label::StringValue => set(&mut self.string_value, source.text(label)?),
            Label::BooleanValue => set(&mut self.boolean_value, source.boolean(label)?),
            Label::DataValue => set(&mut self.data_value, source.data(label)?),
            Label::Sum => set(&mut self.sum, source.number(label)?),
            Label::Time => set(&mut self.time, source.number(label)?),
            Label::UpdateTime => set(&mut self.update_time, source.number(label)?),
            Label::Sequence => set(&mut self.sequence, source.unsigned(label)?),
        };
        if fresh {
            Ok(())
        } else {
            Err(S::refuse(RecordError::Twice(label.text())))
        }
    }
}

/// Whether the field was empty before.
fn set<T>(field: &mut Option<T>, value: T) -> bool {
    field.replace(value).is_none()
}
