//! 资质证书 that somebody else issued to a producer or for a product: SC, 绿色食品, 有机产品,
//! 农产品地理标志, 质量管理体系. Not the 承诺达标合格证 of a lot, which is `certificate`.

use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::StoreError;

/// Most credentials that one list holds.
pub const LIST_MAX: i64 = 500;

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Made by the client.
    pub id: Uuid,
    /// Whose it is.
    pub producer_id: i64,
    /// Name of that producer.
    pub producer: String,
    /// The product that it is for; `None` for all of the producer.
    pub product_id: Option<i64>,
    /// Name of that product.
    pub product: Option<String>,
    /// `sc`, `green`, `organic`, `origin` or `quality`.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// The body that issued it.
    pub issuer: String,
    /// SHA-256 of its scan.
    pub scan: Option<Vec<u8>>,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Date,
    /// `submitted`, `returned`, `approved` or `withdrawn`.
    pub state: String,
    /// Why it was returned or withdrawn.
    pub reason: String,
    /// From 1; an edit names the one that it saw.
    pub version: i32,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

/// What a credential says.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    /// The product that it is for.
    pub product_id: Option<i64>,
    /// See [`Credential::kind`].
    pub kind: &'a str,
    /// Its number.
    pub number: &'a str,
    /// The body that issued it.
    pub issuer: &'a str,
    /// SHA-256 of its scan.
    pub scan: Option<&'a [u8]>,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Date,
}

/// Which credentials to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this one.
    pub id: Option<Uuid>,
    /// Only of this producer.
    pub producer_id: Option<i64>,
    /// Only for this product.
    pub product_id: Option<i64>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only in this state.
    pub state: Option<String>,
    /// Only those whose last day is this one or earlier.
    pub until: Option<Date>,
    /// Only those after this one of the page before.
    pub after: Option<Uuid>,
}

/// Files a credential that waits for a supervisor; returns false where the id is taken.
pub async fn insert(
    connection: &mut PgConnection,
    (id, producer_id): (Uuid, i64),
    words: &Words<'_>,
    (account_id, now): (Option<i64>, OffsetDateTime),
) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        "insert into credential (id, producer_id, product_id, kind, number, issuer, scan,
                                 valid_from, valid_to, state, updated_at, account_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'submitted', $10, $11)
         on conflict (id) do nothing",
        id,
        producer_id,
        words.product_id,
        words.kind,
        words.number,
        words.issuer,
        words.scan,
        words.valid_from,
        words.valid_to,
        now,
        account_id
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Changes a credential that no supervisor has approved, if it is still of the version that was
/// seen; it waits again.
pub async fn update(
    connection: &mut PgConnection,
    (id, base): (Uuid, i32),
    words: &Words<'_>,
    (account_id, now): (Option<i64>, OffsetDateTime),
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update credential
         set product_id = $3, kind = $4, number = $5, issuer = $6, scan = $7, valid_from = $8,
             valid_to = $9, state = 'submitted', reason = '', version = version + 1,
             updated_at = $10, account_id = $11
         where id = $1 and version = $2 and state in ('submitted', 'returned')",
        id,
        base,
        words.product_id,
        words.kind,
        words.number,
        words.issuer,
        words.scan,
        words.valid_from,
        words.valid_to,
        now,
        account_id
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Puts a credential into another state, if it is still of the version that was seen.
pub async fn set_state(
    connection: &mut PgConnection,
    (id, base): (Uuid, i32),
    (state, reason): (&str, &str),
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update credential set state = $3, reason = $4, version = version + 1, updated_at = $5
         where id = $1 and version = $2",
        id,
        base,
        state,
        reason,
        now
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// The credential of this id, locked until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: Uuid) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!("select id from credential where id = $1 for update", id)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// The credentials of a filter, those that expire first before the others.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Credential>, StoreError> {
    let rows = sqlx::query_as!(
        Credential,
        r#"select credential.id, credential.producer_id, producer.name as producer,
                  credential.product_id, product.name as "product?", credential.kind,
                  credential.number, credential.issuer, credential.scan, credential.valid_from,
                  credential.valid_to, credential.state, credential.reason, credential.version,
                  credential.updated_at
           from credential
           join producer on producer.id = credential.producer_id
           left join product on product.id = credential.product_id
           where ($1::uuid is null or credential.id = $1)
             and ($2::bigint is null or credential.producer_id = $2)
             and ($3::bigint is null or credential.product_id = $3)
             and ($4::text is null or credential.kind = $4)
             and ($5::text is null or credential.state = $5)
             and ($6::date is null or credential.valid_to <= $6)
             and ($7::uuid is null or (credential.valid_to, credential.id)
                  > (select c.valid_to, c.id from credential as c where c.id = $7))
           order by credential.valid_to, credential.id
           limit $8"#,
        filter.id,
        filter.producer_id,
        filter.product_id,
        filter.kind,
        filter.state,
        filter.until,
        filter.after,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The approved credentials whose holders have not been told that they end until `until` and are
/// not over, or that they are over; noted as told. Locked, so that one of two processes tells.
pub async fn take_due(
    connection: &mut PgConnection,
    (today, until): (Date, Date),
    now: OffsetDateTime,
) -> Result<Vec<Uuid>, StoreError> {
    let ids = sqlx::query_scalar!(
        "update credential
         set reminded_at = coalesce(reminded_at, $3),
             expiry_told_at = case when valid_to < $1 then $3 end
         where id in (select id from credential
                      where state = 'approved' and expiry_told_at is null
                        and (valid_to < $1 or (valid_to <= $2 and reminded_at is null))
                      order by valid_to limit 200
                      for update skip locked)
         returning id",
        today,
        until,
        now
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

/// What everybody may know of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// GTIN-14 of the product that it is for or, for one of all the producer, of the product that
    /// was asked for.
    pub gtin: String,
    /// See [`Credential::kind`].
    pub kind: String,
    /// Its number.
    pub number: String,
    /// The body that issued it.
    pub issuer: String,
    /// Last day.
    pub valid_to: Date,
}

/// The approved credentials of these products and of their producers that have begun, those that
/// end last first. One that ended is among them, unless another of its kind took its place.
pub async fn list_public(
    connection: &mut PgConnection,
    gtins: &[String],
    today: Date,
) -> Result<Vec<Public>, StoreError> {
    let rows = sqlx::query_as!(
        Public,
        r#"select product.gtin, credential.kind, credential.number, credential.issuer,
                  credential.valid_to
           from product
           join credential on credential.producer_id = product.producer_id
                          and (credential.product_id is null or credential.product_id = product.id)
           where product.gtin = any ($1)
             and credential.state = 'approved'
             and credential.valid_from <= $2
             and (credential.valid_to >= $2
                  or not exists (select from credential as other
                                 where other.producer_id = credential.producer_id
                                   and other.product_id is not distinct from credential.product_id
                                   and other.kind = credential.kind
                                   and other.state = 'approved'
                                   and other.valid_from <= $2
                                   and other.valid_to > credential.valid_to))
           order by product.gtin, credential.valid_to desc, credential.id"#,
        gtins,
        today
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
