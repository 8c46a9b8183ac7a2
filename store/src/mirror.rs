//! What lies in a mirror, and what has to be written there anew. Marks are made by triggers in the
//! transaction of the change (migration 0020) and removed when the new files lie there, so whoever
//! dies in between loses nothing.

use model::lot::LotState;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::{Store, StoreError};

/// First half of the advisory lock that the keeper of a mirror holds; the second is the mirror.
const KEEPER_LOCK: i32 = 0x7375_0020;
/// Most lots that one question returns.
pub const WAITING_MAX: i64 = 500;

/// A SHA-256.
pub type Digest = [u8; 32];

/// A place that holds a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Its number here.
    pub id: i64,
    /// How often a manifest of the whole was written.
    pub number: i64,
    /// When the last one was.
    pub published_at: Option<OffsetDateTime>,
}

/// A lot that waits to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub lot_id: i64,
    /// A recall or a hold.
    pub urgent: bool,
    /// Since when.
    pub since: OffsetDateTime,
    /// The marks that its writing settles.
    pub marks: Vec<i64>,
}

/// A lot as it lies in a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// Which.
    pub lot_id: i64,
    /// As its folder is named there.
    pub gtin: String,
    /// GS1 AI 10.
    pub code: String,
    /// SHA-256 of the manifest of its folder.
    pub manifest: Digest,
    /// Paths of the files outside its folder that its pages need.
    pub shared: Vec<String>,
}

/// A product as it lies in a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LyingProduct {
    /// GTIN-14.
    pub gtin: String,
    /// SHA-256 of the manifest of its folder.
    pub manifest: Digest,
    /// Paths of the files outside its folder that its page needs.
    pub shared: Vec<String>,
}

/// Registers a place, whether or not it is known; a new one has every lot of the public marked.
pub async fn register(
    connection: &mut PgConnection,
    place: &str,
    now: OffsetDateTime,
) -> Result<Mirror, StoreError> {
    let inserted = sqlx::query_scalar!(
        "insert into mirror (place, registered_at) values ($1, $2)
         on conflict (place) do nothing returning id",
        place,
        now
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(id) = inserted {
        mark_all(connection, id).await?;
    }
    let mirror = sqlx::query_as!(
        Mirror,
        "select id, number, published_at from mirror where place = $1",
        place
    )
    .fetch_one(connection)
    .await?;
    Ok(mirror)
}

/// The places that hold a copy.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Mirror>, StoreError> {
    let mirrors = sqlx::query_as!(
        Mirror,
        "select id, number, published_at from mirror order by id"
    )
    .fetch_all(connection)
    .await?;
    Ok(mirrors)
}

/// Forgets a place: nothing is marked for it any more. What lies there stays there.
pub async fn forget(connection: &mut PgConnection, place: &str) -> Result<bool, StoreError> {
    let gone = sqlx::query!("delete from mirror where place = $1", place)
        .execute(connection)
        .await?;
    Ok(gone.rows_affected() > 0)
}

/// Marks every lot of the public, and every lot that lies there.
pub async fn mark_all(connection: &mut PgConnection, mirror_id: i64) -> Result<u64, StoreError> {
    let marked = sqlx::query!(
        "insert into mirror_mark (mirror_id, lot_id, urgent)
         select $1, lot.id, lot.state = 'recalled' from lot
         where lot.state in ('released', 'shipped', 'sold_out', 'recalled')
            or exists (select from mirror_lot where mirror_id = $1 and lot_id = lot.id)",
        mirror_id
    )
    .execute(connection)
    .await?;
    Ok(marked.rows_affected())
}

