//! Rows and files of pictures together: a file is on the disk before its row commits, so that an
//! acknowledged picture is never lost, and a file without a row is swept. Keeping holds a shared
//! lock of the database and sweeping an exclusive one, so that a file whose row is about to commit
//! is never taken for rubbish, whichever process does which.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use model::time::Timestamp;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use sqlx::postgres::PgConnection;

use super::{PictureHash, TimeSource, list_known};
use crate::attachment::{self, Attachment};
use crate::camera::CameraKey;
use crate::place::{Location, PlaceError};
use crate::{Store, StoreError, audit, to_db};

/// The advisory lock of keeping (shared) and sweeping (exclusive); any number that nothing else
/// locks.
const FILES_LOCK: i64 = 0x7375_7975_616e_0004;
/// Files that one round of sweeping looks at while nothing can be kept.
const SWEEP_ROUND: usize = 500;

/// Why a picture was not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum AlbumError {
    /// The database.
    #[error("the row of a picture")]
    Rows(#[from] StoreError),
    /// The files.
    #[error("the file of a picture")]
    Files(#[from] object_store::Error),
    /// The place of the files cannot be used.
    #[error("the place of the pictures cannot be used")]
    Place(#[from] PlaceError),
}

impl From<sqlx::Error> for AlbumError {
    fn from(error: sqlx::Error) -> Self {
        Self::Rows(error.into())
    }
}

/// A picture to keep, checked already.
#[derive(Debug, Clone)]
pub struct NewPicture {
    /// Who took it.
    pub camera: CameraKey,
    /// The bytes as they arrived.
    pub jpeg: Bytes,
    /// Pixels, as stored.
    pub width: u32,
    /// Pixels, as stored.
    pub height: u32,
    /// When it was taken.
    pub taken: Timestamp,
    /// How that is known.
    pub source: TimeSource,
    /// What was said of it and not believed.
    pub claimed: Option<Timestamp>,
    /// When it arrived.
    pub arrived: Timestamp,
}

/// What keeping a picture did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is there now.
    New,
    /// It was there already; nothing changed.
    Known,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files looked at.
    pub seen: u64,
    /// Files removed.
    pub removed: u64,
}

/// Pictures, rows and files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Album {
    store: Store,
    files: Arc<dyn ObjectStore>,
}

impl Album {
    /// Opens the place of the files.
    pub fn open(store: Store, location: &Location) -> Result<Self, AlbumError> {
        let files = location.open()?;
        Ok(Self { store, files })
    }

    /// The database that holds the rows.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Keeps a picture: returns when its file is on the disk and its row is committed. The same
    /// picture again changes nothing.
    pub async fn keep(&self, new: &NewPicture) -> Result<Kept, AlbumError> {
        let sha256 = PictureHash::of(&new.jpeg);
        let mut transaction = self.store.begin().await?;
        sqlx::query!("select pg_advisory_xact_lock_shared($1)", FILES_LOCK)
            .execute(&mut *transaction)
            .await?;
        // With a row there is a whole file; without one there may be half a file, or none.
        let known = list_known(&mut transaction, &[sha256.0.to_vec()]).await?;
        if known.is_empty() {
            let path = original(&sha256);
            self.files.put(&path, new.jpeg.clone().into()).await?;
        }
        let kept = insert(&mut transaction, &sha256, new).await?;
        transaction.commit().await?;
        Ok(kept)
    }

