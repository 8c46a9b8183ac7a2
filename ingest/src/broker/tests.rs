//! The broker door against a broker that does what the test says, MQTT 5 only: what is
//! acknowledged, when, in which order, and on which connection.

use std::num::NonZeroU16;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v5::{self, Packet};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::codec::Framed;

mod trouble;

use super::*;
use crate::testing::{FakeDatabase, FakeDirectory, Mode, NOW, PATIENCE, TestClock, limits};

const TELEMETRY: &str = "suyuan/v1/demo-gw/demo-probe/telemetry";

struct Bench {
    listener: TcpListener,
    database: FakeDatabase,
    directory: Arc<FakeDirectory>,
    health: Arc<Health>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

async fn bench(mode: Mode, shared_group: Option<&str>) -> Bench {
    bench_with(mode, shared_group, &limits()).await
}

async fn bench_with(
    mode: Mode,
    shared_group: Option<&str>,
    limits: &crate::config::PipelineLimits,
) -> Bench {
    let backoff = (Duration::from_millis(1), Duration::from_millis(5));
    bench_at(mode, shared_group, limits, backoff).await
}

async fn bench_at(
    mode: Mode,
    shared_group: Option<&str>,
    limits: &crate::config::PipelineLimits,
    backoff: (Duration, Duration),
) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let database = FakeDatabase::new(mode);
    let directory = FakeDirectory::demo();
    let (health, clock) = (Arc::new(Health::default()), TestClock::new());
    let (pipeline, writing) = Pipeline::new(
        database.clone(),
        Arc::clone(&directory) as _,
        limits,
        Arc::clone(&health),
        Arc::clone(&clock) as _,
    );
    tokio::spawn(writing);
    let url = format!("mqtt://ingest:secret@127.0.0.1:{port}")
        .parse()
        .expect("an address");
    let config = BrokerConfig {
        shared_group: shared_group.map(str::to_owned),
        backoff,
        ..BrokerConfig::new(url, "ingest-1")
    };
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(
        config,
        pipeline,
        Arc::clone(&health),
        clock,
        stop.clone(),
    ));
    Bench {
        listener,
        database,
        directory,
        health,
        stop,
        running,
    }
}

/// One connection, seen from the broker.
struct Peer {
    framed: Framed<TcpStream, v5::Codec>,
    connect: v5::Connect,
}

impl Peer {
    async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = timeout(PATIENCE, listener.accept())
            .await
            .expect("in time")
            .expect("one");
        let mut framed = Framed::new(stream, v5::Codec::new(0, 0));
        let Packet::Connect(connect) = next(&mut framed).await.expect("a packet") else {
            panic!("the first packet is no CONNECT");
        };
        framed
            .send(v5::ConnectAck::default().into())
            .await
            .expect("sent");
        Self {
            framed,
            connect: *connect,
        }
    }

    /// Grants what is subscribed and returns it.
    async fn grant(&mut self) -> Vec<String> {
        let Some(Packet::Subscribe(subscribe)) = next(&mut self.framed).await else {
            panic!("no SUBSCRIBE");
        };
        let filters = subscribe
            .topic_filters
            .iter()
            .map(|(f, _)| f.to_string())
            .collect();
        let status = vec![v5::SubscribeAckReason::GrantedQos1; subscribe.topic_filters.len()];
        let (packet_id, properties) = (subscribe.packet_id, Vec::new());
        let ack = v5::SubscribeAck {
            packet_id,
            properties,
            reason_string: None,
            status,
        };
        self.framed.send(ack.into()).await.expect("sent");
        filters
    }

    async fn publish(&mut self, packet_id: u16, topic: &str, payload: &str) {
        let packet_id = NonZeroU16::new(packet_id);
        let qos = if packet_id.is_some() {
            QoS::AtLeastOnce
        } else {
            QoS::AtMostOnce
        };
        let payload = Bytes::copy_from_slice(payload.as_bytes());
        let topic = topic.to_owned().into();
        let publish = Publish {
            dup: false,
            retain: false,
            qos,
            topic,
            packet_id,
            payload,
            properties: None,
        };
        self.framed.send(publish.into()).await.expect("sent");
    }

    /// The next acknowledgement; `None` where the connection ends before one comes.
    async fn acknowledged(&mut self) -> Option<u16> {
        loop {
            match next(&mut self.framed).await? {
                Packet::PublishAck(ack) => return Some(ack.packet_id.get()),
                Packet::PingRequest => {}
                Packet::Disconnect(_) => return None,
                other => panic!("{other:?}"),
            }
        }
    }
}

