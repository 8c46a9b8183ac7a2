//! A database per test, cloned from a migrated template: real PostgreSQL, nothing shared between
//! tests. `TEST_DATABASE_URL` names a server to use (TimescaleDB, say); without it a throwaway
//! private cluster is started once a process and goes with it.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};

use model::id::{GatewayId, ProbeKey, ProbeName};
use model::unit::Quantity;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use crate::bench::with_database;
use crate::cluster::{Cluster, Options};
use crate::{Store, StoreError, gateway, plot, probe, producer, product};

/// The server that this process's tests share.
static SERVER: OnceCell<Server> = OnceCell::const_new();
/// Numbers the databases of this process.
static NEXT: AtomicU32 = AtomicU32::new(1);

struct Server {
    url: String,
    /// Held so that the server lives as long as the process.
    _cluster: Option<Cluster>,
}

/// Why there is no database to test with.
#[derive(Debug, thiserror::Error)]
pub enum TestingError {
    /// The throwaway cluster did not start.
    #[error("the throwaway cluster did not start")]
    Cluster(#[from] crate::cluster::ClusterError),
    /// The server refused something.
    #[error("the test server refused something")]
    Sql(#[from] sqlx::Error),
    /// The template could not be migrated.
    #[error("the template could not be migrated")]
    Store(#[from] StoreError),
}

/// A fresh database with every migration applied.
#[derive(Debug)]
pub struct TestDatabase {
    /// The database.
    pub store: Store,
    /// Where it is, for programs that a test starts.
    pub url: String,
}

impl TestDatabase {
    /// Makes a database of its own for one test.
    pub async fn new() -> Result<Self, TestingError> {
        let server = SERVER.get_or_try_init(start).await?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("suyuan_test_{}_{number}", std::process::id());
        let url = with_database(&server.url, &name);
        let mut admin = PgConnection::connect(&with_database(&server.url, "postgres")).await?;
        // Numbers and our own words only.
        let clone = format!("create database {name} template {}", template_name());
        sqlx::query(AssertSqlSafe(clone))
            .execute(&mut admin)
            .await?;
        admin.close().await?;
        let store = Store::connect(&url).await?;
        // Where the template could not be migrated ahead (TimescaleDB), this does it.
        store.migrate().await?;
        Ok(Self { store, url })
    }
}

/// Everything that a database holds, as text: for tests that look for what must not be there.
pub async fn dump(store: &Store) -> Result<String, StoreError> {
    let mut connection = store.acquire().await?;
    let dump = sqlx::query_scalar("select schema_to_xml('public', true, false, '')::text");
    Ok(dump.fetch_one(&mut *connection).await?)
}

/// Whether migrating would switch TimescaleDB on. Installed alone it does nothing.
async fn is_timescale_loaded(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let loaded = "select current_setting('shared_preload_libraries') like '%timescaledb%'";
    sqlx::query_scalar(loaded).fetch_one(connection).await
}

async fn start() -> Result<Server, TestingError> {
    let (url, cluster) = if let Ok(url) = env::var("TEST_DATABASE_URL") {
        (url, None)
    } else {
        let folder = env::temp_dir().join(format!("suyuan-test-{}", std::process::id()));
        let cluster = Cluster::start(&folder, &Options { throwaway: true }).await?;
        (cluster.url().to_owned(), Some(cluster))
    };
    let mut admin = PgConnection::connect(&with_database(&url, "postgres")).await?;
    let template = format!("create database {}", template_name());
    sqlx::query(AssertSqlSafe(template))
        .execute(&mut admin)
        .await?;
    let timescale = is_timescale_loaded(&mut admin).await?;
    admin.close().await?;
    // TimescaleDB's workers stay connected to a database that has it, which cannot be cloned then.
    if !timescale {
        let store = Store::connect(&with_database(&url, &template_name())).await?;
        store.migrate().await?;
        store.close().await;
    }
    Ok(Server {
        url,
        _cluster: cluster,
    })
}

fn template_name() -> String {
    format!("suyuan_template_{}", std::process::id())
}

/// Registers a gateway and a probe with plain channels named so, for tests that only need
/// somewhere to put readings.
pub async fn insert_probe(
    store: &Store,
    gateway: &str,
    probe: &str,
    channels: &[&str],
    interval_seconds: i32,
) -> Result<ProbeKey, StoreError> {
    let mut connection = store.acquire().await?;
    let unnamed = |_| StoreError::inconsistent("probe.name", format!("{gateway}/{probe}"));
    let gateway_id = GatewayId::parse(gateway).map_err(unnamed)?;
    let probe_name = ProbeName::parse(probe).map_err(unnamed)?;
    let credentials = gateway::Credentials::of_key(b"key", [0; gateway::SALT_BYTES]);
    let now = OffsetDateTime::UNIX_EPOCH;
    gateway::insert(&mut connection, &gateway_id, gateway, &credentials, now).await?;
    let channel = |(index, name): (usize, &&str)| probe::Channel {
        index: index as i16,
        name: (*name).to_owned(),
        quantity: Quantity::Other,
        unit: String::new(),
        depth_cm: None,
        valid_min: -100.0,
        valid_max: 100.0,
    };
    let channels: Vec<_> = channels.iter().enumerate().map(channel).collect();
    let profile =
        probe::insert_profile(&mut connection, "test", interval_seconds, &channels).await?;
    probe::insert(&mut connection, &gateway_id, &probe_name, profile, now).await
}

/// A producer with one product and one plot, for tests that only need a lot.
#[derive(Debug, Clone, Copy)]
pub struct Farm {
    /// Number of the producer.
    pub producer: i64,
    /// Number of the product; its GTIN is [`FARM_GTIN`].
    pub product: i64,
    /// Number of the plot.
    pub plot: i64,
}

/// GTIN-14 of a [`Farm`]'s product.
pub const FARM_GTIN: &str = "00200000000004";

/// Files a [`Farm`].
pub async fn insert_farm(store: &Store) -> Result<Farm, StoreError> {
    let mut connection = store.acquire().await?;
    let now = OffsetDateTime::UNIX_EPOCH;
    let producer = producer::NewProducer {
        credit_code: "91000000000000000X",
        name: "试验农场",
        name_en: "Test farm",
        kind: "household",
        township: "毛坝乡",
        address: "",
        contact: "",
    };
    let producer = producer::insert(&mut connection, &producer, now).await?;
    let product = product::NewProduct {
        producer_id: producer,
        gtin: FARM_GTIN,
        name: "莓茶",
        name_en: "Vine tea",
        category: "莓茶",
        variety: "",
        specification: "100 g",
        unit: "KGM",
        shelf_life_days: 540,
        regime: "sc",
        season: "",
    };
    let product = product::insert(&mut connection, &product, now).await?;
    let plot = plot::NewPlot {
        producer_id: producer,
        name: "一号地",
        name_en: "Plot 1",
        township: "毛坝乡",
        area_mu: 2.5,
        altitude_m: 600,
        latitude: 29.0,
        longitude: 109.9,
    };
    let plot = plot::insert(&mut connection, &plot).await?;
    Ok(Farm {
        producer,
        product,
        plot,
    })
}
