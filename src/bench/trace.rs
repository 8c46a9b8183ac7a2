//! `suyuan bench trace`: how fast the record answers when a county is large: the recall closure
//! over processings many levels deep, the data behind one label's page, and every list over HTTP.
//!
//! The one thing to know: what is measured are the product's own functions and routes, on a
//! database of this measurement's own that is filled by COPY and gone afterwards.

mod lists;
mod rounds;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use rand::RngCore as _;
use serde_json::{Value, json};
use store::bench::county::{self, County, Size};
use store::closure::{self, Way};
use store::picture::{Album, Location};
use store::{Connection, Store};
use trace_api::upkeep::Upkeep;
use trace_api::{AppState, Setup, gather_page};

use self::rounds::Rounds;
use super::ingest::round;
use super::print;
use super::stage::Stage;
use crate::clock;

/// Flags of `bench trace`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long to measure each thing, seconds.
    #[arg(long, value_name = "N", default_value_t = 5.0)]
    seconds: f64,
    /// Lots of the county.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    lots: u64,
    /// Labels of the county, 25 a lot.
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    labels: u64,
    /// Producers of the county.
    #[arg(long, value_name = "N", default_value_t = 500)]
    producers: u64,
    /// Products of the county.
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    products: u64,
    /// Processings in a row.
    #[arg(long, value_name = "N", default_value_t = 10)]
    levels: u32,
    /// Measure every list over HTTP, too.
    #[arg(long)]
    lists: bool,
    /// Tell the plan of every statement, on standard error; needs PostgreSQL's `auto_explain`.
    #[arg(long)]
    plans: bool,
    /// Where the database is made.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// A server to make the database on, as its superuser; a private one where it is not given.
    #[arg(long, env = "DATABASE_URL", value_name = "URL")]
    database_url: Option<String>,
}

/// Fills a county, measures, and removes it.
pub async fn run(args: Args) -> anyhow::Result<()> {
    ensure!(
        args.lots > 0 && args.labels > 0 && args.producers > 0 && args.products > 0,
        "a county has lots, labels, producers and products"
    );
    ensure!((1..=16).contains(&args.levels), "1 to 16 levels");
    let stage = Stage::build(&args.folder, args.database_url.as_deref()).await?;
    let measured = measure(&args, &stage).await;
    stage.clear_away().await?;
    measured
}

async fn measure(args: &Args, stage: &Stage) -> anyhow::Result<()> {
    let county = fill(args, &stage.store).await?;
    let mut connection = stage.store.acquire().await?;
    let limits = limits(args, &mut connection).await?;
    print(&limits.describe());
    for way in [Way::Down, Way::Up] {
        print(&closures(args, &county, &mut connection, way, &limits).await?);
    }
    if let Some(widest) = widest(&county, &mut connection, &limits).await? {
        print(&widest);
    }
    drop(connection);
    let server = server(&stage.store)?;
    print(&labels(args, &county, &server, &limits).await?);
    if args.lists {
        lists::measure(&county, &server).await?;
    }
    if args.plans {
        plans(&county, &stage.url).await?;
    }
    Ok(())
}

async fn fill(args: &Args, store: &Store) -> anyhow::Result<County> {
    let size = Size {
        producers: args.producers,
        products: args.products,
        lots: args.lots,
        labels: args.labels,
        levels: args.levels,
    };
    let look = "{msg:18} {pos} rows, {per_sec}, {elapsed}";
    let style = ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new_spinner().with_style(style);
    let started = clock::instant();
    let mut connection = store.acquire().await?;
    let county = county::fill(&mut connection, size, |what, rows| {
        bar.set_message(what);
        bar.inc(rows);
    });
    let county = county.await.context("filling the county")?;
    bar.finish_and_clear();
    let (version, _) = store::bench::describe(&mut connection).await?;
    print(&json!({
        "bench": "trace",
        "conditions": {
            "suyuan": env!("CARGO_PKG_VERSION"),
            "optimised": !cfg!(debug_assertions),
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "postgresql": version,
            "producers": size.producers,
            "products": size.products,
            "lots": size.lots,
            "labels": size.labels,
            "levels": size.levels,
            "filled_s": round((clock::instant() - started).as_secs_f64()),
        },
    }));
    Ok(county)
}

/// What anything that asks this database takes at least.
struct Limits {
    round_trip_ms: f64,
    look_up_ms: f64,
}

impl Limits {
    fn describe(&self) -> Value {
        json!({
            "bench": "trace",
            "limit": "database",
            "round_trip_ms_median": round(self.round_trip_ms),
            "look_up_ms_median": round(self.look_up_ms),
        })
    }
}

/// A label of the county that nobody asked for before, most likely.
fn any_label(args: &Args) -> u64 {
    clock::chance().next_u64() % args.labels
}

async fn limits(args: &Args, connection: &mut Connection) -> anyhow::Result<Limits> {
    let mut trips = Rounds::new(args.seconds / 5.0);
    while trips.go_on() {
        let started = clock::instant();
        store::bench::round_trip(connection).await?;
        trips.note(started);
    }
    let mut looks = Rounds::new(args.seconds / 5.0);
    while looks.go_on() {
        let serial = county::serial(any_label(args));
        let started = clock::instant();
        let found = store::bench::look_up(connection, &serial).await?;
        looks.note(started);
        ensure!(found, "the label {serial} is not there");
    }
    Ok(Limits {
        round_trip_ms: trips.median_ms(),
        look_up_ms: looks.median_ms(),
    })
}

