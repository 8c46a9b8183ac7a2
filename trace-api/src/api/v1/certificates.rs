//! `/api/v1/certificates`: 承诺达标合格证 by their rows.

use serde::Serialize;
use serde_json::Value;
use store::certificate;
use time::OffsetDateTime;
use utoipa::ToSchema;

pub(crate) mod file;
pub(crate) mod void;

/// A certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Certificate {
    id: i64,
    /// Number of the lot.
    lot_id: i64,
    /// Which one of its lot, from 1.
    version: i32,
    /// Its number.
    number: String,
    /// `quality_control`, `own_test` or `commissioned_test`.
    basis: String,
    /// How much it covers.
    quantity: f64,
    /// UN/ECE Rec 20.
    unit: String,
    /// What it says: product, quantity, origin, day, producer, contact, basis, promise.
    #[schema(value_type = Object)]
    body: Value,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    issued_at: OffsetDateTime,
    /// When it was voided; null while it stands.
    #[serde(with = "time::serde::rfc3339::option")]
    voided_at: Option<OffsetDateTime>,
    /// Why.
    void_reason: Option<String>,
}

impl From<certificate::Certificate> for Certificate {
    fn from(row: certificate::Certificate) -> Self {
        Self {
            id: row.id,
            lot_id: row.lot_id,
            version: row.version,
            number: row.number,
            basis: row.basis,
            quantity: row.quantity,
            unit: row.unit,
            body: row.body,
            issued_at: row.issued_at,
            voided_at: row.voided_at,
            void_reason: row.void_reason,
        }
    }
}
