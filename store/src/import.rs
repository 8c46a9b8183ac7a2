//! The transaction of an import: one at a time, with a place to go back to before every row, so
//! that a row that the database refuses does not spoil those after it.

use sqlx::postgres::PgConnection;

use crate::StoreError;

/// Every import takes this lock: each of its rows takes locks of its own, and the table of locks is
/// all connections' together.
const TURN: i64 = 0x5355_5955_414e_0001;

/// Waits until no other import is under way, and holds the turn until the transaction ends.
pub async fn take_turn(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("select pg_advisory_xact_lock($1)", TURN)
        .execute(connection)
        .await?;
    Ok(())
}

/// Marks the place before a row.
pub async fn begin_row(connection: &mut PgConnection) -> Result<(), StoreError> {
    // These three are not checked at compile time: they are no queries.
    sqlx::query("savepoint import_row")
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps the row.
pub async fn keep_row(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("release savepoint import_row")
        .execute(connection)
        .await?;
    Ok(())
}

/// Undoes what the row did, and forgets the place.
pub async fn undo_row(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("rollback to savepoint import_row")
        .execute(&mut *connection)
        .await?;
    keep_row(connection).await
}