/// Closures of lots at the end of the graph, with everything that a recall needs to know of them.
async fn closures(
    args: &Args,
    county: &County,
    connection: &mut Connection,
    way: Way,
    limits: &Limits,
) -> anyhow::Result<Value> {
    let graph = county.graph;
    let mut rounds = Rounds::new(args.seconds);
    while rounds.go_on() {
        let any = clock::chance().next_u64() >> 1;
        let from = match way {
            Way::Down => graph.first(any),
            Way::Up => graph.last(any),
        };
        let started = clock::instant();
        let nodes = closure::list(connection, from.cast_signed(), way).await?;
        rounds.note(started);
        ensure!(
            nodes.len() as u64 == graph.closure() || nodes.len() == 1,
            "{} lots instead of {}",
            nodes.len(),
            graph.closure()
        );
    }
    let (direction, name) = match way {
        Way::Down => ("down", "closure_ms_median"),
        Way::Up => ("up", "closure_up_ms_median"),
    };
    Ok(json!({
        "bench": "trace",
        "what": "closure",
        "direction": direction,
        "lots": graph.closure(),
        "levels": county.size.levels,
        "rounds": rounds.count(),
        name: round(rounds.median_ms()),
        "p99_ms": round(rounds.p99_ms()),
        "us_per_lot": round(rounds.median_ms() * 1_000.0 / graph.closure() as f64),
        "ratio_to_look_up": round(rounds.median_ms() / limits.look_up_ms),
    }))
}

/// The closure of a lot that was split again and again.
async fn widest(
    county: &County,
    connection: &mut Connection,
    limits: &Limits,
) -> anyhow::Result<Option<Value>> {
    let Some((from, lots)) = county.graph.widest() else {
        return Ok(None);
    };
    let mut rounds = Rounds::new(0.0);
    for _ in 0..3 {
        let started = clock::instant();
        let nodes = closure::list(connection, from.cast_signed(), Way::Down).await?;
        rounds.note(started);
        ensure!(
            nodes.len() as u64 == lots,
            "{} lots instead of {lots}",
            nodes.len()
        );
    }
    Ok(Some(json!({
        "bench": "trace",
        "what": "closure of a lot split again and again",
        "lots": lots,
        "rounds": rounds.count(),
        "wide_closure_ms_median": round(rounds.median_ms()),
        "us_per_lot": round(rounds.median_ms() * 1_000.0 / lots as f64),
        "ratio_to_look_up": round(rounds.median_ms() / limits.look_up_ms),
    })))
}

/// The server's state on a database.
fn server(store: &Store) -> anyhow::Result<AppState> {
    Ok(AppState::new(Setup {
        store: store.clone(),
        album: Album::open(store.clone(), &Location::Memory)?,
        public_url: "http://127.0.0.1:8080".to_owned(),
        demo: false,
        demo_accounts: Vec::new(),
        demo_samples: Vec::new(),
        outline: None,
        oidc: None,
        label_templates: None,
        signer: None,
        remind_days: 0,
        clock: Arc::new(clock::now),
        chance: Arc::new(|bytes| clock::chance().fill_bytes(bytes)),
        readiness: Arc::new(Vec::new),
        metrics: Arc::new(String::new),
        upkeep: Upkeep::default(),
    }))
}

/// The data of one label's page, the count of its look included.
async fn labels(
    args: &Args,
    county: &County,
    state: &AppState,
    limits: &Limits,
) -> anyhow::Result<Value> {
    let mut rounds = Rounds::new(args.seconds);
    while rounds.go_on() {
        let link = county.link(any_label(args));
        let started = clock::instant();
        let shown = gather_page(state, &link).await;
        rounds.note(started);
        let shown = shown.map_err(|problem| anyhow::anyhow!("{link}: {problem:?}"))?;
        ensure!(shown, "{link} leads nowhere");
    }
    Ok(json!({
        "bench": "trace",
        "what": "data of a label's page",
        "rounds": rounds.count(),
        "label_ms_median": round(rounds.median_ms()),
        "p99_ms": round(rounds.p99_ms()),
        "ratio_to_look_up": round(rounds.median_ms() / limits.look_up_ms),
        "ratio_to_round_trip": round(rounds.median_ms() / limits.round_trip_ms),
    }))
}

/// Does everything once more on connections that tell their plans.
async fn plans(county: &County, url: &str) -> anyhow::Result<()> {
    let store = Store::connect(&store::bench::with_plans(url)).await;
    let store =
        store.context("the plans need PostgreSQL's auto_explain (Debian: postgresql-15)")?;
    let mut connection = store.acquire().await?;
    let (first, last) = (county.graph.first(7), county.graph.last(7));
    tracing::info!("plans of a closure down, and up");
    closure::list(&mut connection, first.cast_signed(), Way::Down).await?;
    closure::list(&mut connection, last.cast_signed(), Way::Up).await?;
    drop(connection);
    tracing::info!("plans of a label's page");
    let server = server(&store)?;
    let shown = gather_page(&server, &county.link(7)).await;
    ensure!(shown.is_ok_and(|shown| shown), "the page of a label");
    store.close().await;
    Ok(())
}
