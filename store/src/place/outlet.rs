//! A place that other people's servers read from: whole files under plain paths, each replaced in
//! one step, so that a reader sees the old one or the new one and nothing between.

use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt as _, PutOptions};
use tokio::task::spawn_blocking;

use super::{Location, PlaceError};

/// Folder of files that are being written; no reader is led there.
const UNFINISHED: &str = ".unfinished";

/// Why a file was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum OutletError {
    /// The place could not be opened.
    #[error("the place cannot be used")]
    Place(#[from] PlaceError),
    /// The folder refused.
    #[error("{} could not be written or read", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    /// The bucket refused.
    #[error("{0} could not be written or read")]
    Bucket(String, #[source] object_store::Error),
    /// The task that wrote broke.
    #[error("writing broke")]
    Broken(#[from] tokio::task::JoinError),
}

/// A place for readers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outlet(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Folder(Arc<Folder>),
    Bucket(Arc<dyn ObjectStore>),
}

#[derive(Debug)]
struct Folder {
    root: PathBuf,
    next: AtomicU64,
}

impl Outlet {
    /// Opens a place and removes what an earlier writer left unfinished.
    pub async fn open(location: &Location) -> Result<Self, OutletError> {
        let Location::Folder(root) = location else {
            return Ok(Self(Kind::Bucket(location.open()?)));
        };
        let folder = Folder {
            root: root.clone(),
            next: AtomicU64::new(0),
        };
        let folder = spawn_blocking(move || folder.prepare()).await??;
        Ok(Self(Kind::Folder(Arc::new(folder))))
    }

    /// Writes a file whole. It survives a crash of the machine after [`settle`](Self::settle).
    pub async fn put(
        &self,
        path: &str,
        bytes: Bytes,
        media_type: &'static str,
    ) -> Result<(), OutletError> {
        match &self.0 {
            Kind::Folder(folder) => {
                let (folder, path) = (Arc::clone(folder), path.to_owned());
                spawn_blocking(move || folder.put(&path, &bytes)).await?
            }
            Kind::Bucket(files) => {
                let mut attributes = Attributes::new();
                attributes.insert(Attribute::ContentType, media_type.into());
                // Names with a hash in them never change; everything else may, at once.
                let keep = if path.starts_with("pictures/") || path.starts_with("assets/") {
                    "public, max-age=31536000, immutable"
                } else {
                    "no-cache"
                };
                attributes.insert(Attribute::CacheControl, keep.into());
                let options = PutOptions {
                    attributes,
                    ..PutOptions::default()
                };
                let put = files
                    .put_opts(&Path::from(path), bytes.into(), options)
                    .await;
                put.map(drop).map_err(told(path))
            }
        }
    }

    /// The bytes of a file; `None` where there is none.
    pub async fn read(&self, path: &str) -> Result<Option<Bytes>, OutletError> {
        match &self.0 {
            Kind::Folder(folder) => {
                let file = folder.root.join(path);
                let read = spawn_blocking(move || match std::fs::read(&file) {
                    Ok(bytes) => Ok(Some(bytes.into())),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(OutletError::Folder(file, error)),
                });
                read.await?
            }
            Kind::Bucket(files) => match files.get(&Path::from(path)).await {
                Ok(found) => Ok(Some(found.bytes().await.map_err(told(path))?)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(told(path)(error)),
            },
        }
    }

    /// Removes a file; one that is not there is fine.
    pub async fn delete(&self, path: &str) -> Result<(), OutletError> {
        match &self.0 {
            Kind::Folder(folder) => {
                let (folder, path) = (Arc::clone(folder), path.to_owned());
                spawn_blocking(move || folder.delete(&path)).await?
            }
            Kind::Bucket(files) => match files.delete(&Path::from(path)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(told(path)(error)),
            },
        }
    }

    /// Returns when everything that was put is on the disk.
    pub async fn settle(&self) -> Result<(), OutletError> {
        let Kind::Folder(folder) = &self.0 else {
            return Ok(());
        };
        let folder = Arc::clone(folder);
        spawn_blocking(move || {
            // Empty between two passes, so it goes; where it is not, somebody writes now.
            let _ = std::fs::remove_dir(folder.root.join(UNFINISHED));
            let synced = std::fs::File::open(&folder.root)
                .and_then(|root| rustix::fs::syncfs(root).map_err(io::Error::from));
            synced.map_err(|error| OutletError::Folder(folder.root.clone(), error))
        })
        .await?
    }
}

fn told(path: &str) -> impl Fn(object_store::Error) -> OutletError + '_ {
    move |error| OutletError::Bucket(path.to_owned(), error)
}

impl Folder {
    fn prepare(self) -> Result<Self, OutletError> {
        let unfinished = self.root.join(UNFINISHED);
        let cleared = match std::fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => std::fs::create_dir_all(&self.root),
        };
        cleared.map_err(|error| OutletError::Folder(unfinished, error))?;
        Ok(self)
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), OutletError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.root.join(UNFINISHED);
        let (from, to) = (unfinished.join(number.to_string()), self.root.join(path));
        let write = || {
            if let Err(error) = std::fs::write(&from, bytes) {
                if error.kind() != io::ErrorKind::NotFound {
                    return Err(error);
                }
                std::fs::create_dir_all(&unfinished)?;
                std::fs::write(&from, bytes)?;
            }
            match std::fs::rename(&from, &to) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    std::fs::create_dir_all(to.parent().unwrap_or(&self.root))?;
                    std::fs::rename(&from, &to)
                }
                moved => moved,
            }
        };
        write().map_err(|error| OutletError::Folder(to.clone(), error))
    }

    /// Removes a file and the folders above it that are empty then.
    fn delete(&self, path: &str) -> Result<(), OutletError> {
        let file = self.root.join(path);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OutletError::Folder(file, error));
            }
            _ => {}
        }
        let above = file.ancestors().skip(1);
        for folder in above.take_while(|folder| is_below(folder, &self.root)) {
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn is_below(folder: &FilePath, root: &FilePath) -> bool {
    folder != root && folder.starts_with(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_put_replaced_read_and_removed_with_its_empty_folders() {
        let root = std::env::temp_dir().join(format!("suyuan-outlet-{}", std::process::id()));
        let places = [Location::Folder(root.clone()), Location::Memory];
        for place in places {
            let outlet = Outlet::open(&place).await.expect("a place");
            let put = |text: &'static str| outlet.put("a/b/c.html", text.into(), "text/html");
            put("first").await.expect("written");
            put("second").await.expect("replaced");
            outlet.settle().await.expect("on the disk");
            let read = outlet.read("a/b/c.html").await.expect("read");
            assert_eq!(read.as_deref(), Some(b"second".as_slice()));
            outlet.delete("a/b/c.html").await.expect("removed");
            outlet.delete("a/b/c.html").await.expect("gone already");
            assert_eq!(outlet.read("a/b/c.html").await.expect("read"), None);
        }
        assert!(!root.join("a").exists(), "empty folders go");
        let left = root.join(UNFINISHED).join("0");
        std::fs::create_dir_all(root.join(UNFINISHED)).expect("a folder");
        std::fs::write(&left, "half").expect("a torn file");
        Outlet::open(&Location::Folder(root.clone()))
            .await
            .expect("opened again");
        assert!(!left.exists(), "what was torn is swept");
        std::fs::remove_dir_all(&root).expect("cleared");
    }
}
