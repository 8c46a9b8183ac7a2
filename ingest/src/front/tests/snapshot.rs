//! Pictures through the front: acknowledged when they are kept, with the time that the message
//! says.

use model::time::Timestamp;
use rmqtt_codec::v5::PublishProperties;
use store::picture::TimeSource;

use super::*;
use crate::snapshot::sample::jpeg;
use crate::testing::NOW;

const SNAPSHOT: &str = "suyuan/v1/demo-gw/cam1/snapshot";

#[tokio::test]
async fn a_picture_is_acknowledged_when_it_is_kept() {
    for version in BOTH {
        let bench = bench().await;
        let mut client = bench.client(version, "c").await;
        let picture = jpeg(64, 48);
        for packet_id in 1..=2 {
            client.publish(packet_id, SNAPSHOT, &picture).await;
            assert_eq!(client.answer().await, Answer::PubAck(packet_id, 0));
        }
        let kept = bench.shelf.pictures();
        assert_eq!(kept[0].jpeg, picture);
        assert_eq!((kept[0].taken, kept[0].source), (NOW, TimeSource::Arrival));
        assert!(bench.database.tables().letters.is_empty());
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_picture_that_cannot_be_kept_now_is_not_acknowledged() {
    let bench = bench().await;
    bench
        .shelf
        .is_away
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let mut client = bench.client(Version::V3, "c").await;
    client.publish(1, SNAPSHOT, &jpeg(64, 48)).await;
    assert_eq!(client.answer().await, Answer::Closed);
    bench.stop().await;
}

#[tokio::test]
async fn the_user_property_says_when_a_picture_was_taken() {
    let bench = bench().await;
    let mut client = bench.client(Version::V5, "c").await;
    let taken = Timestamp::from_seconds(NOW.seconds() - 90);
    let user_properties = vec![
        ("colour".into(), "green".into()),
        ("time".into(), "2026-09-21T22:11:50+08:00".into()),
    ];
    let publish = Box::new(Publish {
        dup: false,
        retain: false,
        qos: QoS::AtLeastOnce,
        topic: SNAPSHOT.to_owned().into(),
        packet_id: NonZeroU16::new(1),
        payload: Bytes::from(jpeg(64, 48)),
        properties: Some(PublishProperties {
            user_properties,
            ..PublishProperties::default()
        }),
    });
    client
        .send(MqttPacket::V5(v5::Packet::Publish(publish)))
        .await;
    assert_eq!(client.answer().await, Answer::PubAck(1, 0));
    let kept = &bench.shelf.pictures()[0];
    assert_eq!((kept.taken, kept.source), (taken, TimeSource::Property));
    bench.stop().await;
}
