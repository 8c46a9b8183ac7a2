//! The front over loopback TCP: raw packets of both versions, a client that others wrote, and
//! bytes that are no packets.

mod commit;
mod foreign;
mod keep;
mod limits;
mod refused;
mod session;
mod snapshot;
mod tls;

use std::net::SocketAddr;
use std::num::NonZeroU16;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::{MqttCodec, MqttPacket, v3, v5};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::codec::Framed;

use super::packet::Version;
use super::*;
use crate::testing::{
    FakeDatabase, FakeDirectory, FakeShelf, KEY, Mode, PATIENCE, TestClock, limits,
};

pub(super) const TELEMETRY: &str = "suyuan/v1/demo-gw/demo-probe/telemetry";
pub(super) const COMMITTED: &str = "suyuan/v1/demo-gw/committed";
pub(super) const STATUS: &str = "suyuan/v1/demo-gw/status";
const BOTH: [Version; 2] = [Version::V3, Version::V5];

/// A front with a database that obeys the test.
struct Bench {
    address: SocketAddr,
    database: FakeDatabase,
    directory: Arc<FakeDirectory>,
    shelf: Arc<FakeShelf>,
    health: Arc<Health>,
    uploads: Arc<Semaphore>,
    cancel: CancellationToken,
    running: JoinHandle<Result<(), JoinError>>,
}

async fn bench() -> Bench {
    bench_with(FrontLimits::default()).await
}

async fn bench_with(front_limits: FrontLimits) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let sockets = Sockets {
        plain: Some(listener),
        tls: None,
    };
    bench_on(sockets, address, front_limits)
}

fn bench_on(sockets: Sockets, address: SocketAddr, front_limits: FrontLimits) -> Bench {
    let database = FakeDatabase::new(Mode::Commit);
    let directory = FakeDirectory::demo();
    let (health, clock) = (Arc::new(Health::default()), TestClock::new());
    let (pipeline, writing) = Pipeline::new(
        database.clone(),
        Arc::clone(&directory) as _,
        &limits(),
        Arc::clone(&health),
        Arc::clone(&clock) as _,
    );
    tokio::spawn(writing);
    let shelf = FakeShelf::new();
    let pipeline = pipeline.with_shelf(Some(Arc::clone(&shelf) as _));
    let cancel = CancellationToken::new();
    let front = Front::new(
        sockets,
        front_limits,
        pipeline,
        Arc::clone(&health),
        clock,
        cancel.clone(),
    );
    let uploads = Arc::clone(&front.shared.uploads);
    let running = tokio::spawn(front.run());
    Bench {
        address,
        database,
        directory,
        shelf,
        health,
        uploads,
        cancel,
        running,
    }
}

impl Bench {
    /// Signs `demo-gw` in.
    async fn client(&self, version: Version, client_id: &str) -> Client {
        let mut client = Client::connect(self.address, version).await;
        client
            .sign_in(&Login {
                client_id,
                ..Login::default()
            })
            .await;
        client
    }

    async fn stop(self) {
        self.cancel.cancel();
        let ended = timeout(PATIENCE, self.running).await.expect("in time");
        ended.expect("no panic").expect("no connection panicked");
    }
}

/// What a CONNECT says.
#[derive(Clone)]
struct Login<'a> {
    client_id: &'a str,
    user: &'a str,
    key: &'a str,
    keep_alive: u16,
    will: Option<(&'a str, &'a str)>,
    /// Seconds that the session is to be kept; 0 starts clean and keeps nothing.
    session: u32,
}

impl Default for Login<'_> {
    fn default() -> Self {
        Self {
            client_id: "c",
            user: "demo-gw",
            key: KEY,
            keep_alive: 60,
            will: None,
            session: 0,
        }
    }
}

/// What came back, without its version.
#[derive(Debug, PartialEq)]
enum Answer {
    ConnAck(u8),
    PubAck(u16, u8),
    SubAck(Vec<u8>),
    UnsubAck,
    Publish(String, String, Option<u16>),
    Pong,
    Disconnect(u8),
    Closed,
}

/// A client that sends exactly what it is told.
struct Client {
    framed: Framed<TcpStream, MqttCodec>,
    version: Version,
}

