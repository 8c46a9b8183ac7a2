//! `suyuan simulate`: virtual gateways against any broker, and recorded field data. The firmware
//! library runs on a board that is not there (`board`); this file only sets the scene, waits, and
//! counts. The last line on standard output is one JSON object; progress goes to standard error.
//!
//! The one thing to know: `acknowledged` counts readings that the server named in `committed`,
//! `stored` what the API finds afterwards. A broker's own acknowledgements count for nothing.

mod board;
mod camera;
mod flash;
mod gateway;
mod journal;
mod link;
mod outcome;
mod recording;
mod register;
mod session;
mod source;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use model::id::{GatewayId, ProbeName};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Url;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use board::ClimateProbe;
use gateway::{Plan, Tally};
use outcome::Outcome;
use recording::{ChannelSpec, Farm, Recording};
use register::{Operator, ProbeSpec};
use session::Login;
use source::Source;

/// The port of MQTT without TLS.
const MQTT_PORT: u16 = 1_883;

/// The name of every probe that is registered here.
const PROBE: &str = "probe";

/// A simulated probe says that it measures once a minute; recordings were made every 15 minutes.
const WEATHER_INTERVAL_SECONDS: u32 = 60;
const RECORDING_INTERVAL_SECONDS: u32 = 900;

/// How often progress is said.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Send readings as virtual gateways, or recorded ones.
///
/// Ends with one JSON line {"readings","acknowledged","stored","lost","duplicates"}: readings
/// sampled; named by `committed`; found by the API afterwards (null without --register); sampled
/// but not stored; stored more often than sampled. Exit code 1 if anything is missing. SIGINT and
/// SIGTERM end the sampling; what is in flash is still delivered and counted.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Virtual gateways, each with one probe of three channels.
    #[arg(long, value_name = "N", default_value_t = 1)]
    gateways: u32,
    /// Readings that each gateway samples.
    #[arg(long, value_name = "M", default_value_t = 100)]
    readings: u32,
    /// Where the gateways sign in, as mqtt://host:port.
    #[arg(
        long,
        env = "SUYUAN_SIMULATE_MQTT",
        value_name = "URL",
        default_value = "mqtt://127.0.0.1:1883"
    )]
    mqtt: String,
    /// The server's HTTP address: gateways are registered there before, and counted after.
    #[arg(long, value_name = "HTTP-URL", requires_all = ["account", "password"])]
    register: Option<String>,
    /// Account that may register gateways.
    #[arg(long, value_name = "A")]
    account: Option<String>,
    /// Its password.
    #[arg(
        long,
        env = "SUYUAN_SIMULATE_PASSWORD",
        value_name = "P",
        hide_env_values = true
    )]
    password: Option<String>,
    /// Cut lines in the middle of packets, and power between them: six times a gateway at most.
    #[arg(long)]
    cut_links: bool,
    /// Send the readings of this CSV file instead (columns: data/README.md), one gateway a farm.
    #[arg(long, value_name = "FILE.csv")]
    replay: Option<PathBuf>,
    /// One gateway that exists already, instead of registering; needs --key and --probe.
    #[arg(long, value_name = "ID", requires_all = ["key", "probe"])]
    gateway: Option<GatewayId>,
    /// That gateway's key.
    #[arg(
        long,
        env = "SUYUAN_SIMULATE_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    key: Option<String>,
    /// That gateway's probe, with the channels temperature, humidity and soil-moisture, or those
    /// of the file.
    #[arg(long, value_name = "NAME")]
    probe: Option<ProbeName>,
    /// First part of the names of registered gateways; another one for each run at a time.
    #[arg(long, value_name = "NAME", default_value = "sim")]
    prefix: String,
    /// Seed of weather and cuts, to repeat a run; drawn and said where it is not given.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Milliseconds between two readings of a gateway; as fast as its flash has room where it is
    /// not given.
    #[arg(long, value_name = "MS")]
    every_ms: Option<u64>,
    /// Folder for each gateway's flash: a killed simulation that is started again with the same
    /// flags goes on where it stopped, and its last line counts the readings of all its runs.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    #[command(flatten)]
    cameras: camera::CameraArgs,
    /// Seconds without anything new committed after which a gateway gives up.
    #[arg(long, value_name = "S", default_value_t = 60)]
    patience_seconds: u64,
}

