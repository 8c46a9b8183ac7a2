//! From an accepted socket to a gateway that signed in: one CONNECT within its time and size, then
//! a session. Nothing that a stranger sends is kept but the refusal's dead letter.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt as _;
use model::id::GatewayId;
use model::metric;
use model::topic::Topic;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_util::codec::{Encoder as _, FramedRead};

use super::hub::{Arrival, Membership};
use super::outbox::Room;
use super::packet::{ConnAck, Connect, ConnectRefusal, Inbound, Outbound, Version, Will};
use super::session::Session;
use super::wire::{CLIENT_PACKET_BYTES_MIN, Wire, WireError};
use super::{Accepted, Shared};
use crate::directory::SignIn;
use crate::payload::Format;
use crate::reason::DeadReason;
use crate::refusal::Refusal;

/// Longest client id taken; the standard promises 23.
const CLIENT_ID_BYTES_MAX: usize = 256;

/// A gateway that signed in.
pub(super) struct Guest {
    pub(super) gateway: GatewayId,
    pub(super) peer: IpAddr,
    pub(super) version: Version,
    pub(super) keep_alive_seconds: u16,
    pub(super) will: Option<Will>,
    pub(super) packet_bytes_max: Option<u32>,
    /// How long its session is kept after it has gone.
    pub(super) session: Duration,
    pub(super) membership: Membership,
}

/// Serves one connection from its first byte to its last.
pub(super) async fn serve(guest: Accepted, shared: Arc<Shared>) {
    let Accepted { stream, peer, tls } = guest;
    // A failure here only costs latency.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = tls else {
        let (reader, writer) = stream.into_split();
        return converse(reader, writer, peer.ip(), shared).await;
    };
    // Apart, so that connections without TLS do not carry the room for it.
    let with_tls = async move {
        let accepted = timeout(shared.limits.connect_timeout, acceptor.accept(stream));
        let why = match shared.cancel.run_until_cancelled(accepted).await {
            Some(Ok(Ok(stream))) => {
                let (reader, writer) = tokio::io::split(stream);
                return converse(reader, writer, peer.ip(), shared).await;
            }
            Some(Ok(Err(error))) => {
                tracing::debug!(%peer, %error, "no TLS");
                "tls"
            }
            Some(Err(_)) => "connect_timeout",
            None => "stopping",
        };
        metrics::counter!(metric::FRONT_CLOSED, "reason" => why).increment(1);
    };
    Box::pin(with_tls).await;
}

/// Speaks MQTT over any pair of byte streams.
pub(super) async fn converse<R, W>(reader: R, writer: W, peer: IpAddr, shared: Arc<Shared>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut reader = FramedRead::new(reader, Wire::new(shared.limits.connect_bytes));
    let admitted = timeout(
        shared.limits.connect_timeout,
        admit(&mut reader, peer, &shared),
    );
    let stopped = shared.cancel.run_until_cancelled(admitted).await;
    let why = match stopped {
        Some(Ok(Some((connect, Ok(guest))))) => {
            let welcome = welcome(&connect, &guest, &shared);
            reader.decoder_mut().allow(shared.limits.packet_bytes);
            let session = Session::new(reader, writer, guest, welcome, Arc::clone(&shared));
            return session.run().await;
        }
        Some(Ok(Some((connect, Err(refusal))))) => {
            refuse(writer, &connect, refusal, &shared).await;
            "refused"
        }
        Some(Ok(None)) => "no_connect",
        Some(Err(_)) => "connect_timeout",
        None => "stopping",
    };
    metrics::counter!(metric::FRONT_CLOSED, "reason" => why).increment(1);
}

type Admitted = (Box<Connect>, Result<Guest, ConnectRefusal>);

/// Reads the CONNECT and judges it; `None` where none came.
async fn admit<R: AsyncRead + Unpin>(
    reader: &mut FramedRead<R, Wire>,
    peer: IpAddr,
    shared: &Shared,
) -> Option<Admitted> {
    match reader.next().await? {
        Ok(Inbound::Connect(connect)) => {
            let judged = judge(&connect, peer, shared).await;
            Some((connect, judged))
        }
        Err(error @ WireError::TooLarge { .. }) => {
            note(shared, DeadReason::Oversized, peer, None, error.to_string());
            None
        }
        Ok(_) | Err(_) => None,
    }
}

