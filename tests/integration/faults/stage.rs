//! Everything that a sweep kills: PostgreSQL with `fsync`, mosquitto as we ship it, one process
//! with ingest and its front, and the lines between them. What ends by itself is started again, as
//! a county's service manager would.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use model::id::ProbeKey;
use rustix::process::{Pid, Signal, kill_process};
use store::Store;
use store::cluster::{Cluster, Options};

use super::broker::Broker;
use super::line::{End, Line};
use super::publisher::PROBE;
use crate::harness::{Folder, SUYUAN, free_port, wait_for};

/// The gateways: a stock publisher and a node at each door.
pub const GATEWAYS: [&str; 4] = ["pub-front", "pub-broker", "node-front", "node-broker"];

/// Key of every gateway: what `store::testing::insert_probe` gives them.
pub const KEY: &str = "key";

/// What runs.
pub struct Stage {
    /// Devices to the front.
    pub front: Line,
    /// Devices to the broker.
    pub devices: Line,
    /// Ingest to the broker.
    pub intake: Line,
    /// Ingest to PostgreSQL.
    pub database: Line,
    /// mosquitto.
    pub broker: Broker,
    cluster: Option<Cluster>,
    url: String,
    front_port: u16,
    ingest: Option<Child>,
    /// Times that ingest ended by itself.
    pub ended_by_itself: u32,
    /// Goes last: the others stand in it.
    folder: Folder,
}

impl Stage {
    /// Starts everything, with the gateways registered. `changes`: see [`Broker::start`].
    pub async fn open(changes: &[(&str, &str)]) -> anyhow::Result<(Self, Vec<ProbeKey>)> {
        let folder = Folder::new()?;
        let cluster = Cluster::start(folder.path(), &Options::default()).await?;
        let url = cluster.url().to_owned();
        let migrated = Command::new(SUYUAN)
            .args(["migrate", "--database-url", &url])
            .status()?;
        ensure!(migrated.success(), "no tables");
        let probes = register(&url, &GATEWAYS).await?;
        let users: Vec<_> = GATEWAYS.map(|gateway| (gateway, KEY)).into();
        let users = [users, vec![("suyuan", "ingest's own")]].concat();
        let broker = Broker::start(&users, changes).await?;
        let socket = url.rsplit_once("host=").context("a socket")?.1;
        let socket = PathBuf::from(socket).join(".s.PGSQL.5432");
        let front_port = free_port()?;
        let mut stage = Self {
            front: Line::open(End::Port(front_port)).await?,
            devices: Line::open(End::Port(broker.port)).await?,
            intake: Line::open(End::Port(broker.port)).await?,
            database: Line::open(End::Socket(socket)).await?,
            broker,
            cluster: Some(cluster),
            url,
            front_port,
            ingest: None,
            ended_by_itself: 0,
            folder,
        };
        stage.start_ingest()?;
        Ok((stage, probes))
    }

    /// A folder for something more.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Kills ingest and its front.
    pub fn kill_ingest(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.ingest.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts ingest, on the lines that may fail.
    pub fn start_ingest(&mut self) -> anyhow::Result<()> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder("ingest.log"))?;
        let front = format!("127.0.0.1:{}", self.front_port);
        let broker = format!(
            "mqtt://suyuan:ingest%27s%20own@127.0.0.1:{}",
            self.intake.port
        );
        let database = format!(
            "postgres://suyuan@127.0.0.1:{}/suyuan?sslmode=disable",
            self.database.port
        );
        let mut command = Command::new(SUYUAN);
        command.args(["ingest", "--mqtt", &front, "--mqtt-url", &broker]);
        command.args(["--database-url", &database]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        self.ingest = Some(command.spawn()?);
        Ok(())
    }

    /// Starts ingest again where it ended by itself.
    pub fn look_after(&mut self) -> anyhow::Result<()> {
        if let Some(child) = &mut self.ingest
            && child.try_wait()?.is_some()
        {
            self.ended_by_itself += 1;
            self.start_ingest()?;
        }
        Ok(())
    }

    /// Stops PostgreSQL at once: `QUIT` is its own immediate shutdown, `KILL` is not even that.
    pub async fn kill_database(&mut self, signal: Signal) -> anyhow::Result<()> {
        let file = self.folder.path().join("postgres/data/postmaster.pid");
        let text = std::fs::read_to_string(file)?;
        let pid = text
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok());
        kill_process(pid.and_then(Pid::from_raw).context("no server")?, signal)?;
        if let Some(mut cluster) = self.cluster.take() {
            cluster.ended().await;
        }
        Ok(())
    }

    /// Starts PostgreSQL again on what it had written down.
    pub async fn start_database(&mut self) -> anyhow::Result<()> {
        let cluster = Cluster::start(self.folder.path(), &Options::default()).await?;
        ensure!(cluster.url() == self.url, "the socket has moved");
        self.cluster = Some(cluster);
        Ok(())
    }

    /// A way into the database beside the lines that fail.
    pub async fn store(&self) -> anyhow::Result<Store> {
        Ok(Store::connect(&self.url).await?)
    }

    /// Ends all in good order.
    pub async fn close(mut self) -> anyhow::Result<()> {
        self.kill_ingest()?;
        if let Some(cluster) = self.cluster.take() {
            cluster.stop().await?;
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.kill_ingest();
    }
}

/// Registers gateways with a probe each.
pub async fn register(url: &str, gateways: &[&str]) -> anyhow::Result<Vec<ProbeKey>> {
    let store = Store::connect(url).await?;
    let channels = ["temperature", "humidity", "soil-moisture"];
    let mut probes = Vec::new();
    for gateway in gateways {
        let probe = store::testing::insert_probe(&store, gateway, PROBE, &channels, 1);
        probes.push(probe.await?);
    }
    store.close().await;
    Ok(probes)
}

/// Waits for a condition while what ends by itself is started again.
pub async fn wait_beside(
    stage: &mut Stage,
    what: &str,
    mut is_met: impl FnMut() -> bool,
) -> anyhow::Result<()> {
    wait_for(what, || {
        let looked = stage.look_after();
        let met = is_met();
        async move { looked.map(|()| met.then_some(())) }
    })
    .await
}
