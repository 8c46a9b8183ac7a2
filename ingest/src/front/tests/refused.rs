//! Who is turned away and what is not taken, each with its reason and its trace.

use tokio::io::AsyncWriteExt as _;

use super::*;

#[tokio::test]
async fn a_stranger_is_refused_and_leaves_one_letter_without_payload() {
    for (version, code) in [(Version::V3, 4), (Version::V5, 0x86)] {
        let bench = bench().await;
        for (user, key, reason) in [
            ("demo-gw", "wrong", "wrong_key"),
            ("demo-gw", "", "wrong_key"),
            ("nobody", KEY, "unknown_gateway"),
            ("no/name", KEY, "unknown_gateway"),
            ("off-gw", KEY, "disabled_gateway"),
        ] {
            let mut client = Client::connect(bench.address, version).await;
            let answer = client
                .login(&Login {
                    user,
                    key,
                    ..Login::default()
                })
                .await;
            assert_eq!(answer, Answer::ConnAck(code), "{user} {key}");
            assert_eq!(client.answer().await, Answer::Closed);
            bench
                .database
                .until(|tables| tables.reasons().contains(&reason))
                .await;
        }
        let tables = bench.database.tables();
        assert_eq!(
            tables.reasons(),
            ["wrong_key", "unknown_gateway", "disabled_gateway"]
        );
        assert!(
            tables
                .letters
                .iter()
                .all(|letter| letter.payload.is_empty())
        );
        assert_eq!(tables.letters[0].gateway.as_deref(), Some("demo-gw"));
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_gateway_speaks_for_itself_only() {
    for topic in [
        "suyuan/v1/other-gw/p/telemetry",
        "suyuan/v1/other-gw/status",
        "suyuan/v1/other-gw/x",
    ] {
        for version in BOTH {
            let bench = bench().await;
            let mut client = bench.client(version, "c").await;
            client.publish(1, topic, &pack(1, 0)).await;
            let expected = match version {
                Version::V3 => Answer::Closed,
                Version::V5 => Answer::PubAck(1, 0x87),
            };
            assert_eq!(client.answer().await, expected);
            let tables = bench
                .database
                .until(|tables| tables.letters.len() == 1)
                .await;
            let letter = &tables.letters[0];
            assert_eq!(
                (letter.reason, letter.topic.as_str()),
                ("foreign_topic", topic)
            );
            assert_eq!(
                (letter.payload.len(), letter.gateway.as_deref()),
                (0, Some("demo-gw"))
            );
            assert!(bench.directory.presence_of("other-gw").is_empty());
            bench.stop().await;
        }
    }
}

#[tokio::test]
async fn what_is_no_reading_is_kept_with_its_bytes_and_the_stream_goes_on() {
    for (version, code) in [(Version::V3, 0), (Version::V5, 0x99)] {
        let bench = bench().await;
        let mut client = bench.client(version, "c").await;
        for (topic, payload, reason) in [
            (TELEMETRY, &b"\xff\xd8 no pack"[..], "not_senml"),
            (
                "suyuan/v1/demo-gw/nobody/telemetry",
                &pack(1, 0)[..],
                "unknown_probe",
            ),
            (
                "suyuan/v1/demo-gw/cam/snapshot",
                b"\xff\xd8\xff",
                "unknown_camera",
            ),
            (
                "suyuan/v1/demo-gw/cam1/snapshot",
                b"\xff\xd8\xff",
                "not_picture",
            ),
            ("suyuan/v1/demo-gw/odd", b"x", "unknown_topic"),
            ("stat/plug/RESULT", b"{}", "unknown_topic"),
            ("tele/plug/SENSOR", br#"{"a":1}"#, "unknown_device"),
            ("tele/plug/SENSOR", b"no JSON", "not_tasmota"),
            (COMMITTED, b"{}", "unknown_topic"),
            (STATUS, b"online", "not_status"),
            (TELEMETRY, &vec![b' '; 300_000][..], "oversized"),
        ] {
            client.publish(3, topic, payload).await;
            assert_eq!(client.answer().await, Answer::PubAck(3, code), "{topic}");
            let letter = bench.database.tables().letters.pop().expect("a letter");
            assert_eq!((letter.reason, letter.topic.as_str()), (reason, topic));
            assert_eq!(letter.payload, payload);
        }
        client.publish(4, TELEMETRY, &pack(1, 0)).await;
        assert_eq!(client.answer().await, Answer::PubAck(4, 0));
        bench.stop().await;
    }
}

#[tokio::test]
async fn an_oversized_packet_ends_the_connection_and_leaves_a_letter() {
    let limits = FrontLimits {
        packet_bytes: 1_000,
        ..FrontLimits::default()
    };
    for version in BOTH {
        let bench = bench_with(limits.clone()).await;
        let mut client = bench.client(version, "c").await;
        client.publish(1, TELEMETRY, &[b' '; 2_000]).await;
        if version == Version::V5 {
            assert_eq!(client.answer().await, Answer::Disconnect(0x95));
        }
        assert_eq!(client.answer().await, Answer::Closed);
        let tables = bench
            .database
            .until(|tables| tables.letters.len() == 1)
            .await;
        assert_eq!(
            (tables.reasons()[0], tables.letters[0].payload.len()),
            ("oversized", 0)
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_stranger_cannot_make_us_hold_a_large_connect() {
    let bench = bench().await;
    let mut client = Client::connect(bench.address, Version::V3).await;
    let long = "k".repeat(60_000);
    assert_eq!(
        client
            .login(&Login {
                key: &long,
                ..Login::default()
            })
            .await,
        Answer::Closed
    );
    let tables = bench
        .database
        .until(|tables| tables.letters.len() == 1)
        .await;
    assert_eq!(tables.reasons(), ["oversized"]);
    bench.stop().await;
}

#[tokio::test]
async fn qos_2_and_topic_aliases_are_refused() {
    for (version, qos, topic, code) in [
        (Version::V3, QoS::ExactlyOnce, TELEMETRY, None),
        (Version::V5, QoS::ExactlyOnce, TELEMETRY, Some(0x9b)),
        (Version::V5, QoS::AtLeastOnce, "", Some(0x94)),
    ] {
        let bench = bench().await;
        let mut client = bench.client(version, "c").await;
        client.publish_as(qos, 1, topic, &pack(1, 0)).await;
        if let Some(code) = code {
            assert_eq!(client.answer().await, Answer::Disconnect(code));
        }
        assert_eq!(client.answer().await, Answer::Closed);
        assert!(bench.database.tables().reports.is_empty());
        bench.stop().await;
    }
}

#[tokio::test]
async fn only_the_own_committed_and_status_may_be_subscribed() {
    for (version, refused) in [(Version::V3, 0x80), (Version::V5, 0x87)] {
        let bench = bench().await;
        let mut client = bench.client(version, "c").await;
        for filter in [
            "#",
            "suyuan/v1/demo-gw/#",
            "suyuan/v1/other-gw/committed",
            "suyuan/v1/other-gw/status",
            TELEMETRY,
        ] {
            assert_eq!(
                client.subscribe(filter).await,
                Answer::SubAck(vec![refused]),
                "{filter}"
            );
        }
        assert_eq!(client.subscribe(COMMITTED).await, Answer::SubAck(vec![1]));
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_last_will_for_another_gateway_is_refused() {
    for (version, code) in [(Version::V3, 5), (Version::V5, 0x87)] {
        let bench = bench().await;
        let mut client = Client::connect(bench.address, version).await;
        let will = Some(("suyuan/v1/other-gw/status", "{}"));
        let answer = client
            .login(&Login {
                will,
                ..Login::default()
            })
            .await;
        assert_eq!(answer, Answer::ConnAck(code));
        bench
            .database
            .until(|tables| tables.reasons() == ["foreign_topic"])
            .await;
        bench.stop().await;
    }
}

#[tokio::test]
async fn connections_beyond_the_limits_are_turned_away() {
    let limits = FrontLimits {
        connections: 2,
        connections_per_gateway: 1,
        ..FrontLimits::default()
    };
    let bench = bench_with(limits).await;
    let mut first = bench.client(Version::V5, "a").await;
    let mut second = Client::connect(bench.address, Version::V5).await;
    let login = Login {
        client_id: "b",
        ..Login::default()
    };
    assert_eq!(second.login(&login).await, Answer::ConnAck(0x97));
    assert_eq!(second.answer().await, Answer::Closed);
    let waiting = TcpStream::connect(bench.address).await.expect("a place");
    let mut third = Client::connect(bench.address, Version::V3).await;
    // Its CONNECT may not even be written any more.
    let _ = third.framed.get_mut().write_all(b"\x10").await;
    assert_eq!(third.answer().await, Answer::Closed);
    first.ping().await;
    assert_eq!(first.answer().await, Answer::Pong);
    drop(waiting);
    bench.stop().await;
}
