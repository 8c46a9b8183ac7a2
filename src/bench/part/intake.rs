//! Ingest as `suyuan ingest` runs it, with settling, in a process of its own; it says on demand
//! how much it has stored.

use std::net::{Ipv4Addr, SocketAddr};

use ingest::front::Sockets;
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;
use store::Store;
use tokio::net::TcpListener;

use super::{answer, commands};
use crate::cli::{IntakeArgs, KeepArgs, ShutdownArgs};
use crate::system::System;
use crate::{listen, parts};

/// Flags of ingest.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The database.
    #[arg(long)]
    database: String,
    /// Open the front, on a port of the system's choice.
    #[arg(long)]
    front: bool,
    #[command(flatten)]
    intake: IntakeArgs,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    shutdown: ShutdownArgs,
}

/// Takes readings until standard input closes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let store = Store::connect(&args.database).await?;
    let mut system = System::new(store, None);
    let plain = if args.front {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Some(listen::bind(address, false, "--front").await?)
    } else {
        None
    };
    let port = plain.as_ref().map(TcpListener::local_addr).transpose()?;
    let front = Sockets { plain, tls: None };
    let deadline = args.shutdown.deadline();
    let health = parts::add_ingest(&mut system, front, &args.intake, None, deadline)?;
    parts::add_settling(&mut system, &args.keep);
    let metrics = parts::metrics()?;
    let mut commands = commands();
    let stop = system.stop_token();
    let answering = async move {
        answer(&json!({ "port": port.map(|address| address.port()) }));
        while let Some(Some(_)) = stop.run_until_cancelled(commands.recv()).await {
            let text = metrics.render();
            let report = health.report(crate::clock::timestamp());
            answer(&json!({
                "ready": report.is_ready(),
                "count": counter(&text, model::metric::REPORTS_STORED),
                "duplicates": counter(&text, model::metric::REPORTS_DUPLICATE),
                "dead_letters": counter(&text, model::metric::DEAD_LETTERS),
            }));
        }
        // Asked to stop as a supervisor would ask; the doors close first.
        kill_process(getpid(), Signal::TERM)?;
        stop.cancelled().await;
        Ok(())
    };
    system.spawn("answering", answering);
    system.run(deadline).await
}

/// The sum of a counter's lines in Prometheus' text.
fn counter(text: &str, name: &str) -> u64 {
    let lines = text.lines().filter(|line| line.starts_with(name));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_the_sum_of_its_lines() {
        let text = "# TYPE a counter\na{reason=\"x\"} 3\na{reason=\"y\"} 4\nb 5\n";
        assert_eq!((counter(text, "a"), counter(text, "c")), (7, 0));
    }
}
