//! The part of Sparkplug B's protobuf that is read here, as `prost` derives it: the field numbers
//! are the specification's (§6.4, `sparkplug_b.proto`). Fields that are left out are passed over.

use prost::{DecodeError, Message as _, Oneof};

/// A message.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Payload {
    /// Milliseconds since the epoch, when it was sent.
    #[prost(uint64, optional, tag = "1")]
    pub timestamp: Option<u64>,
    /// What it says.
    #[prost(message, repeated, tag = "2")]
    pub metrics: Vec<Metric>,
    /// 0 to 255, one more with each message of an edge node.
    #[prost(uint64, optional, tag = "3")]
    pub seq: Option<u64>,
}

impl Payload {
    /// Reads a message.
    ///
    /// # Errors
    /// The bytes are no such message.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(bytes)
    }

    /// The message as it travels.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

/// One value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metric {
    /// Always in a birth; later either this or the alias.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// A number that the birth gave the name.
    #[prost(uint64, optional, tag = "2")]
    pub alias: Option<u64>,
    /// Milliseconds since the epoch, when it was measured.
    #[prost(uint64, optional, tag = "3")]
    pub timestamp: Option<u64>,
    /// Always in a birth.
    #[prost(uint32, optional, tag = "4")]
    pub datatype: Option<u32>,
    /// Stored and sent later.
    #[prost(bool, optional, tag = "5")]
    pub is_historical: Option<bool>,
    /// There is no value.
    #[prost(bool, optional, tag = "7")]
    pub is_null: Option<bool>,
    /// The value.
    #[prost(oneof = "MetricValue", tags = "10, 11, 12, 13, 14, 15")]
    pub value: Option<MetricValue>,
}

/// A value as it travels; the datatype says what an integer means.
#[derive(Clone, PartialEq, Oneof)]
pub enum MetricValue {
    /// Integers of up to 32 bits, two's complement.
    #[prost(uint32, tag = "10")]
    Int(u32),
    /// Integers of 64 bits, two's complement, and times.
    #[prost(uint64, tag = "11")]
    Long(u64),
    /// Single precision.
    #[prost(float, tag = "12")]
    Float(f32),
    /// Double precision.
    #[prost(double, tag = "13")]
    Double(f64),
    /// True or false.
    #[prost(bool, tag = "14")]
    Boolean(bool),
    /// Text.
    #[prost(string, tag = "15")]
    Text(String),
}

/// Codes of the datatypes that numbers have (§6.4.16).
pub mod datatype {
    /// 8 bits, signed.
    pub const INT8: u32 = 1;
    /// 16 bits, signed.
    pub const INT16: u32 = 2;
    /// 32 bits, signed.
    pub const INT32: u32 = 3;
    /// 64 bits, signed.
    pub const INT64: u32 = 4;
    /// True or false.
    pub const BOOLEAN: u32 = 11;
}

impl MetricValue {
    /// The value as a number, by its datatype; `None` for a text.
    #[must_use]
    pub fn number(&self, code: Option<u32>) -> Option<f64> {
        Some(match (self, code) {
            // Some senders extend the sign to 32 bits and some do not.
            (Self::Int(bits), Some(datatype::INT8)) => f64::from(*bits as u8 as i8),
            (Self::Int(bits), Some(datatype::INT16)) => f64::from(*bits as u16 as i16),
            (Self::Int(bits), Some(datatype::INT32)) => f64::from(*bits as i32),
            (Self::Int(bits), _) => f64::from(*bits),
            (Self::Long(bits), Some(datatype::INT64)) => *bits as i64 as f64,
            (Self::Long(bits), _) => *bits as f64,
            (Self::Float(value), _) => f64::from(*value),
            (Self::Double(value), _) => *value,
            (Self::Boolean(flag), _) => f64::from(u8::from(*flag)),
            (Self::Text(_), _) => return None,
        })
    }
}