/// What one gateway shall send: everything but its key.
struct Scene {
    gateway: GatewayId,
    title: String,
    channels: Vec<ChannelSpec>,
    interval_seconds: u32,
    source: Source,
    /// Readings that differ in their time, which is what the server can store.
    distinct: u64,
}

/// Runs the simulation and prints its outcome.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let seed = args.seed.unwrap_or_else(|| crate::clock::chance().random());
    tracing::info!(seed, "simulating");
    let (host, port) = broker(&args.mqtt)?;
    let scenes = scenes(&args, seed)?;
    if let Some(folder) = &args.state {
        let context = || format!("cannot make {}", folder.display());
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    let stop = stop_on_signal()?;
    let operator = sign_in(&args).await?;
    let progress = Arc::new(AtomicU64::new(0));
    let mut random = StdRng::seed_from_u64(seed);
    let mut gateways = JoinSet::new();
    for scene in scenes {
        let (probe, key) = credentials(&args, operator.as_ref(), &scene).await?;
        let plan = Plan {
            login: Login {
                host: host.clone(),
                port,
                gateway: scene.gateway,
                key,
            },
            probe,
            channels: scene.channels.iter().map(|spec| spec.channel).collect(),
            source: scene.source,
            every: args.every_ms.map(Duration::from_millis),
            state: args.state.clone(),
            stop: stop.clone(),
            cut_links: args.cut_links,
            seed: random.random(),
            patience: Duration::from_secs(args.patience_seconds),
            progress: Arc::clone(&progress),
        };
        gateways.spawn(async move {
            let tally = gateway::run(plan).await;
            (scene.gateway, probe, scene.distinct, tally)
        });
    }
    let mut outcome = finish(gateways, operator.as_ref(), &progress).await?;
    let stage = camera::Stage {
        host,
        port,
        prefix: args.prefix.clone(),
        seed,
        patience: Duration::from_secs(args.patience_seconds),
    };
    outcome.filmed = camera::run(args.cameras, &stage, operator.as_ref()).await?;
    outcome
        .print(&mut std::io::stdout().lock())
        .context("cannot print the outcome")?;
    outcome.verdict()
}

/// Cancelled by the first SIGINT or SIGTERM; the second one ends the program at once.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let said = stop.clone();
    let context = "cannot listen for signals";
    let mut interrupt = signal(SignalKind::interrupt()).context(context)?;
    let mut terminate = signal(SignalKind::terminate()).context(context)?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if said.is_cancelled() {
                std::process::exit(1);
            }
            tracing::info!("no more readings; delivering what is in flash");
            said.cancel();
        }
    });
    Ok(stop)
}

type Ended = (GatewayId, ProbeName, u64, anyhow::Result<Tally>);

/// Waits for every gateway, saying how far they are, and asks what is stored of each.
async fn finish(
    mut gateways: JoinSet<Ended>,
    operator: Option<&Operator>,
    progress: &AtomicU64,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::new(operator.is_some());
    let mut tick = tokio::time::interval(PROGRESS_EVERY);
    loop {
        let (gateway, probe, distinct, tally) = tokio::select! {
            ended = gateways.join_next() => match ended {
                Some(ended) => ended.context("a simulated gateway fell over")?,
                None => break,
            },
            _ = tick.tick() => {
                let acknowledged = progress.load(Ordering::Relaxed);
                tracing::info!(acknowledged, running = gateways.len(), "progress");
                continue;
            }
        };
        let tally = tally.with_context(|| format!("gateway {gateway}"))?;
        tracing::info!(%gateway, ?tally, "gateway finished");
        let stored = match (operator, tally.span) {
            (Some(operator), Some((from, to))) => Some(
                operator
                    .count(gateway.as_str(), probe.as_str(), from, to)
                    .await?,
            ),
            (Some(_), None) => Some(0),
            (None, _) => None,
        };
        outcome.add(&tally, distinct, stored);
    }
    Ok(outcome)
}

