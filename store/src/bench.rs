//! What `suyuan bench` asks of the database beside the product's own queries: a database of its
//! own on any server, the speed of one client's COPY as the limit to compare with, and what the
//! readings take on disk. Nothing here is used by the running system.

pub mod county;
mod fill;
mod nature;

use std::str::FromStr;

pub use fill::{FILL_GTIN, FILL_LABELS_MAX, count_scans, fill_labels, fill_lots, touch_lots};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::report::{self, Report};
use crate::{Flavour, Store, StoreError, chunk, partition, to_db};

/// A database made for one measurement. [`Self::remove`] takes it away again.
#[derive(Debug)]
pub struct Arena {
    server: String,
    name: String,
    /// Where it is.
    pub url: String,
}

impl Arena {
    /// Makes an empty database named `name` on the server of `url`, with the tables of the
    /// platform. One of that name is removed before.
    pub async fn make(url: &str, name: &str) -> Result<Self, StoreError> {
        let arena = Self {
            url: with_database(url, name),
            server: url.to_owned(),
            name: name.replace('"', ""),
        };
        arena.drop_database().await?;
        arena
            .order(format!("create database \"{}\"", arena.name))
            .await?;
        let store = Store::connect(&arena.url).await?;
        store.migrate().await?;
        store.close().await;
        Ok(arena)
    }

    /// Removes the database, whoever is still connected to it.
    pub async fn remove(self) -> Result<(), StoreError> {
        self.drop_database().await
    }

    async fn drop_database(&self) -> Result<(), StoreError> {
        let name = &self.name;
        self.order(format!("drop database if exists \"{name}\" with (force)"))
            .await
    }

    async fn order(&self, sql: String) -> Result<(), StoreError> {
        let options = PgConnectOptions::from_str(&self.server)?.disable_statement_logging();
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::query("set client_min_messages = warning")
            .execute(&mut connection)
            .await?;
        // Our own words, and a name without quotes within quotes.
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(())
    }
}

/// The same server, another database.
pub(crate) fn with_database(url: &str, database: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let stem = address.rsplit_once('/').map_or(address, |(stem, _)| stem);
    format!("{stem}/{database}?{query}")
}

/// Process number of the server's side of a connection: with it a machine's process table tells
/// what the database costs.
pub async fn backend_pid(connection: &mut PgConnection) -> Result<i32, StoreError> {
    let pid = sqlx::query_scalar!(r#"select pg_backend_pid() as "pid!""#)
        .fetch_one(connection)
        .await?;
    Ok(pid)
}

/// Version and durability of the server, in its own words.
pub async fn describe(connection: &mut PgConnection) -> Result<(String, String), StoreError> {
    let row = sqlx::query!(
        r#"select current_setting('server_version') as "version!",
                  current_setting('fsync') as "fsync!""#
    )
    .fetch_one(connection)
    .await?;
    Ok((row.version, row.fsync))
}

/// One round trip that asks for nothing: the limit of anything that asks the database.
pub async fn round_trip(connection: &mut PgConnection) -> Result<i32, StoreError> {
    let one = sqlx::query_scalar!(r#"select 1 as "one!""#)
        .fetch_one(connection)
        .await?;
    Ok(one)
}

/// One look-up of a label's row by its key: the limit of its page.
pub async fn look_up(connection: &mut PgConnection, serial: &str) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!("select number from label where serial = $1", serial)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// The same database, with the plan of every statement told as a notice: PostgreSQL's own
/// `auto_explain`, so that the plans are those of the very statements that run.
#[must_use]
pub fn with_plans(url: &str) -> String {
    let settings = [
        "session_preload_libraries=auto_explain",
        "auto_explain.log_min_duration=0",
        "auto_explain.log_analyze=on",
        "auto_explain.log_buffers=on",
        "auto_explain.log_timing=off",
        "auto_explain.log_level=notice",
    ];
    let settings = settings.map(|setting| format!("-c%20{}", setting.replace('=', "%3D")));
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}options={}", settings.join("%20"))
}

/// One client that does nothing but COPY into the table of readings, with one commit at the end.
/// `next` gives the next reports until it gives none. Returns how many were copied.
pub async fn copy_all(
    store: &Store,
    mut next: impl FnMut() -> Option<Vec<Report>>,
) -> Result<u64, StoreError> {
    let mut connection = store.connect_alone().await?;
    let mut months = partition::Months::new(store.flavour().await?);
    let mut transaction = connection.begin().await?;
    let mut copied = 0;
    while let Some(reports) = next() {
        let times = reports.iter().map(|report| to_db(report.time));
        months.ensure(&mut transaction, times).await?;
        copied += report::copy_in(&mut transaction, "report", &reports).await?;
    }
    transaction.commit().await?;
    connection.close().await?;
    Ok(copied)
}

/// How many reports there are, and how many bytes they take with their indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Rows.
    pub reports: i64,
    /// Bytes of the tables and indexes.
    pub bytes: i64,
}

