//! Each limit of the front, one step beyond it: what is turned away, what only waits, and that
//! nothing which waits is lost.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::*;

#[tokio::test]
async fn connections_beyond_those_of_one_address_are_turned_away() {
    let bench = bench_with(FrontLimits {
        connections_per_address: 2,
        ..FrontLimits::default()
    })
    .await;
    let first = bench.client(Version::V5, "a").await;
    let mut second = bench.client(Version::V3, "b").await;
    let mut third = Client::connect(bench.address, Version::V3).await;
    assert_eq!(third.answer().await, Answer::Closed);
    drop(first);
    // Its seat is free as soon as the front has seen it go.
    let seated = async {
        loop {
            let mut client = Client::connect(bench.address, Version::V3).await;
            let login = Login {
                client_id: "c",
                ..Login::default()
            };
            if client.try_login(&login).await == Answer::ConnAck(0) {
                return client;
            }
        }
    };
    assert!(timeout(PATIENCE, seated).await.is_ok());
    second.ping().await;
    assert_eq!(second.answer().await, Answer::Pong);
    bench.stop().await;
}

#[tokio::test]
async fn a_gateway_over_its_rate_waits_and_loses_nothing() {
    for version in BOTH {
        let rate = Rate {
            per_second: 2_000,
            burst: 5,
        };
        let bench = bench_with(FrontLimits {
            gateway_rate: Some(rate),
            ..FrontLimits::default()
        })
        .await;
        let mut client = bench.client(version, "c").await;
        for id in 1..=45 {
            client.publish(id, TELEMETRY, &pack(i64::from(id), 0)).await;
        }
        let answers = async {
            for id in 1..=45 {
                assert_eq!(client.answer().await, Answer::PubAck(id, 0));
            }
        };
        tokio::pin!(answers);
        // The clock of the bench stands still, so the wait grows by half a millisecond with each
        // of the forty over the burst: 0.4 s for all of them.
        let early = timeout(Duration::from_millis(100), &mut answers).await;
        assert!(early.is_err(), "{version:?} did not wait");
        answers.await;
        assert_eq!(bench.database.tables().reports.len(), 45);
        bench.stop().await;
    }
}

#[tokio::test]
async fn another_gateway_does_not_wait_for_one_that_is_over_its_rate() {
    let rate = Rate {
        per_second: 1,
        burst: 1,
    };
    let bench = bench_with(FrontLimits {
        gateway_rate: Some(rate),
        ..FrontLimits::default()
    })
    .await;
    let mut fast = bench.client(Version::V5, "fast").await;
    for id in 1..=2 {
        fast.publish(id, TELEMETRY, &pack(i64::from(id), 0)).await;
    }
    assert_eq!(fast.answer().await, Answer::PubAck(1, 0));
    assert_eq!(fast.answer().await, Answer::PubAck(2, 0));
    // Now in debt, and not read for a second; a connection of its own shares the debt.
    fast.ping().await;
    let mut other = Client::connect(bench.address, Version::V5).await;
    let login = Login {
        user: "other-gw",
        ..Login::default()
    };
    other.sign_in(&login).await;
    other
        .publish(1, "suyuan/v1/other-gw/status", br#"{"state":"online"}"#)
        .await;
    assert_eq!(other.answer().await, Answer::PubAck(1, 0));
    let quiet = timeout(Duration::from_millis(100), fast.framed.next()).await;
    assert!(quiet.is_err(), "it is read too early");
    assert_eq!(fast.answer().await, Answer::Pong);
    bench.stop().await;
}

#[tokio::test]
async fn large_packets_wait_for_room_and_arrive_whole() {
    let bench = bench_with(FrontLimits {
        upload_bytes: 100_000,
        ..FrontLimits::default()
    })
    .await;
    let large = vec![b' '; 80_000];
    let mut slow = bench.client(Version::V5, "slow").await;
    // A packet that has begun holds its room until it is whole.
    let begun = [&[0x32, 0x80, 0xf1, 0x04][..], &vec![0; 20_000]].concat();
    let stream = slow.framed.get_mut();
    stream.write_all(&begun).await.expect("sent");
    slow_is_read(&bench).await;
    let mut second = bench.client(Version::V5, "second").await;
    let sending = async {
        second.publish(1, TELEMETRY, &large).await;
        second.answer().await
    };
    tokio::pin!(sending);
    let waits = timeout(Duration::from_millis(100), &mut sending).await;
    assert!(waits.is_err(), "two large packets are held at once");
    // Small ones are not kept waiting by it.
    let mut small = bench.client(Version::V5, "small").await;
    small.publish(1, TELEMETRY, &pack(1, 0)).await;
    assert_eq!(small.answer().await, Answer::PubAck(1, 0));
    drop(slow);
    assert_eq!(sending.await, Answer::PubAck(1, 0x99));
    let letter = bench.database.tables().letters.pop().expect("a letter");
    assert_eq!(letter.payload, large);
    bench.stop().await;
}

/// Waits until the front has asked for the room of the packet that has begun.
async fn slow_is_read(bench: &Bench) {
    let taken = async {
        while bench.uploads.available_permits() > 20_000 {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(PATIENCE, taken).await.is_ok());
}

#[tokio::test]
async fn a_packet_that_never_ends_is_given_up() {
    let bench = bench_with(FrontLimits {
        packet_timeout: Duration::from_millis(100),
        write_timeout: Duration::from_millis(50),
        ..FrontLimits::default()
    })
    .await;
    let mut client = bench.client(Version::V3, "c").await;
    let stream = client.framed.get_mut();
    stream.write_all(&[0x32, 0xff, 0x7f]).await.expect("sent");
    // One byte after the other: not silent, and never done.
    let drip = async {
        while client.framed.get_mut().write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, drip).await.is_ok(), "it is still read");
    bench.stop().await;
}
