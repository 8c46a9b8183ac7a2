//! One load on one consumer: start the publishers, let them warm up, look at counts and CPU time
//! at both ends of the measured span, then let everything arrive.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Case, round};
use crate::bench::process::Watched;
use crate::bench::stage::{Broker, Process, Stage, wait_for};
use crate::clock;

/// Time for the first second's noise: connections, first partitions, cold caches.
const WARM_UP: Duration = Duration::from_secs(1);
/// How often counts are compared behind a broker.
const LOOK: Duration = Duration::from_millis(20);
/// Messages below the consumer's window that publishers may be ahead of what is stored, behind a
/// broker: whatever is published is on its way to the consumer, and the broker's queue is not part
/// of the measurement.
const BELOW_WINDOW: u64 = 100;
/// Unacknowledged messages that every consumer behind a broker asks for.
pub const WINDOW_MESSAGES: u64 = 4_000;

/// Where the load goes.
pub struct Load {
    /// Port of the front or the broker.
    pub port: u16,
    /// How far publishers may run ahead; `None` where their acknowledgement is the commit.
    pub ahead: Option<u64>,
    /// The broker between.
    pub broker: Option<Watched>,
}

impl Load {
    /// A load that goes through a broker.
    pub fn behind(broker: &Broker) -> Self {
        Self {
            port: broker.port,
            ahead: Some(WINDOW_MESSAGES - BELOW_WINDOW),
            broker: broker.watched(),
        }
    }
}

/// Who takes what is published, and counts it.
pub struct Sink {
    process: Process,
    /// What it is called in the results.
    name: &'static str,
    /// Whether it counts reports; a bare subscriber counts messages.
    counts_reports: bool,
}

impl Sink {
    /// A process that answers with its `count`.
    pub fn new(process: Process, name: &'static str) -> Self {
        Self {
            process,
            name,
            counts_reports: name != "subscriber",
        }
    }

    /// Waits until it takes messages, then says how many reports (or messages) it has.
    async fn count(&mut self) -> anyhow::Result<u64> {
        let said = self.process.ask("count").await?;
        said["count"].as_u64().context("a count")
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        wait_for(self.name, async || {
            Ok(self.process.ask("count").await?["ready"] == true)
        })
        .await
    }

    /// Ends it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await
    }
}

/// What was seen at one moment.
struct Seen {
    at: Instant,
    count: u64,
    cpu: Vec<(&'static str, Option<u64>)>,
}

/// What one load came to.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Length of the measured span.
    pub seconds: f64,
    /// Messages in it.
    pub messages: f64,
    /// Reports in it.
    pub frames: f64,
    /// Messages a second.
    pub messages_per_s: f64,
    /// Reports a second.
    pub frames_per_s: f64,
    /// Messages acknowledged, warming up included.
    pub acknowledged: u64,
    /// CPU time of each process in it, microseconds.
    pub cpu: Vec<(&'static str, Option<u64>)>,
}

impl Measured {
    /// CPU time of each process for each of `count`.
    pub fn cpu_us(&self, count: f64) -> Value {
        let per = |(name, us): &(&'static str, Option<u64>)| {
            (
                (*name).to_owned(),
                json!(us.map(|us| round(us as f64 / count))),
            )
        };
        Value::Object(self.cpu.iter().map(per).collect())
    }