impl Client {
    async fn connect(address: SocketAddr, version: Version) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the front listens");
        stream.set_nodelay(true).expect("a socket");
        let codec = match version {
            Version::V3 => MqttCodec::V3(v3::Codec::new(0)),
            Version::V5 => MqttCodec::V5(v5::Codec::new(0, 0)),
        };
        Self {
            framed: Framed::new(stream, codec),
            version,
        }
    }

    /// A 3.1.1 client on a socket of the test's own making.
    fn over(stream: TcpStream) -> Self {
        let codec = MqttCodec::V3(v3::Codec::new(0));
        Self {
            framed: Framed::new(stream, codec),
            version: Version::V3,
        }
    }

    async fn sign_in(&mut self, login: &Login<'_>) {
        assert_eq!(self.login(login).await, Answer::ConnAck(0));
    }

    async fn login(&mut self, login: &Login<'_>) -> Answer {
        self.send_connect(login).await;
        self.answer().await
    }

    /// The whole answer to a CONNECT.
    async fn connack(&mut self, login: &Login<'_>) -> MqttPacket {
        self.send_connect(login).await;
        let packet = timeout(PATIENCE, self.framed.next()).await;
        packet
            .expect("in time")
            .expect("a packet")
            .expect("well formed")
            .0
    }

    async fn send_connect(&mut self, login: &Login<'_>) {
        let packet = match self.version {
            Version::V3 => MqttPacket::V3(v3::Packet::Connect(Box::new(v3::Connect {
                clean_session: login.session == 0,
                keep_alive: login.keep_alive,
                client_id: login.client_id.to_owned().into(),
                username: Some(login.user.to_owned().into()),
                password: Some(Bytes::copy_from_slice(login.key.as_bytes())),
                last_will: login.will.map(|(topic, message)| v3::LastWill {
                    qos: QoS::AtLeastOnce,
                    retain: true,
                    topic: topic.to_owned().into(),
                    message: Bytes::copy_from_slice(message.as_bytes()),
                }),
                ..v3::Connect::default()
            }))),
            Version::V5 => MqttPacket::V5(v5::Packet::Connect(Box::new(v5::Connect {
                clean_start: login.session == 0,
                session_expiry_interval_secs: login.session,
                keep_alive: login.keep_alive,
                client_id: login.client_id.to_owned().into(),
                username: Some(login.user.to_owned().into()),
                password: Some(Bytes::copy_from_slice(login.key.as_bytes())),
                last_will: login.will.map(|(topic, message)| v5::LastWill {
                    qos: QoS::AtLeastOnce,
                    retain: true,
                    topic: topic.to_owned().into(),
                    message: Bytes::copy_from_slice(message.as_bytes()),
                    will_delay_interval_sec: None,
                    correlation_data: None,
                    message_expiry_interval: None,
                    content_type: None,
                    user_properties: Vec::new(),
                    is_utf8_payload: None,
                    response_topic: None,
                }),
                ..v5::Connect::default()
            }))),
        };
        self.send(packet).await;
    }

    /// As [`login`](Self::login), where the front may hang up before it is asked.
    async fn try_login(&mut self, login: &Login<'_>) -> Answer {
        // A peer that is turned away is told by the end of the stream.
        let turned_away = timeout(Duration::from_millis(20), self.framed.get_ref().readable());
        if turned_away.await.is_ok() {
            return Answer::Closed;
        }
        self.login(login).await
    }

    async fn send(&mut self, packet: MqttPacket) {
        self.framed.send(packet).await.expect("the front reads");
    }

    /// Publishes with `QoS` 1, or 0 where `packet_id` is 0.
    async fn publish(&mut self, packet_id: u16, topic: &str, payload: &[u8]) {
        let qos = if packet_id == 0 {
            QoS::AtMostOnce
        } else {
            QoS::AtLeastOnce
        };
        self.publish_as(qos, packet_id, topic, payload).await;
    }

    async fn publish_as(&mut self, qos: QoS, packet_id: u16, topic: &str, payload: &[u8]) {
        let publish = Box::new(Publish {
            dup: false,
            retain: false,
            qos,
            topic: topic.to_owned().into(),
            packet_id: NonZeroU16::new(packet_id),
            payload: Bytes::copy_from_slice(payload),
            properties: None,
        });
        let packet = match self.version {
            Version::V3 => MqttPacket::V3(v3::Packet::Publish(publish)),
            Version::V5 => MqttPacket::V5(v5::Packet::Publish(publish)),
        };
        self.send(packet).await;
    }

    async fn subscribe(&mut self, filter: &str) -> Answer {
        let packet_id = NonZeroU16::MIN;
        let filter = filter.to_owned().into();
        let packet = match self.version {
            Version::V3 => {
                let topic_filters = vec![(filter, QoS::ExactlyOnce)];
                MqttPacket::V3(v3::Packet::Subscribe {
                    packet_id,
                    topic_filters,
                })
            }
            Version::V5 => {
                let options = v5::SubscriptionOptions {
                    qos: QoS::AtLeastOnce,
                    ..Default::default()
                };
                MqttPacket::V5(v5::Packet::Subscribe(v5::Subscribe {
                    packet_id,
                    id: None,
                    user_properties: Vec::new(),
                    topic_filters: vec![(filter, options)],
                }))
            }
        };
        self.send(packet).await;
        self.answer().await
    }

    async fn acknowledge(&mut self, packet_id: u16) {
        let packet_id = NonZeroU16::new(packet_id).expect("an id");
        let packet = match self.version {
            Version::V3 => MqttPacket::V3(v3::Packet::PublishAck { packet_id }),
            Version::V5 => MqttPacket::V5(v5::Packet::PublishAck(v5::PublishAck {
                packet_id,
                ..v5::PublishAck::default()
            })),
        };
        self.send(packet).await;
    }

    async fn disconnect(&mut self) {
        let packet = match self.version {
            Version::V3 => MqttPacket::V3(v3::Packet::Disconnect),
            Version::V5 => MqttPacket::V5(v5::Packet::Disconnect(v5::Disconnect::default())),
        };
        self.send(packet).await;
    }

    async fn ping(&mut self) {
        let packet = match self.version {
            Version::V3 => MqttPacket::V3(v3::Packet::PingRequest),
            Version::V5 => MqttPacket::V5(v5::Packet::PingRequest),
        };
        self.send(packet).await;
    }

    /// The next packet; every test that hangs fails here.
    async fn answer(&mut self) -> Answer {
        let packet = timeout(PATIENCE, self.framed.next())
            .await
            .expect("an answer in time");
        match packet {
            None | Some(Err(_)) => Answer::Closed,
            Some(Ok((MqttPacket::V3(packet), _))) => answer_v3(packet),
            Some(Ok((MqttPacket::V5(packet), _))) => answer_v5(packet),
            Some(Ok(other)) => panic!("{other:?}"),
        }
    }
}

