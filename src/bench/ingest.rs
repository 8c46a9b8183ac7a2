//! `suyuan bench ingest`: how fast readings become committed rows, through the front and through
//! a broker, with one and with sixteen reports a message, beside the two limits of the same run:
//! a bare subscriber on the same broker, and one client's COPY of the same reports.
//!
//! The one thing to know: nobody is let run away. The front holds its publishers by their
//! window; behind a broker, which acknowledges at once, they are told how far they may be ahead
//! of what is stored, so that a full queue never counts as speed.

pub mod run;

use std::path::PathBuf;

use serde_json::{Value, json};

use self::run::{Load, Measured, Sink};
use super::process::Watched;
use super::stage::{Broker, Devices, Process, Stage};
use super::stream::CHANNELS;
use super::{baseline, print};
use crate::clock;

/// How long before now the first reports were measured: nothing of it lies in the future.
const BACK_DAYS: i64 = 30;
/// Days between the reports of one load and those of the next one into the same tables.
const APART_DAYS: i64 = 12;

/// Flags of `bench ingest`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long each measurement lasts, after a second of warming up; there are about a dozen.
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    seconds: f64,
    #[command(flatten)]
    devices: Devices,
    /// Doors to measure; `broker` needs mosquitto.
    #[arg(
        long = "door",
        value_enum,
        value_delimiter = ',',
        default_value = "front,broker"
    )]
    doors: Vec<Door>,
    /// Reports a message to measure with.
    #[arg(
        long,
        value_name = "N",
        value_delimiter = ',',
        default_value = "1,16",
        value_parser = clap::value_parser!(u32).range(1..=256)
    )]
    reports_per_message: Vec<u32>,
    /// Folder for the private database: the disk that is measured.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Server to measure instead of a private one; a database of its own is made there and
    /// removed.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Measure a Python consumer (paho-mqtt and psycopg) and Node-RED (pg) on the same stream
    /// too; they are installed into a folder by pip and npm.
    #[arg(long)]
    baselines: bool,
    /// Where the baselines are installed, and found the next time.
    #[arg(long, value_name = "DIR", default_value_os_t = baseline::default_folder())]
    baseline_folder: PathBuf,
}

/// How messages come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Door {
    /// Our own MQTT front.
    Front,
    /// mosquitto.
    Broker,
}

/// One measurement: who is loaded, and with what.
#[derive(Debug, Clone)]
pub struct Case {
    /// The publishers.
    pub devices: Devices,
    /// How long, seconds.
    pub seconds: f64,
    /// Time of the first reports, seconds.
    pub from: i64,
}

impl Case {
    /// The same devices at another time.
    fn later(&self, loads: i64) -> Self {
        Self {
            from: self.from + loads * APART_DAYS * 86_400,
            ..self.clone()
        }
    }
}

/// Measures every case that is wanted.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let stage = Stage::build(&args.folder, args.database_url.as_deref()).await?;
    let measured = measure(&args, &stage).await;
    stage.clear_away().await?;
    measured
}

async fn measure(args: &Args, stage: &Stage) -> anyhow::Result<()> {
    stage.register(&args.devices).await?;
    print(&conditions(stage, "ingest").await?);
    for reports in &args.reports_per_message {
        let case = Case {
            devices: Devices {
                reports: *reports,
                ..args.devices.clone()
            },
            seconds: args.seconds,
            from: clock::timestamp().seconds() / 3_600 * 3_600 - BACK_DAYS * 86_400,
        };
        for door in &args.doors {
            let copy = copy_limit(stage, &case).await?;
            match door {
                Door::Front => print(&front(stage, &case, copy).await?),
                Door::Broker => broker(args, stage, &case, copy).await?,
            }
        }
    }
    Ok(())
}

/// What the measurement stands on.
pub async fn conditions(stage: &Stage, bench: &str) -> anyhow::Result<Value> {
    let mut connection = stage.store.acquire().await?;
    let (version, fsync) = store::bench::describe(&mut connection).await?;
    Ok(json!({
        "bench": bench,
        "conditions": {
            "suyuan": env!("CARGO_PKG_VERSION"),
            "optimised": !cfg!(debug_assertions),
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "postgresql": version,
            "fsync": fsync,
            "flavour": format!("{:?}", stage.store.flavour().await?),
            "load_average": std::fs::read_to_string("/proc/loadavg").ok()
                .and_then(|text| text.split(' ').next()?.parse::<f64>().ok()),
        },
    }))
}

/// Reports a second of one client's COPY.
async fn copy_limit(stage: &Stage, case: &Case) -> anyhow::Result<f64> {
    store::bench::clear(&stage.store).await?;
    let probes = case.devices.gateways * case.devices.probes;
    let flags = [
        format!("--database={}", stage.url),
        format!("--probes={probes}"),
        format!("--from={}", case.from),
        format!("--seconds={}", case.seconds),
    ];
    let before = stage.server.and_then(Watched::cpu_us);
    let mut copying = Process::part("copy", &flags)?;
    let said = copying.hear().await?;
    let client = copying.watched().and_then(Watched::cpu_us);
    let count = said["count"].as_f64().unwrap_or_default();
    let seconds = said["seconds"].as_f64().unwrap_or(f64::NAN);
    let postgres = before.and_then(|before| Some(stage.server?.cpu_us()? - before));
    let per_frame = |us: Option<u64>| us.map(|us| round(us as f64 / count));
    copying.stop().await?;
    let values = count * CHANNELS.len() as f64;
    let plain = store::bench::footprint(&stage.store, true).await?;
    let compressed = store::bench::compress(&stage.store).await?;
    print(&json!({
        "bench": "ingest",
        "limit": "copy",
        "frames_per_s": round(count / seconds),
        "values_per_s": round(values / seconds),
        "cpu_us_per_frame": { "client": per_frame(client), "postgres": per_frame(postgres) },
        "reports_per_probe": round(count / f64::from(probes)),
        "bytes_per_value": round(plain.bytes as f64 / values),
        "bytes_per_value_compressed": compressed.map(|bytes| round(bytes as f64 / values)),
    }));
    store::bench::clear(&stage.store).await?;
    Ok(count / seconds)
}

