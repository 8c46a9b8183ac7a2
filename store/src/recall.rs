//! 召回: calling lots back, and the drills of it.

use serde_json::Value;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

/// A recall to keep.
#[derive(Debug, Clone)]
pub struct NewRecall<'a> {
    /// The lot that it began with.
    pub lot_id: i64,
    /// Why.
    pub reason: &'a str,
    /// Notice in Chinese.
    pub notice_zh: &'a str,
    /// Notice in English.
    pub notice_en: &'a str,
    /// Whether it was a drill.
    pub drill: bool,
    /// When it was asked for.
    pub started_at: OffsetDateTime,
    /// Milliseconds until the list was finished.
    pub took_ms: f64,
    /// Kilograms in, out, left, lost, unaccounted.
    pub figures: &'a Value,
    /// Its lots with their levels.
    pub lots: &'a [(i64, i32)],
    /// Made by the client.
    pub request_id: Uuid,
    /// Who; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// A recall as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Recall {
    /// Its number here.
    pub id: i64,
    /// The lot that it began with.
    pub lot_id: i64,
    /// Code of that lot.
    pub lot: String,
    /// Name of its product.
    pub product: String,
    /// Why.
    pub reason: String,
    /// Notice in Chinese.
    pub notice_zh: String,
    /// Notice in English.
    pub notice_en: String,
    /// How often the notice was worded anew; 0 for the generated one.
    pub notice_version: i32,
    /// Whether it was a drill.
    pub drill: bool,
    /// When it was asked for.
    pub started_at: OffsetDateTime,
    /// Milliseconds until the list was finished.
    pub took_ms: f64,
    /// How many lots.
    pub lots: i32,
    /// Kilograms in, out, left, lost, unaccounted.
    pub figures: Value,
}

/// Keeps a recall; returns its number.
pub async fn insert(connection: &mut PgConnection, new: &NewRecall<'_>) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into recall (lot_id, reason, notice_zh, notice_en, drill, started_at, took_ms,
                             lots, figures, request_id, account_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id",
        new.lot_id,
        new.reason,
        new.notice_zh,
        new.notice_en,
        new.drill,
        new.started_at,
        new.took_ms,
        i32::try_from(new.lots.len()).unwrap_or(i32::MAX),
        new.figures,
        new.request_id,
        new.account_id
    )
    .fetch_one(&mut *connection)
    .await?;
    let (lots, levels): (Vec<i64>, Vec<i32>) = new.lots.iter().copied().unzip();
    sqlx::query!(
        "insert into recall_lot (recall_id, lot_id, level)
         select $1, lot_id, level from unnest($2::bigint[], $3::int[]) as t (lot_id, level)",
        id,
        &lots,
        &levels
    )
    .execute(connection)
    .await?;
    Ok(id)
}

/// Recalls, newest first: all, the one of this number, or what this request made.
pub async fn list(
    connection: &mut PgConnection,
    id: Option<i64>,
    request_id: Option<Uuid>,
) -> Result<Vec<Recall>, StoreError> {
    let recalls = sqlx::query_as!(
        Recall,
        r#"select recall.id, recall.lot_id, lot.code as lot, product.name as product, reason,
                  coalesce(notice.notice_zh, recall.notice_zh) as "notice_zh!",
                  coalesce(notice.notice_en, recall.notice_en) as "notice_en!",
                  coalesce(notice.version, 0) as "notice_version!", drill, started_at, took_ms,
                  lots, figures
           from recall
           join lot on lot.id = recall.lot_id
           join product on product.id = lot.product_id
           left join lateral (
               select version, notice_zh, notice_en from recall_notice
               where recall_id = recall.id order by version desc limit 1
           ) as notice on true
           where ($1::bigint is null or recall.id = $1)
             and ($2::uuid is null or recall.request_id = $2)
           order by recall.id desc limit 500"#,
        id,
        request_id
    )
    .fetch_all(connection)
    .await?;
    Ok(recalls)
}

/// Words the notice of a recall anew, if `version` is the one that was read; the older wordings
/// stay. Returns whether it was.
pub async fn word_notice(
    connection: &mut PgConnection,
    recall_id: i64,
    (version, zh, en): (i32, &str, &str),
    (account_id, now): (Option<i64>, OffsetDateTime),
) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        "insert into recall_notice (recall_id, version, notice_zh, notice_en, at, account_id)
         select $1, $2 + 1, $3, $4, $5, $6
         where coalesce((select max(version) from recall_notice where recall_id = $1), 0) = $2
         on conflict (recall_id, version) do nothing",
        recall_id,
        version,
        zh,
        en,
        now,
        account_id
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The newest notice of the recalls, not drills, that a lot is in.
pub async fn find_notice(
    connection: &mut PgConnection,
    lot_id: i64,
) -> Result<Option<(String, String)>, StoreError> {
    let notice = sqlx::query!(
        r#"select coalesce(notice.notice_zh, recall.notice_zh) as "zh!",
                  coalesce(notice.notice_en, recall.notice_en) as "en!"
           from recall_lot
           join recall on recall.id = recall_lot.recall_id and not recall.drill
           left join lateral (
               select notice_zh, notice_en from recall_notice
               where recall_id = recall.id order by version desc limit 1
           ) as notice on true
           where recall_lot.lot_id = $1
           order by recall.id desc limit 1"#,
        lot_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(notice.map(|row| (row.zh, row.en)))
}

/// Locks lots until the transaction ends, in the order of their numbers, so that two recalls
/// never wait for each other in a circle.
pub async fn lock_lots(connection: &mut PgConnection, lots: &[i64]) -> Result<(), StoreError> {
    sqlx::query!(
        "select id from lot where id = any ($1) order by id for update",
        lots
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Calls lots back. The caller has seen that the step is legal for each.
pub async fn mark_all(
    connection: &mut PgConnection,
    lots: &[i64],
    reason: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update lot set state = 'recalled', recall_reason = $2 where id = any ($1)",
        lots,
        reason
    )
    .execute(connection)
    .await?;
    Ok(())
}
