//! The pages as `suyuan serve` serves them, and beside them a file that lies ready, under the same
//! layers.

use std::net::{Ipv4Addr, SocketAddr};

use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;
use store::Store;
use store::picture::{Album, Location};
use trace_api::upkeep::Upkeep;

use super::{answer, commands};
use crate::cli::ShutdownArgs;
use crate::listen;
use crate::parts::{self, Face};
use crate::system::System;

/// Flags of the pages.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The database.
    #[arg(long)]
    database: String,
    #[command(flatten)]
    shutdown: ShutdownArgs,
}

/// Serves until standard input closes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let store = Store::connect(&args.database).await?;
    let mut system = System::new(store.clone(), None);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = listen::bind(address, false, "--http").await?;
    let port = listener.local_addr()?.port();
    let face = Face {
        album: Album::open(store, &Location::Memory)?,
        public_url: format!("http://127.0.0.1:{port}"),
        is_demo: false,
        signer: None,
        outline: None,
        oidc: None,
        label_templates: None,
        remind_days: 0,
        upkeep: Upkeep::default(),
    };
    let state = parts::state(&system, face, None).await?;
    let stop = system.stop_token();
    system.spawn("HTTP", async move {
        Ok(trace_api::serve_beside_a_file(listener, state, stop).await?)
    });
    let mut commands = commands();
    let stop = system.stop_token();
    let answering = async move {
        answer(&json!({ "port": port }));
        while let Some(Some(_)) = stop.run_until_cancelled(commands.recv()).await {}
        // Asked to stop as a supervisor would ask.
        kill_process(getpid(), Signal::TERM)?;
        stop.cancelled().await;
        Ok(())
    };
    system.spawn("answering", answering);
    system.run(args.shutdown.deadline()).await
}
