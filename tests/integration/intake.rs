//! The main job's first half: a stock client publishes, and the reading is there.

use std::time::Instant;

use anyhow::Context;
use serde_json::json;

use crate::harness::system::{READABLE_WITHIN, System};
use crate::harness::tools::Publisher;
use crate::harness::wait_for;

/// `[{"bt":1767571200,"n":"temperature","u":"Cel","v":21.5,"sq":7},{"n":"humidity","u":"%RH",
/// "v":60}]` as CBOR, by hand: labels are numbers, 21.5 is a half float.
fn cbor_pack(seconds: u32) -> Vec<u8> {
    let mut pack = vec![0x82, 0xa5, 0x22, 0x1a];
    pack.extend(seconds.to_be_bytes());
    pack.extend([0x00, 0x6b]);
    pack.extend(b"temperature");
    pack.extend([0x01, 0x63]);
    pack.extend(b"Cel");
    pack.extend([0x02, 0xf9, 0x4d, 0x60]);
    pack.extend([0x62, b's', b'q', 0x07]);
    pack.extend([0xa3, 0x00, 0x68]);
    pack.extend(b"humidity");
    pack.extend([0x01, 0x63]);
    pack.extend(b"%RH");
    pack.extend([0x02, 0x18, 0x3c]);
    pack
}

#[expect(
    clippy::disallowed_methods,
    reason = "the two seconds of the README are real ones"
)]
async fn published_by(version: &str) -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let key = operator.register("gw-1", "field").await?;
    let publisher = Publisher {
        port: system.mqtt_port,
        gateway: Some("gw-1"),
        key: &key,
        version,
    };
    let topic = "suyuan/v1/gw-1/field/telemetry";
    let json = br#"[{"bt":1767571200,"n":"temperature","u":"Cel","v":-3.25},
                    {"n":"soil-moisture","u":"%","v":30.0206}]"#;
    publisher.publish_well(topic, json)?;
    publisher.publish_well(topic, &cbor_pack(1_767_572_100))?;
    let acknowledged = Instant::now();
    let readings = wait_for("both readings", || async {
        let found = operator.readings("gw-1", "field").await?;
        Ok((found.len() == 2).then_some(found))
    })
    .await?;
    assert!(
        acknowledged.elapsed() < READABLE_WITHIN,
        "{:?}",
        acknowledged.elapsed()
    );
    assert_eq!(readings[0]["time"], "2026-01-05T00:15:00Z");
    assert_eq!(
        readings[0]["values"],
        json!({"temperature": 21.5, "humidity": 60.0})
    );
    assert_eq!(
        readings[1]["values"],
        json!({"temperature": -3.25, "soil-moisture": 30.0206})
    );
    system.stop().await?;
    Ok(())
}

#[tokio::test]
async fn json_and_cbor_packs_of_a_stock_client_are_readable_within_two_seconds()
-> anyhow::Result<()> {
    published_by("mqttv311").await
}

#[tokio::test]
async fn the_same_holds_for_mqtt_5() -> anyhow::Result<()> {
    published_by("mqttv5").await
}

#[tokio::test]
async fn the_hours_of_readings_are_rolled_up() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let key = operator.register("gw-1", "field").await?;
    let publisher = Publisher {
        port: system.mqtt_port,
        gateway: Some("gw-1"),
        key: &key,
        version: "mqttv311",
    };
    let pack = br#"[{"bt":1767571200,"n":"temperature","v":1},
                    {"n":"temperature","t":900,"v":2},{"n":"temperature","t":1800,"v":6}]"#;
    publisher.publish_well("suyuan/v1/gw-1/field/telemetry", pack)?;
    let path = "/api/v1/gateways/gw-1/probes/field/readings?step=hour&from=2026-01-01T00:00:00Z";
    let hour = wait_for("the rollup", || async {
        let answer = operator.get(path).await?;
        let newest = answer["readings"]
            .as_array()
            .context("no readings")?
            .first()
            .cloned();
        Ok(newest)
    })
    .await?;
    let temperature = &hour["channels"]["temperature"];
    assert_eq!(hour["time"], "2026-01-05T00:00:00Z");
    assert_eq!(
        (&temperature["n"], &temperature["expected"]),
        (&json!(3), &json!(4))
    );
    assert_eq!(
        (&temperature["min"], &temperature["max"]),
        (&json!(1.0), &json!(6.0))
    );
    assert_eq!(temperature["mean"], json!(3.0));
    system.stop().await?;
    Ok(())
}
