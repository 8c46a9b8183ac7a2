//! Quick-test instruments: what signs an upload, and that no upload is taken twice.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// An instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// Its name in addresses.
    pub id: String,
    /// Name to show.
    pub name: String,
    /// The account that its results are entered by.
    pub account_id: i64,
    /// Whether its uploads are taken.
    pub enabled: bool,
}

/// Registers an instrument.
pub async fn insert(
    connection: &mut PgConnection,
    new: &Instrument,
    secret: &[u8],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into instrument (id, name, account_id, secret, enabled, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        new.id,
        new.name,
        new.account_id,
        secret,
        new.enabled,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Every instrument, by id.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Instrument>, StoreError> {
    let instruments = sqlx::query_as!(
        Instrument,
        "select id, name, account_id, enabled from instrument order by id"
    )
    .fetch_all(connection)
    .await?;
    Ok(instruments)
}

/// The sign-in name of the account and the secret of an instrument whose uploads are taken.
pub async fn find_secret(
    connection: &mut PgConnection,
    id: &str,
) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    let found = sqlx::query!(
        "select account.login, instrument.secret
         from instrument join account on account.id = instrument.account_id
         where instrument.id = $1 and instrument.enabled and account.disabled_at is null",
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|row| (row.login, row.secret)))
}

/// Notes a nonce and forgets those older than `since`; returns whether it is new.
pub async fn insert_nonce(
    connection: &mut PgConnection,
    (id, nonce): (&str, &str),
    now: OffsetDateTime,
    since: OffsetDateTime,
) -> Result<bool, StoreError> {
    sqlx::query!("delete from instrument_nonce where at < $1", since)
        .execute(&mut *connection)
        .await?;
    let inserted = sqlx::query!(
        "insert into instrument_nonce (instrument_id, nonce, at) values ($1, $2, $3)
         on conflict do nothing",
        id,
        nonce,
        now
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
