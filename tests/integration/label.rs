//! A producer registers a lot and prints a label; an independent decoder reads it; the page
//! behind it says what it should. And the same from the command line, without a database.

use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::harness::api::Api;
use crate::harness::system::System;
use crate::harness::tools::zbar;
use crate::harness::{Folder, SUYUAN};

/// Registers a lot of the producer's first product on its first plot.
async fn register_lot(producer: &Api, code: &str) -> anyhow::Result<Value> {
    let products = producer.get("/api/v1/products?state=approved").await?;
    let plots = producer.get("/api/v1/plots").await?;
    producer
        .post(
            "/api/v1/lots",
            &json!({
                "request_id": uuid::Uuid::new_v4(),
                "gtin": products["products"][0]["gtin"],
                "plot_id": plots["plots"][0]["id"],
                "code": code,
                "started_on": "2026-09-01",
                "harvested_on": "2026-10-20",
                "quantity": 120.5,
            }),
        )
        .await
}

#[tokio::test]
async fn a_printed_label_is_read_by_zbar_and_leads_to_its_lot() -> anyhow::Result<()> {
    let system = System::demo().await?;
    let producer = Api::sign_in(&system.http, "producer", "suyuan-demo").await?;
    let lab = Api::sign_in(&system.http, "lab", "suyuan-demo").await?;
    let lot = register_lot(&producer, "LABEL-TEST").await?;
    let id = lot["id"].as_i64().context("no lot")?;
    let result = json!({
        "request_id": uuid::Uuid::new_v4(),
        "sample_code": "S-1",
        "item": "有机磷和氨基甲酸酯类农药",
        "method": "GB/T 5009.199-2003",
        "value": 12.5,
        "unit": "%",
        "limit": 50.0,
    });
    lab.post(&format!("/api/v1/lots/{id}/tests"), &result)
        .await?;
    let run = json!({"request_id": uuid::Uuid::new_v4(), "count": 3, "size": "40x30mm"});
    producer
        .post(&format!("/api/v1/lots/{id}/labels"), &run)
        .await?;
    let labels = producer.get(&format!("/api/v1/labels?lot={id}")).await?;
    let labels = labels["labels"].as_array().context("no labels")?;
    assert_eq!(labels.len(), 3);
    for label in labels {
        let serial = label["serial"].as_str().context("no serial")?;
        let picture = producer
            .bytes(&format!("/api/v1/labels/{serial}.png"))
            .await?;
        let gtin = lot["gtin"].as_str().context("no gtin")?;
        let expected = format!("{}/01/{gtin}/10/LABEL-TEST/21/{serial}", system.http);
        assert_eq!(zbar(&picture)?, expected);
        assert_eq!(label["link"], json!(expected));
        let page = reqwest::Client::builder()
            .no_proxy()
            .build()?
            .get(&expected);
        let page = page
            .header("accept", "text/html")
            .send()
            .await?
            .error_for_status()?;
        let page = page.text().await?;
        for word in ["LABEL-TEST", "演示数据", "GB/T 5009.199-2003", "12.5"] {
            assert!(page.contains(word), "{word} is not on the page");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_form_sent_twice_registers_once() -> anyhow::Result<()> {
    let system = System::demo().await?;
    let producer = Api::sign_in(&system.http, "producer", "suyuan-demo").await?;
    let products = producer.get("/api/v1/products?state=approved").await?;
    let plots = producer.get("/api/v1/plots").await?;
    let form = json!({
        "request_id": uuid::Uuid::new_v4(),
        "gtin": products["products"][0]["gtin"],
        "plot_id": plots["plots"][0]["id"],
        "code": "TWICE",
        "started_on": "2026-09-01",
        "harvested_on": "2026-10-20",
        "quantity": 1.0,
    });
    let first = producer.post("/api/v1/lots", &form).await?;
    let again = producer.post("/api/v1/lots", &form).await?;
    assert_eq!(first["id"], again["id"]);
    Ok(())
}

#[test]
fn the_command_line_renders_a_label_without_a_database() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let link = "https://SUYUAN.EXAMPLE/01/09506000134352/10/ABC-1/21/0123456789ABC";
    for size in ["40x30mm", "60x40mm"] {
        let out = folder.path().join(format!("{size}.png"));
        let mut label = Command::new(SUYUAN);
        label.args([
            "label",
            "--link",
            link,
            "--text",
            "product=莓茶",
            "--size",
            size,
        ]);
        let done = label
            .args(["--format", "png", "--out"])
            .arg(&out)
            .output()?;
        ensure!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_eq!(zbar(&std::fs::read(out)?)?, link);
    }
    Ok(())
}

#[test]
fn a_link_is_parsed_or_refused_with_a_reason() -> anyhow::Result<()> {
    let parse = |link: &str| Command::new(SUYUAN).args(["link", link]).output();
    let good = parse("https://example.com/01/09506000134352/10/ABC/21/1")?;
    assert_eq!(good.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(good.stdout)?.trim(),
        r#"{"01":"09506000134352","10":"ABC","21":"1"}"#
    );
    for bad in [
        "https://example.com/01/09506000134353",
        "https://example.com/01/09506000134352/21/1/10/ABC",
        "hello",
    ] {
        let refused = parse(bad)?;
        assert_eq!(refused.status.code(), Some(1), "{bad}");
        assert!(
            !refused.stderr.is_empty() && refused.stdout.is_empty(),
            "{bad}"
        );
    }
    assert_eq!(
        Command::new(SUYUAN).arg("link").output()?.status.code(),
        Some(2)
    );
    Ok(())
}
