//! The formats that devices send, in one place. [`Adapters::decode`] is the way in: topic, bytes
//! and arrival become a [`Message`], which is packs of readings, each with the device it is of, or
//! word of a device's presence; or a [`Refusal`] says why not. Which probe a device is, and which
//! channel a key is, is not known here: that is `resolve`'s.

pub mod chirpstack;
mod json;
pub mod modbus;
pub mod senml;
pub mod sparkplug;
pub mod tasmota;
pub mod thingsboard;

use bytes::Bytes;
use model::id::{GatewayId, ProbeName};
use model::scheme::{EXTERNAL_ID_BYTES_MAX, Scheme};
use model::time::Timestamp;
use model::topic::Topic;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::directory::chain;
use crate::reason::DeadReason;
use crate::stage::Origin;
use senml::{PACK_BYTES_MAX, Pack, SenmlError};
use sparkplug::session::Sessions;

/// Which format a topic stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Our own: a `SenML` pack of one probe.
    Senml {
        /// Whose gateway.
        gateway: GatewayId,
        /// Whose readings.
        probe: ProbeName,
    },
    /// Modbus RTU of one probe, by its register map.
    Modbus {
        /// Whose gateway.
        gateway: GatewayId,
        /// Whose registers.
        probe: ProbeName,
    },
    /// `ThingsBoard`'s MQTT API.
    ThingsBoard,
    /// `ChirpStack`'s events.
    ChirpStack,
    /// Tasmota's telemetry.
    Tasmota,
    /// Sparkplug B.
    Sparkplug,
}

impl Format {
    /// The format of what comes on a topic; `None` where nothing is expected on it.
    #[must_use]
    pub fn of(text: &str, topic: Option<&Topic>) -> Option<Self> {
        match topic {
            Some(Topic::Telemetry { gateway, probe }) => Some(Self::Senml {
                gateway: *gateway,
                probe: *probe,
            }),
            Some(Topic::Modbus { gateway, probe }) => Some(Self::Modbus {
                gateway: *gateway,
                probe: *probe,
            }),
            Some(_) => None,
            None => Self::of_another_make(text),
        }
    }

    fn of_another_make(text: &str) -> Option<Self> {
        let begins = |prefix| text.starts_with(prefix);
        if begins(thingsboard::DEVICE) || begins(thingsboard::GATEWAY) {
            Some(Self::ThingsBoard)
        } else if chirpstack::is_event(text) {
            Some(Self::ChirpStack)
        } else if begins(tasmota::PREFIX) {
            Some(Self::Tasmota)
        } else if begins(sparkplug::PREFIX) {
            Some(Self::Sparkplug)
        } else {
            None
        }
    }
}

/// What a pack of readings is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Device {
    /// A probe of ours, by the names in our own topic.
    Probe(GatewayId, ProbeName),
    /// Another make's device, by the name it has there.
    Alias(Scheme, String),
    /// A gateway that is a device itself: the probe of that alias, else its only probe.
    Gateway(Scheme, GatewayId),
}

/// Readings of one device.
#[derive(Debug, Clone, PartialEq)]
pub struct DevicePack {
    /// Whose.
    pub device: Device,
    /// What was measured.
    pub body: Body,
    /// What had to be left behind in decoding: why, and the key.
    pub refused: Vec<(DeadReason, String)>,
}

/// What a device measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// By names.
    Pack(Pack),
    /// By registers, whose meaning the probe's profile has.
    Registers(modbus::Answer),
}

impl DevicePack {
    /// A pack of which nothing was left behind.
    #[must_use]
    pub const fn new(device: Device, pack: Pack) -> Self {
        Self {
            device,
            body: Body::Pack(pack),
            refused: Vec::new(),
        }
    }
}

/// A device of another make says whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePresence {
    /// Whose way of naming.
    pub scheme: Scheme,
    /// Its name; devices named below it (`name/…`) go with it.
    pub external_id: String,
    /// Whether it is there.
    pub online: bool,
}

/// A message to its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Where the sender listens.
    pub topic: String,
    /// What it hears.
    pub payload: Bytes,
}

