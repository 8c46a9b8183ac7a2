//! `suyuan serve`: the API and the pages alone, for deployments of several processes.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use store::{Store, setting};

use crate::cli::{DatabaseArgs, HttpArgs, ShutdownArgs};
use crate::mirror::MirrorArgs;
use crate::parts::Pages;
use crate::pictures::PictureArgs;
use crate::signing::SigningArgs;
use crate::system::System;
use crate::{listen, log, parts, upkeep};

/// Flags of `serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    http: HttpArgs,
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
    signing: SigningArgs,
    #[command(flatten)]
    mirror: MirrorArgs,
    #[command(flatten)]
    shutdown: ShutdownArgs,
}

/// Serves until a signal comes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let store = open(&args.database).await?;
    let is_demo = setting::find(&mut *store.acquire().await?, setting::DEMO)
        .await?
        .is_some();
    let listener = listen::bind(args.http.http, false, "--http").await?;
    log::say(&format!("  pages     http://{}/", listener.local_addr()?));
    // A mirror needs a key; without one a server of pages writes nothing below its data.
    let signer = match &args.mirror.mirror {
        Some(_) => Some(
            args.signing
                .open(&args.data, &args.http.stem(listener.local_addr()?))?,
        ),
        None => args.signing.find(&args.data)?,
    };
    let pages = Pages {
        args: &args.http,
        album: args.pictures.open(&store, &args.data)?,
        is_demo,
        signer,
        mirror: &args.mirror,
        upkeep: upkeep::of(&args.data, Vec::new(), None),
    };
    let mut system = System::new(store, None);
    if let Some(link) = parts::add_http(&mut system, listener, pages, None).await? {
        parts::greet_first(&link);
    }
    system.run(args.shutdown.deadline()).await
}

/// Opens a database whose tables must be up to date: several processes may share it, and one
/// command alone changes its tables.
pub async fn open(args: &DatabaseArgs) -> anyhow::Result<Store> {
    let store = Store::connect(&args.database_url)
        .await
        .context("connecting to the database")?;
    let current = store.is_current().await.unwrap_or(false);
    ensure!(
        current,
        "the database's tables are not those of this program: run suyuan migrate"
    );
    Ok(store)
}
