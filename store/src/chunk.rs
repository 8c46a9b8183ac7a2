//! Chunks of `report` with TimescaleDB, which makes them itself: here they are listed, compressed
//! where its licence allows it, and dropped when [`crate::retention`] says so. Nothing here is
//! checked at compile time, for plain PostgreSQL has none of these functions.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;
use crate::retention::Piece;

/// Days after which a chunk is compressed: late readings of a node's flash have come by then. What
/// comes later still is stored, only more slowly.
pub const COMPRESS_AFTER_DAYS: i32 = 14;

/// Sets compression up where it is not yet; returns whether it was missing. Only TimescaleDB's own
/// licence has it.
pub(crate) async fn ensure_compression(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let enabled: bool = sqlx::query_scalar(
        "select coalesce(bool_or(compression_enabled), false)
         from timescaledb_information.hypertables where hypertable_name = 'report'",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !enabled {
        sqlx::query(
            "alter table report set (timescaledb.compress,
                 timescaledb.compress_segmentby = 'probe_id',
                 timescaledb.compress_orderby = 'time')",
        )
        .execute(&mut *connection)
        .await?;
    }
    let scheduled: bool = sqlx::query_scalar(
        "select exists (select from timescaledb_information.jobs
                        where hypertable_name = 'report'
                          and proc_name in ('policy_compression', 'policy_columnstore'))",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !scheduled {
        sqlx::query(
            "select add_compression_policy('report', make_interval(days => $1),
                                           if_not_exists => true)",
        )
        .bind(COMPRESS_AFTER_DAYS)
        .execute(connection)
        .await?;
    }
    Ok(!enabled || !scheduled)
}

/// The chunks, oldest first.
pub(crate) async fn list(connection: &mut PgConnection) -> Result<Vec<Piece>, StoreError> {
    let rows: Vec<(String, OffsetDateTime, OffsetDateTime)> = sqlx::query_as(
        "select format('%I.%I', chunk_schema, chunk_name), range_start, range_end
         from timescaledb_information.chunks
         where hypertable_name = 'report'
         order by range_start",
    )
    .fetch_all(connection)
    .await?;
    let piece = |(name, from, to)| Piece { name, from, to };
    Ok(rows.into_iter().map(piece).collect())
}

/// Drops a chunk, whose ends are exactly those of the piece.
pub(crate) async fn drop_chunk(
    connection: &mut PgConnection,
    piece: &Piece,
) -> Result<(), StoreError> {
    sqlx::query("select drop_chunks('report', older_than => $1, newer_than => $2)")
        .bind(piece.to)
        .bind(piece.from)
        .execute(connection)
        .await?;
    Ok(())
}
