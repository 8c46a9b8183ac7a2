//! MQTT packets without their version: what a device's client may say and what we answer, over
//! `rmqtt-codec`, which knows the bytes of 3.1.1 and 5. The rest of the front never sees a
//! version but to ask whether a refusal can carry a reason.

mod answer;

use std::io;
use std::num::NonZeroU16;

use bytes::{Bytes, BytesMut};
use rmqtt_codec::error::{DecodeError, EncodeError};
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::version::{ProtocolVersion, VersionCodec};
use rmqtt_codec::{MqttCodec, MqttPacket, v3, v5};
use tokio_util::codec::{Decoder, Encoder};

use answer::to_v5;

use super::packet::{
    Connect, ConnectRefusal, Inbound, Incoming, Outbound, Qos, Retained, Version, Will,
};

/// Least maximum packet size of a version 5 client that we serve: our longest answer to a packet
/// of a well-behaved client fits, and the codec's size arithmetic has room.
pub(super) const CLIENT_PACKET_BYTES_MIN: u32 = 256;
/// A packet of more bytes than this is announced before it is read; smaller ones are bounded by
/// the number of connections.
const LARGE_BYTES_MIN: usize = 16 * 1024;

/// Why bytes could not become a packet, or the other way round.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    /// The connection.
    #[error("the connection failed")]
    Io(#[from] io::Error),
    /// More bytes than allowed.
    #[error("a packet of {bytes} bytes; {bytes_max} are allowed")]
    TooLarge {
        /// How many there are.
        bytes: u32,
        /// How many may be.
        bytes_max: u32,
    },
    /// No packet, or none that may come.
    #[error("malformed: {0}")]
    Malformed(String),
    /// Our own packet could not be written.
    #[error("a packet of ours cannot be written: {0}")]
    Encode(String),
}

impl From<DecodeError> for WireError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::MaxSizeExceeded { size, max } => Self::TooLarge {
                bytes: size,
                bytes_max: max,
            },
            other => Self::Malformed(other.to_string()),
        }
    }
}

impl From<EncodeError> for WireError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error.to_string())
    }
}

/// Reads and writes packets; learns the version from the first one.
#[derive(Debug)]
pub(super) struct Wire {
    codec: MqttCodec,
    packet_bytes: u32,
    /// Length of the packet whose beginning has come; 0 between packets.
    expected: usize,
    /// Whether a large packet is announced: not before a client has signed in.
    announces: bool,
}

impl Wire {
    /// Length of the packet that is being read, as soon as its header is there; else 0.
    pub(super) const fn expected(&self) -> usize {
        self.expected
    }

    /// For a connection that has said nothing yet.
    pub(super) const fn new(packet_bytes: u32) -> Self {
        Self {
            codec: MqttCodec::Version(VersionCodec),
            packet_bytes,
            expected: 0,
            announces: false,
        }
    }

    /// For writing, where the version is known; `packet_bytes_max` is the client's.
    pub(super) fn of_version(version: Version, packet_bytes_max: Option<u32>) -> Self {
        let codec = match version {
            Version::V3 => MqttCodec::V3(v3::Codec::new(0)),
            Version::V5 => {
                let mut codec = v5::Codec::new(0, 0);
                codec.set_max_outbound_size(packet_bytes_max.unwrap_or(0));
                MqttCodec::V5(codec)
            }
        };
        Self {
            codec,
            packet_bytes: 0,
            expected: 0,
            announces: false,
        }
    }

    /// Allows larger packets, once a client has signed in.
    pub(super) fn allow(&mut self, packet_bytes: u32) {
        self.packet_bytes = packet_bytes;
        self.announces = true;
        match &mut self.codec {
            MqttCodec::V3(codec) => codec.set_max_size(packet_bytes),
            MqttCodec::V5(codec) => codec.set_max_inbound_size(packet_bytes),
            MqttCodec::Version(_) => {}
        }
    }
}

/// Bytes that the packet at the beginning of `source` says it has after its fixed header; 0 where
/// the header is not there yet.
fn announced(source: &[u8]) -> usize {
    let mut length = 0;
    for (place, byte) in source.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return length;
        }
    }
    0
}