/// Forgets which pictures and styles lie there, so that they are written anew.
pub async fn forget_shared(
    connection: &mut PgConnection,
    mirror_id: i64,
) -> Result<(), StoreError> {
    sqlx::query!("delete from mirror_shared where mirror_id = $1", mirror_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The right to write to a mirror, held while this lives: two writers would tear it.
#[derive(Debug)]
pub struct Keeper {
    connection: PgConnection,
}

impl Keeper {
    /// Takes the right; `None` where another process has it.
    pub async fn take(store: &Store, mirror_id: i64) -> Result<Option<Self>, StoreError> {
        let mut connection = store.connect_alone().await?;
        let taken = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock($1, $2) as "taken!""#,
            KEEPER_LOCK,
            mirror_id as i32
        )
        .fetch_one(&mut connection)
        .await?;
        Ok(taken.then_some(Self { connection }))
    }

    /// Whether the right is still held: it goes with its connection.
    pub async fn is_alive(&mut self) -> bool {
        sqlx::query_scalar!(r#"select true as "alive!""#)
            .fetch_one(&mut self.connection)
            .await
            .is_ok()
    }
}

/// The lots that wait: recalls first, then by product, so that a product's list is written once.
pub async fn list_waiting(
    connection: &mut PgConnection,
    mirror_id: i64,
    limit: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let waiting = sqlx::query_as!(
        Waiting,
        r#"select mark.lot_id, bool_or(mark.urgent) as "urgent!", min(mark.marked_at) as "since!",
                  array_agg(mark.id) as "marks!"
           from mirror_mark as mark join lot on lot.id = mark.lot_id
           where mark.mirror_id = $1
           group by mark.lot_id, lot.product_id
           order by bool_or(mark.urgent) desc, lot.product_id, mark.lot_id
           limit $2"#,
        mirror_id,
        limit.clamp(1, WAITING_MAX)
    )
    .fetch_all(connection)
    .await?;
    Ok(waiting)
}

/// Whether a recall or a hold waits.
pub async fn is_urgent(connection: &mut PgConnection, mirror_id: i64) -> Result<bool, StoreError> {
    let urgent = sqlx::query_scalar!(
        r#"select exists (select from mirror_mark where mirror_id = $1 and urgent) as "urgent!""#,
        mirror_id
    )
    .fetch_one(connection)
    .await?;
    Ok(urgent)
}

/// Marks lots that were last written before a point in time, the oldest first.
pub async fn mark_old(
    connection: &mut PgConnection,
    mirror_id: i64,
    before: OffsetDateTime,
    limit: i64,
) -> Result<u64, StoreError> {
    let marked = sqlx::query!(
        "insert into mirror_mark (mirror_id, lot_id, urgent)
         select $1, lot_id, false from mirror_lot
         where mirror_id = $1 and written_at < $2
         order by written_at limit $3",
        mirror_id,
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(marked.rows_affected())
}

/// Removes marks whose lots are written.
pub async fn delete_marks(connection: &mut PgConnection, marks: &[i64]) -> Result<(), StoreError> {
    sqlx::query!("delete from mirror_mark where id = any ($1)", marks)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a lot in this state has a page that everybody may read as it is. A held lot's copy only
/// says that it is held.
#[must_use]
pub const fn is_public(state: LotState) -> bool {
    matches!(
        state,
        LotState::Released | LotState::Shipped | LotState::SoldOut | LotState::Recalled
    )
}

struct LyingRow {
    lot_id: i64,
    gtin: String,
    code: String,
    manifest: Vec<u8>,
    shared: Vec<String>,
}

impl TryFrom<LyingRow> for Lying {
    type Error = StoreError;

    fn try_from(row: LyingRow) -> Result<Self, StoreError> {
        Ok(Self {
            lot_id: row.lot_id,
            gtin: row.gtin,
            code: row.code,
            manifest: digest(&row.manifest)?,
            shared: row.shared,
        })
    }
}

fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes
        .try_into()
        .map_err(|_| StoreError::inconsistent("mirror manifest", bytes.len().to_string()))
}

/// A lot as it lies in a mirror; `None` where it never did.
pub async fn find_lying(
    connection: &mut PgConnection,
    mirror_id: i64,
    lot_id: i64,
) -> Result<Option<Lying>, StoreError> {
    let row = sqlx::query_as!(
        LyingRow,
        "select lot_id, gtin, code, manifest, shared from mirror_lot
         where mirror_id = $1 and lot_id = $2",
        mirror_id,
        lot_id
    )
    .fetch_optional(connection)
    .await?;
    row.map(Lying::try_from).transpose()
}

/// Notes how a lot lies in a mirror now.
pub async fn save_lying(
    connection: &mut PgConnection,
    mirror_id: i64,
    lying: &Lying,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into mirror_lot (mirror_id, lot_id, gtin, code, manifest, shared, written_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (mirror_id, lot_id) do update
             set gtin = excluded.gtin, code = excluded.code, manifest = excluded.manifest,
                 shared = excluded.shared, written_at = excluded.written_at",
        mirror_id,
        lying.lot_id,
        lying.gtin,
        lying.code,
        &lying.manifest,
        &lying.shared,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The lots of a product that lie in a mirror, by code.
pub async fn list_lying(
    connection: &mut PgConnection,
    mirror_id: i64,
    gtin: &str,
) -> Result<Vec<Lying>, StoreError> {
    let rows = sqlx::query_as!(
        LyingRow,
        "select lot_id, gtin, code, manifest, shared from mirror_lot
         where mirror_id = $1 and gtin = $2 order by code",
        mirror_id,
        gtin
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Lying::try_from).collect()
}

/// Notes how a product lies in a mirror now.
pub async fn save_product(
    connection: &mut PgConnection,
    mirror_id: i64,
    product: &LyingProduct,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into mirror_product (mirror_id, gtin, manifest, shared) values ($1, $2, $3, $4)
         on conflict (mirror_id, gtin) do update
             set manifest = excluded.manifest, shared = excluded.shared",
        mirror_id,
        product.gtin,
        &product.manifest,
        &product.shared
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The products that lie in a mirror, by GTIN-14.
pub async fn list_products(
    connection: &mut PgConnection,
    mirror_id: i64,
) -> Result<Vec<LyingProduct>, StoreError> {
    let rows = sqlx::query!(
        "select gtin, manifest, shared from mirror_product where mirror_id = $1 order by gtin",
        mirror_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(LyingProduct {
                gtin: row.gtin,
                manifest: digest(&row.manifest)?,
                shared: row.shared,
            })
        })
        .collect()
}

/// The hash of a shared file that lies in a mirror.
pub async fn find_shared(
    connection: &mut PgConnection,
    mirror_id: i64,
    path: &str,
) -> Result<Option<Digest>, StoreError> {
    let found = sqlx::query_scalar!(
        "select sha256 from mirror_shared where mirror_id = $1 and path = $2",
        mirror_id,
        path
    )
    .fetch_optional(connection)
    .await?;
    found.map(|bytes| digest(&bytes)).transpose()
}

/// Notes a shared file.
pub async fn save_shared(
    connection: &mut PgConnection,
    mirror_id: i64,
    path: &str,
    sha256: &Digest,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into mirror_shared (mirror_id, path, sha256) values ($1, $2, $3)
         on conflict (mirror_id, path) do update set sha256 = excluded.sha256",
        mirror_id,
        path,
        sha256
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Shared files that no page needs any more, but for those under `kept`.
pub async fn list_orphans(
    connection: &mut PgConnection,
    mirror_id: i64,
    kept: &[String],
) -> Result<Vec<String>, StoreError> {
    let orphans = sqlx::query_scalar!(
        "select path from mirror_shared
         where mirror_id = $1 and path <> all ($2)
         except
         select unnest(shared) from mirror_lot where mirror_id = $1
         except
         select unnest(shared) from mirror_product where mirror_id = $1",
        mirror_id,
        kept
    )
    .fetch_all(connection)
    .await?;
    Ok(orphans.into_iter().flatten().collect())
}

/// Forgets a shared file that is gone.
pub async fn delete_shared(
    connection: &mut PgConnection,
    mirror_id: i64,
    path: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from mirror_shared where mirror_id = $1 and path = $2",
        mirror_id,
        path
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The number of the manifest that is about to be written: larger than any before, also where its
/// writer then dies.
pub async fn next_number(
    connection: &mut PgConnection,
    mirror_id: i64,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(
        "update mirror set number = number + 1, published_at = $2 where id = $1 returning number",
        mirror_id,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(number)
}

#[cfg(test)]
mod tests;
