//! An acknowledgement is a promise: when it comes, in which order, and when it does not.

use futures_util::future::FutureExt as _;

use super::*;

#[tokio::test]
async fn an_acknowledgement_comes_after_the_commit_and_never_before() {
    for version in BOTH {
        let bench = bench().await;
        let mut client = bench.client(version, "c").await;
        bench.database.set(Mode::Hold);
        client.publish(9, TELEMETRY, &pack(1, 0)).await;
        bench.database.until_attempts(1).await;
        // The commit is under way; a ping that is answered proves that nothing came before it.
        client.ping().await;
        assert_eq!(client.answer().await, Answer::Pong);
        assert!(bench.database.tables().reports.is_empty());
        bench.database.set(Mode::Commit);
        assert_eq!(client.answer().await, Answer::PubAck(9, 0));
        assert_eq!(bench.database.tables().reports.len(), 1);
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_failed_commit_closes_the_connection_without_an_acknowledgement() {
    for version in BOTH {
        let bench = bench().await;
        let mut client = bench.client(version, "c").await;
        bench.database.set(Mode::Away);
        client.publish(1, TELEMETRY, &pack(1, 0)).await;
        if version == Version::V5 {
            assert_eq!(client.answer().await, Answer::Disconnect(0x89));
        }
        assert_eq!(client.answer().await, Answer::Closed);
        assert!(bench.database.tables().reports.is_empty());
        // The client resends when the database is back, and is then acknowledged.
        bench.database.set(Mode::Commit);
        let mut client = bench.client(version, "c").await;
        client.publish(1, TELEMETRY, &pack(1, 0)).await;
        assert_eq!(client.answer().await, Answer::PubAck(1, 0));
        bench.stop().await;
    }
}

#[tokio::test]
async fn acknowledgements_keep_the_order_of_arrival_whatever_the_messages_are() {
    let bench = bench().await;
    let mut client = bench.client(Version::V5, "c").await;
    bench.database.set(Mode::Hold);
    // A status needs no batch and a foreign topic no database: both still wait their turn.
    client.publish(1, TELEMETRY, &pack(1, 0)).await;
    client.publish(2, STATUS, br#"{"state":"online"}"#).await;
    client
        .publish(3, "suyuan/v1/other-gw/p/telemetry", &pack(2, 0))
        .await;
    client.publish(4, TELEMETRY, b"no pack").await;
    client.publish(5, TELEMETRY, &pack(3, 0)).await;
    bench.database.until_attempts(1).await;
    assert!(client.answer().now_or_never().is_none());
    bench.database.set(Mode::Commit);
    let expected = [(1, 0), (2, 0), (3, 0x87), (4, 0x99), (5, 0)];
    for (packet_id, reason) in expected {
        assert_eq!(client.answer().await, Answer::PubAck(packet_id, reason));
    }
    bench.stop().await;
}

#[tokio::test]
async fn more_than_the_receive_maximum_waits_in_the_socket_and_nothing_is_lost() {
    let bench = bench_with(FrontLimits {
        inflight: 4,
        ..FrontLimits::default()
    })
    .await;
    let mut client = bench.client(Version::V3, "c").await;
    bench.database.set(Mode::Hold);
    for id in 1..=20 {
        client.publish(id, TELEMETRY, &pack(i64::from(id), 0)).await;
    }
    bench.database.until_attempts(1).await;
    bench.database.set(Mode::Commit);
    for id in 1..=20 {
        assert_eq!(client.answer().await, Answer::PubAck(id, 0));
    }
    let tables = bench.database.tables();
    assert_eq!(tables.reports.len(), 20);
    assert!(
        tables.batches.iter().all(|reports| *reports <= 4),
        "{:?}",
        tables.batches
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_message_of_qos_0_is_stored_though_its_client_is_gone() {
    for version in BOTH {
        let bench = bench().await;
        let mut client = bench.client(version, "c").await;
        client.publish(0, TELEMETRY, &pack(1, 0)).await;
        client.disconnect().await;
        drop(client);
        bench
            .database
            .until(|tables| tables.reports.len() == 1)
            .await;
        bench.stop().await;
    }
}

#[tokio::test]
async fn numbers_of_committed_packs_are_echoed_also_for_packs_that_come_again() {
    for version in BOTH {
        let bench = bench().await;
        // The subscription may be on another connection of the same gateway.
        let mut listener = bench.client(version, "listener").await;
        assert_eq!(listener.subscribe(COMMITTED).await, Answer::SubAck(vec![1]));
        let mut client = bench.client(version, "c").await;
        for id in 1..=2 {
            client.publish(id, TELEMETRY, &pack(1, 17)).await;
            assert_eq!(client.answer().await, Answer::PubAck(id, 0));
            let expected = r#"{"sq":[17]}"#.to_owned();
            assert_eq!(
                listener.answer().await,
                Answer::Publish(COMMITTED.to_owned(), expected, Some(id))
            );
            listener.acknowledge(id).await;
        }
        assert_eq!(bench.database.tables().reports.len(), 1);
        bench.stop().await;
    }
}

#[tokio::test]
async fn numbers_of_one_batch_come_in_one_message_behind_its_acknowledgements() {
    let bench = bench().await;
    let mut client = bench.client(Version::V3, "c").await;
    assert_eq!(client.subscribe(COMMITTED).await, Answer::SubAck(vec![1]));
    bench.database.set(Mode::Hold);
    client.publish(1, TELEMETRY, &pack(1, 1)).await;
    bench.database.until_attempts(1).await;
    for id in 2..=4 {
        client
            .publish(id, TELEMETRY, &pack(i64::from(id), u64::from(id)))
            .await;
    }
    client.ping().await;
    assert_eq!(client.answer().await, Answer::Pong);
    bench.database.set(Mode::Commit);
    let mut numbers = Vec::new();
    let mut acknowledged = Vec::new();
    while numbers.len() < 4 {
        match client.answer().await {
            Answer::PubAck(id, 0) => acknowledged.push(id),
            Answer::Publish(_, payload, Some(id)) => {
                let list = payload
                    .trim_start_matches(r#"{"sq":["#)
                    .trim_end_matches("]}");
                numbers.extend(list.split(',').filter_map(|n| n.parse::<u16>().ok()));
                assert!(
                    numbers.iter().all(|n| acknowledged.contains(n)),
                    "{payload}"
                );
                client.acknowledge(id).await;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        (numbers, acknowledged),
        (vec![1, 2, 3, 4], vec![1, 2, 3, 4])
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_stop_commits_and_acknowledges_what_was_taken() {
    for version in BOTH {
        let bench = bench().await;
        let mut client = bench.client(version, "c").await;
        bench.database.set(Mode::Hold);
        client.publish(7, TELEMETRY, &pack(1, 0)).await;
        bench.database.until_attempts(1).await;
        bench.cancel.cancel();
        bench.database.set(Mode::Commit);
        assert_eq!(client.answer().await, Answer::PubAck(7, 0));
        if version == Version::V5 {
            assert_eq!(client.answer().await, Answer::Disconnect(0x8b));
        }
        assert_eq!(client.answer().await, Answer::Closed);
        assert_eq!(bench.database.tables().reports.len(), 1);
        let health = Arc::clone(&bench.health);
        bench.stop().await;
        assert_eq!(
            health.report(crate::testing::NOW).front_listening,
            Some(false)
        );
    }
}
