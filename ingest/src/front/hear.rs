//! The front's ears alone: what a client says, packet by packet, without a socket, a database or a
//! session. It is there for fuzzing and for replaying what fuzzing found.

use bytes::BytesMut;
use model::topic::Topic;
use tokio_util::codec::{Decoder as _, Encoder as _};

use super::packet::{AckReason, ConnectRefusal, Goodbye, Inbound, Outbound};
use super::wire::{CLIENT_PACKET_BYTES_MIN, Wire};
use crate::config::FrontLimits;
use crate::stage::Kind;

/// Hears a client out and writes what it would be answered, until it says something malformed.
pub fn hear(bytes: &[u8]) {
    let limits = FrontLimits::default();
    let mut source = BytesMut::from(bytes);
    let mut ears = Wire::new(limits.connect_bytes);
    let Ok(Some(Inbound::Connect(connect))) = ears.decode(&mut source) else {
        return;
    };
    let mut target = BytesMut::new();
    let too_small = |bytes| bytes < CLIENT_PACKET_BYTES_MIN;
    if connect.packet_bytes_max.is_some_and(too_small) {
        let refused = Outbound::ConnAck(Err(ConnectRefusal::PacketsTooSmall));
        let _ = Wire::of_version(connect.version, None).encode(refused, &mut target);
        return;
    }
    let mut mouth = Wire::of_version(connect.version, connect.packet_bytes_max);
    ears.allow(limits.packet_bytes);
    while let Ok(Some(packet)) = ears.decode(&mut source) {
        if let Some(answer) = answer(packet) {
            // A client's limit may be too small for an answer: that ends a connection too.
            if mouth.encode(answer, &mut target).is_err() {
                return;
            }
        }
        target.clear();
    }
}

fn answer(packet: Inbound) -> Option<Outbound> {
    match packet {
        Inbound::Publish(publish) => {
            let topic = Topic::parse(&publish.topic).ok();
            let _ = Kind::of(&publish.topic, topic.as_ref(), &publish.payload);
            publish.packet_id.map(|packet_id| Outbound::PubAck {
                packet_id,
                reason: AckReason::Success,
            })
        }
        Inbound::Subscribe { packet_id, filters } => Some(Outbound::SubAck {
            packet_id,
            granted: filters.into_iter().map(|(_, qos, _)| Some(qos)).collect(),
        }),
        Inbound::Unsubscribe { packet_id, filters } => Some(Outbound::UnsubAck {
            packet_id,
            existed: filters.iter().map(|_| true).collect(),
        }),
        Inbound::Ping => Some(Outbound::Pong),
        Inbound::Connect(_) => Some(Outbound::Disconnect(Goodbye::Protocol)),
        Inbound::Large(_) | Inbound::PubAck(_) | Inbound::Disconnect { .. } => None,
    }
}
