//! What ingest needs is away, or slow, for as long as somebody says: nobody is acknowledged, memory
//! stays bounded, `/readyz` and `/metrics` tell meanwhile, and afterwards everything that was
//! acknowledged, or sampled by a field node, is there once.
//!
//! | variable | says |
//! |---|---|
//! | `SUYUAN_FAULT_AWAY_SECONDS` | how long; a few seconds where it is not given |

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::ensure;
use model::id::ProbeKey;
use serde_json::Value;
use store::Store;

use super::books::{Account, of_node, of_publisher, rows};
use super::broker::Broker;
use super::chance::setting;
use super::line::Way;
use super::node::Node;
use super::pressure::{GROWTH_MAX_KIB, Pressed};
use super::publisher::{Publisher, Target};
use super::stage::{KEY, register};
use crate::harness::{Folder, wait_for};

/// How long something is away where nobody says so, seconds.
const AWAY_SECONDS: u64 = 5;

/// Between two looks at what the system says of itself.
const LOOK: Duration = Duration::from_millis(500);

/// Of a slow database: this long nothing passes, then for so long everything.
const STANDS: Duration = Duration::from_millis(450);
const PASSES: Duration = Duration::from_millis(50);

fn away() -> Duration {
    Duration::from_secs(setting("SUYUAN_FAULT_AWAY_SECONDS").unwrap_or(AWAY_SECONDS))
}

/// The most of what was seen while something was away.
#[derive(Debug, Default)]
struct Seen {
    grown_kib: u64,
    window_used: f64,
    oldest_seconds: f64,
    /// What `/readyz` said, and how often.
    ready: BTreeMap<String, usize>,
}

impl Seen {
    async fn look(&mut self, pressed: &Pressed, idle_kib: u64) -> anyhow::Result<()> {
        let grown = pressed.memory_kib()?.saturating_sub(idle_kib);
        self.grown_kib = self.grown_kib.max(grown);
        let used = pressed.metric("suyuan_window_used ").await?;
        self.window_used = self.window_used.max(used);
        let age = "suyuan_oldest_unacknowledged_age_seconds ";
        self.oldest_seconds = self.oldest_seconds.max(pressed.metric(age).await?);
        let (status, text) = pressed.ask("/readyz").await?;
        let words = format!(
            "{} {}",
            status.as_u16(),
            words(&serde_json::from_str(&text)?)
        );
        *self.ready.entry(words).or_default() += 1;
        Ok(())
    }

    /// Looks again and again for so long.
    async fn watch(pressed: &Pressed, idle_kib: u64, long: Duration) -> anyhow::Result<Self> {
        let mut seen = Self::default();
        let looking = async {
            loop {
                seen.look(pressed, idle_kib).await?;
                tokio::time::sleep(LOOK).await;
            }
        };
        let looked: Result<anyhow::Result<()>, _> = tokio::time::timeout(long, looking).await;
        if let Ok(failed) = looked {
            failed?;
        }
        seen.tell(idle_kib);
        ensure!(seen.grown_kib < GROWTH_MAX_KIB, "memory: {seen:?}");
        Ok(seen)
    }

    fn tell(&self, idle_kib: u64) {
        println!(
            "memory {} MiB idle and at most {} MiB more; window_used at most {:.4}; oldest \
             unacknowledged at most {:.1} s",
            idle_kib / 1_024,
            self.grown_kib / 1_024,
            self.window_used,
            self.oldest_seconds
        );
        for (said, times) in &self.ready {
            println!("readyz, {times} times: {said}");
        }
    }

    /// Whether `/readyz` ever said that it was not ready, with this word.
    fn was_told(&self, word: &str) -> bool {
        let mut said = self.ready.keys();
        said.any(|said| said.starts_with("503") && said.contains(word))
    }
}

