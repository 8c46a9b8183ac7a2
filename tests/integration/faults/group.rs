//! Several `suyuan ingest` behind one mosquitto, which share its messages (MQTT 5 shared
//! subscription): any of them is killed at random moments, sometimes all at once, and comes back.
//! Nothing that a node sampled or a stock publisher was acknowledged is lost, and nothing is stored
//! twice. `SUYUAN_GROUP_SEED` repeats a run, `SUYUAN_FAULT_KILLS` makes it long.

use std::fs::OpenOptions;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::ensure;
use model::id::ProbeKey;
use rand::Rng;
use rand::rngs::StdRng;
use store::Store;
use store::cluster::{Cluster, Options};
use store::reading::Span;
use time::macros::datetime;

use super::books::{of_node, of_publisher, rows};
use super::broker::Broker;
use super::chance::{seeded, setting};
use super::node::Node;
use super::publisher::{Publisher, Target};
use super::stage::{KEY, register};
use crate::harness::{Folder, SUYUAN, wait_for};

/// Processes that share the messages.
const MEMBERS: usize = 3;

/// Kills of a run where nobody says how many.
const KILLS: usize = 6;

/// Readings that must be acknowledged and stored between two kills.
const PROGRESS: usize = 20;

/// Longest wait before a kill, and longest time that a process stays away, milliseconds.
const WAIT_MS: u64 = 700;
const AWAY_MS: u64 = 1_000;

/// Two nodes and a stock publisher.
const GATEWAYS: [&str; 3] = ["node-1", "node-2", "pub"];

/// Longer than these readings.
const EVER: Span = Span {
    from: datetime!(2000-01-01 0:00 UTC),
    to: datetime!(2100-01-01 0:00 UTC),
};

/// What runs.
struct Group {
    members: Vec<Option<Child>>,
    broker: Broker,
    cluster: Option<Cluster>,
    url: String,
    store: Store,
    /// Goes last: the others stand in it.
    folder: Folder,
}

impl Group {
    async fn open() -> anyhow::Result<(Self, Vec<ProbeKey>)> {
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
        let broker = Broker::start(&users, &[]).await?;
        let store = Store::connect(&url).await?;
        let mut group = Self {
            members: (0..MEMBERS).map(|_| None).collect(),
            broker,
            cluster: Some(cluster),
            url,
            store,
            folder,
        };
        for which in 0..MEMBERS {
            group.start(which)?;
        }
        Ok((group, probes))
    }

    fn start(&mut self, which: usize) -> anyhow::Result<()> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join(format!("ingest-{which}.log")))?;
        let broker = format!(
            "mqtt://suyuan:ingest%27s%20own@127.0.0.1:{}",
            self.broker.port
        );
        let mut command = Command::new(SUYUAN);
        command.args(["ingest", "--mqtt-url", &broker, "--mqtt-group", "suyuan"]);
        command.args(["--mqtt-client-id", &format!("suyuan-{which}")]);
        command.args(["--database-url", &self.url]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        self.members[which] = Some(command.spawn()?);
        Ok(())
    }

    /// `kill -9`. None of them may have ended by itself.
    fn kill(&mut self, which: usize) -> anyhow::Result<()> {
        let Some(mut child) = self.members[which].take() else {
            return Ok(());
        };
        ensure!(
            child.try_wait()?.is_none(),
            "ingest {which} ended by itself"
        );
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// One process, or now and then all of them, dies and comes back.
    async fn strike(&mut self, number: usize, chance: &mut StdRng) -> anyhow::Result<()> {
        tokio::time::sleep(Duration::from_millis(chance.random_range(0..WAIT_MS))).await;
        let away = Duration::from_millis(chance.random_range(0..AWAY_MS));
        let struck: Vec<usize> = if chance.random_bool(0.2) {
            (0..MEMBERS).collect()
        } else {
            vec![chance.random_range(0..MEMBERS)]
        };
        println!("{number}: ingest {struck:?}, {away:?}");
        for which in &struck {
            self.kill(*which)?;
        }
        tokio::time::sleep(away).await;
        struck.into_iter().try_for_each(|which| self.start(which))
    }

    /// How many readings of a probe are stored.
    async fn stored(&self, probe: ProbeKey) -> anyhow::Result<usize> {
        let mut connection = self.store.acquire().await?;
        let count = store::reading::count(&mut connection, probe, EVER).await?;
        Ok(usize::try_from(count.reports)?)
    }

    async fn close(mut self) -> anyhow::Result<()> {
        for which in 0..MEMBERS {
            self.kill(which)?;
        }
        self.store.close().await;
        if let Some(cluster) = self.cluster.take() {
            cluster.stop().await?;
        }
        Ok(())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for child in self.members.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_of_several_ingest_dies_nothing_is_lost_and_nothing_doubled() -> anyhow::Result<()>
{
    let mut chance = seeded("SUYUAN_GROUP_SEED");
    let kills = setting("SUYUAN_FAULT_KILLS").unwrap_or(KILLS);
    let (mut group, probes) = Group::open().await?;
    let port = group.broker.port;
    let node = |gateway| Node::start(gateway, port, group.folder.path().join("nodes"));
    let nodes = [node(GATEWAYS[0])?, node(GATEWAYS[1])?];
    // Before anybody subscribes, mosquitto acknowledges to a stock publisher what it then drops.
    wait_for("every process at work", || async {
        let stored = [
            group.stored(probes[0]).await?,
            group.stored(probes[1]).await?,
        ];
        Ok(stored.into_iter().all(|rows| rows > PROGRESS).then_some(()))
    })
    .await?;
    let publisher = Publisher::start(Target {
        port,
        gateway: GATEWAYS[2],
        key: KEY.to_owned(),
    });
    for number in 1..=kills {
        let (acknowledged, had) = (publisher.count(), group.stored(probes[0]).await?);
        wait_for("progress", || async {
            let heard = publisher.count() > acknowledged + PROGRESS;
            let stored = group.stored(probes[0]).await? > had;
            Ok((heard && stored).then_some(()))
        })
        .await?;
        group.strike(number, &mut chance).await?;
    }
    let (made, acknowledged) = publisher.finish().await?;
    let [one, two] = nodes;
    let sampled = [one.finish().await?.0, two.finish().await?.0];
    let stock = wait_for("what the broker still holds", || async {
        let found = rows(&group.store, probes[2]).await?;
        let account = of_publisher(&found, made, &acknowledged);
        Ok((account.lost == 0).then_some(account))
    })
    .await?;
    println!("{kills} kills of {MEMBERS} processes that share a subscription");
    println!("stock publisher: {stock}");
    ensure!(stock.twice == 0, "doubled");
    for (probe, sampled) in probes.iter().zip(&sampled) {
        let account = of_node(&rows(&group.store, *probe).await?, sampled);
        println!("field node: {account}");
        ensure!((account.lost, account.twice) == (0, 0), "lost or doubled");
        ensure!(account.owed > kills * PROGRESS / 2, "too little happened");
    }
    let mut connection = group.store.acquire().await?;
    let letters = store::dead_letter::count_by_reason(&mut connection).await?;
    drop(connection);
    ensure!(letters.is_empty(), "dead letters: {letters:?}");
    group.close().await
}