async fn next(framed: &mut Framed<TcpStream, v5::Codec>) -> Option<Packet> {
    let packet = timeout(PATIENCE, framed.next()).await.expect("in time");
    packet.and_then(Result::ok).map(|(packet, _)| packet)
}

impl Bench {
    /// The reading and the `committed` client, whichever comes first.
    async fn accept_both(&self) -> (Peer, Peer) {
        let one = Peer::accept(&self.listener).await;
        let two = Peer::accept(&self.listener).await;
        if one.connect.client_id == "ingest-1" {
            (one, two)
        } else {
            (two, one)
        }
    }

    /// The reading client, when it comes again.
    async fn accept_reader(&self) -> Peer {
        let peer = Peer::accept(&self.listener).await;
        assert_eq!(peer.connect.client_id, "ingest-1");
        peer
    }

    async fn stop(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.running)
            .await
            .expect("in time")
            .expect("no panic");
    }
}

fn pack(number: i64) -> String {
    let time = NOW.seconds() - number;
    format!(r#"[{{"n":"temperature","v":21.5,"t":{time},"sq":{number}}}]"#)
}

#[tokio::test]
async fn the_reader_signs_in_for_a_session_that_is_kept_and_subscribes() {
    for (group, expected) in [
        (None, "suyuan/v1/+/+/telemetry"),
        (Some("suyuan"), "$share/suyuan/suyuan/v1/+/+/telemetry"),
    ] {
        let bench = bench(Mode::Commit, group).await;
        let (mut reader, echo) = bench.accept_both().await;
        assert_eq!(bench.health.report(NOW).broker_connected, Some(false));
        let connect = &reader.connect;
        assert!(!connect.clean_start && connect.session_expiry_interval_secs >= 7 * 86_400);
        assert_eq!(connect.receive_max.map(NonZeroU16::get), Some(4_000));
        assert!(
            connect
                .max_packet_size
                .is_some_and(|bytes| bytes.get() > 2 * 1024 * 1024)
        );
        assert_eq!(connect.username.as_deref(), Some("ingest"));
        assert_eq!(echo.connect.client_id, "ingest-1-committed");
        let granted = reader.grant().await;
        assert_eq!(
            (granted[0].as_str(), granted[3].as_str()),
            (expected, "suyuan/v1/+/status")
        );
        assert!(granted.iter().any(|filter| filter == "spBv1.0/+/NBIRTH/+"));
        let ready = async {
            while bench.health.report(NOW).broker_connected != Some(true) {
                tokio::task::yield_now().await;
            }
        };
        assert!(timeout(PATIENCE, ready).await.is_ok());
        bench.stop().await;
    }
}

#[tokio::test]
async fn messages_are_acknowledged_after_their_commit_in_order_and_echoed_by_the_other_client() {
    let bench = bench(Mode::Hold, None).await;
    let (mut reader, mut echo) = bench.accept_both().await;
    reader.grant().await;
    reader.publish(11, TELEMETRY, &pack(1)).await;
    reader
        .publish(12, "suyuan/v1/demo-gw/status", r#"{"state":"online"}"#)
        .await;
    reader
        .publish(13, "suyuan/v1/unheard-of/p/telemetry", &pack(2))
        .await;
    reader.publish(14, TELEMETRY, "no pack").await;
    bench.database.until_attempts(1).await;
    assert!(reader.acknowledged().now_or_never().is_none());
    bench.database.set(Mode::Commit);
    for expected in 11..=14 {
        assert_eq!(reader.acknowledged().await, Some(expected));
    }
    let tables = bench.database.tables();
    let mut reasons = tables.reasons();
    reasons.sort_unstable();
    assert_eq!(
        (tables.reports.len(), reasons),
        (1, vec!["not_senml", "unknown_gateway"])
    );
    assert_eq!(bench.directory.presence_of("demo-gw"), [true]);
    let Some(Packet::Publish(committed)) = next(&mut echo.framed).await else {
        panic!("no committed");
    };
    assert_eq!(committed.topic, "suyuan/v1/demo-gw/committed");
    assert_eq!(committed.payload, r#"{"sq":[1]}"#.as_bytes());
    bench.stop().await;
}

#[tokio::test]
async fn an_acknowledgement_of_a_lost_connection_is_not_sent_on_the_next_one() {
    let bench = bench(Mode::Hold, None).await;
    let (mut reader, _echo) = bench.accept_both().await;
    reader.grant().await;
    reader.publish(1, TELEMETRY, &pack(1)).await;
    bench.database.until_attempts(1).await;
    drop(reader);
    let mut reader = bench.accept_reader().await;
    reader.grant().await;
    // The first message is committed now; its number 1 must not be said on this connection, where
    // it would acknowledge whatever the broker gave that number to.
    bench.database.set(Mode::Commit);
    bench
        .database
        .until(|tables| tables.reports.len() == 1)
        .await;
    reader.publish(2, TELEMETRY, &pack(2)).await;
    assert_eq!(reader.acknowledged().await, Some(2));
    bench.stop().await;
}

#[tokio::test]
async fn a_failed_commit_ends_the_connection_and_the_message_comes_again() {
    let bench = bench(Mode::Away, None).await;
    let (mut reader, _echo) = bench.accept_both().await;
    reader.grant().await;
    reader.publish(1, TELEMETRY, &pack(1)).await;
    assert_eq!(reader.acknowledged().await, None);
    bench.database.set(Mode::Commit);
    let mut reader = bench.accept_reader().await;
    reader.grant().await;
    reader.publish(1, TELEMETRY, &pack(1)).await;
    assert_eq!(reader.acknowledged().await, Some(1));
    assert_eq!(bench.database.tables().reports.len(), 1);
    bench.stop().await;
}

#[tokio::test]
async fn a_stop_acknowledges_what_was_taken() {
    let bench = bench(Mode::Hold, None).await;
    let (mut reader, _echo) = bench.accept_both().await;
    reader.grant().await;
    reader.publish(5, TELEMETRY, &pack(1)).await;
    bench.database.until_attempts(1).await;
    bench.stop.cancel();
    bench.database.set(Mode::Commit);
    assert_eq!(reader.acknowledged().await, Some(5));
    assert_eq!(reader.acknowledged().await, None);
    bench.stop().await;
}

#[tokio::test]
async fn a_broker_is_not_read_on_while_there_is_no_room_and_nothing_is_lost() {
    const MESSAGES: u16 = 150;
    let small = crate::config::PipelineLimits {
        window_bytes: 256 * 1024,
        ..limits()
    };
    let bench = bench_with(Mode::Hold, None, &small).await;
    let (mut reader, _echo) = bench.accept_both().await;
    reader.grant().await;
    let spaces = " ".repeat(200_000);
    let sending = async {
        for id in 1..=MESSAGES {
            let text = format!("{spaces}{}", pack(i64::from(id)));
            reader.publish(id, TELEMETRY, &text).await;
        }
    };
    {
        tokio::pin!(sending);
        let all = timeout(Duration::from_millis(500), &mut sending).await;
        assert!(all.is_err(), "thirty megabytes were taken in at once");
        assert!(bench.health.report(NOW).window_used <= 1.0);
        bench.database.set(Mode::Commit);
        assert!(timeout(PATIENCE, sending).await.is_ok());
    }
    for expected in 1..=MESSAGES {
        assert_eq!(reader.acknowledged().await, Some(expected));
    }
    assert_eq!(bench.database.tables().reports.len(), usize::from(MESSAGES));
    bench.stop().await;
}

#[tokio::test]
async fn every_connection_subscribes_anew_and_publishes_nothing() {
    let bench = bench(Mode::Commit, Some("suyuan")).await;
    let (mut reader, _echo) = bench.accept_both().await;
    let filters = reader.grant().await;
    for number in 1..=3 {
        reader.publish(1, TELEMETRY, &pack(number)).await;
        // Anything but an acknowledgement would be a panic here.
        assert_eq!(reader.acknowledged().await, Some(1));
        drop(reader);
        reader = bench.accept_reader().await;
        assert_eq!(reader.grant().await, filters);
    }
    bench.stop().await;
}
