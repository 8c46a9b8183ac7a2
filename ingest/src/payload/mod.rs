//! The formats that devices send, in one place. [`Adapters::decode`] is the way in: topic, bytes
//! and arrival become a [`Message`], which is packs of readings, each with the device it is of, or
//! word of a device's presence; or a [`Refusal`] says why not. Which probe a device is, and which
//! channel a key is, is not known here: that is `resolve`'s.

pub mod senml;

use bytes::Bytes;
use model::id::{GatewayId, ProbeName};
use model::scheme::Scheme;
use model::topic::Topic;

use crate::directory::chain;
use crate::reason::DeadReason;
use crate::stage::Origin;
use senml::{PACK_BYTES_MAX, Pack, SenmlError};

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
}

impl Format {
    /// The format of what comes on a topic; `None` where nothing is expected on it.
    #[must_use]
    pub const fn of(_text: &str, topic: Option<&Topic>) -> Option<Self> {
        match topic {
            Some(Topic::Telemetry { gateway, probe }) => Some(Self::Senml {
                gateway: *gateway,
                probe: *probe,
            }),
            _ => None,
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
    pub pack: Pack,
    /// What had to be left behind in decoding: why, and the key.
    pub refused: Vec<(DeadReason, String)>,
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

/// Every format, with what some of them have to remember.
#[derive(Debug, Default)]
pub struct Adapters;

impl Adapters {
    /// Reads a message in its format.
    ///
    /// # Errors
    /// The bytes are none of that format.
    pub fn decode(&self, format: Format, origin: &Origin) -> Result<Message, Refusal> {
        match format {
            Format::Senml { gateway, probe } => senml_message(origin, gateway, probe),
        }
    }
}

fn senml_message(
    origin: &Origin,
    gateway: GatewayId,
    probe: ProbeName,
) -> Result<Message, Refusal> {
    let refuse = |error| match error {
        SenmlError::TooLarge { bytes } => Refusal {
            reason: DeadReason::Oversized,
            detail: format!("{bytes} bytes; a pack may have {PACK_BYTES_MAX}"),
        },
        error => Refusal {
            reason: DeadReason::NotSenml,
            detail: chain(&error),
        },
    };
    let pack = senml::decode(&origin.payload, origin.arrived).map_err(refuse)?;
    Ok(Message {
        sequence: pack.sequence,
        packs: vec![DevicePack {
            device: Device::Probe(gateway, probe),
            pack,
            refused: Vec::new(),
        }],
        ..Message::default()
    })
}