/// Counts the reports; with `vacuum` after vacuuming them, so that the size is that of a table
/// at rest.
pub async fn footprint(store: &Store, vacuum: bool) -> Result<Footprint, StoreError> {
    let mut connection = store.connect_alone().await?;
    if vacuum {
        sqlx::query("vacuum report")
            .execute(&mut connection)
            .await?;
    }
    let reports = sqlx::query_scalar!(r#"select count(*) as "n!" from report"#)
        .fetch_one(&mut connection)
        .await?;
    // A hypertable's chunks and a partitioned table's partitions both inherit from it.
    let bytes = sqlx::query_scalar!(
        r#"select (pg_total_relation_size('report')
                   + coalesce(sum(pg_total_relation_size(inhrelid)), 0))::bigint as "bytes!"
           from pg_inherits where inhparent = 'report'::regclass"#
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(Footprint { reports, bytes })
}

/// Compresses all there is, as it would be in time, and says how many bytes it takes then; `None`
/// where nothing can be compressed. Not checked at compile time, as plain PostgreSQL has no such
/// functions.
pub async fn compress(store: &Store) -> Result<Option<i64>, StoreError> {
    if store.flavour().await? != Flavour::Timescale {
        return Ok(None);
    }
    let mut connection = store.connect_alone().await?;
    chunk::ensure_compression(&mut connection).await?;
    sqlx::query("select compress_chunk(piece, true) from show_chunks('report') as piece")
        .execute(&mut connection)
        .await?;
    let bytes = sqlx::query_scalar("select hypertable_size('report')")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(Some(bytes))
}

/// Empties the readings and what was made of them, for the next measurement.
pub async fn clear(store: &Store) -> Result<(), StoreError> {
    let mut connection = store.connect_alone().await?;
    sqlx::query("truncate report, dirty_hour, rollup_hour, rollup_day, dead_letter")
        .execute(&mut connection)
        .await?;
    sqlx::query("checkpoint").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::id::ProbeKey;
    use model::time::Timestamp;

    use super::*;
    use crate::testing::TestDatabase;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[tokio::test]
    async fn what_one_client_copies_is_counted_weighed_and_cleared() -> TestResult {
        let database = TestDatabase::new().await?;
        let mut parts = (0..3).map(|part| {
            let report = |number: i64| {
                let time = Timestamp::from_seconds(1_767_571_200 + part * 1_000 + number);
                Report::ordinary(ProbeKey(1), time, time, vec![Some(1.5); 8])
            };
            (0..1_000).map(report).collect()
        });
        assert_eq!(copy_all(&database.store, || parts.next()).await?, 3_000);
        let found = footprint(&database.store, true).await?;
        assert_eq!(found.reports, 3_000);
        let bytes_per_value = found.bytes / (3_000 * 8);
        assert!((10..60).contains(&bytes_per_value), "{bytes_per_value}");
        let compressed = compress(&database.store).await?;
        let can_compress = database.store.flavour().await? == Flavour::Timescale;
        assert_eq!(compressed.is_some(), can_compress);
        assert!(compressed.unwrap_or_default() < found.bytes);
        clear(&database.store).await?;
        assert_eq!(footprint(&database.store, false).await?.reports, 0);
        assert_eq!(copy_all(&database.store, || None).await?, 0);
        Ok(())
    }

    #[tokio::test]
    async fn a_database_of_its_own_comes_and_goes() -> TestResult {
        let database = TestDatabase::new().await?;
        let name = format!("arena_{}", std::process::id());
        let arena = Arena::make(&database.url, &name).await?;
        let store = Store::connect(&arena.url).await?;
        let mut connection = store.acquire().await?;
        assert!(backend_pid(&mut connection).await? > 0);
        assert!(
            describe(&mut connection)
                .await?
                .0
                .starts_with(char::is_numeric)
        );
        // Still connected: it goes all the same.
        let url = arena.url.clone();
        arena.remove().await?;
        assert!(Store::connect(&url).await.is_err());
        Ok(())
    }
}
