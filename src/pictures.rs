//! Where the pictures are, and their upkeep: once a day files without a row are swept, and where
//! the operator wants it, pictures that no lot needs are forgotten after some days.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use store::Store;
use store::picture::{self, Album, Location};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::clock;

/// Folder of the pictures below the data directory.
const FOLDER: &str = "pictures";
/// Pause before the first upkeep: a start has better things to do.
const FIRST: Duration = Duration::from_mins(10);
/// Pause between two.
const EVERY: Duration = Duration::from_hours(24);
/// Pictures forgotten in one statement.
const DELETED_AT_ONCE: i64 = 1_000;

/// Flags about pictures.
#[derive(Debug, Clone, clap::Args)]
pub struct PictureArgs {
    /// Where the pictures are: a folder, or a bucket that speaks S3 as `s3://bucket/prefix` (its
    /// endpoint and keys come from `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` and their kin);
    /// `pictures` below the data directory where it is not given. Every process of an installation
    /// needs the same.
    #[arg(long, env = "SUYUAN_PICTURES", value_name = "PLACE")]
    pictures: Option<String>,
    /// Days after which pictures outside every lot's growing period are dropped; all are kept
    /// where it is not given. A lot's pictures are never dropped.
    #[arg(long, env = "SUYUAN_PICTURES_KEEP_DAYS", value_name = "DAYS")]
    pictures_keep_days: Option<u32>,
}

impl PictureArgs {
    /// Opens the album of a database.
    pub fn open(&self, store: &Store, data: &Path) -> anyhow::Result<Album> {
        let location = match &self.pictures {
            Some(text) => Location::parse(text).context("--pictures")?,
            None => Location::Folder(data.join(FOLDER)),
        };
        Album::open(store.clone(), &location).context("opening the pictures")
    }

    /// Days after which pictures that no lot needs are dropped.
    pub fn keep(&self) -> Option<Duration> {
        let day = Duration::from_hours(24);
        self.pictures_keep_days.map(|days| day * days)
    }
}

/// Looks after the pictures until it is told to stop. What fails is tried again the next day.
pub async fn run(
    album: Album,
    keep: Option<Duration>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut pause = FIRST;
    while stop
        .run_until_cancelled(tokio::time::sleep(pause))
        .await
        .is_some()
    {
        pause = EVERY;
        if let Err(error) = tidy(&album, keep, clock::now()).await {
            tracing::error!(error = format!("{error:#}"), "the pictures were not tidied");
        }
    }
    Ok(())
}

/// Forgets what is too old and sweeps what has no row.
async fn tidy(album: &Album, keep: Option<Duration>, now: OffsetDateTime) -> anyhow::Result<()> {
    let mut forgotten = 0;
    if let Some(keep) = keep {
        let mut connection = album.store().acquire().await?;
        let before = now - keep;
        loop {
            let deleted = picture::delete_before(&mut connection, before, DELETED_AT_ONCE).await?;
            forgotten += deleted;
            if deleted < DELETED_AT_ONCE as u64 {
                break;
            }
        }
    }
    let swept = album.sweep().await?;
    if forgotten > 0 || swept.removed > 0 {
        tracing::info!(forgotten, files = swept.removed, "pictures were tidied");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use model::id::{GatewayId, ProbeName};
    use model::time::Timestamp;
    use store::camera::{self, NewCamera};
    use store::gateway::{self, Credentials};
    use store::picture::{NewPicture, TimeSource};
    use store::testing::TestDatabase;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 04:00 UTC);

    #[tokio::test]
    async fn pictures_go_when_they_are_older_than_asked_for_and_not_before() -> anyhow::Result<()> {
        let database = TestDatabase::new().await?;
        let album = Album::open(database.store.clone(), &Location::Memory)?;
        let mut connection = database.store.acquire().await?;
        let (gateway, name) = (GatewayId::parse("g")?, ProbeName::parse("c")?);
        let credentials = Credentials::of_key(b"key", [0; 16]);
        gateway::insert(&mut connection, &gateway, "G", &credentials, NOW).await?;
        let new = NewCamera {
            gateway: &gateway,
            name: &name,
            interval_seconds: 60,
        };
        let camera = camera::insert(&mut connection, &new, NOW).await?;
        for days in [10, 40] {
            let taken = Timestamp::from_seconds(NOW.unix_timestamp() - days * 86_400);
            let picture = NewPicture {
                camera,
                jpeg: Bytes::from(format!("taken {days} days ago")),
                width: 1,
                height: 1,
                taken,
                source: TimeSource::Exif,
                claimed: None,
                arrived: taken,
            };
            album.keep(&picture).await?;
        }
        tidy(&album, None, NOW).await?;
        assert_eq!(picture::count(&mut connection).await?.0, 2, "all are kept");
        let month = Duration::from_hours(30 * 24);
        tidy(&album, Some(month), NOW).await?;
        assert_eq!(picture::count(&mut connection).await?.0, 1);
        assert_eq!(album.sweep().await?.seen, 1, "its file went with it");
        Ok(())
    }

    #[test]
    fn the_folder_is_below_the_data_unless_another_is_named() {
        let args = |pictures: Option<&str>| PictureArgs {
            pictures: pictures.map(str::to_owned),
            pictures_keep_days: Some(2),
        };
        assert_eq!(args(None).keep(), Some(Duration::from_hours(48)));
        let refused = Location::parse("ftp://host/pictures");
        assert!(refused.is_err_and(|error| error.to_string().contains("ftp://")));
        assert_eq!(args(Some("/srv/p")).pictures.as_deref(), Some("/srv/p"));
    }
}
