//! `suyuan ingest`: ingest alone, on a broker, with a front, or both; any number of these may
//! run on one database.

use std::net::SocketAddr;

use anyhow::bail;
use ingest::front::Sockets;

use crate::cli::{DatabaseArgs, IntakeArgs, KeepArgs, MqttsArgs, ShutdownArgs};
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
    mqtts: MqttsArgs,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    shutdown: ShutdownArgs,
}

/// Takes readings until a signal comes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let has_front = args.mqtt.is_some() || args.mqtts.mqtts.is_some();
    if !has_front && args.intake.mqtt_url.is_none() {
        bail!("there is no door to take readings from: give --mqtt-url, --mqtt, --mqtts, or more");
    }
    let store = serve::open(&args.database).await?;
    let mut system = System::new(store, None);
    let plain = match args.mqtt {
        Some(address) => Some(listen::bind(address, false, "--mqtt").await?),
        None => None,
    };
    let tls = listen::bind_tls(&args.mqtts, false).await?;
    let front = Sockets { plain, tls };
    for door in listen::doors(&front) {
        log::say(&door);
    }
    let deadline = args.shutdown.deadline();
    parts::add_ingest(&mut system, front, &args.intake, deadline)?;
    parts::add_settling(&mut system, &args.keep);
    system.run(deadline).await
}
