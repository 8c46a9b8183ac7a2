//! One pass over what waits: draws lots, writes pictures, pages and manifests in this order, and
//! notes in one transaction that they lie there. A pass with a recall in it takes nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use store::lot::Lot;
use store::mirror::{self, Digest, Lying, LyingProduct, WAITING_MAX, Waiting};
use store::place::Outlet;
use store::{StoreError, catalogue};
use time::{Duration, OffsetDateTime};

use super::draw::{self, Drawn};
use super::manifest::{Manifest, digest};
use super::note::Signer;
use super::{MANIFEST, MirrorError, Options, shared};
use crate::page::copy::IndexRow;
use crate::problem::Kind;
use crate::state::{AppState, timestamp};
use crate::web::words::words;

/// Lots drawn at once: a page is a dozen questions to the database.
const LOTS_AT_ONCE: usize = 4;
/// Files written at once: a bucket far away answers slowly, and many at a time.
const FILES_AT_ONCE: usize = 16;
/// After this an ordinary pass writes its manifests, so that a recall waits no longer than that.
const BUDGET: Duration = Duration::milliseconds(1_000);
/// A lot that could not be drawn is left alone for so long.
const SET_ASIDE: Duration = Duration::minutes(1);

/// What a pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Passed {
    /// Lots written.
    pub(super) lots: usize,
    /// Those of them that were recalled or held.
    pub(super) urgent: usize,
    /// Longest time that one of them had waited when everything lay there.
    pub(super) oldest: Duration,
}

/// What a pass works with.
pub(super) struct Desk<'a> {
    pub(super) state: &'a AppState,
    pub(super) options: &'a Options,
    pub(super) outlet: &'a Outlet,
    pub(super) signer: &'a Signer,
    pub(super) mirror_id: i64,
    /// Lots that could not be drawn, and when they are tried again.
    pub(super) aside: &'a mut HashMap<i64, OffsetDateTime>,
}

/// A lot that lies there now.
struct Written {
    lying: Lying,
    marks: Vec<i64>,
    urgent: bool,
    since: OffsetDateTime,
    /// Where it lay before, where that was elsewhere.
    moved: Option<(String, String)>,
    /// Shared files that it does not need any more are looked for only where there may be some.
    dropped: bool,
}

/// What one lot came to.
enum Outcome {
    Written(Box<Written>),
    /// It never was for the public: its marks go.
    Nothing(Vec<i64>),
    Failed(i64),
}

