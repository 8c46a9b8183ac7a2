//! A camera's picture from `mosquitto_pub` to the buyer's page: there when it is acknowledged,
//! once however often it is sent, and still there after a power cut.

use std::process::Command;

use anyhow::{Context, ensure};
use jpeg_encoder::{ColorType, Encoder};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::Folder;
use crate::harness::api::Api;
use crate::harness::system::{PASSWORD, System, add_account};

/// A small picture of one shade.
fn jpeg(shade: u8) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::new();
    Encoder::new(&mut out, 80).encode(&vec![shade; 320 * 180 * 3], 320, 180, ColorType::Rgb)?;
    Ok(out)
}

/// Publishes a file as the README says, with or without a time; fails unless it is acknowledged.
fn publish(
    port: u16,
    (gateway, key): (&str, &str),
    camera: &str,
    picture: &[u8],
    time: Option<&str>,
) -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let file = folder.path().join("picture.jpg");
    std::fs::write(&file, picture)?;
    let mut command = Command::new("timeout");
    command.args(["20", "mosquitto_pub", "-V", "mqttv5", "-h", "127.0.0.1"]);
    command.args(["-p", &port.to_string(), "-q", "1", "-u", gateway, "-P", key]);
    command.args(["-t", &format!("suyuan/v1/{gateway}/{camera}/snapshot")]);
    command.arg("-f").arg(&file);
    if let Some(time) = time {
        command.args(["-D", "PUBLISH", "user-property", "time", time]);
    }
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "mosquitto_pub: {said}");
    Ok(())
}

/// The pictures of a camera, newest first.
async fn list(api: &Api, gateway: &str, camera: &str) -> anyhow::Result<Vec<Value>> {
    let path = format!("/api/v1/gateways/{gateway}/cameras/{camera}/pictures?limit=500");
    let answer = api.get(&path).await?;
    let pictures = answer["pictures"].as_array().cloned();
    pictures.context("no pictures")
}

/// A released lot of the demonstration's tea garden: its address and its last day.
async fn tea_lot(api: &Api) -> anyhow::Result<(String, String)> {
    let answer = api.get("/api/v1/lots?limit=500").await?;
    let lots = answer["lots"].as_array().context("no lots")?;
    let text = |lot: &Value, member: &str| lot[member].as_str().unwrap_or_default().to_owned();
    let lot = lots
        .iter()
        .find(|lot| text(lot, "state") == "released" && text(lot, "plot") == "云雾坡一号茶园");
    let lot = lot.context("no released lot of the tea garden")?;
    let path = format!("/01/{}/10/{}", text(lot, "gtin"), text(lot, "code"));
    Ok((path, text(lot, "harvested_on")))
}

#[tokio::test]
async fn a_picture_that_was_published_is_on_the_lots_public_page_once() -> anyhow::Result<()> {
    let system = System::demo().await?;
    let operator = Api::sign_in(&system.http, "operator", "suyuan-demo").await?;
    let (path, last_day) = tea_lot(&operator).await?;
    let before = list(&operator, "demo-gw", "demo-cam").await?.len();
    let (picture, noon) = (jpeg(90)?, format!("{last_day}T12:00:00+08:00"));
    let gateway = ("demo-gw", "suyuan-demo");
    for _ in 0..2 {
        publish(system.mqtt_port, gateway, "demo-cam", &picture, Some(&noon))?;
    }
    let pictures = list(&operator, "demo-gw", "demo-cam").await?;
    assert_eq!(pictures.len(), before + 1, "sent twice, kept once");
    let kept = pictures.iter().find(|p| p["time_source"] == "property");
    let small = kept.context("it is not there")?["small"]
        .as_str()
        .context("no address")?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let page = client
        .get(format!("{}{path}", system.http))
        .header("accept", "text/html");
    let page = page.send().await?.text().await?;
    assert!(
        page.contains("实地照片") && page.contains(small),
        "{small} is not on {path}"
    );
    let shown = client.get(format!("{}{small}", system.http)).send().await?;
    assert_eq!(shown.status(), StatusCode::OK, "without an account");
    assert!(shown.bytes().await?.starts_with(b"\xff\xd8\xff"));
    Ok(())
}

