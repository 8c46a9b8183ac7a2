//! Parties: who hands goods over to whom. A producer is one as soon as it ships or receives.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// A party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its number here.
    pub id: i64,
    /// `producer`, `hub`, `station` or `buyer`.
    pub kind: String,
    /// Name, Chinese.
    pub name: String,
    /// Name for English pages.
    pub name_en: String,
    /// 乡镇.
    pub township: String,
    /// Whom to call in a recall.
    pub contact: String,
    /// The producer that it is.
    pub producer_id: Option<i64>,
}

/// A party to register that is no producer; the fields are those of [`Party`].
#[derive(Debug, Clone)]
pub struct NewParty<'a> {
    /// `hub`, `station` or `buyer`.
    pub kind: &'a str,
    /// Name, Chinese, unique for its kind.
    pub name: &'a str,
    /// Name for English pages.
    pub name_en: &'a str,
    /// 乡镇.
    pub township: &'a str,
    /// Whom to call.
    pub contact: &'a str,
}

/// Registers a party; returns its number.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewParty<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into party (kind, name, name_en, township, contact, created_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
        new.kind,
        new.name,
        new.name_en,
        new.township,
        new.contact,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// The party that a producer is; made from what the producer filed where it is not there yet.
pub async fn of_producer(
    connection: &mut PgConnection,
    producer_id: i64,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    sqlx::query!(
        "insert into party (kind, name, name_en, township, contact, producer_id, created_at)
         select 'producer', name, name_en, township, contact, id, $2
         from producer where id = $1
         on conflict (producer_id) do nothing",
        producer_id,
        now
    )
    .execute(&mut *connection)
    .await?;
    let id = sqlx::query_scalar!("select id from party where producer_id = $1", producer_id)
        .fetch_one(connection)
        .await?;
    Ok(id)
}

/// The party of this number.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Party>, StoreError> {
    let party = sqlx::query_as!(
        Party,
        "select id, kind, name, name_en, township, contact, producer_id from party where id = $1",
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(party)
}

/// Every party, by kind and name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Party>, StoreError> {
    let parties = sqlx::query_as!(
        Party,
        "select id, kind, name, name_en, township, contact, producer_id
         from party order by kind, name"
    )
    .fetch_all(connection)
    .await?;
    Ok(parties)
}