impl Decoder for Wire {
    type Item = Inbound;
    type Error = WireError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Inbound>, WireError> {
        if self.expected == 0 {
            self.expected = announced(source);
            let is_allowed = self.expected <= self.packet_bytes as usize;
            if self.announces && is_allowed && self.expected > LARGE_BYTES_MIN {
                return Ok(Some(Inbound::Large(self.expected)));
            }
        }
        loop {
            match self.codec.decode(source)? {
                None => return Ok(None),
                Some((MqttPacket::Version(version), _)) => {
                    self.codec = match version {
                        ProtocolVersion::MQTT3 => MqttCodec::V3(v3::Codec::new(self.packet_bytes)),
                        ProtocolVersion::MQTT5 => {
                            MqttCodec::V5(v5::Codec::new(self.packet_bytes, 0))
                        }
                    };
                }
                Some((MqttPacket::V3(packet), _)) => {
                    self.expected = 0;
                    return from_v3(packet).map(Some);
                }
                Some((MqttPacket::V5(packet), _)) => {
                    self.expected = 0;
                    return from_v5(packet).map(Some);
                }
            }
        }
    }
}

impl Encoder<Outbound> for Wire {
    type Error = WireError;

    fn encode(&mut self, packet: Outbound, target: &mut BytesMut) -> Result<(), WireError> {
        let packet = match self.codec {
            MqttCodec::V3(_) => to_v3(packet).map(MqttPacket::V3),
            MqttCodec::V5(_) => Some(MqttPacket::V5(to_v5(packet))),
            MqttCodec::Version(_) => None,
        };
        match packet {
            Some(packet) => Ok(self.codec.encode(packet, target)?),
            None => Ok(()),
        }
    }
}

fn from_v3(packet: v3::Packet) -> Result<Inbound, WireError> {
    use v3::Packet;
    Ok(match packet {
        Packet::Connect(connect) => Inbound::Connect(Box::new(connect_v3(*connect))),
        Packet::Publish(publish) => Inbound::Publish(incoming(*publish)),
        Packet::PublishAck { packet_id } => Inbound::PubAck(packet_id),
        Packet::Subscribe {
            packet_id,
            topic_filters,
        } => Inbound::Subscribe {
            packet_id,
            filters: topic_filters
                .into_iter()
                .map(|(filter, qos)| (filter.to_string(), qos_of(qos), Retained::Always))
                .collect(),
        },
        Packet::Unsubscribe {
            packet_id,
            topic_filters,
        } => Inbound::Unsubscribe {
            packet_id,
            filters: topic_filters.iter().map(ToString::to_string).collect(),
        },
        Packet::PingRequest => Inbound::Ping,
        Packet::Disconnect => Inbound::Disconnect {
            with_will: false,
            session_seconds: None,
        },
        other => return Err(unexpected(other.packet_type())),
    })
}

fn from_v5(packet: v5::Packet) -> Result<Inbound, WireError> {
    use v5::Packet;
    Ok(match packet {
        Packet::Connect(connect) => Inbound::Connect(Box::new(connect_v5(*connect))),
        Packet::Publish(publish) => Inbound::Publish(incoming(*publish)),
        Packet::PublishAck(ack) => Inbound::PubAck(ack.packet_id),
        Packet::Subscribe(subscribe) => Inbound::Subscribe {
            packet_id: subscribe.packet_id,
            filters: subscribe
                .topic_filters
                .into_iter()
                .map(|(filter, options)| {
                    let wants = wants_retained(options.retain_handling);
                    (filter.to_string(), qos_of(options.qos), wants)
                })
                .collect(),
        },
        Packet::Unsubscribe(unsubscribe) => Inbound::Unsubscribe {
            packet_id: unsubscribe.packet_id,
            filters: unsubscribe
                .topic_filters
                .iter()
                .map(ToString::to_string)
                .collect(),
        },
        Packet::PingRequest => Inbound::Ping,
        Packet::Disconnect(disconnect) => Inbound::Disconnect {
            with_will: disconnect.reason_code != v5::DisconnectReasonCode::NormalDisconnection,
            session_seconds: disconnect.session_expiry_interval_secs,
        },
        other => return Err(unexpected(other.packet_type())),
    })
}

fn unexpected(packet_type: u8) -> WireError {
    WireError::Malformed(format!(
        "a client may not send packet type {}",
        packet_type >> 4
    ))
}

const fn qos_of(qos: QoS) -> Qos {
    match qos {
        QoS::AtMostOnce => Qos::Zero,
        QoS::AtLeastOnce => Qos::One,
        QoS::ExactlyOnce => Qos::Two,
    }
}