    /// Keeps an uploaded file, looked at already: returns when it is on the disk and its row is
    /// committed, signed with whose doing it is. The same file again changes nothing.
    pub async fn keep_file(
        &self,
        new: &Attachment,
        bytes: Bytes,
        account_id: i64,
    ) -> Result<(), AlbumError> {
        let mut transaction = self.store.begin().await?;
        audit::sign(&mut transaction, account_id, new.at).await?;
        sqlx::query!("select pg_advisory_xact_lock_shared($1)", FILES_LOCK)
            .execute(&mut *transaction)
            .await?;
        // With a row there is a whole file, whoever's row it is.
        let hashes = [new.sha256.0.to_vec()];
        if attachment::list_known(&mut transaction, &hashes)
            .await?
            .is_empty()
        {
            self.files.put(&uploaded(&new.sha256), bytes.into()).await?;
        }
        attachment::insert(&mut transaction, new, Some(account_id)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The bytes of an uploaded file; `None` where there is no such file.
    pub async fn read_upload(&self, sha256: &PictureHash) -> Result<Option<Bytes>, AlbumError> {
        self.get(&uploaded(sha256)).await
    }

    /// The bytes of a picture as they arrived; `None` where there is no such file.
    pub async fn read(&self, sha256: &PictureHash) -> Result<Option<Bytes>, AlbumError> {
        self.get(&original(sha256)).await
    }

    /// A smaller rendition that was made before; `None` where none was.
    pub async fn read_small(
        &self,
        sha256: &PictureHash,
        width: u32,
    ) -> Result<Option<Bytes>, AlbumError> {
        self.get(&small(sha256, width)).await
    }

    /// Keeps a smaller rendition, so that it is made once.
    pub async fn write_small(
        &self,
        sha256: &PictureHash,
        width: u32,
        jpeg: Bytes,
    ) -> Result<(), AlbumError> {
        self.files.put(&small(sha256, width), jpeg.into()).await?;
        Ok(())
    }

    async fn get(&self, path: &Path) -> Result<Option<Bytes>, AlbumError> {
        match self.files.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of all files but the smaller renditions, which can be made again: what a backup
    /// keeps.
    pub fn originals(&self) -> impl Stream<Item = Result<String, AlbumError>> + '_ {
        let files = self.files.list(None).map_err(AlbumError::from);
        files.try_filter_map(|file| async move {
            let name = file.location.as_ref();
            Ok((!is_rendition(&file.location)).then(|| name.to_owned()))
        })
    }

    /// A file by the name that [`Self::originals`] told; `None` where it has gone since.
    pub async fn read_file(&self, name: &str) -> Result<Option<Bytes>, AlbumError> {
        self.get(&Path::parse(name).map_err(object_store::Error::from)?)
            .await
    }

    /// Puts a file of a backup in its place.
    pub async fn write_file(&self, name: &str, bytes: Bytes) -> Result<(), AlbumError> {
        let path = Path::parse(name).map_err(object_store::Error::from)?;
        self.files.put(&path, bytes.into()).await?;
        Ok(())
    }

    /// Removes files without a row, in rounds, so that keeping waits for one round at most.
    pub async fn sweep(&self) -> Result<Swept, AlbumError> {
        let mut swept = Swept::default();
        let mut files = self.files.list(None).try_ready_chunks(SWEEP_ROUND);
        loop {
            let round: Vec<Path> = match files.try_next().await {
                Ok(Some(round)) => round.into_iter().map(|file| file.location).collect(),
                Ok(None) => return Ok(swept),
                Err(error) => return Err(error.1.into()),
            };
            swept.seen += round.len() as u64;
            swept.removed += self.sweep_round(&round).await?;
        }
    }

    async fn sweep_round(&self, paths: &[Path]) -> Result<u64, AlbumError> {
        let ours: Vec<_> = paths
            .iter()
            .filter_map(|path| Some((hash_of(path)?, path)))
            .collect();
        let mut transaction = self.store.begin().await?;
        sqlx::query!("select pg_advisory_xact_lock($1)", FILES_LOCK)
            .execute(&mut *transaction)
            .await?;
        let hashes: Vec<_> = ours.iter().map(|(hash, _)| hash.0.to_vec()).collect();
        let mut known: HashSet<_> = list_known(&mut transaction, &hashes)
            .await?
            .into_iter()
            .collect();
        known.extend(attachment::list_known(&mut transaction, &hashes).await?);
        let mut removed = 0;
        for (_, path) in ours.iter().filter(|(hash, _)| !known.contains(hash)) {
            match self.files.delete(path).await {
                Ok(()) => removed += 1,
                // Another process's sweep was faster.
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        transaction.commit().await?;
        Ok(removed)
    }
}

async fn insert(
    connection: &mut PgConnection,
    sha256: &PictureHash,
    new: &NewPicture,
) -> Result<Kept, StoreError> {
    let size = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let inserted = sqlx::query!(
        "insert into picture (camera_id, sha256, bytes, width, height, taken_at, time_source,
                              claimed_at, arrived_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict do nothing",
        new.camera.0,
        &sha256.0,
        i32::try_from(new.jpeg.len()).unwrap_or(i32::MAX),
        size(new.width),
        size(new.height),
        to_db(new.taken),
        new.source.code(),
        new.claimed.map(to_db),
        to_db(new.arrived)
    )
    .execute(connection)
    .await?;
    Ok(if inserted.rows_affected() == 0 {
        Kept::Known
    } else {
        Kept::New
    })
}

/// `ab/abcd….jpg`: 256 folders, none of which gets too full to list.
fn original(sha256: &PictureHash) -> Path {
    let name = sha256.to_string();
    Path::from(format!("{}/{name}.jpg", &name[..2]))
}

/// `ab/abcd…-480.jpg`
fn small(sha256: &PictureHash, width: u32) -> Path {
    let name = sha256.to_string();
    Path::from(format!("{}/{name}-{width}.jpg", &name[..2]))
}

/// Whether a file is a smaller copy of another.
fn is_rendition(path: &Path) -> bool {
    hash_of(path).is_some_and(|hash| *path != original(&hash) && *path != uploaded(&hash))
}

/// `ab/abcd….file`: an uploaded file, which no rendition is made of.
fn uploaded(sha256: &PictureHash) -> Path {
    let name = sha256.to_string();
    Path::from(format!("{}/{name}.file", &name[..2]))
}

/// The hash in a file's name; a file that is none of ours has none and is left alone.
fn hash_of(path: &Path) -> Option<PictureHash> {
    let name = path.filename()?;
    if let Some(hash) = name.strip_suffix(".file") {
        return hash.parse().ok();
    }
    let stem = name.strip_suffix(".jpg")?;
    let (hash, rendition) = stem.split_at_checked(64)?;
    let is_ours = rendition.is_empty()
        || rendition
            .strip_prefix('-')
            .is_some_and(|width| width.parse::<u32>().is_ok());
    hash.parse().ok().filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_ours_by_its_name_alone() {
        let hash = PictureHash::of(b"a picture");
        assert_eq!(hash_of(&original(&hash)), Some(hash));
        assert_eq!(hash_of(&small(&hash, 480)), Some(hash));
        assert_eq!(hash_of(&uploaded(&hash)), Some(hash));
        // A backup keeps what nobody can make again.
        assert!(!is_rendition(&original(&hash)) && !is_rendition(&uploaded(&hash)));
        assert!(is_rendition(&small(&hash, 480)));
        for foreign in ["notes.file", "notes.jpg", "ab/notes.txt", "ab/0123-480.jpg"] {
            assert_eq!(hash_of(&Path::from(foreign)), None, "{foreign}");
        }
        let long = format!("ab/{hash}-wide.jpg");
        assert_eq!(hash_of(&Path::from(long)), None);
    }
}
