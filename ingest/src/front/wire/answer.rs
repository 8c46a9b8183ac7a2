//! What we say, as version 5 says it.

use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v5;

use super::super::packet::{AckReason, ConnAck, ConnectRefusal, Goodbye, Outbound, Qos};
use super::publish;

/// A filter that is not granted is one that is not the gateway's own.
const fn granted_v5(granted: Option<Qos>) -> v5::SubscribeAckReason {
    match granted {
        Some(Qos::Zero) => v5::SubscribeAckReason::GrantedQos0,
        Some(_) => v5::SubscribeAckReason::GrantedQos1,
        None => v5::SubscribeAckReason::NotAuthorized,
    }
}

const fn existed_v5(existed: bool) -> v5::UnsubscribeAckReason {
    if existed {
        v5::UnsubscribeAckReason::Success
    } else {
        v5::UnsubscribeAckReason::NoSubscriptionExisted
    }
}

pub(super) fn to_v5(packet: Outbound) -> v5::Packet {
    use v5::Packet;
    let (properties, reason_string) = (Vec::new(), None);
    match packet {
        Outbound::ConnAck(answer) => Packet::ConnectAck(Box::new(connack_v5(answer))),
        Outbound::PubAck { packet_id, reason } => {
            let reason_code = ack_reason(reason);
            Packet::PublishAck(v5::PublishAck {
                packet_id,
                reason_code,
                properties,
                reason_string,
            })
        }
        Outbound::SubAck { packet_id, granted } => {
            let status = granted.into_iter().map(granted_v5).collect();
            Packet::SubscribeAck(v5::SubscribeAck {
                packet_id,
                properties,
                reason_string,
                status,
            })
        }
        Outbound::UnsubAck { packet_id, existed } => {
            let status = existed.into_iter().map(existed_v5).collect();
            let ack = v5::UnsubscribeAck {
                packet_id,
                properties,
                reason_string,
                status,
            };
            Packet::UnsubscribeAck(ack)
        }
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
        Outbound::Disconnect(reason) => Packet::Disconnect(v5::Disconnect::new(goodbye(reason))),
    }
}

fn connack_v5(answer: Result<ConnAck, ConnectRefusal>) -> v5::ConnectAck {
    use v5::ConnectAckReason as Code;
    let refused = |reason_code| v5::ConnectAck {
        reason_code,
        ..v5::ConnectAck::default()
    };
    match answer {
        Ok(welcome) => v5::ConnectAck {
            session_present: welcome.is_resumed,
            receive_max: welcome.receive_max,
            max_qos: QoS::AtLeastOnce,
            max_packet_size: Some(welcome.packet_bytes_max),
            wildcard_subscription_available: false,
            subscription_identifiers_available: false,
            shared_subscription_available: false,
            session_expiry_interval_secs: welcome.session_seconds,
            server_keepalive_sec: welcome.keep_alive_seconds,
            assigned_client_id: welcome.assigned_client_id.map(Into::into),
            ..v5::ConnectAck::default()
        },
        Err(ConnectRefusal::Credentials) => refused(Code::BadUserNameOrPassword),
        Err(ConnectRefusal::NotAuthorized) => refused(Code::NotAuthorized),
        Err(ConnectRefusal::OtherAuthentication) => refused(Code::BadAuthenticationMethod),
        Err(ConnectRefusal::ClientId) => refused(Code::ClientIdentifierNotValid),
        Err(ConnectRefusal::Unavailable) => refused(Code::ServerUnavailable),
        Err(ConnectRefusal::TooMany) => refused(Code::QuotaExceeded),
        Err(ConnectRefusal::PacketsTooSmall) => refused(Code::ImplementationSpecificError),
    }
}

const fn ack_reason(reason: AckReason) -> v5::PublishAckReason {
    match reason {
        AckReason::Success => v5::PublishAckReason::Success,
        AckReason::NotAuthorized => v5::PublishAckReason::NotAuthorized,
        AckReason::PayloadInvalid => v5::PublishAckReason::PayloadFormatInvalid,
    }
}

const fn goodbye(reason: Goodbye) -> v5::DisconnectReasonCode {
    use v5::DisconnectReasonCode as Code;
    match reason {
        Goodbye::Malformed => Code::MalformedPacket,
        Goodbye::Protocol => Code::ProtocolError,
        Goodbye::NotStored => Code::ServerBusy,
        Goodbye::Stopping => Code::ServerShuttingDown,
        Goodbye::KeepAlive => Code::KeepAliveTimeout,
        Goodbye::TakenOver => Code::SessionTakenOver,
        Goodbye::TooLarge => Code::PacketTooLarge,
        Goodbye::Qos => Code::QosNotSupported,
        Goodbye::TopicAlias => Code::TopicAliasInvalid,
    }
}