const fn wants_retained(handling: v5::RetainHandling) -> Retained {
    match handling {
        v5::RetainHandling::AtSubscribe => Retained::Always,
        v5::RetainHandling::AtSubscribeNew => Retained::WhenNew,
        v5::RetainHandling::NoAtSubscribe => Retained::Never,
    }
}

fn incoming(publish: Publish) -> Incoming {
    let properties = publish.properties.unwrap_or_default();
    let time = properties.user_properties.iter().find(|(k, _)| k == "time");
    Incoming {
        packet_id: publish.packet_id,
        qos: qos_of(publish.qos),
        topic: publish.topic.to_string(),
        has_alias: properties.topic_alias.is_some(),
        time: time.map(|(_, value)| value.to_string()),
        retain: publish.retain,
        payload: publish.payload,
    }
}

fn connect_v3(connect: v3::Connect) -> Connect {
    Connect {
        version: Version::V3,
        client_id: connect.client_id.to_string(),
        clean: connect.clean_session,
        keep_alive_seconds: connect.keep_alive,
        username: connect.username.map(|name| name.to_string()),
        password: connect.password,
        will: connect.last_will.map(|will| Will {
            topic: will.topic.to_string(),
            payload: will.message,
            retain: will.retain,
        }),
        receive_max: None,
        packet_bytes_max: None,
        wants_other_authentication: false,
        session_seconds: if connect.clean_session { 0 } else { u32::MAX },
    }
}

fn connect_v5(connect: v5::Connect) -> Connect {
    Connect {
        version: Version::V5,
        client_id: connect.client_id.to_string(),
        clean: connect.clean_start,
        keep_alive_seconds: connect.keep_alive,
        username: connect.username.map(|name| name.to_string()),
        password: connect.password,
        will: connect.last_will.map(|will| Will {
            topic: will.topic.to_string(),
            payload: will.message,
            retain: will.retain,
        }),
        receive_max: connect.receive_max,
        packet_bytes_max: connect.max_packet_size.map(Into::into),
        wants_other_authentication: connect.auth_method.is_some(),
        session_seconds: connect.session_expiry_interval_secs,
    }
}

/// `None` where 3.1.1 has no such packet.
fn to_v3(packet: Outbound) -> Option<v3::Packet> {
    use v3::{ConnectAckReason as Code, Packet, SubscribeReturnCode};
    Some(match packet {
        Outbound::ConnAck(answer) => Packet::ConnectAck(v3::ConnectAck {
            session_present: answer.as_ref().is_ok_and(|welcome| welcome.is_resumed),
            return_code: match answer {
                Ok(_) => Code::ConnectionAccepted,
                Err(ConnectRefusal::Credentials) => Code::BadUserNameOrPassword,
                Err(ConnectRefusal::NotAuthorized | ConnectRefusal::OtherAuthentication) => {
                    Code::NotAuthorized
                }
                Err(ConnectRefusal::ClientId) => Code::IdentifierRejected,
                Err(_) => Code::ServiceUnavailable,
            },
        }),
        Outbound::PubAck { packet_id, .. } => Packet::PublishAck { packet_id },
        Outbound::SubAck { packet_id, granted } => Packet::SubscribeAck {
            packet_id,
            status: granted
                .into_iter()
                .map(|qos| match qos {
                    Some(qos) => SubscribeReturnCode::Success(qos_to(qos)),
                    None => SubscribeReturnCode::Failure,
                })
                .collect(),
        },
        Outbound::UnsubAck { packet_id, .. } => Packet::UnsubscribeAck { packet_id },
        Outbound::Publish {
            packet_id,
            topic,
            payload,
            retain,
            dup,
        } => Packet::Publish(Box::new(Publish {
            retain,
            dup,
            ..publish(packet_id, topic, payload)
        })),
        Outbound::Pong => Packet::PingResponse,
        Outbound::Disconnect(_) => return None,
    })
}

fn publish(packet_id: Option<NonZeroU16>, topic: String, payload: Bytes) -> Publish {
    let qos = if packet_id.is_some() {
        QoS::AtLeastOnce
    } else {
        QoS::AtMostOnce
    };
    Publish {
        dup: false,
        retain: false,
        qos,
        topic: topic.into(),
        packet_id,
        payload,
        properties: None,
    }
}

const fn qos_to(qos: Qos) -> QoS {
    match qos {
        Qos::Zero => QoS::AtMostOnce,
        Qos::One => QoS::AtLeastOnce,
        Qos::Two => QoS::ExactlyOnce,
    }
}