async fn judge(connect: &Connect, peer: IpAddr, shared: &Shared) -> Result<Guest, ConnectRefusal> {
    if connect.wants_other_authentication {
        return Err(ConnectRefusal::OtherAuthentication);
    }
    if connect
        .packet_bytes_max
        .is_some_and(|bytes| bytes < CLIENT_PACKET_BYTES_MIN)
    {
        return Err(ConnectRefusal::PacketsTooSmall);
    }
    if connect.client_id.len() > CLIENT_ID_BYTES_MAX
        || (connect.client_id.is_empty() && !connect.clean)
    {
        return Err(ConnectRefusal::ClientId);
    }
    let gateway = sign_in(connect, peer, shared).await?;
    check_will(connect, gateway, peer, shared)?;
    let connections_max = shared.limits.connections_per_gateway;
    let now = shared.clock.now();
    let session = Duration::from_secs(u64::from(connect.session_seconds));
    let session = session.min(shared.limits.session_max);
    let arrival = Arrival {
        gateway,
        client_id: &connect.client_id,
        clean: connect.clean,
        keeps: !session.is_zero(),
        room: Room {
            receive_max: connect.receive_max,
            packet_bytes_max: connect.packet_bytes_max,
        },
        now,
    };
    let membership = shared.hub.join(&arrival, connections_max);
    let membership = membership.ok_or(ConnectRefusal::TooMany)?;
    let noted = shared
        .pipeline
        .directory()
        .set_presence(&gateway, true, now)
        .await;
    noted.map_err(|_| ConnectRefusal::Unavailable)?;
    Ok(Guest {
        gateway,
        peer,
        version: connect.version,
        keep_alive_seconds: connect.keep_alive_seconds,
        will: connect.will.clone(),
        packet_bytes_max: connect.packet_bytes_max,
        session,
        membership,
    })
}

async fn sign_in(
    connect: &Connect,
    peer: IpAddr,
    shared: &Shared,
) -> Result<GatewayId, ConnectRefusal> {
    let name = connect.username.as_deref();
    let refused = |reason, detail: &str| {
        note(shared, reason, peer, name, detail.to_owned());
        ConnectRefusal::Credentials
    };
    let gateway = GatewayId::parse(name.unwrap_or_default()).map_err(|error| {
        refused(
            DeadReason::UnknownGateway,
            &format!("the user name is no gateway id: {error}"),
        )
    })?;
    let key = connect.password.as_deref().unwrap_or_default();
    match shared.pipeline.directory().sign_in(&gateway, key).await {
        Ok(SignIn::Welcome) => Ok(gateway),
        Ok(SignIn::UnknownGateway) => Err(refused(
            DeadReason::UnknownGateway,
            "no such gateway is registered",
        )),
        Ok(SignIn::WrongKey) => Err(refused(DeadReason::WrongKey, "the key is another")),
        Ok(SignIn::Disabled) => Err(refused(
            DeadReason::DisabledGateway,
            "the gateway is switched off",
        )),
        Err(error) => {
            tracing::warn!(%error, %gateway, "nobody can sign in");
            Err(ConnectRefusal::Unavailable)
        }
    }
}

/// A last will is a publish in advance: below the gateway's own id, or of another make, where the
/// device's alias decides when it is due.
fn check_will(
    connect: &Connect,
    gateway: GatewayId,
    peer: IpAddr,
    shared: &Shared,
) -> Result<(), ConnectRefusal> {
    let Some(will) = &connect.will else {
        return Ok(());
    };
    match Topic::parse(&will.topic) {
        Ok(topic) if *topic.gateway() == gateway => Ok(()),
        Err(_) if Format::of(&will.topic, None).is_some() => Ok(()),
        _ => {
            let detail = "the last will is not below the gateway's own id".to_owned();
            shared.refusals.note(&Refusal {
                reason: DeadReason::ForeignTopic,
                peer,
                gateway: Some(gateway.as_str()),
                topic: &will.topic,
                detail,
            });
            Err(ConnectRefusal::NotAuthorized)
        }
    }
}

fn note(shared: &Shared, reason: DeadReason, peer: IpAddr, gateway: Option<&str>, detail: String) {
    shared.refusals.note(&Refusal {
        reason,
        peer,
        gateway,
        topic: "",
        detail,
    });
}

fn welcome(connect: &Connect, guest: &Guest, shared: &Shared) -> ConnAck {
    let silence = u16::try_from(shared.limits.silence.as_secs()).unwrap_or(u16::MAX);
    let too_long = connect.keep_alive_seconds == 0 || connect.keep_alive_seconds > silence;
    let session = guest.session.as_secs();
    ConnAck {
        receive_max: NonZeroU16::new(shared.limits.inflight).unwrap_or(NonZeroU16::MIN),
        packet_bytes_max: shared.limits.packet_bytes,
        keep_alive_seconds: too_long.then_some(silence),
        assigned_client_id: connect
            .client_id
            .is_empty()
            .then(|| guest.membership.client_id().to_owned()),
        is_resumed: guest.membership.is_resumed,
        session_seconds: (session < u64::from(connect.session_seconds)).then_some(session as u32),
    }
}

async fn refuse<W: AsyncWrite + Unpin>(
    mut writer: W,
    connect: &Connect,
    refusal: ConnectRefusal,
    shared: &Shared,
) {
    let mut bytes = BytesMut::new();
    let mut wire = Wire::of_version(connect.version, None);
    if wire
        .encode(Outbound::ConnAck(Err(refusal)), &mut bytes)
        .is_ok()
    {
        // Whether the refusal is heard makes no difference: the connection ends either way.
        let _ = timeout(shared.limits.write_timeout, writer.write_all(&bytes)).await;
        let _ = writer.shutdown().await;
    }
}