impl Desk<'_> {
    /// Does one pass; `None` where nothing waits.
    pub(super) async fn pass(&mut self) -> Result<Option<Passed>, MirrorError> {
        let waiting = self.waiting().await?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let mut outcomes = self.write_lots(waiting).await?;
        let now = self.state.now();
        let mut marks = Vec::new();
        let mut written = Vec::new();
        for outcome in outcomes.drain(..) {
            match outcome {
                Outcome::Written(one) => written.push(*one),
                Outcome::Nothing(of) => marks.extend(of),
                Outcome::Failed(lot_id) => {
                    self.aside.insert(lot_id, now + SET_ASIDE);
                }
            }
        }
        let products = self.write_products(&written).await?;
        if !written.is_empty() {
            self.write_root(&products).await?;
        }
        self.outlet.settle().await?;
        for one in &written {
            marks.extend_from_slice(&one.marks);
        }
        self.note(&written, &products, &marks).await?;
        self.sweep(&written).await?;
        let done = self.state.now();
        Ok(Some(Passed {
            lots: written.len(),
            urgent: written.iter().filter(|one| one.urgent).count(),
            oldest: written
                .iter()
                .map(|one| done - one.since)
                .max()
                .unwrap_or_default(),
        }))
    }

    /// What waits and is not set aside; where a recall waits, recalls alone.
    async fn waiting(&mut self) -> Result<Vec<Waiting>, MirrorError> {
        let now = self.state.now();
        self.aside.retain(|_, until| *until > now);
        let mut connection = self.state.store().acquire().await?;
        let mut waiting =
            mirror::list_waiting(&mut connection, self.mirror_id, WAITING_MAX).await?;
        waiting.retain(|one| !self.aside.contains_key(&one.lot_id));
        if waiting.first().is_some_and(|first| first.urgent) {
            waiting.retain(|one| one.urgent);
        }
        Ok(waiting)
    }

    async fn write_lots(&self, waiting: Vec<Waiting>) -> Result<Vec<Outcome>, MirrorError> {
        let until = self.state.now() + BUDGET;
        let is_urgent = waiting.first().is_some_and(|first| first.urgent);
        stream::iter(waiting)
            // The first few always, or a slow machine would never come to an end.
            .enumerate()
            .take_while(|(place, _)| {
                let goes_on = is_urgent || *place < LOTS_AT_ONCE || self.state.now() < until;
                std::future::ready(goes_on)
            })
            .map(|(_, one)| self.write_lot(one))
            .buffered(LOTS_AT_ONCE)
            .try_collect()
            .await
    }

    async fn write_lot(&self, waiting: Waiting) -> Result<Outcome, MirrorError> {
        let mut connection = self.state.store().acquire().await?;
        let lot = store::lot::find(&mut connection, waiting.lot_id).await?;
        let before = mirror::find_lying(&mut connection, self.mirror_id, waiting.lot_id).await?;
        drop(connection);
        let Some(lot) = lot.filter(|lot| before.is_some() || mirror::is_public(lot.state)) else {
            return Ok(Outcome::Nothing(waiting.marks));
        };
        let drawn = match draw::lot(self.state, self.options, &lot).await {
            Ok(drawn) => drawn,
            Err(problem) => {
                if problem.kind == Kind::Unavailable {
                    return Err(problem.into());
                }
                let error = problem.chain();
                tracing::error!(
                    lot = lot.code,
                    error,
                    "a lot could not be drawn for the mirror"
                );
                return Ok(Outcome::Failed(lot.id));
            }
        };
        let written = self.write_lot_files(&lot, drawn, before, waiting).await?;
        Ok(Outcome::Written(Box::new(written)))
    }

    async fn write_lot_files(
        &self,
        lot: &Lot,
        drawn: Drawn,
        before: Option<Lying>,
        waiting: Waiting,
    ) -> Result<Written, MirrorError> {
        let folder = draw::lot_folder(&lot.gtin, &lot.code);
        let names: BTreeSet<&str> = drawn.files.iter().map(|file| file.name).collect();
        let (manifest, shared) = self.write_folder(&folder, drawn, Vec::new(), 0).await?;
        if before.is_some() {
            let gone = draw::LOT_FILES
                .iter()
                .filter(|name| **name != MANIFEST && !names.contains(**name));
            for name in gone {
                self.outlet.delete(&format!("{folder}{name}")).await?;
            }
        }
        let dropped = before
            .as_ref()
            .is_some_and(|before| before.shared.iter().any(|path| !shared.contains(path)));
        let moved = before
            .filter(|before| before.gtin != lot.gtin || before.code != lot.code)
            .map(|before| (before.gtin, before.code));
        Ok(Written {
            lying: Lying {
                lot_id: lot.id,
                gtin: lot.gtin.clone(),
                code: lot.code.clone(),
                manifest,
                shared,
            },
            marks: waiting.marks,
            urgent: waiting.urgent,
            since: waiting.since,
            moved,
            dropped,
        })
    }

    /// Writes what a folder needs, its files and its manifest, which names `below` as well.
    /// Returns the manifest's hash and the paths of the shared files.
    async fn write_folder(
        &self,
        folder: &str,
        drawn: Drawn,
        below: Vec<(Digest, String)>,
        number: i64,
    ) -> Result<(Digest, Vec<String>), MirrorError> {
        let up = draw::up(folder);
        let mut named = Vec::new();
        let mut paths = Vec::new();
        for path in drawn.shared {
            if let Some(hash) = self.share(&path).await? {
                named.push((hash, format!("{up}{path}")));
                paths.push(path);
            }
        }
        let mut files: Vec<_> = drawn
            .files
            .iter()
            .map(|file| (digest(&file.bytes), file.name.to_owned()))
            .collect();
        let writes = drawn.files.into_iter().map(|file| async move {
            let path = format!("{folder}{}", file.name);
            self.outlet.put(&path, file.bytes, file.media_type).await
        });
        stream::iter(writes)
            .buffer_unordered(FILES_AT_ONCE)
            .try_collect::<()>()
            .await?;
        files.extend(below);
        files.extend(named);
        let manifest = Manifest {
            folder: folder.to_owned(),
            of: self.options.url.clone(),
            at: timestamp(self.state.now()),
            number,
            files,
        };
        let note = Bytes::from(self.signer.sign(&manifest.text()));
        let hash = digest(&note);
        let path = format!("{folder}{MANIFEST}");
        self.outlet
            .put(&path, note, "text/plain; charset=utf-8")
            .await?;
        Ok((hash, paths))
    }

    /// Sees to it that a shared file lies there; `None` where nobody has it.
    async fn share(&self, path: &str) -> Result<Option<Digest>, MirrorError> {
        let mut connection = self.state.store().acquire().await?;
        let known = mirror::find_shared(&mut connection, self.mirror_id, path).await?;
        drop(connection);
        if known.is_some() {
            return Ok(known);
        }
        let read = match shared::read(self.state, path).await {
            Err(problem) if problem.kind == Kind::Unavailable => return Err(problem.into()),
            Err(problem) => {
                let error = problem.chain();
                tracing::error!(path, error, "a file that pages need could not be read");
                return Ok(None);
            }
            Ok(read) => read,
        };
        let Some((bytes, media_type)) = read else {
            tracing::warn!(
                path,
                "a page of the mirror names a file that is not for everybody"
            );
            return Ok(None);
        };
        let hash = digest(&bytes);
        self.outlet.put(path, bytes, media_type).await?;
        let mut connection = self.state.store().acquire().await?;
        mirror::save_shared(&mut connection, self.mirror_id, path, &hash).await?;
        Ok(Some(hash))
    }

    /// Writes the products whose lots were written; returns every product that lies there.
    async fn write_products(
        &self,
        written: &[Written],
    ) -> Result<BTreeMap<String, (LyingProduct, bool)>, MirrorError> {
        let mut connection = self.state.store().acquire().await?;
        let lying = mirror::list_products(&mut connection, self.mirror_id).await?;
        let mut products: BTreeMap<_, _> = lying
            .into_iter()
            .map(|product| (product.gtin.clone(), (product, false)))
            .collect();
        let moved = written.iter().filter_map(|one| one.moved.as_ref());
        let mut touched: BTreeSet<&str> = moved.map(|(gtin, _)| gtin.as_str()).collect();
        touched.extend(written.iter().map(|one| one.lying.gtin.as_str()));
        for gtin in touched {
            let lots = mirror::list_lying(&mut connection, self.mirror_id, gtin).await?;
            let fresh = |lot_id| written.iter().any(|one| one.lying.lot_id == lot_id);
            let mut lots: BTreeMap<String, Digest> = lots
                .into_iter()
                .filter(|lot| !fresh(lot.lot_id))
                .map(|lot| (lot.code, lot.manifest))
                .collect();
            let here = written.iter().filter(|one| one.lying.gtin == gtin);
            lots.extend(here.map(|one| (one.lying.code.clone(), one.lying.manifest)));
            let below = lots
                .into_iter()
                .map(|(code, hash)| (hash, format!("10/{code}/{MANIFEST}")))
                .collect();
            let drawn = draw::product(self.state, self.options, gtin).await?;
            let folder = draw::product_folder(gtin);
            let (manifest, shared) = self.write_folder(&folder, drawn, below, 0).await?;
            let product = LyingProduct {
                gtin: gtin.to_owned(),
                manifest,
                shared,
            };
            products.insert(gtin.to_owned(), (product, true));
        }
        Ok(products)
    }

    /// Writes the first pages and the manifest of the whole.
    async fn write_root(
        &self,
        products: &BTreeMap<String, (LyingProduct, bool)>,
    ) -> Result<(), MirrorError> {
        let mut connection = self.state.store().acquire().await?;
        let number = mirror::next_number(&mut connection, self.mirror_id, self.state.now()).await?;
        let mut rows = Vec::new();
        for gtin in products.keys() {
            if let Some(entry) = catalogue::find(&mut connection, gtin).await? {
                rows.push(IndexRow {
                    name: words(&entry.name, &entry.name_en),
                    producer: words(&entry.producer, &entry.producer_en),
                    detail: entry.specification,
                    href: format!("/01/{gtin}"),
                });
            }
        }
        drop(connection);
        let below = products.values().map(|(product, _)| {
            let path = format!("{}{MANIFEST}", draw::product_folder(&product.gtin));
            (product.manifest, path)
        });
        let drawn = draw::root(self.state, self.options, &rows)?;
        self.write_folder("", drawn, below.collect(), number)
            .await?;
        Ok(())
    }

    /// Notes what lies there now and removes the marks, in one transaction.
    async fn note(
        &self,
        written: &[Written],
        products: &BTreeMap<String, (LyingProduct, bool)>,
        marks: &[i64],
    ) -> Result<(), MirrorError> {
        let now = self.state.now();
        let mut transaction = self.state.store().begin().await?;
        for one in written {
            mirror::save_lying(&mut transaction, self.mirror_id, &one.lying, now).await?;
        }
        for (product, _) in products.values().filter(|(_, fresh)| *fresh) {
            mirror::save_product(&mut transaction, self.mirror_id, product).await?;
        }
        mirror::delete_marks(&mut transaction, marks).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Removes what no manifest names any more: only now, for readers may still follow the old.
    async fn sweep(&self, written: &[Written]) -> Result<(), MirrorError> {
        for (gtin, code) in written.iter().filter_map(|one| one.moved.as_ref()) {
            let folder = draw::lot_folder(gtin, code);
            for name in draw::LOT_FILES {
                self.outlet.delete(&format!("{folder}{name}")).await?;
            }
        }
        if !written.iter().any(|one| one.dropped) {
            return Ok(());
        }
        let mut connection = self.state.store().acquire().await?;
        let assets = draw::root(self.state, self.options, &[])?.shared;
        let kept: Vec<String> = assets.into_iter().collect();
        let orphans = mirror::list_orphans(&mut connection, self.mirror_id, &kept).await?;
        for path in orphans {
            self.outlet.delete(&path).await?;
            mirror::delete_shared(&mut connection, self.mirror_id, &path).await?;
        }
        Ok(())
    }
}