async fn sign_in(args: &Args) -> anyhow::Result<Option<Operator>> {
    match (&args.register, &args.account, &args.password) {
        (Some(url), Some(account), Some(password)) => {
            Operator::sign_in(url, account, password).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// The probe and the key of a gateway: those that were given, or newly registered ones.
async fn credentials(
    args: &Args,
    operator: Option<&Operator>,
    scene: &Scene,
) -> anyhow::Result<(ProbeName, String)> {
    if let (Some(_), Some(key), Some(probe)) = (&args.gateway, &args.key, &args.probe) {
        return Ok((*probe, key.clone()));
    }
    let Some(operator) = operator else {
        bail!("nobody to sign in as: give --register, or --gateway, --key and --probe");
    };
    let key = operator
        .gateway(scene.gateway.as_str(), &scene.title)
        .await?;
    let probe = ProbeSpec {
        name: PROBE,
        interval_seconds: scene.interval_seconds,
        channels: &scene.channels,
    };
    operator.probe(scene.gateway.as_str(), probe).await?;
    Ok((ProbeName::parse(PROBE)?, key))
}

/// What is to be sent, and by whom.
fn scenes(args: &Args, seed: u64) -> anyhow::Result<Vec<Scene>> {
    let scenes = match &args.replay {
        Some(path) => recorded(read_recording(path)?)?,
        None => invented(args, seed)?,
    };
    let Some(gateway) = args.gateway else {
        return Ok(scenes);
    };
    let count = scenes.len();
    let Ok([scene]) = <[Scene; 1]>::try_from(scenes) else {
        bail!("--gateway stands for one gateway, and there are {count} to play");
    };
    Ok(vec![Scene { gateway, ..scene }])
}

fn read_recording(path: &Path) -> anyhow::Result<Recording> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    let recording = recording::parse(&text).with_context(|| format!("cannot replay {name}"))?;
    if !recording.ignored.is_empty() {
        tracing::warn!(columns = ?recording.ignored, "these columns are not sent");
    }
    Ok(recording)
}

fn recorded(recording: Recording) -> anyhow::Result<Vec<Scene>> {
    let Recording {
        channels, farms, ..
    } = recording;
    let scene = |farm: Farm| {
        let gateway = farm.gateway();
        Ok(Scene {
            gateway: GatewayId::parse(&gateway).with_context(|| format!("farm {}", farm.name))?,
            title: format!("回放 replay: {}", farm.name),
            channels: channels.clone(),
            interval_seconds: RECORDING_INTERVAL_SECONDS,
            distinct: farm.distinct() as u64,
            source: Source::Recording(farm.rows.into_iter()),
        })
    };
    farms.into_iter().map(scene).collect()
}

fn invented(args: &Args, seed: u64) -> anyhow::Result<Vec<Scene>> {
    let scene = |number: u32| {
        let gateway = format!("{}-{number:04}", args.prefix);
        let probe = Box::new(ClimateProbe::new(seed.wrapping_add(u64::from(number))));
        Ok(Scene {
            gateway: GatewayId::parse(&gateway).context("--prefix makes no gateway id")?,
            title: format!("模拟网关 simulated gateway {number}"),
            channels: board::CHANNELS.to_vec(),
            interval_seconds: WEATHER_INTERVAL_SECONDS,
            distinct: u64::from(args.readings),
            source: Source::Weather(probe, args.readings),
        })
    };
    (1..=args.gateways).map(scene).collect()
}

/// Host and port of an MQTT address.
fn broker(address: &str) -> anyhow::Result<(String, u16)> {
    let url = Url::parse(address).with_context(|| format!("{address} is no address"))?;
    if !matches!(url.scheme(), "mqtt" | "tcp") {
        bail!("{address}: only mqtt:// is possible, there is no TLS here");
    }
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.with_context(|| format!("{address} names no host"))?;
    Ok((host.to_owned(), url.port().unwrap_or(MQTT_PORT)))
}

#[cfg(test)]
mod tests;
