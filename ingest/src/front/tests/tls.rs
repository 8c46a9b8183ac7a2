//! The same front behind TLS: stock clients, a certificate that is renewed while it is in use, and
//! peers that are silent or speak something else.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS as ClientQos, TlsConfiguration};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::*;
use crate::testing::tls::Pair;
use crate::tls::{ServerTls, client_config};

/// A front that listens for TLS alone.
async fn tls_bench(pair: &Pair, limits: FrontLimits) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let tls = ServerTls::load(pair.files()).expect("a pair");
    let sockets = Sockets {
        plain: None,
        tls: Some(TlsDoor { listener, tls }),
    };
    bench_on(sockets, address, limits)
}

/// The certificate that the front shows now.
async fn shown(address: SocketAddr, pair: &Pair) -> Option<Vec<u8>> {
    let config = client_config(Some(&pair.files().certificate)).expect("an authority");
    let stream = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    let connected = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .ok()?;
    let (_, connection) = connected.get_ref();
    connection
        .peer_certificates()?
        .first()
        .map(|certificate| certificate.to_vec())
}

#[tokio::test]
async fn a_stock_client_publishes_over_tls_and_hears_of_every_message() {
    const MESSAGES: i64 = 300;
    let pair = Pair::new("localhost");
    let bench = tls_bench(&pair, FrontLimits::default()).await;
    let mut options = MqttOptions::new("stock", "localhost", bench.address.port());
    options.set_credentials("demo-gw", KEY);
    let config = client_config(Some(&pair.files().certificate)).expect("an authority");
    options.set_transport(rumqttc::Transport::tls_with_config(
        TlsConfiguration::Rustls(config),
    ));
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
    let (mut acknowledged, mut committed) = (0, 0);
    while acknowledged < MESSAGES || committed < MESSAGES as usize {
        let event = timeout(PATIENCE, connection.poll()).await.expect("in time");
        match event.expect("connected") {
            Event::Incoming(Packet::PubAck(_)) => acknowledged += 1,
            Event::Incoming(Packet::Publish(p)) => {
                committed += p.payload.split(|byte| *byte == b',').count();
            }
            _ => {}
        }
    }
    assert_eq!(bench.database.tables().reports.len(), MESSAGES as usize);
    publishing.await.expect("no panic").expect("published");
    bench.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let pair = Pair::new("localhost");
    let tls_reload = Duration::from_millis(10);
    let limits = FrontLimits {
        tls_reload,
        ..FrontLimits::default()
    };
    let bench = tls_bench(&pair, limits).await;
    let first = shown(bench.address, &pair).await.expect("a certificate");
    pair.write("localhost");
    let renewed = async {
        loop {
            // The old one is not trusted any more, so that a connection is proof enough.
            if let Some(second) = shown(bench.address, &pair).await {
                return second;
            }
        }
    };
    let second = timeout(PATIENCE, renewed).await.expect("in time");
    assert_ne!(first, second);
    let other = Pair::new("localhost");
    std::fs::copy(other.files().key, pair.files().key).expect("a file");
    sleep(tls_reload * 5).await;
    assert_eq!(shown(bench.address, &pair).await, Some(second));
    bench.stop().await;
}

#[tokio::test]
async fn who_does_not_speak_tls_is_dropped_and_holds_nobody_up() {
    let pair = Pair::new("localhost");
    let limits = FrontLimits {
        connect_timeout: Duration::from_millis(50),
        ..FrontLimits::default()
    };
    let bench = tls_bench(&pair, limits).await;
    for bytes in [&b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"[..], b""] {
        let mut stream = TcpStream::connect(bench.address).await.expect("it listens");
        stream.write_all(bytes).await.expect("sent");
        let mut rest = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "the connection stays open");
    }
    assert!(shown(bench.address, &pair).await.is_some());
    bench.stop().await;
}
