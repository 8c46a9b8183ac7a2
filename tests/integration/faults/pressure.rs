//! Back-pressure: the database stands still under a flood, takes no writing, or is away. Memory
//! stays bounded, `/readyz` and `/metrics` tell, and what was acknowledged is there afterwards.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, ensure};
use model::id::ProbeKey;
use reqwest::StatusCode;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use store::Store;
use store::cluster::{Cluster, Options};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::books::{of_publisher, rows};
use super::line::{End, Line, Way};
use super::publisher::{PROBE, Publisher, START, Target, pack};
use crate::harness::system::System;
use crate::harness::{Folder, wait_for};

/// Connections of the flood, messages of each, and bytes of a message: twice what ingest's window
/// of 64 MiB holds.
const FLOODS: usize = 8;
const MESSAGES: i64 = 160;
const MESSAGE_BYTES: usize = 100_000;

/// Memory that ingest may take beyond what it has when idle: its window, the copies of it that
/// sockets and the allocator hold, and a dead letter's worth of room.
pub const GROWTH_MAX_KIB: u64 = 4 * 64 * 1024;

/// A system whose way to the database can fail.
pub struct Pressed {
    /// The system.
    pub system: System,
    /// Its way to the database.
    pub line: Line,
    /// The database, for who looks at it from the other side.
    pub cluster: Cluster,
    socket: PathBuf,
    /// The probe of the gateway [`target`](Self::target) is.
    pub probe: ProbeKey,
    _folder: Folder,
}

impl Pressed {
    /// Starts one with a gateway and its probe.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same with something more in the system's environment.
    pub async fn start_with(environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let cluster = Cluster::start(folder.path(), &Options { throwaway: true }).await?;
        let socket = cluster.url().rsplit_once("host=").context("a socket")?.1;
        let socket = PathBuf::from(socket);
        let line = Line::open(End::Socket(socket.join(".s.PGSQL.5432"))).await?;
        let url = format!(
            "postgres://suyuan@127.0.0.1:{}/suyuan?sslmode=disable",
            line.port
        );
        let environment = [environment, &[("DATABASE_URL", &url)]].concat();
        let system = System::start(&[], &environment).await?;
        let store = Store::connect(cluster.url()).await?;
        let channels = ["temperature", "humidity", "soil-moisture"];
        let probe = store::testing::insert_probe(&store, "gw-1", PROBE, &channels, 1).await?;
        store.close().await;
        Ok(Self {
            system,
            line,
            cluster,
            socket,
            probe,
            _folder: folder,
        })
    }

    /// Who publishes here, and where.
    pub fn target(&self) -> Target {
        Target {
            port: self.system.mqtt_port,
            gateway: "gw-1",
            key: "key".to_owned(),
        }
    }

    /// Status and text of a page of operation.
    pub async fn ask(&self, path: &str) -> anyhow::Result<(StatusCode, String)> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let answer = client
            .get(format!("{}{path}", self.system.http))
            .send()
            .await?;
        Ok((answer.status(), answer.text().await?))
    }

    /// A metric's value; 0 where it is not told yet.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let (_, text) = self.ask("/metrics").await?;
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        Ok(value.map_or(Ok(0.0), |value| value.trim().parse())?)
    }

    /// Waits until `/readyz` says so; what it says then.
    pub async fn until_ready(&self, ready: bool) -> anyhow::Result<String> {
        let want = if ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        wait_for("readiness to tell", || async {
            let (status, text) = self.ask("/readyz").await?;
            Ok((status == want).then_some(text))
        })
        .await
    }

    /// Resident memory, KiB.
    pub fn memory_kib(&self) -> anyhow::Result<u64> {
        let pid = self.system.pid()?.as_raw_nonzero();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.context("no memory")?.parse()?)
    }

    fn sql(&self, statement: &str) -> anyhow::Result<()> {
        let mut command = Command::new("psql");
        command.args(["-XqAt", "-U", "suyuan", "-d", "suyuan", "-h"]);
        let output = command.arg(&self.socket).args(["-c", statement]).output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// Ends all in good order.
    pub async fn end(self) -> anyhow::Result<()> {
        self.system.stop().await?;
        self.cluster.stop().await?;
        Ok(())
    }
}

