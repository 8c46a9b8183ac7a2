//! Recorded field data through the whole chain: file → firmware library → MQTT → database →
//! rollups. What is stored equals the file, value by value.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::harness::api::Api;
use crate::harness::system::{PASSWORD, System};
use crate::harness::{SUYUAN, repository, skipped, wait_for};

/// The whole file where it is, else the excerpt of the repository.
fn recorded() -> PathBuf {
    let whole = repository("../shared/data/ecoirrigate_field_2025.csv");
    if whole.exists() {
        return whole;
    }
    let reason = format!("{} is not here; the excerpt stands in", whole.display());
    skipped("the whole recording", &reason);
    repository("data/ecoirrigate_excerpt.csv")
}

/// A column's values of one farm, by time, as the file spells them.
fn column(text: &str, farm: &str, name: &str) -> anyhow::Result<BTreeMap<String, f32>> {
    let mut lines = text.lines();
    let header: Vec<_> = lines.next().context("an empty file")?.split(',').collect();
    let place = |name| {
        header
            .iter()
            .position(|column| *column == name)
            .context("no such column")
    };
    let (time, farms, values) = (place("Timestamp")?, place("Farm_ID")?, place(name)?);
    let mut found = BTreeMap::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let fields: Vec<_> = line.split(',').collect();
        if fields[farms] == farm && !fields[values].is_empty() {
            let stamp = format!("{}Z", fields[time].replace(' ', "T"));
            // The first of two lines for one time is the one that is stored.
            found.entry(stamp).or_insert(fields[values].parse()?);
        }
    }
    Ok(found)
}

/// Every stored value of a channel, by time.
async fn stored(api: &Api, gateway: &str, channel: &str) -> anyhow::Result<BTreeMap<String, f32>> {
    let probes = api
        .get(&format!("/api/v1/gateways/{gateway}/probes"))
        .await?;
    let probe = probes["probes"][0]["name"]
        .as_str()
        .context("no probe")?
        .to_owned();
    let mut found = BTreeMap::new();
    for month in 1..=12 {
        let (from, to) = (format!("2025-{month:02}-01"), next_month(month));
        let path = format!(
            "/api/v1/gateways/{gateway}/probes/{probe}/readings?from={from}T00:00:00Z&to={to}T00:00:00Z&limit=10000"
        );
        let answer = api.get(&path).await?;
        for reading in answer["readings"].as_array().context("no readings")? {
            if let Some(value) = reading["values"][channel].as_f64() {
                found.insert(
                    reading["time"].as_str().unwrap_or_default().to_owned(),
                    value as f32,
                );
            }
        }
    }
    Ok(found)
}

fn next_month(month: u32) -> String {
    if month == 12 {
        "2026-01-01".to_owned()
    } else {
        format!("2025-{:02}-01", month + 1)
    }
}

#[tokio::test]
async fn a_replayed_recording_is_stored_value_by_value() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let file = recorded();
    let mqtt = format!("mqtt://127.0.0.1:{}", system.mqtt_port);
    let mut command = Command::new(SUYUAN);
    command.args(["simulate", "--mqtt", &mqtt, "--register", &system.http]);
    command
        .args(["--account", "op", "--password", PASSWORD, "--replay"])
        .arg(&file);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let last = String::from_utf8(output.stdout)?;
    let summary: Value = serde_json::from_str(last.trim().lines().last().context("no summary")?)?;
    assert_eq!(
        (summary["lost"].as_i64(), summary["duplicates"].as_i64()),
        (Some(0), Some(0))
    );
    assert_eq!(summary["stored"], summary["acknowledged"]);

    let text = std::fs::read_to_string(&file)?;
    let mut readings = 0;
    let gateways = operator.get("/api/v1/gateways").await?;
    let gateways = gateways["gateways"]
        .as_array()
        .context("no gateways")?
        .clone();
    assert_eq!(gateways.len(), 2);
    for (gateway, farm) in gateways.iter().zip(["Kolkata_Farm_1", "Kolkata_Farm_2"]) {
        let id = gateway["id"].as_str().context("no id")?;
        for (channel, name) in [
            ("soil-moisture", "Volumetric_Moisture_Pct"),
            ("soil-temperature", "Soil_Temperature_C"),
            ("air-temperature", "Atm_Temperature_C"),
            ("air-pressure", "Atm_Pressure_inHg"),
        ] {
            let expected = column(&text, farm, name)?;
            assert!(!expected.is_empty());
            assert_eq!(
                stored(&operator, id, channel).await?,
                expected,
                "{farm} {name}"
            );
            readings = readings.max(expected.len());
        }
        check_a_day(&operator, id, &column(&text, farm, "Soil_Temperature_C")?).await?;
    }
    println!("{readings} readings a farm, each value equal to the file's");
    system.stop().await?;
    Ok(())
}

/// The daily rollup of the recording's third day (China standard time) against the file.
async fn check_a_day(
    api: &Api,
    gateway: &str,
    values: &BTreeMap<String, f32>,
) -> anyhow::Result<()> {
    let first = values.keys().next().context("no values")?;
    let format = time::format_description::well_known::Rfc3339;
    let start = time::OffsetDateTime::parse(&first[..], &format)?.date() + time::Duration::days(3);
    // 16:00 UTC is midnight in China.
    let (from, to) = (
        format!("{start}T16:00:00Z"),
        format!("{}T16:00:00Z", start + time::Duration::DAY),
    );
    let inside: Vec<f32> = values
        .range(from.clone()..to.clone())
        .map(|(_, v)| *v)
        .collect();
    let probes = api
        .get(&format!("/api/v1/gateways/{gateway}/probes"))
        .await?;
    let probe = probes["probes"][0]["name"]
        .as_str()
        .context("no probe")?
        .to_owned();
    let path =
        format!("/api/v1/gateways/{gateway}/probes/{probe}/readings?step=day&from={from}&to={to}");
    let day = wait_for("the day's rollup", || async {
        let answer = api.get(&path).await?;
        let day = answer["readings"][0]["channels"]["soil-temperature"].clone();
        Ok((day["n"].as_u64() == Some(inside.len() as u64)).then_some(day))
    })
    .await?;
    let min = inside.iter().copied().fold(f32::INFINITY, f32::min);
    let max = inside.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mean = inside.iter().map(|v| f64::from(*v)).sum::<f64>() / inside.len() as f64;
    assert_eq!(day["min"].as_f64().map(|v| v as f32), Some(min));
    assert_eq!(day["max"].as_f64().map(|v| v as f32), Some(max));
    assert!((day["mean"].as_f64().context("no mean")? - mean).abs() < 1e-4);
    Ok(())
}
