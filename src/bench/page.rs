//! `suyuan bench page`: how many trace pages a second the server draws for 64 connections that each
//! ask for another one of a million labels, beside the same server sending as many bytes that lie
//! ready: what is lost between the two is what a page costs.
//!
//! The load generator is wrk (Debian: `apt-get install wrk`), the same for both, with the same
//! script. Every page that wrk counted must be counted in the database too, or the run fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use store::bench::{self, FILL_LABELS_MAX};
use tokio::process::Command;

use super::process::Watched;
use super::stage::{Process, Stage};
use super::{ingest, print};

/// What wrk asks for, from a file of paths, and what it says at the end.
const SCRIPT: &str = r#"
local paths = {}
for line in io.lines(os.getenv("SUYUAN_BENCH_PATHS")) do paths[#paths + 1] = line end
local headers = { ["Accept"] = "text/html", ["Host"] = "127.0.0.1" }
if os.getenv("SUYUAN_BENCH_GZIP") == "1" then headers["Accept-Encoding"] = "gzip" end
local threads = 0
function setup(thread) thread:set("seed", threads); threads = threads + 1 end
function init(args) math.randomseed(7 + seed) end
function request() return wrk.format("GET", paths[math.random(#paths)], headers) end
function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"p50_ms":%.3f,"p99_ms":%.3f,"errors":%d}',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"#;

/// Flags of `bench page`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long each measurement lasts, after two seconds of warming up; there are three.
    #[arg(long, value_name = "S", default_value_t = 10)]
    seconds: u32,
    /// Labels in the database.
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(FILL_LABELS_MAX)))]
    labels: u32,
    /// Lots that they are of.
    #[arg(long, value_name = "N", default_value_t = 1_000,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    lots: u32,
    /// Connections that ask at once.
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: u32,
    /// Ask for compressed pages, as browsers do.
    #[arg(long)]
    gzip: bool,
    /// Folder for the private database: the disk that is measured.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Server to measure instead of a private one; a database of its own is made there and
    /// removed.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// Measures, and removes everything again.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let found = Command::new("wrk").arg("-v").stdout(Stdio::null()).status();
    found.await.context(
        "pages are measured with wrk, which was not found: install it (Debian: apt-get install wrk)",
    )?;
    let stage = Stage::build(&args.folder, args.database_url.as_deref()).await?;
    let measured = measure(&args, &stage).await;
    stage.clear_away().await?;
    measured
}

async fn measure(args: &Args, stage: &Stage) -> anyhow::Result<()> {
    let (lots, labels) = (args.lots.cast_signed(), args.labels.cast_signed());
    bench::fill_lots(&stage.store, lots, 20.max(lots / 50)).await?;
    let paths = bench::fill_labels(&stage.store, labels).await?;
    print(&ingest::conditions(stage, "page").await?);
    let flags = ["--database".to_owned(), stage.url.clone()];
    let mut pages = Process::part("pages", &flags)?;
    let measured = load(args, stage, &mut pages, &paths).await;
    pages.stop().await?;
    measured
}

async fn load(
    args: &Args,
    stage: &Stage,
    pages: &mut Process,
    paths: &[String],
) -> anyhow::Result<()> {
    let ready = pages.hear().await?;
    let port = ready["port"].as_u64().context("no port")?;
    let of_pages = stage.folder().join("pages.txt");
    fs::write(&of_pages, paths.join("\n"))?;
    let wrk = Wrk {
        args,
        folder: stage.folder(),
        address: format!("http://127.0.0.1:{port}"),
    };
    wrk.run(&of_pages, 2).await?;
    let first = paths.first().context("no label")?;
    let page = reqwest::Client::builder().no_proxy().build()?;
    let page = page.get(format!("{}{first}", wrk.address)).send().await?;
    let size = page.error_for_status()?.bytes().await?.len();
    let of_static = stage.folder().join("static.txt");
    fs::write(&of_static, format!("/bench/static?bytes={size}\n"))?;
    wrk.run(&of_static, 2).await?;
    // Before and after, so that a machine that gets busier meanwhile does not flatter.
    let before = wrk.run(&of_static, args.seconds).await?;
    let scans = bench::count_scans(&stage.store).await?;
    let (server, database) = (pages.watched(), stage.server);
    let cpu = (cpu_us(server), cpu_us(database));
    let page = wrk.run(&of_pages, args.seconds).await?;
    let cpu = (cpu_us(server) - cpu.0, cpu_us(database) - cpu.1);
    let counted = bench::count_scans(&stage.store).await? - scans;
    let after = wrk.run(&of_static, args.seconds).await?;
    ensure!(
        counted >= page.requests,
        "{} pages were sent and {counted} were counted",
        page.requests
    );
    let static_per_s = f64::midpoint(before.per_s(), after.per_s());
    let each = |us: f64| us / page.requests.max(1) as f64;
    print(&json!({
        "bench": "page",
        "labels": paths.len(),
        "lots": args.lots,
        "connections": args.connections,
        "gzip": args.gzip,
        "page_bytes": size,
        "requests_per_s": page.per_s(),
        "p50_ms": page.p50_ms,
        "p99_ms": page.p99_ms,
        "static_per_s": static_per_s,
        "static_p99_ms": before.p99_ms.max(after.p99_ms),
        "ratio_to_static": page.per_s() / static_per_s,
        "cpu_us_per_page": { "server": each(cpu.0), "postgres": each(cpu.1) },
        "requests": page.requests,
        "counted": counted,
    }));
    Ok(())
}

fn cpu_us(watched: Option<Watched>) -> f64 {
    watched.and_then(Watched::cpu_us).unwrap_or_default() as f64
}

struct Wrk<'a> {
    args: &'a Args,
    folder: &'a Path,
    address: String,
}

/// What wrk counted.
struct Load {
    requests: i64,
    seconds: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Load {
    fn per_s(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    fn of(said: &Value) -> Option<Self> {
        Some(Self {
            requests: said["requests"].as_i64()?,
            seconds: said["seconds"].as_f64()?,
            p50_ms: said["p50_ms"].as_f64()?,
            p99_ms: said["p99_ms"].as_f64()?,
        })
    }
}

impl Wrk<'_> {
    async fn run(&self, paths: &Path, seconds: u32) -> anyhow::Result<Load> {
        let script = self.folder.join("ask.lua");
        fs::write(&script, SCRIPT)?;
        let output = Command::new("wrk")
            .args(["-t", "1", "-c", &self.args.connections.to_string()])
            .args(["-d", &format!("{seconds}s"), "--timeout", "10s", "-s"])
            .arg(&script)
            .arg(&self.address)
            .env("SUYUAN_BENCH_PATHS", paths)
            .env("SUYUAN_BENCH_GZIP", if self.args.gzip { "1" } else { "0" })
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("running wrk")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said.lines().find(|line| line.starts_with('{'));
        let line = line.with_context(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!("wrk did not say what it counted: {said} {errors}")
        })?;
        let said: Value = serde_json::from_str(line)?;
        ensure!(said["errors"] == 0, "wrk met errors: {said}");
        let load = Load::of(&said).with_context(|| format!("wrk said {said}"))?;
        ensure!(load.requests > 0, "wrk got no answer");
        Ok(load)
    }
}
