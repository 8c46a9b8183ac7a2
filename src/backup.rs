//! `suyuan backup` and `suyuan restore`: database and pictures as one file that any program for
//! ZIP archives opens, made while the system runs, and checked whole before it is put back.
//!
//! The one thing to know: the database is copied first and the pictures after it, so that every
//! row of the copy finds its file; files that no row of it knows are swept later.

mod archive;
mod restore;

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use futures_util::{StreamExt as _, pin_mut};
use indicatif::{ProgressBar, ProgressStyle};
use store::Store;
use store::backup::{self, FailedBackup, LastBackup};
use store::picture::Album;
use time::OffsetDateTime;
use time::macros::format_description;
use trace_api::upkeep::Step;

use self::archive::{Manifest, Writer};
use crate::database::DataArgs;
use crate::pictures::PictureArgs;
use crate::{clock, log};

pub use self::restore::{RestoreArgs, run as restore};

/// How a backup's name begins and ends where only a folder is named.
const NAME: (&str, &str) = ("suyuan-", ".backup.zip");
/// Beside the backup while it is being made.
const UNFINISHED: &str = "part";
/// Most backups that `--keep` may ask for.
const KEEP_MAX: i64 = 1_000;

/// Flags of `backup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to: a folder, in which the file is named after the time, or a file that is not there
    /// yet.
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// Afterwards keep so many of the newest backups in that folder and remove the others.
    #[arg(
        long,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=KEEP_MAX)
    )]
    keep: Option<u32>,
    #[command(flatten)]
    database: DataArgs,
    #[command(flatten)]
    pictures: PictureArgs,
}

/// Makes a backup beside a running system, or of one that is stopped.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let now = clock::now();
    let target = target(&args.to, now)?;
    let folder = target.parent().unwrap_or(Path::new(".")).to_owned();
    ensure!(
        args.keep.is_none() || args.to.is_dir(),
        "--keep counts the backups of a folder, and {} is none",
        args.to.display()
    );
    let database = args.database.open_beside().await?;
    let album = args.pictures.open(&database.store, &args.database.data)?;
    let bar = spinner();
    let made = make(&album, &database.url, &target, now, |step| show(&bar, step)).await;
    bar.finish_and_clear();
    let noted = note(&database.store, &target, now, &made).await;
    database.close().await?;
    let manifest = made?;
    noted?;
    log::say(&format!(
        "{}: the database and {} pictures, {} bytes",
        target.display(),
        manifest.pictures,
        fs::metadata(&target)?.len()
    ));
    if let Some(keep) = args.keep {
        for gone in remove_older(&folder, keep)? {
            log::say(&format!("{} removed", gone.display()));
        }
    }
    Ok(())
}

fn target(to: &Path, now: OffsetDateTime) -> anyhow::Result<PathBuf> {
    if !to.is_dir() {
        ensure!(!to.exists(), "{} is there already", to.display());
        return Ok(to.to_owned());
    }
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let (begin, end) = NAME;
    Ok(to.join(format!("{begin}{}{end}", now.format(format)?)))
}

/// A file of our own that is removed unless it was kept: a backup that broke off leaves nothing
/// that looks like one.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Gone already where it was renamed.
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes a backup in a folder, which is made where it is missing, and notes how it went: what the
/// operator's page asks for.
pub async fn make_in(
    album: &Album,
    url: &str,
    folder: &Path,
    now: OffsetDateTime,
    progress: impl FnMut(Step),
) -> anyhow::Result<()> {
    let made = match private_folder(folder).and_then(|()| target(folder, now)) {
        Ok(target) => {
            let made = make(album, url, &target, now, progress).await;
            made.map(|manifest| (target, manifest))
        }
        Err(error) => Err(error),
    };
    match made {
        Ok((target, manifest)) => note(album.store(), &target, now, &Ok(manifest)).await,
        Err(error) => {
            let failed = Err(error);
            note(album.store(), folder, now, &failed).await?;
            failed.map(|_| ())
        }
    }
}

/// A folder that only its owner may look into: backups hold the hashes of passwords.
fn private_folder(folder: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("making {}", folder.display()))
}