    /// CPU time of one process in the span, microseconds.
    pub fn cpu_of(&self, name: &str) -> Option<f64> {
        let found = self.cpu.iter().find(|(own, _)| *own == name);
        found.and_then(|(_, us)| us.map(|us| us as f64))
    }
}

/// The port in a part's first line.
pub fn port(said: &Value) -> anyhow::Result<u16> {
    let port = said["port"].as_u64().context("a port")?;
    Ok(u16::try_from(port)?)
}

/// As much as goes through, into the database; all that was acknowledged must be there.
pub async fn saturate(
    stage: &Stage,
    sink: &mut Sink,
    case: &Case,
    load: &Load,
) -> anyhow::Result<Measured> {
    let measured = saturate_uncounted(stage, sink, case, load).await?;
    let stored = store::bench::footprint(&stage.store, false).await?.reports;
    let acknowledged = measured.acknowledged * u64::from(case.devices.reports);
    ensure!(
        stored.unsigned_abs() == acknowledged,
        "{acknowledged} reports were acknowledged, {stored} are stored"
    );
    Ok(measured)
}

/// As much as goes through, into a sink that stores nothing.
pub async fn saturate_uncounted(
    stage: &Stage,
    sink: &mut Sink,
    case: &Case,
    load: &Load,
) -> anyhow::Result<Measured> {
    sink.ready().await?;
    let mut publishers = publishers(case, load, false)?;
    publishers.hear().await?;
    let reports = if sink.counts_reports {
        u64::from(case.devices.reports)
    } else {
        1
    };
    if load.ahead.is_none() {
        publishers.say(&format!("allow {}", u64::MAX / 2)).await?;
    }
    drive(sink, &mut publishers, load, reports, WARM_UP).await?;
    let first = look(stage, sink, &publishers, load).await?;
    let span = Duration::from_secs_f64(case.seconds);
    drive(sink, &mut publishers, load, reports, span).await?;
    let last = look(stage, sink, &publishers, load).await?;
    let ended = publishers.ask("stop").await?;
    let published = ended["published"].as_u64().context("a count")?;
    wait_for("the last messages", async || {
        Ok(sink.count().await? >= published * reports)
    })
    .await?;
    publishers.stop().await?;
    Ok(between(&first, &last, reports, case, &ended))
}

/// Holds the publishers near what is stored, for so long.
async fn drive(
    sink: &mut Sink,
    publishers: &mut Process,
    load: &Load,
    reports: u64,
    span: Duration,
) -> anyhow::Result<()> {
    let end = clock::instant() + span;
    let Some(ahead) = load.ahead else {
        sleep(span).await;
        return Ok(());
    };
    while clock::instant() < end {
        let stored = sink.count().await? / reports;
        publishers.say(&format!("allow {}", stored + ahead)).await?;
        sleep(LOOK).await;
    }
    Ok(())
}

async fn look(
    stage: &Stage,
    sink: &mut Sink,
    publishers: &Process,
    load: &Load,
) -> anyhow::Result<Seen> {
    let count = sink.count().await?;
    let at = clock::instant();
    let mut watched = vec![("publisher", publishers.watched())];
    watched.extend(load.broker.map(|broker| ("broker", Some(broker))));
    watched.push((sink.name, sink.process.watched()));
    if sink.counts_reports {
        watched.push(("postgres", stage.server));
    }
    let cpu = watched
        .into_iter()
        .map(|(name, who)| (name, who.and_then(Watched::cpu_us)));
    Ok(Seen {
        at,
        count,
        cpu: cpu.collect(),
    })
}

fn between(first: &Seen, last: &Seen, reports: u64, case: &Case, ended: &Value) -> Measured {
    let seconds = (last.at - first.at).as_secs_f64();
    let messages = (last.count - first.count) as f64 / reports as f64;
    let frames = messages * f64::from(case.devices.reports);
    let cpu = first.cpu.iter().zip(&last.cpu);
    let cpu = cpu.map(|((name, from), (_, to))| (*name, from.zip(*to).map(|(a, b)| b - a)));
    Measured {
        seconds,
        messages,
        frames,
        messages_per_s: messages / seconds,
        frames_per_s: frames / seconds,
        acknowledged: ended["acknowledged"].as_u64().unwrap_or_default(),
        cpu: cpu.collect(),
    }
}

/// The delays from publishing to commit at a pace: to the PUBACK at the front, to `committed`
/// behind a broker, whose own acknowledgement says nothing.
pub async fn delays(
    sink: &mut Sink,
    case: &Case,
    load: &Load,
    messages_per_s: f64,
) -> anyhow::Result<Value> {
    sink.ready().await?;
    let mut publishers = publishers(case, load, load.broker.is_some())?;
    publishers.hear().await?;
    publishers.say(&format!("rate {messages_per_s}")).await?;
    sleep(WARM_UP).await;
    publishers.say("mark").await?;
    sleep(Duration::from_secs_f64(case.seconds)).await;
    let seen = publishers.ask("count").await?;
    publishers.ask("stop").await?;
    publishers.stop().await?;
    Ok(seen)
}

fn publishers(case: &Case, load: &Load, committed: bool) -> anyhow::Result<Process> {
    let devices = &case.devices;
    let mut flags = vec![
        format!("--port={}", load.port),
        format!("--gateways={}", devices.gateways),
        format!("--probes={}", devices.probes),
        format!("--reports={}", devices.reports),
        format!("--payload={}", devices.payload.word()),
        format!("--from={}", case.from),
    ];
    if committed {
        flags.push("--committed".to_owned());
    }
    Process::part("publish", &flags)
}