/// What is not ready, and why, without the numbers.
fn words(readiness: &Value) -> String {
    let checks = readiness["checks"].as_array().into_iter().flatten();
    let unready = checks.filter(|check| check["ready"] != true);
    let words = unready.map(|check| {
        let detail = check["detail"].as_str().unwrap_or_default();
        let why = detail.split(';').next().unwrap_or_default();
        format!("{}: {why}", check["name"].as_str().unwrap_or_default())
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Both books against the database.
async fn settle(
    pressed: &Pressed,
    (made, acknowledged): (i64, BTreeSet<i64>),
    (probe, node): (ProbeKey, Node),
) -> anyhow::Result<[Account; 2]> {
    let sampled = node.finish().await?.0;
    let store = Store::connect(pressed.cluster.url()).await?;
    let stock = of_publisher(&rows(&store, pressed.probe).await?, made, &acknowledged);
    let field = of_node(&rows(&store, probe).await?, &sampled);
    println!("stock publisher at the front: {stock}");
    println!("field node:                   {field}");
    let mut connection = store.acquire().await?;
    let letters = store::dead_letter::count_by_reason(&mut connection).await?;
    drop(connection);
    store.close().await;
    ensure!(letters.is_empty(), "dead letters: {letters:?}");
    for account in [stock, field] {
        ensure!((account.lost, account.twice) == (0, 0), "{account}");
    }
    // The node samples several times a second, the publisher some hundred times.
    let seconds = away().as_secs() as usize;
    ensure!(
        stock.owed > seconds * 20 && field.owed > seconds,
        "too little happened"
    );
    Ok([stock, field])
}

/// Waits until so many readings more are acknowledged to a publisher.
async fn progress(publisher: &Publisher, more: usize) -> anyhow::Result<()> {
    let before = publisher.count();
    wait_for("acknowledged readings", || async {
        Ok((publisher.count() > before + more).then_some(()))
    })
    .await
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long it took is told to a person"
)]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_or_slow_for_long_costs_nothing_but_time() -> anyhow::Result<()> {
    let long = away();
    let pressed = Pressed::start().await?;
    let folder = Folder::new()?;
    let probe = register(pressed.cluster.url(), &["node"]).await?[0];
    let port = pressed.system.mqtt_port;
    let publisher = Publisher::start(pressed.target());
    let nodes = folder.path().join("nodes");
    let node = Node::start_for("node", port, nodes, long.as_secs())?;
    progress(&publisher, 50).await?;
    let idle = pressed.memory_kib()?;

    println!("the database is away for {long:?}");
    pressed.line.break_down(Way::Cut);
    let before = publisher.count();
    let seen = Seen::watch(&pressed, idle, long).await?;
    ensure!(seen.was_told("database"), "{:?}", seen.ready);
    let meanwhile = publisher.count() - before;
    // What was committed just before the cut may still be on its way out.
    ensure!(meanwhile < 50, "{meanwhile} acknowledged by nobody");
    pressed.line.mend(Way::Cut);
    let mended = now();
    pressed.until_ready(true).await?;
    progress(&publisher, 50).await?;
    println!(
        "ready and storing {:.1} s after it came back",
        mended.elapsed().as_secs_f64()
    );

    println!("the database is slow for {long:?}: nothing passes for nine tenths of the time");
    let before = publisher.count();
    let slow = async {
        loop {
            pressed.line.fail(Way::Stall, STANDS).await;
            tokio::time::sleep(PASSES).await;
        }
    };
    tokio::select! {
        seen = Seen::watch(&pressed, idle, long) => drop(seen?),
        () = slow => {}
    }
    pressed.line.mend(Way::Stall);
    println!("{} acknowledged meanwhile", publisher.count() - before);
    ensure!(publisher.count() > before, "slow is not away");
    pressed.until_ready(true).await?;
    progress(&publisher, 50).await?;
    settle(&pressed, publisher.finish().await?, (probe, node)).await?;
    pressed.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_for_long_holds_the_other_door_up_by_nothing() -> anyhow::Result<()> {
    let long = away();
    let folder = Folder::new()?;
    let users = [("node", KEY), ("suyuan", "secret")];
    let mut broker = Broker::start(&users, &[]).await?;
    let url = format!("mqtt://suyuan:secret@127.0.0.1:{}", broker.port);
    let pressed = Pressed::start_with(&[("SUYUAN_MQTT_URL", &url)]).await?;
    let probe = register(pressed.cluster.url(), &["node"]).await?[0];
    let nodes = folder.path().join("nodes");
    let node = Node::start_for("node", broker.port, nodes, long.as_secs())?;
    let front = Publisher::start(Target {
        port: pressed.system.mqtt_port,
        ..pressed.target()
    });
    pressed.until_ready(true).await?;
    progress(&front, 50).await?;
    let idle = pressed.memory_kib()?;

    println!("the broker is away for {long:?}");
    broker.kill()?;
    let before = front.count();
    let seen = Seen::watch(&pressed, idle, long).await?;
    ensure!(seen.was_told("broker"), "{:?}", seen.ready);
    let meanwhile = front.count() - before;
    println!("{meanwhile} acknowledged at the front meanwhile");
    ensure!(meanwhile > 50, "the front waits for the broker");
    broker.revive().await?;
    let revived = now();
    pressed.until_ready(true).await?;
    println!(
        "ready {:.1} s after it came back",
        revived.elapsed().as_secs_f64()
    );
    settle(&pressed, front.finish().await?, (probe, node)).await?;
    pressed.end().await
}
