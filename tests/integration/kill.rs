//! The promise that no rival makes whole: an acknowledged reading is in the database, whatever is
//! killed, and no reading is there twice. A publisher with QoS 1 runs all the time; the system is
//! killed ten times at random moments. `SUYUAN_KILL_SEED` repeats a run.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use anyhow::Context;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::harness::api::Api;
use crate::harness::system::{PASSWORD, System, add_account};
use crate::harness::{Folder, wait_for};

const KILLS: usize = 10;
/// 2026-01-05 00:00 UTC; reading number n is n seconds later.
const START: i64 = 1_767_571_200;

/// A stock client that publishes one reading after another and remembers which of them were
/// acknowledged: PUBACKs come in the order of the publishes on one connection, so a packet
/// number leads back to the reading.
struct Publisher {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicI64>,
    acknowledged: mpsc::UnboundedReceiver<i64>,
    tasks: [JoinHandle<()>; 2],
}

impl Publisher {
    fn start(port: u16, key: &str) -> Self {
        let mut options = MqttOptions::new("gw-1", "127.0.0.1", port);
        options.set_credentials("gw-1", key).set_clean_start(true);
        options.set_keep_alive(Duration::from_secs(5));
        let (client, events) = AsyncClient::new(options, 64);
        let stop = Arc::new(AtomicBool::new(false));
        let sent = Arc::new(AtomicI64::new(0));
        let (told, acknowledged) = mpsc::unbounded_channel();
        let publishing = tokio::spawn(publish(client, Arc::clone(&stop), Arc::clone(&sent)));
        let polling = tokio::spawn(poll(events, told, Arc::clone(&stop)));
        Self { stop, sent, acknowledged, tasks: [publishing, polling] }
    }

    /// Stops and returns the numbers of the acknowledged readings.
    async fn finish(mut self) -> BTreeSet<i64> {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
        let mut numbers = BTreeSet::new();
        while let Ok(number) = self.acknowledged.try_recv() {
            numbers.insert(number);
        }
        numbers
    }
}

async fn publish(client: AsyncClient, stop: Arc<AtomicBool>, sent: Arc<AtomicI64>) {
    while !stop.load(Ordering::Relaxed) {
        let number = sent.load(Ordering::Relaxed);
        let pack = format!(r#"[{{"n":"temperature","t":{},"v":{}}}]"#, START + number, number % 40);
        let topic = "suyuan/v1/gw-1/field/telemetry";
        if client.publish(topic, QoS::AtLeastOnce, false, pack).await.is_err() {
            return;
        }
        sent.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls the client for ever, through every loss of the connection, and tells the number of each
/// acknowledged reading. Outgoing publishes are matched by packet number; the library sends what
/// was not acknowledged again under the same one.
async fn poll(
    mut events: EventLoop,
    told: mpsc::UnboundedSender<i64>,
    stop: Arc<AtomicBool>,
) {
    let mut in_flight = std::collections::HashMap::new();
    let mut next = 0;
    while !stop.load(Ordering::Relaxed) {
        match events.poll().await {
            Ok(Event::Outgoing(rumqttc::Outgoing::Publish(packet))) => {
                // A resend keeps its number and its reading; a new publish takes the next one.
                in_flight.entry(packet).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
            }
            Ok(Event::Incoming(Packet::PubAck(ack))) => {
                if let Some(number) = in_flight.remove(&ack.pkid) {
                    let _ = told.send(number);
                }
            }
            Ok(_) => {}
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

fn seed() -> u64 {
    std::env::var("SUYUAN_KILL_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random)
}

/// Ports that stay the same over restarts, so that the publisher finds the system again.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Kills either the whole program or its database server alone, which ends the program.
async fn kill(mut system: System, data: &Path, database: bool) -> anyhow::Result<()> {
    if !database {
        return system.kill().await;
    }
    let text = std::fs::read_to_string(data.join("postgres/data/postmaster.pid"))?;
    let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
    kill_process(pid.and_then(Pid::from_raw).context("no server")?, Signal::KILL)?;
    system.wait().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_kills_lose_no_acknowledged_reading_and_double_none() -> anyhow::Result<()> {
    let seed = seed();
    println!("SUYUAN_KILL_SEED={seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let folder = Folder::new()?;
    let (http, mqtt) = (free_port()?, free_port()?);
    let (http, mqtt_flag) = (format!("127.0.0.1:{http}"), format!("127.0.0.1:{mqtt}"));
    // The last address given wins over the harness's own.
    let flags = ["--http", http.as_str(), "--mqtt", mqtt_flag.as_str()];
    let mut system = System::start_in(folder.path(), &flags).await?;
    add_account(folder.path(), "op", "operator")?;
    let operator = Api::sign_in(&system.http, "op", PASSWORD).await?;
    let key = operator.register("gw-1", "field").await?;
    let publisher = Publisher::start(mqtt, &key);

    for number in 0..KILLS {
        let before = publisher.acknowledged.len();
        wait_for("acknowledged readings", || async {
            Ok((publisher.acknowledged.len() > before + 20).then_some(()))
        })
        .await?;
        tokio::time::sleep(Duration::from_millis(chance.random_range(0..700))).await;
        let database = chance.random_bool(0.3);
        println!("kill {number}: {}", if database { "PostgreSQL" } else { "everything" });
        kill(system, folder.path(), database).await?;
        system = System::start_in(folder.path(), &flags).await?;
    }
    let sent = publisher.sent.load(Ordering::Relaxed);
    let acknowledged = publisher.finish().await;
    let operator = Api::sign_in(&system.http, "op", PASSWORD).await?;
    check(&operator, &acknowledged, sent).await?;
    system.stop().await?;
    Ok(())
}

/// Acknowledged minus stored is nothing, and stored are distinct times only.
async fn check(operator: &Api, acknowledged: &BTreeSet<i64>, sent: i64) -> anyhow::Result<()> {
    let mut stored = BTreeSet::new();
    let mut rows = 0;
    for start in (0..=sent).step_by(5_000) {
        let (from, to) = (rfc3339(START + start), rfc3339(START + start + 5_000));
        let path = format!(
            "/api/v1/gateways/gw-1/probes/field/readings?from={from}&to={to}&limit=10000"
        );
        let answer = operator.get(&path).await?;
        for reading in answer["readings"].as_array().context("no readings")? {
            rows += 1;
            stored.insert(seconds(reading["time"].as_str().context("no time")?)? - START);
        }
    }
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    println!(
        "sent {sent}, acknowledged {}, stored {rows}, lost {}, twice {}",
        acknowledged.len(),
        lost.len(),
        rows - stored.len()
    );
    assert!(lost.is_empty(), "acknowledged and not stored: {lost:?}");
    assert_eq!(rows, stored.len(), "stored twice");
    assert!(acknowledged.len() > KILLS * 20);
    Ok(())
}

fn rfc3339(seconds: i64) -> String {
    let format = time::format_description::well_known::Rfc3339;
    let time = time::OffsetDateTime::from_unix_timestamp(seconds);
    time.ok().and_then(|time| time.format(&format).ok()).unwrap_or_default()
}

fn seconds(text: &str) -> anyhow::Result<i64> {
    let format = time::format_description::well_known::Rfc3339;
    Ok(time::OffsetDateTime::parse(text, &format)?.unix_timestamp())
}
