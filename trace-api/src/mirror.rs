//! A static copy of what the public may read of lots that are or were on sale: plain files for any
//! web server or bucket, each named in a signed manifest, kept current by marks that the database
//! makes in the transaction of each change (docs/adr/0004-static-mirror.md).
//!
//! The one thing to know: a pass writes pictures, pages, manifests, in this order, and only then
//! removes the marks. Whoever dies in between repeats the pass.

pub mod check;
mod draw;
mod keep;
pub mod manifest;
pub mod note;
mod pass;
mod relink;
mod shared;

use std::time::Duration;

use store::StoreError;
use store::place::{Location, OutletError};

pub use keep::{once, watch};

use crate::problem::Problem;

/// Name of a manifest in its folder.
pub const MANIFEST: &str = "manifest.txt";
/// Where the public key lies, on the live server and in every copy.
pub const KEY_PATH: &str = ".well-known/suyuan-key";

/// What a mirror is made with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the files go.
    pub place: Location,
    /// Where readers find them, without a slash at its end.
    pub url: String,
    /// Where the live pages are, for those who can reach them.
    pub live: Option<String>,
    /// A copy older than this is written anew, changed or not: so it keeps its word on its age.
    pub refresh: Duration,
    /// Write everything anew.
    pub all: bool,
}

/// Why a mirror is not kept.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The database.
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    /// The place of the files.
    #[error("the mirror's place refused")]
    Outlet(#[from] OutletError),
    /// A page could not be drawn.
    #[error("a page could not be drawn: {0}")]
    Page(String),
    /// Nothing is signed without a key.
    #[error("there is no key to sign with")]
    NoKey,
    /// Another process keeps this mirror.
    #[error("another process keeps this mirror")]
    Kept,
    /// The right to write went away with its connection.
    #[error("the connection that held the right to write is gone")]
    Lost,
}

impl From<Problem> for MirrorError {
    fn from(problem: Problem) -> Self {
        Self::Page(problem.chain())
    }
}
