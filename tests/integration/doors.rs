//! The same program on somebody else's database and beside somebody else's broker.

use serde_json::Value;
use store::cluster::{Cluster, Options};

use crate::harness::mosquitto::Mosquitto;
use crate::harness::system::System;
use crate::harness::tools::Publisher;
use crate::harness::{Folder, SUYUAN, wait_for};

#[tokio::test]
async fn readings_of_a_brokers_publishers_are_stored_too() -> anyhow::Result<()> {
    let broker = Mosquitto::start().await?;
    let url = format!("mqtt://127.0.0.1:{}", broker.port);
    let system = System::start(&[], &[("SUYUAN_MQTT_URL", &url)]).await?;
    let operator = system.operator().await?;
    operator.register("gw-1", "field").await?;
    wait_for("readiness", || async {
        Ok(operator.get("/readyz").await.ok())
    })
    .await?;
    let publisher = Publisher {
        port: broker.port,
        gateway: None,
        key: "",
        version: "mqttv5",
    };
    let topic = "suyuan/v1/gw-1/field/telemetry";
    publisher.publish_well(topic, br#"[{"bt":1767571200,"n":"temperature","v":7.5}]"#)?;
    publisher.publish_well(topic, b"no pack")?;
    let readings = wait_for("the reading", || async {
        let found = operator.readings("gw-1", "field").await?;
        Ok((!found.is_empty()).then_some(found))
    })
    .await?;
    assert_eq!(readings[0]["values"]["temperature"], Value::from(7.5));
    wait_for("the dead letter", || async {
        let letters = operator
            .get("/api/v1/dead-letters?reason=not_senml")
            .await?;
        Ok(letters["dead_letters"]
            .as_array()
            .filter(|found| found.len() == 1)
            .map(|_| ()))
    })
    .await?;
    system.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_named_database_is_used_instead_of_a_private_one() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let theirs = Cluster::start(folder.path(), &Options { throwaway: true }).await?;
    let url = theirs.url().to_owned();
    let system = System::start(&[], &[("DATABASE_URL", &url)]).await?;
    assert!(!system.data()?.join("postgres").exists());
    let made = std::process::Command::new("sh")
        .args([
            "-c",
            "echo 'correct horse' | \"$0\" user add op --role operator",
            SUYUAN,
        ])
        .env("DATABASE_URL", &url)
        .status()?;
    assert!(made.success());
    let operator = crate::harness::api::Api::sign_in(&system.http, "op", "correct horse").await?;
    let key = operator.register("gw-1", "field").await?;
    let publisher = Publisher {
        port: system.mqtt_port,
        gateway: Some("gw-1"),
        key: &key,
        version: "mqttv311",
    };
    let pack = br#"[{"bt":1767571200,"n":"temperature","v":1}]"#;
    publisher.publish_well("suyuan/v1/gw-1/field/telemetry", pack)?;
    assert_eq!(operator.readings("gw-1", "field").await?.len(), 1);
    system.stop().await?;
    theirs.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_roles_run_as_processes_of_their_own() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let theirs = Cluster::start(folder.path(), &Options { throwaway: true }).await?;
    let broker = Mosquitto::start().await?;
    let migrated = std::process::Command::new(SUYUAN)
        .args(["migrate", "--database-url", theirs.url()])
        .status()?;
    assert!(migrated.success());
    let mqtt = format!("mqtt://127.0.0.1:{}", broker.port);
    let mut processes = Vec::new();
    for number in ["1", "2"] {
        let mut ingest = tokio::process::Command::new(SUYUAN);
        ingest.args([
            "ingest",
            "--database-url",
            theirs.url(),
            "--mqtt-url",
            &mqtt,
        ]);
        ingest.args(["--mqtt-group", "suyuan", "--mqtt-client-id", number]);
        processes.push(ingest.kill_on_drop(true).spawn()?);
    }
    let store = store::Store::connect(theirs.url()).await?;
    let probe =
        store::testing::insert_probe(&store, "gw-1", "field", &["temperature"], 900).await?;
    let publisher = Publisher {
        port: broker.port,
        gateway: None,
        key: "",
        version: "mqttv5",
    };
    // Published again until it arrives: nobody subscribes before the processes are there.
    let span = store::reading::Span {
        from: time::macros::datetime!(2026-01-01 0:00 UTC),
        to: time::macros::datetime!(2026-02-01 0:00 UTC),
    };
    wait_for("the reading", || async {
        let pack = br#"[{"bt":1767571200,"n":"temperature","v":1}]"#;
        publisher.publish_well("suyuan/v1/gw-1/field/telemetry", pack)?;
        let mut connection = store.acquire().await?;
        let count = store::reading::count(&mut connection, probe, span).await?;
        Ok((count.reports == 1).then_some(()))
    })
    .await?;
    for process in &mut processes {
        process.kill().await?;
    }
    store.close().await;
    theirs.stop().await?;
    Ok(())
}
