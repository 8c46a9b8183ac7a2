//! The promise that no rival makes whole: an acknowledged reading is in the database, whatever is
//! killed, and no reading is there twice. `suyuan up --demo` is killed ten times at random moments
//! while a publisher with `QoS` 1 runs. `SUYUAN_KILL_SEED` repeats a run.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use rand::Rng;
use rustix::process::{Pid, Signal, kill_process};

use super::chance::seeded;
use super::publisher::{PROBE, Publisher, START, Target, values};
use crate::harness::api::Api;
use crate::harness::system::System;
use crate::harness::{Folder, free_port, wait_for};

const KILLS: usize = 10;

/// Readings that must be acknowledged between two kills.
const PROGRESS: usize = 20;

/// Kills either the whole program or its database server alone, which ends the program.
pub async fn kill(mut system: System, data: &Path, database: bool) -> anyhow::Result<()> {
    if !database {
        return system.kill().await;
    }
    let text = std::fs::read_to_string(data.join("postgres/data/postmaster.pid"))?;
    let pid = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok());
    kill_process(
        pid.and_then(Pid::from_raw).context("no server")?,
        Signal::KILL,
    )?;
    system.wait().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_kills_lose_no_acknowledged_reading_and_double_none() -> anyhow::Result<()> {
    let mut chance = seeded("SUYUAN_KILL_SEED");
    let folder = Folder::new()?;
    // Ports that stay the same over restarts, so that the publisher finds the system again.
    let (http, mqtt) = (free_port()?, free_port()?);
    let (http, mqtt_flag) = (format!("127.0.0.1:{http}"), format!("127.0.0.1:{mqtt}"));
    // The last address given wins over the harness's own.
    let flags = ["--demo", "--http", &http, "--mqtt", &mqtt_flag];
    let mut system = System::start_in(folder.path(), &flags).await?;
    let operator = Api::sign_in(&system.http, "operator", "suyuan-demo").await?;
    // A gateway beside the demonstration's own: its season must not be mistaken for ours.
    let key = operator.register("gw-1", PROBE).await?;
    let publisher = Publisher::start(Target {
        port: mqtt,
        gateway: "gw-1",
        key,
    });

    for number in 0..KILLS {
        let before = publisher.count();
        wait_for("acknowledged readings", || async {
            Ok((publisher.count() > before + PROGRESS).then_some(()))
        })
        .await?;
        tokio::time::sleep(Duration::from_millis(chance.random_range(0..700))).await;
        let database = chance.random_bool(0.3);
        println!(
            "kill {number}: {}",
            if database { "PostgreSQL" } else { "everything" }
        );
        kill(system, folder.path(), database).await?;
        system = System::start_in(folder.path(), &flags).await?;
    }
    let (sent, acknowledged) = publisher.finish().await?;
    let operator = Api::sign_in(&system.http, "operator", "suyuan-demo").await?;
    let readings = (sent, acknowledged);
    check(&operator, "gw-1", &readings, KILLS * PROGRESS).await?;
    system.stop().await?;
    Ok(())
}

/// Acknowledged minus stored is nothing, and each stored row is another reading, at its own time.
pub async fn check(
    operator: &Api,
    gateway: &str,
    (sent, acknowledged): &(i64, BTreeSet<i64>),
    at_least: usize,
) -> anyhow::Result<()> {
    let mut stored = BTreeSet::new();
    let mut rows = 0;
    for start in (0..=*sent).step_by(5_000) {
        let (from, to) = (rfc3339(START + start), rfc3339(START + start + 5_000));
        let path = format!(
            "/api/v1/gateways/{gateway}/probes/{PROBE}/readings?from={from}&to={to}&limit=10000"
        );
        let answer = operator.get(&path).await?;
        for reading in answer["readings"].as_array().context("no readings")? {
            let number = seconds(reading["time"].as_str().context("no time")?)? - START;
            let channels = ["temperature", "humidity", "soil-moisture"];
            let found = channels.map(|name| reading["values"][name].as_f64());
            let expected = values(number).map(|value| Some(value as f64));
            ensure!(found == expected, "another reading's values: {reading}");
            rows += 1;
            stored.insert(number);
        }
    }
    let count = format!("/api/v1/gateways/{gateway}/probes/{PROBE}/readings/count");
    let whole = format!("{count}?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z");
    let elsewhere = operator.get(&whole).await?["reports"].as_u64() != Some(rows as u64);
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    println!(
        "{gateway}: sent {sent}, acknowledged {}, stored {rows}, lost {}, twice {}",
        acknowledged.len(),
        lost.len(),
        rows - stored.len()
    );
    assert!(lost.is_empty(), "acknowledged and not stored: {lost:?}");
    assert_eq!(rows, stored.len(), "stored twice");
    assert!(!elsewhere, "stored at times that nobody sent");
    assert!(acknowledged.len() > at_least, "too little happened");
    Ok(())
}

fn rfc3339(seconds: i64) -> String {
    let format = time::format_description::well_known::Rfc3339;
    let time = time::OffsetDateTime::from_unix_timestamp(seconds);
    time.ok()
        .and_then(|time| time.format(&format).ok())
        .unwrap_or_default()
}

fn seconds(text: &str) -> anyhow::Result<i64> {
    let format = time::format_description::well_known::Rfc3339;
    Ok(time::OffsetDateTime::parse(text, &format)?.unix_timestamp())
}
