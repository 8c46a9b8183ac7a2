//! Frost on the demonstration plot: from readings to a line on the supervisor's page while it is
//! open, and to an acknowledgement.

use anyhow::{Context, ensure};
use serde_json::json;
use time::OffsetDateTime;

use crate::harness::api::Api;
use crate::harness::system::System;
use crate::harness::tools::Publisher;
use crate::harness::{PATIENCE, wait_for};

/// Readings of −2 °C over the last twelve minutes.
#[expect(clippy::disallowed_methods, reason = "frost of this very moment")]
fn frost() -> String {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let record = |ago: i64| json!({"n": "temperature", "u": "Cel", "t": now - ago, "v": -2.0});
    json!([record(720), record(360), record(0)]).to_string()
}

#[tokio::test]
async fn a_frost_reading_reaches_the_open_page_and_is_acknowledged() -> anyhow::Result<()> {
    let system = System::demo().await?;
    let supervisor = Api::sign_in(&system.http, "supervisor", "suyuan-demo").await?;
    let mut page = supervisor.stream("/supervisor/alarms/stream").await?;
    let publisher = Publisher {
        port: system.mqtt_port,
        gateway: Some("demo-gw"),
        key: "suyuan-demo",
        version: "mqttv311",
    };
    publisher.publish_well("suyuan/v1/demo-gw/demo-probe/telemetry", frost().as_bytes())?;

    let mut seen = String::new();
    let live = async {
        while !(seen.contains("event: alarm") && seen.contains("demo-probe")) {
            let piece = page.chunk().await?.context("the stream ended")?;
            seen.push_str(&String::from_utf8_lossy(&piece));
        }
        anyhow::Ok(())
    };
    let arrived = tokio::time::timeout(PATIENCE, live).await;
    ensure!(
        matches!(arrived, Ok(Ok(()))),
        "no alarm on the stream: {seen}"
    );

    let path = "/api/v1/alarms?probe=demo-probe&open=true";
    let alarm = wait_for("the alarm", || async {
        let alarms = supervisor.get(path).await?;
        let active = |alarm: &&serde_json::Value| alarm["cleared_at"].is_null();
        Ok(alarms["alarms"]
            .as_array()
            .and_then(|all| all.iter().find(active).cloned()))
    })
    .await?;
    assert_eq!(alarm["extreme"], json!(-2.0));
    let id = alarm["id"].as_i64().context("no id")?;
    let answer = json!({"note": "已通知农户覆膜"});
    supervisor
        .post(&format!("/api/v1/alarms/{id}/acknowledgement"), &answer)
        .await?;
    let alarms = supervisor.get(path).await?;
    let kept = alarms["alarms"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|a| a["id"] == json!(id));
    let kept = kept.context("an active alarm stays in the list")?;
    assert_eq!(kept["note"], json!("已通知农户覆膜"));
    assert!(!kept["acknowledged_at"].is_null());
    Ok(())
}
