//! A client library that others wrote, in both versions, and bytes that no client sends.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS as ClientQos, v5 as client5};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const MESSAGES: i64 = 500;

#[tokio::test]
async fn a_stock_client_of_3_1_1_publishes_and_hears_of_every_message() {
    let bench = bench().await;
    let mut options = MqttOptions::new("stock", "127.0.0.1", bench.address.port());
    options.set_credentials("demo-gw", KEY);
    options.set_inflight(100);
    let (client, mut connection) = AsyncClient::new(options, 10);
    let publishing = tokio::spawn(async move {
        client.subscribe(COMMITTED, ClientQos::AtLeastOnce).await?;
        for n in 1..=MESSAGES {
            let payload = pack(n, n.unsigned_abs());
            client
                .publish(TELEMETRY, ClientQos::AtLeastOnce, false, payload)
                .await?;
        }
        Ok::<_, rumqttc::ClientError>(client)
    });
    let (mut acknowledged, mut numbers) = (0, BTreeSet::new());
    while acknowledged < MESSAGES || numbers.len() < MESSAGES as usize {
        let event = timeout(PATIENCE, connection.poll()).await.expect("in time");
        match event.expect("connected") {
            Event::Incoming(Packet::PubAck(_)) => acknowledged += 1,
            Event::Incoming(Packet::Publish(p)) => numbers.extend(numbers_of(&p.payload)),
            _ => {}
        }
    }
    assert_eq!(bench.database.tables().reports.len(), MESSAGES as usize);
    publishing.await.expect("no panic").expect("published");
    bench.stop().await;
}

#[tokio::test]
async fn a_stock_client_of_5_publishes_and_hears_of_every_message() {
    let bench = bench().await;
    let mut options = client5::MqttOptions::new("stock", "127.0.0.1", bench.address.port());
    options.set_credentials("demo-gw", KEY);
    options.set_session_expiry_interval(Some(600));
    let (client, mut connection) = client5::AsyncClient::new(options, 10);
    let publishing = tokio::spawn(async move {
        let qos = client5::mqttbytes::QoS::AtLeastOnce;
        client.subscribe(COMMITTED, qos).await?;
        for n in 1..=MESSAGES {
            client
                .publish(TELEMETRY, qos, false, pack(n, n.unsigned_abs()))
                .await?;
        }
        Ok::<_, client5::ClientError>(client)
    });
    let (mut acknowledged, mut numbers) = (0, BTreeSet::new());
    while acknowledged < MESSAGES || numbers.len() < MESSAGES as usize {
        let event = timeout(PATIENCE, connection.poll()).await.expect("in time");
        match event.expect("connected") {
            client5::Event::Incoming(client5::Incoming::PubAck(_)) => acknowledged += 1,
            client5::Event::Incoming(client5::Incoming::Publish(p)) => {
                numbers.extend(numbers_of(&p.payload));
            }
            _ => {}
        }
    }
    assert_eq!(bench.database.tables().reports.len(), MESSAGES as usize);
    publishing.await.expect("no panic").expect("published");
    bench.stop().await;
}

fn numbers_of(payload: &[u8]) -> Vec<u64> {
    let committed: serde_json::Value = serde_json::from_slice(payload).expect("JSON");
    let numbers = committed["sq"].as_array().expect("a list");
    numbers
        .iter()
        .filter_map(serde_json::Value::as_u64)
        .collect()
}

/// A CONNECT that is let in, as bytes.
fn connect_bytes(version: Version) -> Vec<u8> {
    let mut body = vec![0, 4, b'M', b'Q', b'T', b'T'];
    match version {
        Version::V3 => body.extend([4, 0xc2, 0, 60]),
        Version::V5 => body.extend([5, 0xc2, 0, 60, 0]),
    }
    for text in ["fuzz", "demo-gw", KEY] {
        body.extend((text.len() as u16).to_be_bytes());
        body.extend(text.as_bytes());
    }
    [vec![0x10, body.len() as u8], body].concat()
}

/// What follows a first byte, with a length that is right or not.
fn packets() -> impl Strategy<Value = Vec<u8>> {
    let packet = (
        any::<u8>(),
        proptest::collection::vec(any::<u8>(), 0..100),
        0_u8..4,
    );
    proptest::collection::vec(packet, 1..8).prop_map(|packets| {
        let frame = |(first, body, lie): (u8, Vec<u8>, u8)| {
            let length = body.len() as u8 + u8::from(lie == 0);
            [vec![first, length], body].concat()
        };
        packets.into_iter().flat_map(frame).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Each case sends many streams to one front and asks at the end whether it is still there.
    #[test]
    fn bytes_that_are_no_packets_end_their_connection_and_nothing_else(
        streams in proptest::collection::vec(
            (prop_oneof![Just(None), Just(Some(Version::V3)), Just(Some(Version::V5))], packets()),
            1..24,
        )
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let bench = bench().await;
            for (version, bytes) in streams {
                let mut stream = TcpStream::connect(bench.address).await.expect("it listens");
                let start = version.map(connect_bytes).unwrap_or_default();
                // It may hang up in the middle, which is its right.
                let _ = stream.write_all(&[start, bytes].concat()).await;
                let _ = stream.shutdown().await;
                let mut rest = Vec::new();
                let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
                assert!(read.is_ok(), "the connection stays open");
            }
            let mut client = bench.client(Version::V5, "honest").await;
            client.publish(1, TELEMETRY, &pack(1, 0)).await;
            assert_eq!(client.answer().await, Answer::PubAck(1, 0));
            bench.stop().await;
        });
    }
}
