//! The processes of a measurement. Each says on standard output, one JSON object a line, that it
//! is ready, answers each line on standard input with one of its own, and ends in order when
//! standard input closes: nothing outlives a measurement, however that ends.

mod copy;
mod intake;
mod pages;
mod publish;
mod subscribe;
pub mod wire;

use std::io::BufRead as _;

use serde_json::Value;
use tokio::sync::mpsc;

/// Which process this is.
#[derive(Debug, clap::Subcommand)]
pub enum Part {
    /// Publishers: the load.
    Publish(publish::Args),
    /// Ingest as `suyuan ingest` runs it, settling included.
    Intake(intake::Args),
    /// The pages: what is loaded.
    Pages(pages::Args),
    /// A bare subscriber that acknowledges at once: the limit of the broker's door.
    Subscribe(subscribe::Args),
    /// One client's COPY: the limit of the database.
    Copy(copy::Args),
}

impl Part {
    /// Whether one thread is the best that this process can have.
    pub const fn is_small(&self) -> bool {
        matches!(self, Self::Publish(_) | Self::Subscribe(_))
    }
}

/// Does its part until standard input closes.
pub async fn run(part: Part) -> anyhow::Result<()> {
    match part {
        Part::Publish(args) => publish::run(args).await,
        Part::Intake(args) => intake::run(args).await,
        Part::Pages(args) => pages::run(args).await,
        Part::Subscribe(args) => subscribe::run(args).await,
        Part::Copy(args) => copy::run(args).await,
    }
}

/// What comes on standard input, line by line.
fn commands() -> mpsc::UnboundedReceiver<String> {
    let (sender, commands) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    commands
}

fn answer(value: &Value) {
    super::print(value);
}