async fn front(stage: &Stage, case: &Case, copy: f64) -> anyhow::Result<Value> {
    let flags = [format!("--database={}", stage.url), "--front".to_owned()];
    let mut intake = Process::part("intake", &flags)?;
    let port = run::port(&intake.hear().await?)?;
    let mut sink = Sink::new(intake, "ingest");
    let load = Load {
        port,
        ahead: None,
        broker: None,
    };
    let measured = run::saturate(stage, &mut sink, case, &load).await?;
    let footprint = store::bench::footprint(&stage.store, true).await?;
    let pace = measured.messages_per_s / 2.0;
    let delays = run::delays(&mut sink, &case.later(1), &load, pace).await?;
    sink.stop().await?;
    let mut result = describe("front", case, &measured, footprint);
    result["ratio_to_copy"] = round(measured.frames_per_s / copy).into();
    result["p50_ms"] = delays["p50_ms"].clone();
    result["p99_ms"] = delays["p99_ms"].clone();
    Ok(result)
}

async fn broker(args: &Args, stage: &Stage, case: &Case, copy: f64) -> anyhow::Result<()> {
    let bare = subscriber_limit(stage, case).await?;
    let ours = through_broker(stage, case).await?;
    let mut result = ours.1;
    result["ratio_to_copy"] = round(ours.0.frames_per_s / copy).into();
    result["ratio_to_subscriber"] = round(ours.0.messages_per_s / bare).into();
    print(&result);
    if args.baselines {
        for kind in [baseline::Kind::Python, baseline::Kind::NodeRed] {
            let folder = &args.baseline_folder;
            print(&baseline::measure(kind, folder, stage, case, &ours.0).await?);
        }
    }
    Ok(())
}

/// Messages a second of a subscriber that only acknowledges.
async fn subscriber_limit(stage: &Stage, case: &Case) -> anyhow::Result<f64> {
    let broker = Broker::start(stage.folder()).await?;
    let mut subscriber = Process::part("subscribe", &[format!("--port={}", broker.port)])?;
    subscriber.hear().await?;
    let mut sink = Sink::new(subscriber, "subscriber");
    let load = Load::behind(&broker);
    let measured = run::saturate_uncounted(stage, &mut sink, case, &load).await?;
    sink.stop().await?;
    broker.stop().await?;
    print(&json!({
        "bench": "ingest",
        "limit": "subscriber",
        "reports_per_message": case.devices.reports,
        "messages_per_s": round(measured.messages_per_s),
        "cpu_us_per_message": measured.cpu_us(measured.messages),
    }));
    Ok(measured.messages_per_s)
}

async fn through_broker(stage: &Stage, case: &Case) -> anyhow::Result<(Measured, Value)> {
    store::bench::clear(&stage.store).await?;
    let broker = Broker::start(stage.folder()).await?;
    let url = format!("--mqtt-url=mqtt://127.0.0.1:{}", broker.port);
    let flags = [format!("--database={}", stage.url), url];
    let mut intake = Process::part("intake", &flags)?;
    intake.hear().await?;
    let mut sink = Sink::new(intake, "ingest");
    let load = Load::behind(&broker);
    let measured = run::saturate(stage, &mut sink, case, &load).await?;
    let footprint = store::bench::footprint(&stage.store, true).await?;
    let pace = measured.messages_per_s / 2.0;
    let delays = run::delays(&mut sink, &case.later(1), &load, pace).await?;
    sink.stop().await?;
    broker.stop().await?;
    let mut result = describe("broker", case, &measured, footprint);
    result["p50_ms"] = delays["p50_ms"].clone();
    result["p99_ms"] = delays["p99_ms"].clone();
    Ok((measured, result))
}

fn describe(
    door: &str,
    case: &Case,
    measured: &Measured,
    footprint: store::bench::Footprint,
) -> Value {
    let values = footprint.reports as f64 * CHANNELS.len() as f64;
    json!({
        "bench": "ingest",
        "door": door,
        "reports_per_message": case.devices.reports,
        "values_per_report": CHANNELS.len(),
        "payload": case.devices.payload.word(),
        "seconds": round(measured.seconds),
        "messages_per_s": round(measured.messages_per_s),
        "frames_per_s": round(measured.frames_per_s),
        "values_per_s": round(measured.frames_per_s * CHANNELS.len() as f64),
        "cpu_us_per_frame": measured.cpu_us(measured.frames),
        "bytes_per_value": round(footprint.bytes as f64 / values),
        "acknowledged": measured.acknowledged * u64::from(case.devices.reports),
        "stored": footprint.reports,
    })
}

/// Three digits are more than any of these numbers is good for.
pub fn round(number: f64) -> f64 {
    if number.abs() >= 100.0 {
        number.round()
    } else {
        (number * 1_000.0).round() / 1_000.0
    }
}
