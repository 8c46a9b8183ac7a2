//! `suyuan restore`: a backup into an empty database and a folder of pictures. The archive is
//! read once before anything is changed; the database comes whole or not at all, and last, so
//! that a restore that broke off can simply be made again.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use store::{Flavour, backup};

use super::Scratch;
use super::archive::{Manifest, Reader};
use crate::database::{DataArgs, Database};
use crate::log;
use crate::pictures::PictureArgs;

/// Flags of `restore`.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// Only look whether the backup is whole, and say what it holds.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    database: DataArgs,
    #[command(flatten)]
    pictures: PictureArgs,
}

/// Puts a backup back, or only checks it.
pub async fn run(args: RestoreArgs) -> anyhow::Result<()> {
    let mut reader = Reader::open(&args.file)?;
    let bar = bar(reader.bytes());
    let manifest = reader.check(|bytes| bar.inc(bytes))?;
    bar.finish_and_clear();
    if args.check {
        log::say(&words(&manifest, "is whole"));
        return Ok(());
    }
    let database = args.database.open_bare().await?;
    let filled = fill(&args, &database, &mut reader, &manifest).await;
    database.close().await?;
    filled?;
    log::say(&words(&manifest, "is restored"));
    Ok(())
}

fn words(manifest: &Manifest, what: &str) -> String {
    format!(
        "the backup of {} with {} pictures {what}",
        manifest.made_at, manifest.pictures
    )
}

async fn fill(
    args: &RestoreArgs,
    database: &Database,
    reader: &mut Reader,
    manifest: &Manifest,
) -> anyhow::Result<()> {
    let is_empty = backup::is_empty(&mut *database.store.acquire().await?).await?;
    ensure!(
        is_empty,
        "there is something in this database already: restore into an empty one, with another \
         --data or DATABASE_URL"
    );
    let was = manifest.flavour;
    if was != Flavour::Plain && !database.store.offers_timescale().await? {
        bail!("this backup is of a database with TimescaleDB, and this server has none loaded");
    }
    let album = args.pictures.open(&database.store, &args.database.data)?;
    let bar = bar(reader.len() as u64);
    for index in 0..reader.len() {
        if let Some((name, bytes)) = reader.picture(index)? {
            album.write_file(&name, Bytes::from(bytes)).await?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let dump = Scratch(scratch_beside(&args.file));
    reader.take_database(&dump.0)?;
    backup::load(&database.store, &database.url, &dump.0, was).await?;
    // A backup of an older version is brought up to date.
    database.store.migrate().await.context("after restoring")
}

/// In the system's own folder for such files: the backup's may be read-only.
fn scratch_beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    std::env::temp_dir().join(format!("{name}.{}.dump", std::process::id()))
}

fn bar(total: u64) -> ProgressBar {
    let look = "{bar:40} {percent} %, {eta} left";
    let style = ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}