/// What a message says. One without packs and presence was understood and needs no keeping.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// The message's number at its gateway, our extension `sq`.
    pub sequence: Option<u64>,
    /// Readings, device by device.
    pub packs: Vec<DevicePack>,
    /// A device came or went.
    pub presence: Option<DevicePresence>,
    /// What the sender is to be told when this is committed, if the device is known.
    pub command: Option<Command>,
    /// The sender's own name of this message, where its readings bear the time of arrival: that of
    /// the first arrival holds, so that a resend is the same reading.
    pub once: Option<(Scheme, String)>,
}

impl Message {
    /// Moves what bears the time of arrival to another time.
    pub(crate) fn move_to(&mut self, time: Timestamp, arrived: Timestamp) {
        for pack in &mut self.packs {
            let Body::Pack(pack) = &mut pack.body else {
                continue;
            };
            let own = pack.measurements.iter_mut().filter(|m| m.time == arrived);
            own.for_each(|measurement| measurement.time = time);
        }
    }
}

/// Why bytes are none of their format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Refusal {
    /// The word for machines.
    pub reason: DeadReason,
    /// The reason for a person.
    pub detail: String,
}

impl Refusal {
    fn oversized(bytes: usize) -> Self {
        Self {
            reason: DeadReason::Oversized,
            detail: format!("{bytes} bytes; a pack may have {PACK_BYTES_MAX}"),
        }
    }
}

/// Every format, with what some of them have to remember.
#[derive(Debug, Default)]
pub struct Adapters {
    local_offset_seconds: i32,
    sparkplug: Sessions,
}

impl Adapters {
    /// Adapters for devices whose clocks show local time so far ahead of UTC.
    #[must_use]
    pub fn new(local_offset_seconds: i32) -> Self {
        Self {
            local_offset_seconds,
            sparkplug: Sessions::default(),
        }
    }

    /// Reads a message in its format.
    ///
    /// # Errors
    /// The bytes are none of that format.
    pub fn decode(&self, format: Format, origin: &Origin) -> Result<Message, Refusal> {
        let (topic, bytes, arrived) = (&origin.topic, &origin.payload, origin.arrived);
        if bytes.len() > PACK_BYTES_MAX {
            return Err(Refusal::oversized(bytes.len()));
        }
        match format {
            Format::Senml { gateway, probe } => {
                let pack = decode_senml(bytes, arrived)?;
                let sequence = pack.sequence;
                let pack = DevicePack::new(Device::Probe(gateway, probe), pack);
                Ok(Message {
                    sequence,
                    packs: vec![pack],
                    ..Message::default()
                })
            }
            Format::Modbus { gateway, probe } => {
                let pack = DevicePack {
                    device: Device::Probe(gateway, probe),
                    body: Body::Registers(modbus::decode(bytes)?),
                    refused: Vec::new(),
                };
                Ok(Message {
                    packs: vec![pack],
                    ..Message::default()
                })
            }
            Format::ThingsBoard => {
                let gateway = origin.voucher().and_then(|id| GatewayId::parse(id).ok());
                thingsboard::decode(topic, bytes, arrived, gateway)
            }
            Format::ChirpStack => chirpstack::decode(topic, bytes, arrived),
            Format::Tasmota => tasmota::decode(topic, bytes, arrived, self.local_offset_seconds),
            Format::Sparkplug => self.sparkplug.take(origin.voucher(), topic, bytes, arrived),
        }
    }
}

fn decode_senml(bytes: &[u8], arrived: Timestamp) -> Result<Pack, Refusal> {
    senml::decode(bytes, arrived).map_err(|error| match error {
        SenmlError::TooLarge { bytes } => Refusal::oversized(bytes),
        error => Refusal {
            reason: DeadReason::NotSenml,
            detail: chain(&error),
        },
    })
}

/// A device's name in its scheme, within the bounds of one that can be registered.
fn external_id(text: &str, reason: DeadReason) -> Result<String, Refusal> {
    let is_sound =
        (1..=EXTERNAL_ID_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    if is_sound {
        return Ok(text.to_owned());
    }
    let detail =
        format!("a device's name has 1 to {EXTERNAL_ID_BYTES_MAX} bytes and no control characters");
    Err(Refusal { reason, detail })
}

/// A time as most formats write it.
fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(timestamp)
}

/// To the microsecond, which is what is kept.
fn timestamp(time: OffsetDateTime) -> Timestamp {
    // The calendar of `time` ends at the year 9999, which fits.
    Timestamp(i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
