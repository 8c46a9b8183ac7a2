//! How long raw readings are kept. Rollups are kept for ever; raw readings go by the piece, which
//! is a month on plain PostgreSQL and a chunk with TimescaleDB, when the whole of it is older than
//! the wanted days. A piece stays longer
//!
//! - as long as a lot needs it: one that grows, is harvested, tested or held, whose growing period
//!   touches the piece while a probe stood on its plot. What is released, shipped, sold out or
//!   recalled has been summed up;
//! - as long as some of it arrived within those days: a recording of another year is kept as long
//!   as a reading of today;
//! - as long as its rollups wait to be settled.

use model::lot::LotState;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use time::{Duration, OffsetDateTime};

use crate::{Flavour, Store, StoreError, chunk, partition};

/// Days that raw readings are kept where nobody says otherwise: a growing year, and a month to
/// look at it.
pub const RAW_DAYS_DEFAULT: u32 = 400;
/// Advisory lock that lets one process look after the table at a time.
const RETENTION_LOCK: i64 = 0x5355_5955_414e_0002;

/// A part of the table of reports that is dropped as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its name in the database.
    pub name: String,
    /// First moment in it.
    pub from: OffsetDateTime,
    /// First moment after it.
    pub to: OffsetDateTime,
}

/// Why a piece that is old enough stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// A lot is not closed yet.
    Lot,
    /// Some of it arrived lately.
    Arrival,
    /// Some of it is not in the rollups yet.
    Settling,
}

/// What a round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Whether another process was at it, so that this one did nothing.
    pub busy: bool,
    /// Rows that were moved out of the default partition.
    pub rehomed: u64,
    /// Pieces that were dropped, oldest first.
    pub dropped: Vec<Piece>,
    /// Pieces that are old enough and stay.
    pub held: Vec<(Piece, Hold)>,
}

/// Whether a lot in this state still needs the readings of its growing period one by one.
const fn needs_raw(state: LotState) -> bool {
    match state {
        LotState::Growing | LotState::Harvested | LotState::InTest | LotState::Held => true,
        LotState::Released | LotState::Shipped | LotState::SoldOut | LotState::Recalled => false,
    }
}

/// Looks after the table once: months ahead, strays, compression, and what is older than
/// `raw_days` before `now`.
pub async fn round(store: &Store, raw_days: u32, now: OffsetDateTime) -> Result<Kept, StoreError> {
    let flavour = store.flavour().await?;
    // A connection of its own: its lock and its settings end with it, whatever happens.
    let mut connection = store.connect_alone().await?;
    let alone = sqlx::query_scalar!(
        r#"select pg_try_advisory_lock($1) as "alone!""#,
        RETENTION_LOCK
    )
    .fetch_one(&mut connection)
    .await?;
    if !alone {
        return Ok(Kept {
            busy: true,
            ..Kept::default()
        });
    }
    // Writers must not queue behind a change of the table that waits for a long query.
    sqlx::query!("select set_config('lock_timeout', '5s', false)")
        .fetch_one(&mut connection)
        .await?;
    let rehomed = prepare(&mut connection, flavour, now).await?;
    let cutoff = now - Duration::days(i64::from(raw_days));
    let mut kept = drop_old(&mut connection, flavour, cutoff, now).await?;
    kept.rehomed = rehomed;
    forget_clamped(&mut connection, cutoff).await?;
    connection.close().await?;
    Ok(kept)
}

async fn prepare(
    connection: &mut PgConnection,
    flavour: Flavour,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    match flavour {
        Flavour::Plain => {
            let moved = partition::rehome_strays(connection).await?;
            partition::make_ahead(connection, now).await?;
            Ok(moved)
        }
        Flavour::Timescale => {
            if chunk::ensure_compression(connection).await? {
                tracing::info!(
                    after_days = chunk::COMPRESS_AFTER_DAYS,
                    "readings are compressed from now on"
                );
            }
            Ok(0)
        }
        Flavour::TimescaleApache => Ok(0),
    }
}

async fn drop_old(
    connection: &mut PgConnection,
    flavour: Flavour,
    cutoff: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Kept, StoreError> {
    let pieces = match flavour {
        Flavour::Plain => partition::list(connection).await?,
        Flavour::Timescale | Flavour::TimescaleApache => chunk::list(connection).await?,
    };
    let mut kept = Kept::default();
    for piece in pieces.into_iter().filter(|piece| piece.to <= cutoff) {
        let mut transaction = connection.begin().await?;
        // Keeps writers out of this piece, and of no other, until it is decided. The name was
        // read from the catalogue.
        let lock = format!("lock table {} in share mode", piece.name);
        sqlx::query(AssertSqlSafe(lock))
            .execute(&mut *transaction)
            .await?;
        if let Some(hold) = find_hold(&mut transaction, &piece, cutoff, now).await? {
            kept.held.push((piece, hold));
            continue;
        }
        match flavour {
            Flavour::Plain => partition::drop_month(&mut transaction, &piece).await?,
            _ => chunk::drop_chunk(&mut transaction, &piece).await?,
        }
        transaction.commit().await?;
        tracing::info!(
            piece = piece.name,
            from = %piece.from,
            to = %piece.to,
            "raw readings were dropped; their rollups stay"
        );
        kept.dropped.push(piece);
    }
    Ok(kept)
}

async fn find_hold(
    connection: &mut PgConnection,
    piece: &Piece,
    cutoff: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Option<Hold>, StoreError> {
    if is_marked(connection, piece).await? {
        return Ok(Some(Hold::Settling));
    }
    if is_needed_by_lot(connection, piece, now).await? {
        return Ok(Some(Hold::Lot));
    }
    let arrived = sqlx::query_scalar!(
        r#"select exists (select from report where time >= $1 and time < $2 and arrived >= $3)
               as "found!""#,
        piece.from,
        piece.to,
        cutoff
    )
    .fetch_one(connection)
    .await?;
    Ok(arrived.then_some(Hold::Arrival))
}

async fn is_marked(connection: &mut PgConnection, piece: &Piece) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from dirty_hour where hour >= $1 and hour < $2) as "found!""#,
        piece.from,
        piece.to
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

async fn is_needed_by_lot(
    connection: &mut PgConnection,
    piece: &Piece,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let states: Vec<String> = LotState::ALL
        .into_iter()
        .filter(|state| needs_raw(*state))
        .map(|state| state.code().to_owned())
        .collect();
    let found = sqlx::query_scalar!(
        r#"select exists (
               select from lot
               join probe_placement as placement on placement.plot_id = lot.plot_id
               where lot.state = any($4::text[])
                 and greatest(lot.started_on::timestamp at time zone 'Asia/Shanghai',
                              placement.valid_from, $1)
                     < least((lot.harvested_on + 1)::timestamp at time zone 'Asia/Shanghai',
                             placement.valid_to, $2, $3)
           ) as "found!""#,
        piece.from,
        piece.to,
        now,
        &states
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// A report is known again as long as it could be there.
async fn forget_clamped(
    connection: &mut PgConnection,
    cutoff: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!("delete from clamped_report where time < $1", cutoff)
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
