//! The promise that no rival makes whole: an acknowledged reading is in the database, whatever is
//! killed, and no reading is there twice. A publisher with `QoS` 1 runs all the time; the system is
//! killed ten times at random moments. `SUYUAN_KILL_SEED` repeats a run.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinHandle;

use crate::harness::api::Api;
use crate::harness::system::{PASSWORD, System, add_account};
use crate::harness::{Folder, wait_for};

const KILLS: usize = 10;
/// 2026-01-05 00:00 UTC; reading number n is n seconds later.
const START: i64 = 1_767_571_200;

/// Publishes that may wait for their acknowledgement at once.
const WINDOW: usize = 40;

/// A stock client that publishes one reading after another and remembers which of them were
/// acknowledged. After a lost connection it starts anew and sends again what was not: readings
/// that the system stored without getting its answer out come twice.
struct Publisher {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<BTreeSet<i64>>>,
    task: JoinHandle<i64>,
}

impl Publisher {
    fn start(port: u16, key: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let task = publish(
            port,
            key.to_owned(),
            Arc::clone(&stop),
            Arc::clone(&acknowledged),
        );
        Self {
            stop,
            acknowledged,
            task: tokio::spawn(task),
        }
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().map_or(0, |numbers| numbers.len())
    }

    /// Stops; returns how many readings were made and the numbers of the acknowledged ones.
    async fn finish(self) -> anyhow::Result<(i64, BTreeSet<i64>)> {
        self.stop.store(true, Ordering::Relaxed);
        let made = self.task.await?;
        let numbers = self
            .acknowledged
            .lock()
            .map_err(|_| anyhow::anyhow!("poisoned"))?
            .clone();
        Ok((made, numbers))
    }
}

async fn publish(
    port: u16,
    key: String,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<BTreeSet<i64>>>,
) -> i64 {
    let mut next = 0;
    let mut again = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let mut connection = Connection::open(port, &key);
        while !stop.load(Ordering::Relaxed) {
            while connection.waiting() < WINDOW {
                let number = again.pop().unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
                connection.send(number);
            }
            match connection.poll().await {
                Ok(Some(number)) => {
                    if let Ok(mut numbers) = acknowledged.lock() {
                        numbers.insert(number);
                    }
                }
                Ok(None) => {}
                Err(_) => break,
            }
        }
        again.extend(connection.unacknowledged());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    next
}

/// One connection, and which reading each packet number stands for.
struct Connection {
    client: AsyncClient,
    events: EventLoop,
    queued: VecDeque<i64>,
    in_flight: HashMap<u16, i64>,
}

impl Connection {
    fn open(port: u16, key: &str) -> Self {
        let mut options = MqttOptions::new("gw-1", "127.0.0.1", port);
        options.set_credentials("gw-1", key).set_clean_start(true);
        options.set_keep_alive(Duration::from_secs(5));
        let (client, events) = AsyncClient::new(options, 2 * WINDOW);
        Self {
            client,
            events,
            queued: VecDeque::new(),
            in_flight: HashMap::new(),
        }
    }

    fn waiting(&self) -> usize {
        self.queued.len() + self.in_flight.len()
    }

    fn send(&mut self, number: i64) {
        let pack = format!(
            r#"[{{"n":"temperature","t":{},"v":{}}}]"#,
            START + number,
            number % 40
        );
        let topic = "suyuan/v1/gw-1/field/telemetry";
        if self
            .client
            .try_publish(topic, QoS::AtLeastOnce, false, pack)
            .is_ok()
        {
            self.queued.push_back(number);
        }
    }

    /// The next event; the number of a reading where it is its acknowledgement.
    async fn poll(&mut self) -> anyhow::Result<Option<i64>> {
        match self.events.poll().await? {
            // Publishes leave in the order in which they were queued.
            Event::Outgoing(rumqttc::Outgoing::Publish(packet)) => {
                let number = self
                    .queued
                    .pop_front()
                    .context("a publish that nobody queued")?;
                self.in_flight.insert(packet, number);
                Ok(None)
            }
            Event::Incoming(Packet::PubAck(ack)) if ack.reason == PubAckReason::Success => {
                Ok(self.in_flight.remove(&ack.pkid))
            }
            Event::Incoming(Packet::PubAck(ack)) => anyhow::bail!("refused: {:?}", ack.reason),
            _ => Ok(None),
        }
    }

    fn unacknowledged(self) -> impl Iterator<Item = i64> {
        self.queued.into_iter().chain(self.in_flight.into_values())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a seed that nobody chose; it is printed"
)]
fn seed() -> u64 {
    std::env::var("SUYUAN_KILL_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or_else(rand::random)
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
        let before = publisher.count();
        wait_for("acknowledged readings", || async {
            Ok((publisher.count() > before + 20).then_some(()))
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
        let path =
            format!("/api/v1/gateways/gw-1/probes/field/readings?from={from}&to={to}&limit=10000");
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
    time.ok()
        .and_then(|time| time.format(&format).ok())
        .unwrap_or_default()
}

fn seconds(text: &str) -> anyhow::Result<i64> {
    let format = time::format_description::well_known::Rfc3339;
    Ok(time::OffsetDateTime::parse(text, &format)?.unix_timestamp())
}
