//! 承诺达标合格证: issued and voided, never changed.

use serde_json::Value;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

/// A certificate to issue.
#[derive(Debug, Clone)]
pub struct NewCertificate<'a> {
    /// Of which lot.
    pub lot_id: i64,
    /// First part of its number: the day, `YYYYMMDD`.
    pub day: &'a str,
    /// `quality_control`, `own_test` or `commissioned_test`.
    pub basis: &'a str,
    /// How much it covers.
    pub quantity: f64,
    /// Unit of the quantity.
    pub unit: &'a str,
    /// What it says.
    pub body: &'a Value,
    /// Who issues it; `None` for the platform itself.
    pub account_id: Option<i64>,
    /// Made by the client.
    pub request_id: Uuid,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Its row here.
    pub id: i64,
    /// Of which lot.
    pub lot_id: i64,
    /// Which one of its lot, from 1.
    pub version: i32,
    /// Its number.
    pub number: String,
    /// See [`NewCertificate::basis`].
    pub basis: String,
    /// How much it covers.
    pub quantity: f64,
    /// Unit of the quantity.
    pub unit: String,
    /// What it says.
    pub body: Value,
    /// When it was issued.
    pub issued_at: OffsetDateTime,
    /// The request that issued it.
    pub request_id: Uuid,
    /// When it was voided; `None` while it stands.
    pub voided_at: Option<OffsetDateTime>,
    /// Why.
    pub void_reason: Option<String>,
}

/// Issues a certificate; returns its row. The lot is locked by the caller.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewCertificate<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into certificate (lot_id, version, number, basis, quantity, unit, body, issued_at,
                                  account_id, request_id)
         select $1, coalesce(max(version), 0) + 1,
                'HGZ' || $2 || '-' || lpad($1::bigint::text, 6, '0') || '-'
                    || lpad((coalesce(max(version), 0) + 1)::text, 2, '0'),
                $3, $4, $5, $6, $7, $8, $9
         from certificate where lot_id = $1
         returning id",
        new.lot_id,
        new.day,
        new.basis,
        new.quantity,
        new.unit,
        new.body,
        now,
        new.account_id,
        new.request_id
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// The certificates of these lots, oldest first.
pub async fn list(
    connection: &mut PgConnection,
    lots: &[i64],
) -> Result<Vec<Certificate>, StoreError> {
    let certificates = sqlx::query_as!(
        Certificate,
        "select id, lot_id, version, number, basis, quantity, unit, body, issued_at, request_id,
                voided_at, void_reason
         from certificate where lot_id = any ($1) order by lot_id, version",
        lots
    )
    .fetch_all(connection)
    .await?;
    Ok(certificates)
}

/// The certificate of this row, or the one that a request issued.
pub async fn find(
    connection: &mut PgConnection,
    id: Option<i64>,
    request_id: Option<Uuid>,
) -> Result<Option<Certificate>, StoreError> {
    let certificate = sqlx::query_as!(
        Certificate,
        "select id, lot_id, version, number, basis, quantity, unit, body, issued_at, request_id,
                voided_at, void_reason
         from certificate where id = $1 or request_id = $2",
        id,
        request_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(certificate)
}

/// Voids a certificate that stands; returns whether it did.
pub async fn void(
    connection: &mut PgConnection,
    id: i64,
    reason: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update certificate set voided_at = $3, void_reason = $2
         where id = $1 and voided_at is null",
        id,
        reason,
        now
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}
