//! `suyuan up`: everything in one process, on its own PostgreSQL unless one is named.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use ingest::front::Sockets;
use store::picture::Album;
use store::setting;

use crate::cli::{HttpArgs, IntakeArgs, KeepArgs, MqttsArgs, ShutdownArgs};
use crate::database::DataArgs;
use crate::mirror::MirrorArgs;
use crate::parts::Pages;
use crate::pictures::PictureArgs;
use crate::signing::SigningArgs;
use crate::system::System;
use crate::{clock, demo, listen, log, parts, upkeep};

/// Flags of `up`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    http: HttpArgs,
    /// Address to listen on for MQTT.
    #[arg(
        long,
        env = "SUYUAN_MQTT",
        value_name = "ADDR",
        default_value = "127.0.0.1:1883",
        overrides_with = "mqtt"
    )]
    mqtt: SocketAddr,
    #[command(flatten)]
    mqtts: MqttsArgs,
    #[command(flatten)]
    intake: IntakeArgs,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    pictures: PictureArgs,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    mirror: MirrorArgs,
    #[command(flatten)]
    shutdown: ShutdownArgs,
    /// Take the next free port where one is taken.
    #[arg(long)]
    next_free_port: bool,
    /// Make the demonstration county (演示数据) with its accounts; only on loopback addresses.
    #[arg(long)]
    demo: bool,
    /// Serve the demonstration, whose passwords everybody knows, on an open address all the same.
    #[arg(long)]
    i_know: bool,
}

/// Runs until a signal comes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    refuse_an_open_demo(&args)?;
    let http = listen::bind(args.http.http, args.next_free_port, "--http").await?;
    let mqtt = listen::bind(args.mqtt, args.next_free_port, "--mqtt").await?;
    let mqtts = listen::bind_tls(&args.mqtts, args.next_free_port).await?;
    let database = args.data.open().await?;
    let album = args.pictures.open(&database.store, &args.data.data)?;
    let is_demo = prepare_demo(&album, args.demo).await?;
    let pages = http.local_addr()?;
    let signer = args.signing.open(&args.data.data, &args.http.stem(pages))?;
    let front = Sockets {
        plain: Some(mqtt),
        tls: mqtts,
    };
    let url = database
        .cluster
        .as_ref()
        .map(|cluster| cluster.url().to_owned());
    let address = database.url.clone();

    let mut system = System::new(database.store, database.cluster);
    let deadline = args.shutdown.deadline();
    let doors = listen::doors(&front);
    let ports = upkeep::doors(&front);
    let health = parts::add_ingest(&mut system, front, &args.intake, Some(&album), deadline)?;
    parts::add_settling(&mut system, &args.keep);
    parts::add_upkeep(&mut system, &album, &args.pictures);
    let backups = upkeep::add_backups(&mut system, &args.data.data, &album, address);
    let pages_of = Pages {
        args: &args.http,
        album,
        is_demo,
        signer: Some(signer),
        mirror: &args.mirror,
        upkeep: upkeep::of(&args.data.data, ports, Some(backups)),
    };
    let welcome = parts::add_http(&mut system, http, pages_of, Some(health)).await?;
    greet(pages, &doors, url.as_deref(), is_demo);
    if let Some(link) = welcome {
        parts::greet_first(&link);
    }
    system.run(deadline).await
}

/// The demonstration's passwords are in its documentation.
fn refuse_an_open_demo(args: &Args) -> anyhow::Result<()> {
    let open = [args.http.http, args.mqtt]
        .into_iter()
        .chain(args.mqtts.mqtts)
        .find(|address| !address.ip().is_loopback());
    match open {
        Some(address) if args.demo && !args.i_know => bail!(
            "{address} is open to the network, and everybody knows the demonstration's passwords: \
             listen on 127.0.0.1, or add --i-know"
        ),
        _ => Ok(()),
    }
}

/// Makes the county where it is wanted; says whether this database holds one, for then its pages
/// must say so whoever starts it.
async fn prepare_demo(album: &Album, wanted: bool) -> anyhow::Result<bool> {
    let store = album.store();
    if wanted {
        demo::seed(album, demo::SEED, clock::now(), |progress| {
            tracing::info!("{progress}");
        })
        .await
        .context("making the demonstration county")?;
    }
    Ok(setting::find(&mut *store.acquire().await?, setting::DEMO)
        .await?
        .is_some())
}

fn greet(http: SocketAddr, doors: &[String], database: Option<&str>, demo: bool) {
    log::say("溯源 Suyuan is running; Ctrl-C stops it.");
    log::say(&format!("  pages     http://{http}/"));
    for door in doors {
        log::say(door);
    }
    if let Some(url) = database {
        log::say(&format!("  database  {url}"));
    }
    if demo {
        let logins: Vec<_> = demo::ACCOUNTS.iter().map(|(login, ..)| *login).collect();
        log::say("  演示数据 demonstration county: nothing in it is real");
        log::say(&format!(
            "  accounts  {} (password {})",
            logins.join(", "),
            demo::KEY
        ));
        log::say(&format!(
            "  gateway   {} (key {})",
            demo::DEMO_GATEWAY,
            demo::KEY
        ));
    }
}
