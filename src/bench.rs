//! `suyuan bench`: measures this machine and prints one JSON object a line. Every measurement
//! prints the ratio to its own limit, taken in the same run: absolute figures of a busy or slow
//! machine say little, ratios say more.
//!
//! The parts that load and are loaded run as processes of their own (`bench part …`, hidden), so
//! that the CPU time of each is the system's own account of that process.

mod baseline;
mod histogram;
mod ingest;
mod label;
mod page;
mod part;
mod process;
mod stage;
mod stream;
mod trace;

use crate::log;

/// Flags of `bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to measure.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// From publishers to committed rows, through both doors.
    Ingest(ingest::Args),
    /// Codes, bitmaps, TSPL and PDF a second, beside libqrencode and segno; memory of long runs.
    Label(label::Args),
    /// Recall closures, the data behind a label, and lists, in a large county.
    Trace(trace::Args),
    /// Trace pages a second, beside a file that lies ready.
    Page(page::Args),
    /// One of the processes of a measurement.
    #[command(hide = true, subcommand)]
    Part(part::Part),
}

impl Args {
    /// Whether one thread is the best that this process can have.
    pub const fn is_small(&self) -> bool {
        matches!(&self.what, What::Part(part) if part.is_small())
    }
}

/// Measures until it is done.
pub async fn run(args: Args) -> anyhow::Result<()> {
    match args.what {
        What::Ingest(args) => ingest::run(args).await,
        What::Label(args) => label::run(args).await,
        What::Trace(args) => trace::run(args).await,
        What::Page(args) => page::run(args).await,
        What::Part(part) => part::run(part).await,
    }
}

/// A length of time that something can be measured in.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    let range = 0.01..=3_600.0;
    range
        .contains(&seconds)
        .then_some(seconds)
        .ok_or_else(|| "it must be 0.01 to 3600".into())
}

/// Prints one result.
fn print(result: &serde_json::Value) {
    log::say(&result.to_string());
}
