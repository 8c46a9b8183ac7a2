//! Sessions that outlive their connection, the gateway's own status, and what a taken-over
//! connection may still do.

use super::*;

const OFFLINE: &str = r#"{"state":"offline"}"#;
const ONLINE: &str = r#"{"state":"online"}"#;

/// Signs in with a session that is kept; whether one went on.
async fn sign_in(bench: &Bench, version: Version, client_id: &str) -> (Client, bool) {
    let mut client = Client::connect(bench.address, version).await;
    let login = Login {
        client_id,
        session: 600,
        ..Login::default()
    };
    let packet = client.connack(&login).await;
    let is_resumed = match packet {
        MqttPacket::V3(v3::Packet::ConnectAck(ack)) => ack.session_present,
        MqttPacket::V5(v5::Packet::ConnectAck(ack)) => ack.session_present,
        other => panic!("{other:?}"),
    };
    (client, is_resumed)
}

/// The next PUBLISH: packet id, whether it is sent again, whether it was kept, payload.
async fn publish(client: &mut Client) -> (u16, bool, bool, String) {
    let packet = timeout(PATIENCE, client.framed.next())
        .await
        .expect("in time");
    let publish = match packet.expect("a packet").expect("well formed").0 {
        MqttPacket::V3(v3::Packet::Publish(publish))
        | MqttPacket::V5(v5::Packet::Publish(publish)) => publish,
        other => panic!("{other:?}"),
    };
    let id = publish.packet_id.map_or(0, NonZeroU16::get);
    let payload = String::from_utf8(publish.payload.to_vec()).expect("text");
    (id, publish.dup, publish.retain, payload)
}

#[tokio::test]
async fn a_number_that_was_not_acknowledged_comes_again_on_the_next_connection() {
    for version in BOTH {
        let bench = bench().await;
        let (mut listener, is_resumed) = sign_in(&bench, version, "listener").await;
        assert!(!is_resumed);
        assert_eq!(listener.subscribe(COMMITTED).await, Answer::SubAck(vec![1]));
        let mut device = bench.client(version, "device").await;
        device.publish(1, TELEMETRY, &pack(1, 17)).await;
        assert_eq!(device.answer().await, Answer::PubAck(1, 0));
        let sent = (1, false, false, r#"{"sq":[17]}"#.to_owned());
        assert_eq!(publish(&mut listener).await, sent);
        // Lost before its acknowledgement; another number is committed meanwhile.
        drop(listener);
        device.publish(2, TELEMETRY, &pack(2, 18)).await;
        assert_eq!(device.answer().await, Answer::PubAck(2, 0));
        let (mut listener, is_resumed) = sign_in(&bench, version, "listener").await;
        assert!(is_resumed, "{version:?}");
        let again = (1, true, false, r#"{"sq":[17]}"#.to_owned());
        assert_eq!(publish(&mut listener).await, again);
        let (id, dup, _, text) = publish(&mut listener).await;
        assert_eq!((id, dup, text.as_str()), (2, false, r#"{"sq":[18]}"#));
        listener.acknowledge(1).await;
        listener.acknowledge(2).await;
        listener.ping().await;
        assert_eq!(listener.answer().await, Answer::Pong);
        drop(listener);
        let (mut listener, _) = sign_in(&bench, version, "listener").await;
        listener.ping().await;
        assert_eq!(
            listener.answer().await,
            Answer::Pong,
            "nothing is left to say"
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_session_that_is_taken_over_goes_on_at_its_new_connection_alone() {
    let bench = bench().await;
    let (mut old, _) = sign_in(&bench, Version::V5, "same").await;
    assert_eq!(old.subscribe(COMMITTED).await, Answer::SubAck(vec![1]));
    let (mut new, is_resumed) = sign_in(&bench, Version::V5, "same").await;
    assert!(is_resumed);
    assert_eq!(old.answer().await, Answer::Disconnect(0x8e));
    new.publish(1, TELEMETRY, &pack(1, 9)).await;
    assert_eq!(new.answer().await, Answer::PubAck(1, 0));
    assert_eq!(publish(&mut new).await.3, r#"{"sq":[9]}"#);
    assert_eq!(old.answer().await, Answer::Closed);
    bench.stop().await;
}

#[tokio::test]
async fn a_session_is_kept_no_longer_than_the_front_keeps_any() {
    let bench = bench_with(FrontLimits {
        session_max: Duration::from_mins(1),
        ..FrontLimits::default()
    })
    .await;
    let mut client = Client::connect(bench.address, Version::V5).await;
    let login = Login {
        session: 600,
        ..Login::default()
    };
    match client.connack(&login).await {
        MqttPacket::V5(v5::Packet::ConnectAck(ack)) => {
            assert_eq!(ack.session_expiry_interval_secs, Some(60));
        }
        other => panic!("{other:?}"),
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_gateway_sees_its_own_status_as_it_was_kept_and_as_it_changes() {
    for version in BOTH {
        let bench = bench().await;
        let mut device = Client::connect(bench.address, version).await;
        let login = Login {
            client_id: "device",
            will: Some((STATUS, OFFLINE)),
            ..Login::default()
        };
        device.sign_in(&login).await;
        let mut early = bench.client(version, "early").await;
        assert_eq!(early.subscribe(STATUS).await, Answer::SubAck(vec![1]));
        let (id, _, retained, text) = publish(&mut early).await;
        assert_eq!((retained, text.as_str()), (true, ONLINE), "it is here");
        early.acknowledge(id).await;
        // Lost without a goodbye: its will is published and kept.
        drop(device);
        let (_, _, retained, text) = publish(&mut early).await;
        assert_eq!((retained, text.as_str()), (false, OFFLINE));
        let mut late = bench.client(version, "late").await;
        assert_eq!(late.subscribe(STATUS).await, Answer::SubAck(vec![1]));
        let (_, _, retained, text) = publish(&mut late).await;
        assert_eq!((retained, text.as_str()), (true, OFFLINE));
        bench.stop().await;
    }
}

#[tokio::test]
async fn who_says_goodbye_leaves_no_will() {
    let bench = bench().await;
    let mut device = Client::connect(bench.address, Version::V3).await;
    let login = Login {
        client_id: "device",
        will: Some((STATUS, OFFLINE)),
        ..Login::default()
    };
    device.sign_in(&login).await;
    device.disconnect().await;
    assert_eq!(device.answer().await, Answer::Closed);
    let mut late = bench.client(Version::V3, "late").await;
    assert_eq!(late.subscribe(STATUS).await, Answer::SubAck(vec![1]));
    assert_eq!(publish(&mut late).await.3, ONLINE);
    bench.stop().await;
}

#[tokio::test]
async fn a_client_that_comes_back_by_itself_is_not_said_to_have_gone() {
    let bench = bench().await;
    let login = Login {
        client_id: "device",
        will: Some((STATUS, OFFLINE)),
        ..Login::default()
    };
    let mut old = Client::connect(bench.address, Version::V5).await;
    old.sign_in(&login).await;
    let mut new = Client::connect(bench.address, Version::V5).await;
    new.sign_in(&login).await;
    assert_eq!(old.answer().await, Answer::Disconnect(0x8e));
    assert_eq!(old.answer().await, Answer::Closed);
    assert_eq!(bench.directory.presence_of("demo-gw"), [true, true]);
    bench.stop().await;
}
