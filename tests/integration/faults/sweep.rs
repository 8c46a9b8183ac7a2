//! The sweep: kills and cuts at random moments, one after the other and sometimes two at once,
//! while stock publishers and field nodes send through both doors. Afterwards every book is
//! compared with the database.
//!
//! | variable | says |
//! |---|---|
//! | `SUYUAN_FAULT_KILLS` | how many faults |
//! | `SUYUAN_FAULT_SEED` | which, and when: repeats a run |
//! | `SUYUAN_FAULT_ONLY` | only those whose name begins so, as they are printed: `Broker,Ingest` |
//! | `SUYUAN_FAULT_BROKER` | settings that differ from the shipped ones: `key value;key value` |

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, ensure};
use model::id::ProbeKey;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rustix::process::Signal;
use serde_json::Value;

use super::books::{Account, of_node, of_publisher, rows};
use super::chance::{seeded, setting};
use super::line::Way;
use super::node::Node;
use super::publisher::{Publisher, Target};
use super::stage::{GATEWAYS, KEY, Stage, wait_beside};
use crate::harness::wait_for;

/// Faults of a run where nobody says how many: a few minutes.
const KILLS: usize = 20;

/// Readings that must be acknowledged to each publisher between two faults.
const PROGRESS: usize = 20;

/// Longest wait before a fault, and longest time that something stays away, milliseconds.
const WAIT_MS: u64 = 700;
const AWAY_MS: u64 = 1_500;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// `kill -9` of the process with ingest and the front.
    Ingest,
    /// `kill -9` of mosquitto.
    Broker,
    /// PostgreSQL, by its immediate shutdown or by `kill -9`.
    Database(bool),
    /// A line: which, and how.
    Line(Place, Way),
    /// `kill -9` of a node, by its place in [`Nodes`].
    Node(usize),
    /// mosquitto is killed while ingest is away: what waits in its queue is at stake.
    IngestThenBroker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Front,
    Devices,
    Intake,
    Database,
}

/// One of each kind, more of what is most at stake; drawn like cards, so that none stays away long.
fn deck(chance: &mut StdRng) -> Vec<Fault> {
    use Fault::{Broker, Database, Ingest, IngestThenBroker, Line, Node};
    let mut way = || [Way::Cut, Way::Stall, Way::HalfClose][chance.random_range(0..3)];
    let mut cards = vec![Ingest; 4];
    cards.extend([Broker, Broker, Broker, IngestThenBroker]);
    cards.extend([
        Database(true),
        Database(true),
        Database(false),
        Database(false),
    ]);
    for place in [Place::Front, Place::Devices, Place::Intake, Place::Database] {
        cards.push(Line(place, way()));
    }
    cards.extend([Node(0), Node(1)]);
    cards.shuffle(chance);
    cards
}

/// The deck without what was not asked for.
fn chosen(mut cards: Vec<Fault>, only: Option<&str>) -> Vec<Fault> {
    if let Some(only) = only {
        let names = |card: &Fault| format!("{card:?}");
        cards.retain(|card| only.split(',').any(|name| names(card).starts_with(name)));
    }
    cards
}

/// The field nodes: one at the front, one behind the broker.
struct Nodes([Node; 2]);

