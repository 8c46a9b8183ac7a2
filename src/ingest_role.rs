//! `suyuan ingest`: ingest alone, on a broker, with a front, or both; any number of these may
//! run on one database.

use std::net::SocketAddr;

use anyhow::bail;

use crate::cli::{DatabaseArgs, IntakeArgs, ShutdownArgs};
use crate::system::System;
use crate::{listen, log, parts, serve};

/// Flags of `ingest`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    intake: IntakeArgs,
    /// Address to open an MQTT front on; none is opened where it is not given.
    #[arg(long, env = "SUYUAN_MQTT", value_name = "ADDR")]
    mqtt: Option<SocketAddr>,
    #[command(flatten)]
    shutdown: ShutdownArgs,
}

/// Takes readings until a signal comes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    if args.mqtt.is_none() && args.intake.mqtt_url.is_none() {
        bail!("there is no door to take readings from: give --mqtt-url, --mqtt, or both");
    }
    let store = serve::open(&args.database).await?;
    let mut system = System::new(store, None);
    let front = match args.mqtt {
        Some(address) => Some(listen::bind(address, false, "--mqtt").await?),
        None => None,
    };
    if let Some(address) = front.as_ref().and_then(|front| front.local_addr().ok()) {
        log::say(&format!("  mqtt      mqtt://{address}"));
    }
    let deadline = args.shutdown.deadline();
    parts::add_ingest(&mut system, front, &args.intake, deadline)?;
    parts::add_settling(&mut system);
    system.run(deadline).await
}