/// Signs in, waits until all have and until the flood begins, and publishes a share of the numbers
/// in large messages; returns those that were acknowledged.
async fn flood(target: Target, which: i64, gate: Arc<Barrier>) -> anyhow::Result<BTreeSet<i64>> {
    let id = format!("flood-{which}");
    let mut options = MqttOptions::new(id, "127.0.0.1", target.port);
    options.set_credentials(target.gateway, &target.key);
    let (client, mut events) = AsyncClient::new(options, MESSAGES as usize + 1);
    while !matches!(events.poll().await?, Event::Incoming(Packet::ConnAck(_))) {}
    gate.wait().await;
    gate.wait().await;
    let numbers = which * MESSAGES..(which + 1) * MESSAGES;
    for number in numbers.clone() {
        let mut pack = pack(number);
        let room = MESSAGE_BYTES.saturating_sub(pack.len());
        pack.insert_str(1, &" ".repeat(room));
        let topic = format!("suyuan/v1/{}/{PROBE}/telemetry", target.gateway);
        client.try_publish(topic, QoS::AtLeastOnce, false, pack)?;
    }
    let mut acknowledged = 0;
    while acknowledged < MESSAGES {
        if let Event::Incoming(Packet::PubAck(ack)) = events.poll().await? {
            ensure!(ack.reason == PubAckReason::Success, "{:?}", ack.reason);
            acknowledged += 1;
        }
    }
    Ok(numbers.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_waits_in_bounded_memory_while_the_database_stands_still() -> anyhow::Result<()> {
    let pressed = Pressed::start().await?;
    // Its probe is known and its writer is open before the database stands still.
    Publisher::publish_one(&pressed.target(), 0).await?;
    let idle = pressed.memory_kib()?;
    let gate = Arc::new(Barrier::new(FLOODS + 1));
    let mut floods = JoinSet::new();
    for which in 0..FLOODS as i64 {
        floods.spawn(flood(pressed.target(), which, Arc::clone(&gate)));
    }
    gate.wait().await;
    pressed.line.break_down(Way::Stall);
    gate.wait().await;
    wait_for("a full window", || async {
        let used = pressed.metric("suyuan_window_used ").await?;
        Ok((used > 0.95).then_some(()))
    })
    .await?;
    wait_for("the oldest message's age", || async {
        let age = pressed
            .metric("suyuan_oldest_unacknowledged_age_seconds ")
            .await?;
        Ok((age > 2.0).then_some(()))
    })
    .await?;
    let report = pressed.until_ready(false).await?;
    let grown = pressed.memory_kib()?.saturating_sub(idle);
    println!("{} MiB more than idle; {report}", grown / 1_024);
    ensure!(grown < GROWTH_MAX_KIB, "{grown} KiB more than idle");

    pressed.line.mend(Way::Stall);
    let mut acknowledged = BTreeSet::new();
    while let Some(flood) = floods.join_next().await {
        acknowledged.extend(flood??);
    }
    pressed.until_ready(true).await?;
    let store = Store::connect(pressed.cluster.url()).await?;
    let made = FLOODS as i64 * MESSAGES;
    let account = of_publisher(&rows(&store, pressed.probe).await?, made, &acknowledged);
    println!("{account}");
    assert_eq!(
        (account.owed, account.lost, account.twice),
        (made as usize, 0, 0)
    );
    store.close().await;
    pressed.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_no_writing_costs_nothing_but_time() -> anyhow::Result<()> {
    let pressed = Pressed::start().await?;
    let publisher = Publisher::start(pressed.target());
    let beyond = |count: usize| {
        let publisher = &publisher;
        wait_for("acknowledged readings", move || async move {
            Ok((publisher.count() > count).then_some(()))
        })
    };
    beyond(50).await?;
    for read_only in ["on", "off"] {
        let statement = format!("alter system set default_transaction_read_only = {read_only}");
        pressed.sql(&statement)?;
        pressed.sql("select pg_reload_conf()")?;
        if read_only == "on" {
            pressed.until_ready(false).await?;
        }
    }
    pressed.until_ready(true).await?;
    beyond(publisher.count() + 50).await?;
    pressed.line.break_down(Way::Cut);
    pressed.until_ready(false).await?;
    pressed.line.mend(Way::Cut);
    pressed.until_ready(true).await?;
    beyond(publisher.count() + 50).await?;

    let (made, acknowledged) = publisher.finish().await?;
    let store = Store::connect(pressed.cluster.url()).await?;
    let stored = rows(&store, pressed.probe).await?;
    ensure!(stored.iter().all(|row| row.0 >= START * 1_000_000));
    let account = of_publisher(&stored, made, &acknowledged);
    println!("{account}");
    assert_eq!((account.lost, account.twice), (0, 0));
    let mut connection = store.acquire().await?;
    let letters = store::dead_letter::count_by_reason(&mut connection).await?;
    drop(connection);
    assert!(letters.is_empty(), "{letters:?}");
    store.close().await;
    pressed.end().await
}
