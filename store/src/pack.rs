//! What a data pack for sellers holds of a product beside its row in the catalogue: certificates
//! and pictures of its lots on sale.

use serde_json::Value;
use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};

use crate::StoreError;
use crate::picture::PictureHash;

/// A certificate that stands, of a lot on sale.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Code of the lot.
    pub lot: String,
    /// Last day of the lot's growing or making period.
    pub harvested_on: Option<Date>,
    /// Its number.
    pub number: String,
    /// `quality_control`, `own_test` or `commissioned_test`.
    pub basis: String,
    /// How much it covers.
    pub quantity: f64,
    /// Unit of the quantity.
    pub unit: String,
    /// When it was issued.
    pub issued_at: OffsetDateTime,
    /// What it says.
    pub body: Value,
}

/// A picture of a lot on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its name.
    pub sha256: PictureHash,
    /// When it was taken.
    pub taken_at: OffsetDateTime,
}

/// The certificates of a product's lots on sale that stand, the newest first.
pub async fn list_certificates(
    connection: &mut PgConnection,
    gtin: &str,
    limit: i64,
) -> Result<Vec<Certificate>, StoreError> {
    let certificates = sqlx::query_as!(
        Certificate,
        "select lot.code as lot, lot.harvested_on, certificate.number, certificate.basis,
                certificate.quantity, certificate.unit, certificate.issued_at, certificate.body
         from certificate
         join lot on lot.id = certificate.lot_id
         join product on product.id = lot.product_id
         where product.gtin = $1 and certificate.voided_at is null
           and lot.state in ('released', 'shipped', 'sold_out')
         order by certificate.issued_at desc, certificate.id desc
         limit $2",
        gtin,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(certificates)
}

/// The pictures of a product's lots on sale, one a day, the newest first.
pub async fn list_pictures(
    connection: &mut PgConnection,
    gtin: &str,
    limit: i64,
) -> Result<Vec<Picture>, StoreError> {
    let rows = sqlx::query!(
        "select distinct on ((picture.taken_at at time zone 'Asia/Shanghai')::date)
                picture.sha256, picture.taken_at
         from lot
         join product on product.id = lot.product_id
         join camera_placement as placed on placed.plot_id = lot.plot_id
         join picture on picture.camera_id = placed.camera_id
          and picture.taken_at >= placed.valid_from
          and (placed.valid_to is null or picture.taken_at < placed.valid_to)
          and picture.taken_at >= lot.started_on::timestamp at time zone 'Asia/Shanghai'
          and picture.taken_at < (lot.harvested_on + 1)::timestamp at time zone 'Asia/Shanghai'
         where product.gtin = $1 and lot.state in ('released', 'shipped', 'sold_out')
         order by (picture.taken_at at time zone 'Asia/Shanghai')::date desc, picture.taken_at
         limit $2",
        gtin,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let bytes: [u8; 32] = row.sha256.as_slice().try_into().map_err(|_| {
                StoreError::inconsistent("picture.sha256", row.sha256.len().to_string())
            })?;
            Ok(Picture {
                sha256: PictureHash(bytes),
                taken_at: row.taken_at,
            })
        })
        .collect()
}
