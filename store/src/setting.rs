//! Facts about this installation as a whole, by key.

use sqlx::postgres::PgConnection;

use crate::StoreError;

/// The key under which the demonstration county notes its version.
pub const DEMO: &str = "demo";

/// The value of a key.
pub async fn find(connection: &mut PgConnection, key: &str) -> Result<Option<String>, StoreError> {
    let value = sqlx::query_scalar!("select value from setting where key = $1", key)
        .fetch_optional(connection)
        .await?;
    Ok(value)
}

/// Sets a key, whether or not it was set before.
pub async fn set(connection: &mut PgConnection, key: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into setting (key, value) values ($1, $2)
         on conflict (key) do update set value = excluded.value",
        key,
        value
    )
    .execute(connection)
    .await?;
    Ok(())
}
