//! Where files are kept: a folder, a bucket that speaks S3, or memory. Pictures and mirrors share
//! how such a place is written down and reached.
//!
//! A bucket's endpoint and keys come from the environment, by the names that every S3 tool reads:
//! `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and
//! `AWS_ALLOW_HTTP=true` for one without TLS.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use url::Url;

use connector::Connector;

mod connector;
mod outlet;

pub use outlet::{Outlet, OutletError};

/// Where files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder, made where it is missing.
    Folder(PathBuf),
    /// A bucket that speaks S3.
    Bucket {
        /// Its name.
        bucket: String,
        /// What every path in it begins with; may be empty.
        prefix: String,
    },
    /// Nowhere but in memory, gone with the process: for tests.
    Memory,
}

/// A text names no place for files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// The address cannot be read.
    #[error("{0:?} is neither a folder nor the address of a place for files")]
    Malformed(String),
    /// A kind of place that this program was not built with.
    #[error("this program keeps files in a folder or at s3://; it cannot use {0}://")]
    Unsupported(String),
}

/// A place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The folder could not be made.
    #[error("the folder {} could not be made", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    /// The place's client refused.
    #[error("the place of the files refused")]
    Client(#[from] object_store::Error),
}

impl Location {
    /// A folder, or an address: `file:///srv/pictures`, `s3://bucket/prefix`.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let malformed = || LocationError::Malformed(text.to_owned());
        if !text.contains("://") {
            let folder = Some(text).filter(|text| !text.is_empty());
            return folder
                .map(|folder| Self::Folder(folder.into()))
                .ok_or_else(malformed);
        }
        let url = Url::parse(text).map_err(|_| malformed())?;
        match url.scheme() {
            "file" => url
                .to_file_path()
                .map(Self::Folder)
                .map_err(|()| malformed()),
            "s3" => {
                let bucket = url.host_str().filter(|name| !name.is_empty());
                Ok(Self::Bucket {
                    bucket: bucket.ok_or_else(malformed)?.to_owned(),
                    prefix: url.path().trim_matches('/').to_owned(),
                })
            }
            other => Err(LocationError::Unsupported(other.to_owned())),
        }
    }

    /// Opens the place; a bucket is not asked yet.
    pub(crate) fn open(&self) -> Result<Arc<dyn ObjectStore>, PlaceError> {
        Ok(match self {
            Self::Folder(folder) => {
                std::fs::create_dir_all(folder)
                    .map_err(|error| PlaceError::Folder(folder.clone(), error))?;
                Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))
            }
            Self::Bucket { bucket, prefix } => {
                let bucket = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .with_http_connector(Connector)
                    .build()?;
                if prefix.is_empty() {
                    Arc::new(bucket)
                } else {
                    Arc::new(PrefixStore::new(bucket, prefix.as_str()))
                }
            }
            Self::Memory => Arc::new(object_store::memory::InMemory::new()),
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Bucket { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Memory => f.write_str("memory"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_an_address_of_one() {
        let folder = |path: &str| Ok(Location::Folder(path.into()));
        assert_eq!(Location::parse("/srv/pictures"), folder("/srv/pictures"));
        assert_eq!(Location::parse("pictures"), folder("pictures"));
        assert_eq!(Location::parse("file:///srv/p%20q"), folder("/srv/p q"));
        let refused = LocationError::Unsupported("ftp".to_owned());
        assert_eq!(Location::parse("ftp://host/pictures"), Err(refused));
        for bad in ["", "://x", "s3:///prefix"] {
            assert_eq!(
                Location::parse(bad),
                Err(LocationError::Malformed(bad.to_owned())),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_bucket_is_written_as_it_is_read() {
        for text in ["s3://county", "s3://county/mirror/a"] {
            let place = Location::parse(text).expect("a bucket");
            assert_eq!(place.to_string(), text);
        }
        let slashed = Location::parse("s3://county/mirror/").expect("a bucket");
        assert_eq!(slashed.to_string(), "s3://county/mirror");
    }
}
