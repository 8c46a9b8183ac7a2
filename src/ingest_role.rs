//! `suyuan ingest`: ingest alone, on a broker, with a front, or both; any number of these may
//! run on one database.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::bail;
use ingest::front::Sockets;

use crate::cli::{DatabaseArgs, IntakeArgs, KeepArgs, MqttsArgs, ShutdownArgs};
use crate::pictures::PictureArgs;
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
    /// Folder of the pictures' default place; the database is elsewhere.
    #[arg(
        long,
        env = "SUYUAN_DATA_DIR",
        value_name = "DIR",
        default_value = "suyuan-data"
    )]
    data: PathBuf,
    #[command(flatten)]
    pictures: PictureArgs,
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
    let album = args.pictures.open(&store, &args.data)?;
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
    parts::add_ingest(&mut system, front, &args.intake, Some(&album), deadline)?;
    parts::add_settling(&mut system, &args.keep);
    parts::add_upkeep(&mut system, &album, &args.pictures);
    system.run(deadline).await
}