fn answer_v3(packet: v3::Packet) -> Answer {
    match packet {
        v3::Packet::ConnectAck(ack) => Answer::ConnAck(ack.return_code.into()),
        v3::Packet::PublishAck { packet_id } => Answer::PubAck(packet_id.get(), 0),
        v3::Packet::SubscribeAck { status, .. } => Answer::SubAck(
            status
                .into_iter()
                .map(|code| match code {
                    v3::SubscribeReturnCode::Success(qos) => qos.value(),
                    v3::SubscribeReturnCode::Failure => 0x80,
                })
                .collect(),
        ),
        v3::Packet::UnsubscribeAck { .. } => Answer::UnsubAck,
        v3::Packet::Publish(publish) => answer_publish(&publish),
        v3::Packet::PingResponse => Answer::Pong,
        other => panic!("{other:?}"),
    }
}

fn answer_v5(packet: v5::Packet) -> Answer {
    match packet {
        v5::Packet::ConnectAck(ack) => Answer::ConnAck(ack.reason_code.into()),
        v5::Packet::PublishAck(ack) => Answer::PubAck(ack.packet_id.get(), ack.reason_code.into()),
        v5::Packet::SubscribeAck(ack) => {
            Answer::SubAck(ack.status.into_iter().map(u8::from).collect())
        }
        v5::Packet::UnsubscribeAck(_) => Answer::UnsubAck,
        v5::Packet::Publish(publish) => answer_publish(&publish),
        v5::Packet::PingResponse => Answer::Pong,
        v5::Packet::Disconnect(disconnect) => Answer::Disconnect(disconnect.reason_code.into()),
        other => panic!("{other:?}"),
    }
}

fn answer_publish(publish: &Publish) -> Answer {
    let payload = String::from_utf8(publish.payload.to_vec()).expect("text");
    Answer::Publish(
        publish.topic.to_string(),
        payload,
        publish.packet_id.map(NonZeroU16::get),
    )
}

/// A pack of one temperature, measured `seconds_ago`, with a number where it is not 0.
fn pack(seconds_ago: i64, number: u64) -> Vec<u8> {
    let time = crate::testing::NOW.seconds() - seconds_ago;
    let sq = if number == 0 {
        String::new()
    } else {
        format!(r#","sq":{number}"#)
    };
    format!(r#"[{{"n":"temperature","u":"Cel","v":21.5,"t":{time}{sq}}}]"#).into_bytes()
}
