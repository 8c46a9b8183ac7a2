//! Snapshots: a JPEG that a camera's gateway sends. It is checked by decoding it, given a time,
//! and put on the [`Shelf`]; only then may its door acknowledge. What is no whole picture, or of
//! a camera that nobody registered, becomes a dead letter with its bytes.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use model::id::{GatewayId, ProbeName};
use model::metric;
use store::camera::{self, CameraKey};
use store::picture::{Album, Kept, NewPicture};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::directory::{DirectoryError, chain};
use crate::reason::DeadReason;
use crate::resolve::TimeBounds;
use crate::stage::{NotStored, Origin};

mod jpeg;
mod taken;

pub use jpeg::{Checked, NotSnapshot, PIXELS_MAX, SNAPSHOT_BYTES_MAX, check};
pub use taken::{Taken, choose, said_by_property};

/// Pictures that are decoded at once: each may take some hundred megabytes at the largest.
const CHECKS_MAX: usize = 2;

/// Where pictures are put. A trait, so that the doors can be tested without PostgreSQL.
pub trait Shelf: std::fmt::Debug + Send + Sync + 'static {
    /// The camera of these names, if it was registered.
    fn find<'a>(
        &'a self,
        gateway: &'a GatewayId,
        camera: &'a ProbeName,
    ) -> BoxFuture<'a, Result<Option<CameraKey>, DirectoryError>>;
    /// Keeps a picture; returns when it is durable.
    fn keep(&self, picture: NewPicture) -> BoxFuture<'_, Result<Kept, DirectoryError>>;
}

impl Shelf for Album {
    fn find<'a>(
        &'a self,
        gateway: &'a GatewayId,
        camera: &'a ProbeName,
    ) -> BoxFuture<'a, Result<Option<CameraKey>, DirectoryError>> {
        Box::pin(async move {
            let mut connection = self.store().acquire().await?;
            Ok(camera::find_key(&mut connection, gateway, camera).await?)
        })
    }

    fn keep(&self, picture: NewPicture) -> BoxFuture<'_, Result<Kept, DirectoryError>> {
        Box::pin(async move {
            let kept = Self::keep(self, &picture).await;
            kept.map_err(|error| DirectoryError(chain(&error)))
        })
    }
}

/// What became of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shelved {
    /// It is kept, now or since an earlier time.
    Kept,
    /// It is to be kept as a dead letter.
    Refused(DeadReason, String),
}

/// Who takes a snapshot from its door to the shelf. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Snapshots {
    shelf: Arc<dyn Shelf>,
    checks: Arc<Semaphore>,
    bounds: TimeBounds,
}

impl Snapshots {
    pub(crate) fn new(shelf: Arc<dyn Shelf>, bounds: TimeBounds) -> Self {
        Self {
            shelf,
            checks: Arc::new(Semaphore::new(CHECKS_MAX)),
            bounds,
        }
    }

    /// Takes a snapshot all the way.
    ///
    /// # Errors
    /// Nothing can be said of it yet: it must not be acknowledged.
    pub(crate) async fn take(
        &self,
        origin: &Origin,
        (gateway, name): (&GatewayId, &ProbeName),
        said: Option<model::time::Timestamp>,
    ) -> Result<Shelved, NotStored> {
        let found = self.shelf.find(gateway, name).await;
        let Some(camera) = found.map_err(|error| away(&error))? else {
            let detail = format!("the gateway {gateway} has no camera {name}");
            return Ok(Shelved::Refused(DeadReason::UnknownCamera, detail));
        };
        let checked = match self.check(origin.payload.clone()).await? {
            Ok(checked) => checked,
            Err(error) => return Ok(Shelved::Refused(error.reason(), chain(&error))),
        };
        let taken = choose(checked.exif, said, origin.arrived, self.bounds);
        let picture = NewPicture {
            camera,
            jpeg: origin.payload.clone(),
            width: checked.width,
            height: checked.height,
            taken: taken.time,
            source: taken.source,
            claimed: taken.claimed,
            arrived: origin.arrived,
        };
        let kept = self.shelf.keep(picture).await;
        let counter = match kept.map_err(|error| away(&error))? {
            Kept::New => metric::PICTURES_STORED,
            Kept::Known => metric::PICTURES_DUPLICATE,
        };
        metrics::counter!(counter).increment(1);
        Ok(Shelved::Kept)
    }

    /// Decodes a picture beside the doors' own work, a few at a time.
    async fn check(&self, jpeg: Bytes) -> Result<Result<Checked, NotSnapshot>, NotStored> {
        let turn = self.checks.acquire().await;
        let _turn = turn.map_err(|_| NotStored::Stopping)?;
        match spawn_blocking(move || check(&jpeg)).await {
            Ok(checked) => Ok(checked),
            // A decoder that gives up on a picture must not take everybody's readings with it.
            Err(error) if error.is_panic() => Ok(Err(NotSnapshot::Undecodable)),
            Err(_) => Err(NotStored::Stopping),
        }
    }
}

fn away(error: &DirectoryError) -> NotStored {
    tracing::warn!(%error, "a picture cannot be kept");
    NotStored::DatabaseAway
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
