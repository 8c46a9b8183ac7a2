//! The packets of [`wire`](super::wire) as plain values: only what a device needs, no version.

use std::num::NonZeroU16;

use bytes::Bytes;

/// Which MQTT a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// 3.1.1, and 3.1, which differs in nothing that matters here.
    V3,
    /// 5.
    V5,
}

/// How surely a message is to be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Qos {
    /// 0: may be lost.
    Zero,
    /// 1: acknowledged, may come twice.
    One,
    /// 2: not served, because what is resent is stored once anyway.
    Two,
}

/// What a client says.
#[derive(Debug)]
pub(super) enum Inbound {
    /// A packet of so many bytes has begun: to be read on when there is room for it.
    Large(usize),
    Connect(Box<Connect>),
    Publish(Incoming),
    PubAck(NonZeroU16),
    Subscribe {
        packet_id: NonZeroU16,
        filters: Vec<(String, Qos, Retained)>,
    },
    Unsubscribe {
        packet_id: NonZeroU16,
        filters: Vec<String>,
    },
    Ping,
    Disconnect {
        with_will: bool,
        /// How long its session is to be kept, where it changes its mind.
        session_seconds: Option<u32>,
    },
}

/// Whether a subscriber wants what was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retained {
    /// With each subscription.
    Always,
    /// With one that is new.
    WhenNew,
    /// Not at all.
    Never,
}

/// A CONNECT.
#[derive(Debug)]
pub(super) struct Connect {
    pub(super) version: Version,
    pub(super) client_id: String,
    pub(super) clean: bool,
    pub(super) keep_alive_seconds: u16,
    pub(super) username: Option<String>,
    pub(super) password: Option<Bytes>,
    pub(super) will: Option<Will>,
    /// Publishes that the client takes before it acknowledges one.
    pub(super) receive_max: Option<NonZeroU16>,
    /// Largest packet that the client takes.
    pub(super) packet_bytes_max: Option<u32>,
    pub(super) wants_other_authentication: bool,
    /// How long its session is to be kept after it has gone.
    pub(super) session_seconds: u32,
}

/// What is to be published when a client is lost.
#[derive(Debug, Clone)]
pub(super) struct Will {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) retain: bool,
}

/// A PUBLISH.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) packet_id: Option<NonZeroU16>,
    pub(super) qos: Qos,
    pub(super) topic: String,
    pub(super) has_alias: bool,
    /// The user property `time`: when a picture was taken.
    pub(super) time: Option<String>,
    pub(super) retain: bool,
    pub(super) payload: Bytes,
}

/// What we say.
#[derive(Debug)]
pub(super) enum Outbound {
    ConnAck(Result<ConnAck, ConnectRefusal>),
    PubAck {
        packet_id: NonZeroU16,
        reason: AckReason,
    },
    SubAck {
        packet_id: NonZeroU16,
        granted: Vec<Option<Qos>>,
    },
    UnsubAck {
        packet_id: NonZeroU16,
        existed: Vec<bool>,
    },
    Publish {
        packet_id: Option<NonZeroU16>,
        topic: String,
        payload: Bytes,
        retain: bool,
        /// Sent before, on a connection that was lost.
        dup: bool,
    },
    Pong,
    /// Version 5 only; a 3.1.1 client is told nothing.
    Disconnect(Goodbye),
}

/// What a client is told when it may come in; 3.1.1 has no place for any of it.
#[derive(Debug)]
pub(super) struct ConnAck {
    pub(super) receive_max: NonZeroU16,
    pub(super) packet_bytes_max: u32,
    /// Overrides the client's keep-alive.
    pub(super) keep_alive_seconds: Option<u16>,
    pub(super) assigned_client_id: Option<String>,
    /// A session that was kept goes on.
    pub(super) is_resumed: bool,
    /// How long the session will be kept, where that is not what the client asked for.
    pub(super) session_seconds: Option<u32>,
}

/// Why a client may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectRefusal {
    Credentials,
    NotAuthorized,
    OtherAuthentication,
    ClientId,
    Unavailable,
    TooMany,
    PacketsTooSmall,
}

/// What a version 5 client hears about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AckReason {
    /// Stored.
    Success,
    /// 0x87: not its topic; not kept.
    NotAuthorized,
    /// 0x99: kept as a dead letter, no reading in it.
    PayloadInvalid,
}

/// Why we hang up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    Malformed,
    Protocol,
    NotStored,
    Stopping,
    KeepAlive,
    TakenOver,
    TooLarge,
    Qos,
    TopicAlias,
}