async fn strike(
    fault: Fault,
    away: Duration,
    stage: &mut Stage,
    nodes: &mut Nodes,
) -> anyhow::Result<()> {
    match fault {
        Fault::Ingest => {
            stage.kill_ingest()?;
            tokio::time::sleep(away).await;
            stage.start_ingest()
        }
        Fault::Broker => {
            stage.broker.kill()?;
            tokio::time::sleep(away).await;
            stage.broker.revive().await
        }
        Fault::Database(immediate) => {
            let signal = if immediate {
                Signal::QUIT
            } else {
                Signal::KILL
            };
            stage.kill_database(signal).await?;
            tokio::time::sleep(away).await;
            stage.start_database().await
        }
        Fault::Line(place, way) => {
            let line = match place {
                Place::Front => &stage.front,
                Place::Devices => &stage.devices,
                Place::Intake => &stage.intake,
                Place::Database => &stage.database,
            };
            line.fail(way, away).await;
            Ok(())
        }
        Fault::Node(which) => {
            nodes.0[which].kill()?;
            tokio::time::sleep(away).await;
            nodes.0[which].revive()
        }
        Fault::IngestThenBroker => {
            stage.kill_ingest()?;
            tokio::time::sleep(away).await;
            stage.broker.kill()?;
            stage.broker.revive().await?;
            stage.start_ingest()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_or_cut_nothing_owed_is_lost_and_nothing_doubled() -> anyhow::Result<()>
{
    let mut chance = seeded("SUYUAN_FAULT_SEED");
    let kills = setting("SUYUAN_FAULT_KILLS").unwrap_or(KILLS);
    let only: Option<String> = setting("SUYUAN_FAULT_ONLY");
    let changes: String = setting("SUYUAN_FAULT_BROKER").unwrap_or_default();
    let changes: Vec<_> = changes
        .split(';')
        .filter_map(|change| change.split_once(' '))
        .collect();
    let (mut stage, probes) = Stage::open(&changes).await?;
    let target = |gateway, port| Target {
        port,
        gateway,
        key: KEY.to_owned(),
    };
    let at_front = target(GATEWAYS[0], stage.front.port);
    let behind = target(GATEWAYS[1], stage.devices.port);
    let front = Publisher::start(at_front);
    let broker = Publisher::start(behind.clone());
    let node = |which: usize, port| Node::start(GATEWAYS[which], port, stage.folder("nodes"));
    let nodes = [node(2, stage.front.port)?, node(3, stage.devices.port)?];
    let mut nodes = Nodes(nodes);

    let mut cards = Vec::new();
    for number in 1..=kills {
        let (was, had) = (front.count(), broker.count());
        wait_beside(&mut stage, "acknowledged readings", || {
            front.count() > was + PROGRESS && broker.count() > had + PROGRESS
        })
        .await?;
        if cards.is_empty() {
            cards = chosen(deck(&mut chance), only.as_deref());
        }
        let fault = cards.pop().context("SUYUAN_FAULT_ONLY names no fault")?;
        tokio::time::sleep(Duration::from_millis(chance.random_range(0..WAIT_MS))).await;
        let away = Duration::from_millis(chance.random_range(0..AWAY_MS));
        println!("{number}: {fault:?}, {away:?}");
        strike(fault, away, &mut stage, &mut nodes).await?;
    }
    let publishers = [front.finish().await?, broker.finish().await?];
    settle_books(stage, &probes, publishers, behind, nodes, kills).await
}

/// Lets everything arrive that will, and compares.
async fn settle_books(
    mut stage: Stage,
    probes: &[ProbeKey],
    [front, mut broker]: [(i64, BTreeSet<i64>); 2],
    behind: Target,
    nodes: Nodes,
    kills: usize,
) -> anyhow::Result<()> {
    stage.look_after()?;
    let [one, two] = nodes.0;
    let books = [one.finish().await?, two.finish().await?];
    // The broker delivers in order: what is not stored when this one is, will never be.
    let last = broker.0;
    Publisher::publish_one(&behind, last).await?;
    broker.0 += 1;
    broker.1.insert(last);
    let store = stage.store().await?;
    wait_for("the last message behind the broker", || async {
        let found = rows(&store, probes[1]).await?;
        let at = (super::publisher::START + last) * 1_000_000;
        Ok(found.first().is_some_and(|row| row.0 == at).then_some(()))
    })
    .await?;

    let at_front = of_publisher(&rows(&store, probes[0]).await?, front.0, &front.1);
    let behind = of_publisher(&rows(&store, probes[1]).await?, broker.0, &broker.1);
    let node_front = of_node(&rows(&store, probes[2]).await?, &books[0].0);
    let node_broker = of_node(&rows(&store, probes[3]).await?, &books[1].0);
    println!(
        "{kills} faults; ingest ended by itself {} times",
        stage.ended_by_itself
    );
    println!("stock publisher at the front:     {at_front}");
    println!("field node at the front:          {node_front}");
    println!("field node behind the broker:     {node_broker}");
    println!("stock publisher behind the killed broker (measured): {behind}");
    for account in [at_front, node_front, node_broker] {
        ensure!(account.lost == 0, "lost");
        ensure!(account.owed > kills * PROGRESS, "too little happened");
    }
    for account in [at_front, node_front, node_broker, behind] {
        ensure!(account.twice == 0, "doubled");
    }
    for (account, (_, line)) in [node_front, node_broker].iter().zip(&books) {
        check_last_line(account, line)?;
    }
    let mut connection = store.acquire().await?;
    let letters = store::dead_letter::count_by_reason(&mut connection).await?;
    drop(connection);
    ensure!(letters.is_empty(), "dead letters: {letters:?}");
    store.close().await;
    stage.close().await
}

/// What the node itself says of all its lives.
fn check_last_line(account: &Account, line: &Value) -> anyhow::Result<()> {
    let count = |name: &str| line[name].as_u64().map(|count| count as usize);
    ensure!(count("readings") == Some(account.owed), "{line}");
    ensure!(count("acknowledged") == Some(account.owed), "{line}");
    Ok(())
}

#[test]
fn the_same_seed_draws_the_same_faults() {
    let draw = |seed| deck(&mut StdRng::seed_from_u64(seed));
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    for kind in [
        Fault::Ingest,
        Fault::IngestThenBroker,
        Fault::Database(true),
        Fault::Node(1),
    ] {
        assert!(draw(3).contains(&kind));
    }
    let nodes = chosen(draw(3), Some("Node,Nothing"));
    assert_eq!(nodes.len(), 2);
}
