//! The limit of the database: one client that does nothing but `COPY … BINARY` of the same
//! reports into an equal table.

use std::time::Duration;

use model::id::ProbeKey;
use model::time::Timestamp;
use serde_json::json;
use store::{Store, bench};

use super::{answer, commands};
use crate::bench::stream::Rows;
use crate::clock;

/// Reports in one COPY statement.
const PART_REPORTS: usize = 10_000;

/// Flags of the limit.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The database.
    #[arg(long)]
    database: String,
    /// Probes that the reports are of.
    #[arg(long)]
    probes: u32,
    /// Time of the first reports, seconds.
    #[arg(long)]
    from: i64,
    /// How long to copy, seconds.
    #[arg(long)]
    seconds: f64,
}

/// Copies once, says how much in how long, and waits for the end of standard input.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let mut commands = commands();
    let store = Store::connect(&args.database).await?;
    let probes = (0..args.probes).map(|number| ProbeKey(number.cast_signed() + 1));
    let mut rows = Rows::new(probes, Timestamp::from_seconds(args.from));
    let started = clock::instant();
    let limit = Duration::from_secs_f64(args.seconds);
    let next = || (clock::instant() - started < limit).then(|| rows.take(PART_REPORTS));
    let copied = bench::copy_all(&store, next).await?;
    let seconds = (clock::instant() - started).as_secs_f64();
    answer(&json!({ "count": copied, "seconds": seconds }));
    while commands.recv().await.is_some() {}
    Ok(())
}
