//! Keep-alive, take-over, presence, and peers that are slow or silent.

use std::time::Duration;

use super::*;

/// Waits until what was noted of the demonstration gateway is as expected.
async fn until_presence(bench: &Bench, expected: &[bool]) {
    let seen = async {
        while bench.directory.presence_of("demo-gw") != expected {
            tokio::task::yield_now().await;
        }
    };
    let waited = timeout(PATIENCE, seen).await;
    assert!(
        waited.is_ok(),
        "{:?}",
        bench.directory.presence_of("demo-gw")
    );
}

#[tokio::test]
async fn a_gateway_is_online_until_its_last_connection_ends() {
    for version in BOTH {
        let bench = bench().await;
        let mut first = bench.client(version, "a").await;
        let second = bench.client(version, "b").await;
        first.disconnect().await;
        assert_eq!(first.answer().await, Answer::Closed);
        until_presence(&bench, &[true, true]).await;
        drop(second);
        until_presence(&bench, &[true, true, false]).await;
        bench.stop().await;
    }
}

#[tokio::test]
async fn what_a_gateway_says_of_itself_is_noted_and_acknowledged() {
    let bench = bench().await;
    let mut client = bench.client(Version::V3, "a").await;
    client.publish(1, STATUS, br#"{"state":"offline"}"#).await;
    assert_eq!(client.answer().await, Answer::PubAck(1, 0));
    assert_eq!(bench.directory.presence_of("demo-gw"), [true, false]);
    bench.stop().await;
}

#[tokio::test]
async fn the_same_client_id_takes_its_session_over() {
    for version in BOTH {
        let bench = bench().await;
        let mut old = bench.client(version, "same").await;
        let mut new = bench.client(version, "same").await;
        if version == Version::V5 {
            assert_eq!(old.answer().await, Answer::Disconnect(0x8e));
        }
        assert_eq!(old.answer().await, Answer::Closed);
        new.publish(1, TELEMETRY, &pack(1, 0)).await;
        assert_eq!(new.answer().await, Answer::PubAck(1, 0));
        assert_eq!(bench.directory.presence_of("demo-gw"), [true, true]);
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_last_will_is_published_when_its_client_is_lost_and_not_when_it_leaves() {
    for version in BOTH {
        let bench = bench().await;
        let text = String::from_utf8(pack(1, 0)).expect("text");
        let login = Login {
            will: Some((TELEMETRY, &text)),
            ..Login::default()
        };
        let mut leaves = Client::connect(bench.address, version).await;
        leaves.sign_in(&login).await;
        leaves.disconnect().await;
        assert_eq!(leaves.answer().await, Answer::Closed);
        until_presence(&bench, &[true, false]).await;
        assert!(bench.database.tables().reports.is_empty());
        let mut lost = Client::connect(bench.address, version).await;
        lost.sign_in(&login).await;
        drop(lost);
        bench
            .database
            .until(|tables| tables.reports.len() == 1)
            .await;
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_client_that_falls_silent_is_dropped_after_its_keep_alive() {
    for version in BOTH {
        let bench = bench().await;
        let mut client = Client::connect(bench.address, version).await;
        client
            .sign_in(&Login {
                keep_alive: 1,
                ..Login::default()
            })
            .await;
        if version == Version::V5 {
            assert_eq!(client.answer().await, Answer::Disconnect(0x8d));
        }
        assert_eq!(client.answer().await, Answer::Closed);
        until_presence(&bench, &[true, false]).await;
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_connection_without_a_connect_is_dropped() {
    let short = Duration::from_millis(50);
    let bench = bench_with(FrontLimits {
        connect_timeout: short,
        ..FrontLimits::default()
    })
    .await;
    let mut silent = Client::connect(bench.address, Version::V3).await;
    assert_eq!(silent.answer().await, Answer::Closed);
    bench.stop().await;
}

#[tokio::test]
async fn a_second_connect_is_a_protocol_error() {
    let bench = bench().await;
    let mut client = bench.client(Version::V5, "c").await;
    assert_eq!(
        client.login(&Login::default()).await,
        Answer::Disconnect(0x82)
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped() {
    let write_timeout = Duration::from_millis(100);
    let limits = FrontLimits {
        write_timeout,
        ..FrontLimits::default()
    };
    // Small buffers on both sides, so that unread answers fill them soon.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_send_buffer_size(4_096).expect("a small buffer");
    let loopback = "127.0.0.1:0".parse().expect("an address");
    socket.bind(loopback).expect("a free port");
    let listener = socket.listen(8).expect("it listens");
    let address = listener.local_addr().expect("an address");
    let sockets = Sockets {
        plain: Some(listener),
        tls: None,
    };
    let bench = bench_on(sockets, address, limits);
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut client = Client::over(socket.connect(bench.address).await.expect("it listens"));
    client.sign_in(&Login::default()).await;
    let flood = async {
        loop {
            let packets = [0xc0, 0x00].repeat(4 * 1024);
            let stream = client.framed.get_mut();
            if tokio::io::AsyncWriteExt::write_all(stream, &packets)
                .await
                .is_err()
            {
                break;
            }
        }
    };
    assert!(
        timeout(PATIENCE, flood).await.is_ok(),
        "the front still reads"
    );
    until_presence(&bench, &[true, false]).await;
    bench.stop().await;
}
