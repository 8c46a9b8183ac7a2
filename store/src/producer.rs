//! 生产主体: filed producers.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// A producer as it is filed.
#[derive(Debug, Clone, PartialEq)]
pub struct Producer {
    /// Its number here.
    pub id: i64,
    /// 统一社会信用代码.
    pub credit_code: String,
    /// Registered name, Chinese.
    pub name: String,
    /// Name for English pages.
    pub name_en: String,
    /// `cooperative`, `company` or `household`.
    pub kind: String,
    /// 乡镇.
    pub township: String,
    /// Business address.
    pub address: String,
    /// Business contact that the certificate rule demands.
    pub contact: String,
}

/// A producer to file; the fields are those of [`Producer`].
#[derive(Debug, Clone)]
pub struct NewProducer<'a> {
    /// 统一社会信用代码, checked by the caller.
    pub credit_code: &'a str,
    /// Registered name, Chinese.
    pub name: &'a str,
    /// Name for English pages.
    pub name_en: &'a str,
    /// `cooperative`, `company` or `household`.
    pub kind: &'a str,
    /// 乡镇.
    pub township: &'a str,
    /// Business address.
    pub address: &'a str,
    /// Business contact.
    pub contact: &'a str,
}

/// Files a producer; returns its number.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewProducer<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into producer
             (credit_code, name, name_en, kind, township, address, contact, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        new.credit_code,
        new.name,
        new.name_en,
        new.kind,
        new.township,
        new.address,
        new.contact,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// The producer of this number.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Producer>, StoreError> {
    let producer = sqlx::query_as!(
        Producer,
        "select id, credit_code, name, name_en, kind, township, address, contact
         from producer where id = $1",
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(producer)
}

/// Every producer, by name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Producer>, StoreError> {
    let producers = sqlx::query_as!(
        Producer,
        "select id, credit_code, name, name_en, kind, township, address, contact
         from producer order by name"
    )
    .fetch_all(connection)
    .await?;
    Ok(producers)
}