#[tokio::test]
async fn an_acknowledged_picture_survives_a_power_cut() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let mut system = System::start_in(folder.path(), &[]).await?;
    add_account(folder.path(), "op", "operator")?;
    let operator = Api::sign_in(&system.http, "op", PASSWORD).await?;
    let key = operator.register("gw-1", "field").await?;
    let camera = json!({"name": "cam1", "interval_seconds": 3_600});
    operator
        .post("/api/v1/gateways/gw-1/cameras", &camera)
        .await?;
    for shade in [10, 20, 30] {
        let picture = jpeg(shade)?;
        publish(system.mqtt_port, ("gw-1", &key), "cam1", &picture, None)?;
        system.kill().await?;
        system = System::start_in(folder.path(), &[]).await?;
        let operator = Api::sign_in(&system.http, "op", PASSWORD).await?;
        let newest = list(&operator, "gw-1", "cam1").await?;
        let newest = newest.first().context("the picture is lost")?;
        assert_eq!(newest["time_source"], "arrival");
        let sha256 = newest["sha256"].as_str().context("no hash")?;
        let kept = operator
            .bytes(&format!("/api/v1/pictures/{sha256}"))
            .await?;
        assert_eq!(kept, picture, "shade {shade}");
    }
    system.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_no_picture_is_kept_as_a_dead_letter_with_its_reason() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let key = operator.register("gw-1", "field").await?;
    let camera = json!({"name": "cam1", "interval_seconds": 3_600});
    operator
        .post("/api/v1/gateways/gw-1/cameras", &camera)
        .await?;
    let whole = jpeg(50)?;
    let half = &whole[..whole.len() / 2];
    for (camera, payload, reason) in [
        ("cam1", half, "not_picture"),
        ("cam1", b"\x89PNG\r\n\x1a\n".as_slice(), "not_picture"),
        ("cam9", &whole, "unknown_camera"),
    ] {
        // Version 5 hears why, so the tool may well call it a failure.
        let _ = publish(system.mqtt_port, ("gw-1", &key), camera, payload, None);
        let letters = operator
            .get(&format!("/api/v1/dead-letters?reason={reason}"))
            .await?;
        let letters = letters["dead_letters"].as_array().cloned();
        let topic = format!("suyuan/v1/gw-1/{camera}/snapshot");
        let letters = letters.context("no letters")?;
        assert!(
            letters.iter().any(|l| l["topic"] == topic),
            "{reason}: {letters:?}"
        );
    }
    assert!(list(&operator, "gw-1", "cam1").await?.is_empty());
    system.stop().await?;
    Ok(())
}

#[tokio::test]
async fn virtual_cameras_account_for_every_snapshot() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let mqtt = format!("mqtt://127.0.0.1:{}", system.mqtt_port);
    let mut command = Command::new(crate::harness::SUYUAN);
    command.args([
        "simulate",
        "--gateways",
        "1",
        "--readings",
        "5",
        "--cameras",
        "2",
    ]);
    command.args([
        "--pictures",
        "3",
        "--seed",
        "7",
        "--mqtt",
        &mqtt,
        "--register",
        &system.http,
    ]);
    command.args(["--account", "op", "--password", PASSWORD]);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "simulate: {said}");
    let line: Value = serde_json::from_slice(&output.stdout)?;
    for member in ["pictures", "pictures_acknowledged", "pictures_stored"] {
        assert_eq!(line[member], 6, "{line}");
    }
    assert_eq!(line["pictures_lost"], 0);
    let pictures = list(&operator, "sim-cam-0001", "cam").await?;
    assert!(
        pictures
            .iter()
            .all(|picture| picture["time_source"] == "exif"),
        "{pictures:?}"
    );
    system.stop().await?;
    Ok(())
}
