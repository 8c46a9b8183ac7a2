//! All SQL of the platform: connection, migrations, the private cluster, and one file an
//! aggregate. Queries are free functions that take the connection first, so that several compose
//! in one transaction; a database row never leaves this crate as such.

pub mod account;
pub mod alarm;
pub mod attachment;
pub mod audit;
pub mod backup;
pub mod bench;
pub mod calibration;
pub mod camera;
pub mod catalogue;
pub mod certificate;
mod chunk;
mod clamped;
pub mod closure;
pub mod cluster;
mod copy;
pub mod county;
pub mod credential;
pub mod dead_letter;
pub mod device;
pub mod document;
mod error;
pub mod event;
pub mod farm;
pub mod farm_record;
pub mod filing;
pub mod gateway;
pub mod import;
pub mod input;
pub mod instrument;
pub mod item;
pub mod label;
pub mod label_ledger;
pub mod lot;
pub mod lot_step;
pub mod message;
pub mod mirror;
pub mod notice;
pub mod oidc;
pub mod pack;
pub mod partition;
pub mod party;
pub mod picture;
pub mod place;
mod plan;
pub mod plot;
pub mod print_job;
pub mod printer;
pub mod probe;
pub mod processing;
pub mod producer;
pub mod product;
pub mod profile;
pub mod quality;
pub mod reading;
pub mod recall;
pub mod recall_call;
pub mod relief;
pub mod report;
pub mod retention;
pub mod scan;
pub mod seal;
pub mod session;
pub mod setting;
pub mod settle;
pub mod shipment;
pub mod statistics;
pub mod test_method;
pub mod test_report;
pub mod test_result;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trace;
pub mod waiting;
pub mod wall;

use std::str::FromStr;
use std::time::Duration;

use model::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _};
use time::OffsetDateTime;

pub use error::{StoreError, chain};

/// What the query functions take: a pool's connection or a transaction dereferences to it.
pub type AnyConnection = PgConnection;
/// A connection from the pool; dereferences to what the query functions take.
pub type Connection = sqlx::pool::PoolConnection<sqlx::Postgres>;
/// A transaction; dereferences to what the query functions take. Dropped without
/// [`commit`](sqlx::Transaction::commit) it leaves nothing behind.
pub type Transaction = sqlx::Transaction<'static, sqlx::Postgres>;

/// Most connections that one process holds: a county server's PostgreSQL has 100.
pub const POOL_CONNECTIONS_MAX: u32 = 16;
/// How long a request waits for a free connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Which kind of database this is, found out at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// PostgreSQL alone: monthly partitions.
    Plain,
    /// TimescaleDB with its Apache licence: hypertable, no compression.
    TimescaleApache,
    /// TimescaleDB with its community licence: hypertable, compression, retention.
    Timescale,
}

/// The database: a pool, and how to open connections beside it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    options: PgConnectOptions,
}

impl Store {
    /// Connects to `url` (`postgres://…`); one connection is opened at once, so that a wrong
    /// address fails here.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("suyuan")
            // Every statement's time counts in the caller's own metrics.
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(POOL_CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // Lists have conditions that may be absent (`$1 is null or …`): only a plan for the very
            // values finds the index; after five runs PostgreSQL may prefer one plan for all.
            .connect_with(
                options
                    .clone()
                    .options([("plan_cache_mode", "force_custom_plan")]),
            )
            .await?;
        Ok(Self { pool, options })
    }

    /// Applies the migrations that are missing. TimescaleDB is switched on before the first one
    /// where the server has it, because the table of readings depends on it.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.switch_timescale_on().await?;
        MIGRATOR.run(&self.pool).await?;
        Ok(())
    }

    /// Whether the database has exactly the migrations that this program knows.
    pub async fn is_current(&self) -> Result<bool, StoreError> {
        // Not checked at compile time: the migrator itself makes this table.
        let applied: Vec<i64> = sqlx::query_scalar(
            "select version from _sqlx_migrations where success order by version",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(applied
            .into_iter()
            .eq(MIGRATOR.iter().map(|migration| migration.version)))
    }

    /// The newest migration that this program knows.
    #[must_use]
    pub fn newest_migration() -> i64 {
        MIGRATOR
            .iter()
            .map(|migration| migration.version)
            .max()
            .unwrap_or(0)
    }

    /// Which kind of database this is.
    pub async fn flavour(&self) -> Result<Flavour, StoreError> {
        let row = sqlx::query!(
            r#"select exists (select from pg_extension where extname = 'timescaledb') as "found!",
                      current_setting('timescaledb.license', true) as license"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(match (row.found, row.license.as_deref()) {
            (false, _) => Flavour::Plain,
            (true, Some("apache")) => Flavour::TimescaleApache,
            (true, _) => Flavour::Timescale,
        })
    }

    /// A connection of the pool.
    pub async fn acquire(&self) -> Result<Connection, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A transaction on a connection of the pool.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(self.pool.begin().await?)
    }

    /// Closes every connection of the pool and waits for them.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A connection that is held for long and is not the pool's: the writer's.
    async fn connect_alone(&self) -> Result<PgConnection, StoreError> {
        Ok(PgConnection::connect_with(&self.options).await?)
    }

    /// Creates the extension where the server has it loaded; elsewhere, and where the tables are
    /// there already, this changes nothing.
    async fn switch_timescale_on(&self) -> Result<(), StoreError> {
        let has_tables = sqlx::query_scalar!(
            r#"select exists (select from pg_tables where tablename = 'report') as "found!""#
        )
        .fetch_one(&self.pool)
        .await?;
        if !has_tables && self.offers_timescale().await? {
            sqlx::query("create extension if not exists timescaledb")
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    /// Whether the server has TimescaleDB installed and loaded.
    pub async fn offers_timescale(&self) -> Result<bool, StoreError> {
        let offered = sqlx::query_scalar!(
            r#"select exists (select from pg_available_extensions where name = 'timescaledb')
                  and current_setting('shared_preload_libraries') like '%timescaledb%'
                  as "offered!""#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(offered)
    }
}

/// A point in time as PostgreSQL's driver wants it.
pub(crate) fn to_db(time: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A point in time from PostgreSQL: it keeps microseconds, so nothing is lost.
pub(crate) fn from_db(time: OffsetDateTime) -> Timestamp {
    Timestamp((time.unix_timestamp_nanos() / 1_000) as i64)
}
