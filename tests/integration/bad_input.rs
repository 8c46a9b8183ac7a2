//! What devices and strangers send that is wrong: refused or kept with its reason, counted, and
//! the stream goes on.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::Value;

use crate::harness::api::Api;
use crate::harness::system::System;
use crate::harness::tools::Publisher;
use crate::harness::wait_for;

const TOPIC: &str = "suyuan/v1/gw-1/field/telemetry";
/// 2027-11-23: next year for any clock that is right.
const NEXT_YEAR: u64 = 1_826_928_000;

/// Reasons of the dead letters, with how many there are of each.
async fn reasons(operator: &Api) -> anyhow::Result<BTreeMap<String, usize>> {
    let answer = operator.get("/api/v1/dead-letters?limit=500").await?;
    let letters = answer["dead_letters"]
        .as_array()
        .context("no dead letters")?;
    let mut found = BTreeMap::new();
    for letter in letters {
        let reason = letter["reason"].as_str().context("no reason")?;
        *found.entry(reason.to_owned()).or_default() += 1;
    }
    Ok(found)
}

async fn wait_for_reason(operator: &Api, reason: &str) -> anyhow::Result<()> {
    wait_for(reason, || async {
        Ok(reasons(operator).await?.contains_key(reason).then_some(()))
    })
    .await
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list, read from top to bottom")]
async fn every_bad_input_is_kept_with_its_reason_and_the_stream_goes_on() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let key = operator.register("gw-1", "field").await?;
    let with = |gateway, key| Publisher {
        port: system.mqtt_port,
        gateway: Some(gateway),
        key,
        version: "mqttv311",
    };
    let own = with("gw-1", key.as_str());

    assert!(
        !with("nobody", "key")
            .publish(TOPIC, b"[]")?
            .status
            .success()
    );
    wait_for_reason(&operator, "unknown_gateway").await?;
    assert!(
        !with("gw-1", "wrong")
            .publish(TOPIC, b"[]")?
            .status
            .success()
    );
    wait_for_reason(&operator, "wrong_key").await?;
    let foreign = "suyuan/v1/gw-2/field/telemetry";
    assert!(
        !own.publish(foreign, br#"[{"n":"temperature","v":1}]"#)?
            .status
            .success()
    );
    wait_for_reason(&operator, "foreign_topic").await?;
    assert!(
        !own.publish(TOPIC, &vec![b' '; 3 * 1024 * 1024])?
            .status
            .success()
    );
    wait_for_reason(&operator, "oversized").await?;

    // These are acknowledged: they are kept, and the device cannot do better by sending again.
    for (payload, reason) in [
        ("hello".to_owned(), "not_senml"),
        (
            r#"[{"n":"temperature","t":3600,"bt":300000000,"v":1}]"#.to_owned(),
            "time_in_past",
        ),
        (
            format!(r#"[{{"n":"temperature","t":{NEXT_YEAR},"v":1}}]"#),
            "time_in_future",
        ),
        (r#"[{"n":"mood","v":1}]"#.to_owned(), "unknown_channel"),
        (
            r#"[{"n":"temperature","u":"K","v":290}]"#.to_owned(),
            "unit_mismatch",
        ),
    ] {
        own.publish_well(TOPIC, payload.as_bytes())?;
        wait_for_reason(&operator, reason).await?;
    }
    own.publish_well(
        "suyuan/v1/gw-1/other/telemetry",
        br#"[{"n":"temperature","v":1}]"#,
    )?;
    wait_for_reason(&operator, "unknown_probe").await?;

    own.publish_well(TOPIC, br#"[{"bt":1767571200,"n":"temperature","v":1.5}]"#)?;
    let readings = operator.readings("gw-1", "field").await?;
    // Two of them came by a clock that nobody believes; see below.
    assert_eq!(readings.len(), 3);
    assert_eq!(readings[2]["time"], "2026-01-05T00:00:00Z");
    assert_eq!(readings[2]["values"]["temperature"], Value::from(1.5));

    let metrics = operator.bytes("/metrics").await?;
    let metrics = String::from_utf8(metrics)?;
    for reason in reasons(&operator).await?.keys() {
        let counted = metrics
            .lines()
            .any(|l| l.contains("dead_letters_total") && l.contains(&format!("\"{reason}\"")));
        assert!(counted, "{reason} is not counted in {metrics}");
    }
    system.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_years_off_leaves_a_letter_and_a_flagged_reading_once() -> anyhow::Result<()>
{
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let key = operator.register("gw-1", "field").await?;
    let own = Publisher {
        port: system.mqtt_port,
        gateway: Some("gw-1"),
        key: key.as_str(),
        version: "mqttv311",
    };
    let past = br#"[{"bt":300000000,"n":"temperature","v":1},{"n":"temperature","t":900,"v":2}]"#;
    let future = format!(r#"[{{"n":"temperature","t":{NEXT_YEAR},"v":-300}}]"#);
    for _ in 0..3 {
        own.publish_well(TOPIC, past)?;
        own.publish_well(TOPIC, future.as_bytes())?;
    }
    wait_for_reason(&operator, "time_in_past").await?;
    wait_for_reason(&operator, "time_in_future").await?;
    let letters: Vec<_> = reasons(&operator).await?.into_values().collect();
    assert_eq!(letters, [1, 1], "one letter an hour, not one a message");
    let readings = operator.readings("gw-1", "field").await?;
    assert_eq!(readings.len(), 3, "{readings:?}");
    let mut told: Vec<_> = readings
        .iter()
        .map(|r| (r["device_time"].as_str(), r["flags"].to_string()))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            (
                Some("1979-07-05T05:20:00Z"),
                r#"["clock_behind"]"#.to_owned()
            ),
            (
                Some("1979-07-05T05:35:00Z"),
                r#"["clock_behind"]"#.to_owned()
            ),
            (
                Some("2027-11-23T00:00:00Z"),
                r#"["clock_ahead","outside"]"#.to_owned()
            ),
        ]
    );
    for reading in &readings {
        assert_eq!(reading["time_source"], "arrival");
    }
    assert_eq!(readings[0]["arrived"], readings[0]["time"]);
    let broken = readings
        .iter()
        .find(|r| r["values"]["temperature"] == -300.0);
    let broken = broken.context("the value was dropped")?;
    assert_eq!(broken["outside"], serde_json::json!(["temperature"]));
    system.stop().await?;
    Ok(())
}

#[tokio::test]
async fn dead_letters_are_the_operators_alone() -> anyhow::Result<()> {
    let system = System::demo().await?;
    for (login, may) in [
        ("operator", true),
        ("supervisor", false),
        ("producer", false),
    ] {
        let api = Api::sign_in(&system.http, login, "suyuan-demo").await?;
        assert_eq!(
            api.get("/api/v1/dead-letters").await.is_ok(),
            may,
            "{login}"
        );
    }
    Ok(())
}