async fn make(
    album: &Album,
    url: &str,
    target: &Path,
    now: OffsetDateTime,
    mut progress: impl FnMut(Step),
) -> anyhow::Result<Manifest> {
    let part = Scratch(with_ending(target, UNFINISHED));
    let dump = Scratch(with_ending(target, "dump"));
    progress(Step::Database);
    archive::private_file(&dump.0).context("beside the backup")?;
    backup::dump(url, &dump.0).await?;
    let mut writer = Writer::create(&part.0)?;
    // Gigabytes of reading and writing: the runtime gives the thread's other tasks away.
    tokio::task::block_in_place(|| writer.add_database(&dump.0))?;
    let mut seen = 0;
    let names = album.originals();
    pin_mut!(names);
    while let Some(name) = names.next().await {
        let name = name?;
        // One that went since the listing has no row any more, or will have none after the
        // restored system's own upkeep.
        if let Some(bytes) = album.read_file(&name).await? {
            tokio::task::block_in_place(|| writer.add_picture(&name, &bytes))?;
            seen += 1;
            progress(Step::Pictures(seen));
        }
    }
    let flavour = album.store().flavour().await?;
    let manifest = writer.finish(Manifest::begin(flavour, now))?;
    fs::rename(&part.0, target).with_context(|| format!("naming {}", target.display()))?;
    archive::sync_folder(target)?;
    Ok(manifest)
}

/// Notes in the database that there is a backup, or why there is none, for whoever looks after it.
async fn note(
    store: &Store,
    target: &Path,
    begun_at: OffsetDateTime,
    made: &anyhow::Result<Manifest>,
) -> anyhow::Result<()> {
    let mut connection = store.acquire().await?;
    match made {
        Ok(manifest) => {
            let name = target.file_name().unwrap_or_default();
            let made = LastBackup {
                made_at: manifest.made_at,
                file: name.to_string_lossy().into_owned(),
                bytes: fs::metadata(target)?.len(),
            };
            Ok(backup::note(&mut connection, &made).await?)
        }
        Err(error) => {
            let failed = FailedBackup {
                begun_at,
                reason: format!("{error:#}"),
            };
            Ok(backup::note_failure(&mut connection, &failed).await?)
        }
    }
}

/// Removes all but the newest backups of a folder; their names sort by time.
fn remove_older(folder: &Path, keep: u32) -> anyhow::Result<Vec<PathBuf>> {
    let (begin, end) = NAME;
    let mut ours: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(begin) && name.ends_with(end))
        })
        .collect();
    ours.sort_unstable();
    let gone = ours.len().saturating_sub(keep as usize);
    ours.truncate(gone);
    for path in &ours {
        fs::remove_file(path).with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(ours)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn spinner() -> ProgressBar {
    let look = "{spinner} {msg} ({elapsed})";
    let style =
        ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

fn show(bar: &ProgressBar, step: Step) {
    match step {
        Step::Waiting => {}
        Step::Database => bar.set_message("copying the database"),
        Step::Pictures(seen) => bar.set_message(format!("copying pictures: {seen}")),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_backup_in_a_folder_is_named_after_its_time_and_nothing_is_overwritten()
    -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let at = datetime!(2026-11-23 04:05:06 UTC);
        let named = target(folder.path(), at)?;
        assert_eq!(
            named,
            folder.path().join("suyuan-20261123T040506Z.backup.zip")
        );
        fs::write(&named, "")?;
        let refused = target(&named, at);
        assert!(refused.is_err_and(|error| error.to_string().contains("already")));
        Ok(())
    }

    #[test]
    fn the_newest_are_kept_and_what_is_none_of_ours_stays() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let names = [
            "suyuan-20260101T000000Z.backup.zip",
            "suyuan-20260201T000000Z.backup.zip",
            "suyuan-20260301T000000Z.backup.zip",
            "holiday.zip",
        ];
        for name in names {
            fs::write(folder.path().join(name), "")?;
        }
        assert_eq!(
            remove_older(folder.path(), 2)?,
            [folder.path().join(names[0])]
        );
        assert!(remove_older(folder.path(), 2)?.is_empty());
        assert_eq!(fs::read_dir(folder.path())?.count(), 3);
        Ok(())
    }
}
