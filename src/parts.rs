//! The parts that roles are made of: the API with its pages, ingest, settling. Each turns flags
//! into what a crate wants and hands it the clock and chance.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use ingest::front::Sockets;
use ingest::tls::client_config;
use ingest::{BrokerConfig, BrokerUrl, Health, HealthReport, IngestConfig, Rate};
use label_printer::Shelf;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use model::scheme::Scheme;
use rand::RngCore;
use store::Store;
use store::picture::Album;
use time::UtcOffset;
use time::macros::format_description;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trace_api::mirror::note::Signer;
use trace_api::page::outline::{self, Outline};
use trace_api::upkeep::Upkeep;
use trace_api::{AppState, Check, OidcConfig, Setup};

use crate::cli::{HttpArgs, IntakeArgs, KeepArgs};
use crate::mirror::MirrorArgs;
use crate::pictures::PictureArgs;
use crate::system::System;
use crate::{clock, demo, handles, log, mirror, pictures, retention, settle};

/// Most samples that the demonstration's start page links to.
const SAMPLES_MAX: i64 = 3;
/// Folder of the operator's label templates below the data directory, where no other is named.
const TEMPLATES: &str = "label-templates";
/// How often what was measured is summed up.
const METRICS_PERIOD: Duration = Duration::from_secs(5);

/// Starts counting; `/metrics` reads from what is returned. Later calls return the same.
pub fn metrics() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .install_recorder()
        .context("starting the metrics")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}

/// What the pages are made with.
pub struct Pages<'a> {
    /// Where they are reached.
    pub args: &'a HttpArgs,
    /// The pictures.
    pub album: Album,
    /// Whether the database holds the demonstration county.
    pub is_demo: bool,
    /// Who signs copies.
    pub signer: Option<Arc<Signer>>,
    /// The mirror to keep beside them, if any.
    pub mirror: &'a MirrorArgs,
    /// The machine below, for its operator.
    pub upkeep: Upkeep,
}

/// What pages are drawn with, whether or not anybody serves them.
pub struct Face {
    /// The pictures.
    pub album: Album,
    /// Stem of the printed codes.
    pub public_url: String,
    /// Whether the database holds the demonstration county.
    pub is_demo: bool,
    /// Who signs copies.
    pub signer: Option<Arc<Signer>>,
    /// The county's outline, where there is one.
    pub outline: Option<Arc<Outline>>,
    /// An identity service that people may sign in with.
    pub oidc: Option<OidcConfig>,
    /// Folder of the operator's label templates.
    pub label_templates: Option<PathBuf>,
    /// Days before the end of a credential at which its holder is told.
    pub remind_days: u16,
    /// The machine below, for its operator.
    pub upkeep: Upkeep,
}

/// What every handler has at hand. `health` is that of an ingest in the same process.
pub async fn state(
    system: &System,
    face: Face,
    health: Option<Arc<Health>>,
) -> anyhow::Result<AppState> {
    let demo = face.is_demo;
    let metrics = metrics()?;
    Ok(AppState::new(Setup {
        store: system.store().clone(),
        album: face.album,
        public_url: face.public_url,
        demo,
        demo_accounts: if demo { demo_accounts() } else { Vec::new() },
        demo_samples: if demo {
            demo_samples(system.store()).await?
        } else {
            Vec::new()
        },
        outline: face.outline,
        oidc: face.oidc,
        label_templates: face.label_templates,
        remind_days: face.remind_days,
        signer: face.signer,
        clock: Arc::new(clock::now),
        chance: Arc::new(|bytes| clock::chance().fill_bytes(bytes)),
        readiness: Arc::new(move || health.iter().flat_map(|health| checks(health)).collect()),
        metrics: Arc::new(move || metrics.render()),
        upkeep: face.upkeep,
    }))
}

/// Adds the API and the pages; returns the address of the first-run page where nobody can sign in
/// yet. It holds a secret: it belongs on the console and nowhere else. `health` is that of an
/// ingest in the same process.
pub async fn add_http(
    system: &mut System,
    listener: TcpListener,
    pages: Pages<'_>,
    health: Option<Arc<Health>>,
) -> anyhow::Result<Option<String>> {
    let address = listener.local_addr()?;
    let public_url = pages.args.stem(address);
    let copied = pages.mirror.options(&public_url)?;
    let templates = pages.args.label_templates.clone();
    let templates = templates.unwrap_or_else(|| pages.upkeep.data.join(TEMPLATES));
    warn_of_templates(&templates);
    let outline = pages
        .args
        .county_map
        .as_deref()
        .map(read_outline)
        .transpose()?;
    let face = Face {
        album: pages.album,
        public_url,
        is_demo: pages.is_demo,
        signer: pages.signer,
        outline: outline.map(Arc::new),
        oidc: pages.args.oidc.service()?,
        label_templates: Some(templates),
        remind_days: pages.args.remind_days,
        upkeep: pages.upkeep,
    };
    let state = state(system, face, health).await?;
    if let Some(options) = copied {
        mirror::add(system, state.clone(), options);
    }
    let code = trace_api::draw_first_run_code(&state).await?;
    // Nobody can open the address of “every address”.
    let stem = if address.ip().is_unspecified() {
        state.public_url().to_owned()
    } else {
        format!("http://{address}")
    };
    let stop = system.stop_token();
    system.spawn("HTTP", async move {
        Ok(trace_api::serve(listener, state, stop).await?)
    });
    Ok(code.map(|code| format!("{stem}/welcome?code={code}")))
}

/// Says on the console where the first account is made.
pub fn greet_first(link: &str) {
    log::say("  accounts  none yet: make the first operator here, once (首次启用)");
    log::say(&format!("            {link}"));
}

/// Adds ingest with the doors that are wanted; returns how it does.
pub fn add_ingest(
    system: &mut System,
    front: Sockets,
    args: &IntakeArgs,
    album: Option<&Album>,
    deadline: Duration,
) -> anyhow::Result<Arc<Health>> {
    handles::raise();
    let measured = metrics()?;
    system.spawn("metrics", tidy_metrics(measured, system.stop_token()));
    let mut config = IngestConfig::new();
    config.front = front.plain;
    config.front_tls = front.tls;
    config.front_limits.connections = args.front_connections;
    config.front_limits.connections_per_address = args.address_connections;
    config.front_limits.gateway_rate = (args.gateway_rate > 0).then_some(Rate {
        per_second: args.gateway_rate,
        burst: args.gateway_rate,
    });
    config.broker = args
        .mqtt_url
        .as_deref()
        .map(|url| broker(url, args))
        .transpose()?;
    config.pipeline.batch_reports = args.batch_reports;
    config.pipeline.batch_linger = Duration::from_millis(args.batch_linger_ms);
    config.pipeline.age_max = Duration::from_hours(args.oldest_days * 24);
    config.pipeline.ahead_max = Duration::from_mins(args.ahead_minutes);
    config.shelf = album.map(|album| Arc::new(album.clone()) as _);
    config.pipeline.local_offset_seconds = zone_seconds(&args.device_zone)?;
    config.shutdown_deadline = deadline;
    let health = Arc::new(Health::of(&config));
    let (store, stop) = (system.store().clone(), system.stop_token());
    let shared = Arc::clone(&health);
    system.spawn("ingest", async move {
        Ok(ingest::run(config, store, Arc::new(clock::timestamp), shared, stop).await?)
    });
    Ok(health)
}

/// Adds the settling of rollups and alarms, and the keeping of raw readings.
pub fn add_settling(system: &mut System, args: &KeepArgs) {
    let (store, stop) = (system.store().clone(), system.stop_token());
    system.spawn("settling", settle::run(store, stop));
    let (store, stop) = (system.store().clone(), system.stop_token());
    system.spawn("retention", retention::run(store, args.raw_days, stop));
}

/// Seconds ahead of UTC of a zone as +08:00.
fn zone_seconds(text: &str) -> anyhow::Result<i32> {
    let format = format_description!("[offset_hour sign:mandatory]:[offset_minute]");
    let zone = UtcOffset::parse(text, format)
        .with_context(|| format!("the device zone {text} is not written as +08:00"))?;
    Ok(zone.whole_seconds())
}

/// The schemes of a list of their words.
fn schemes(text: &str) -> anyhow::Result<Vec<Scheme>> {
    let words = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    words
        .map(|word| {
            Scheme::from_code(word).with_context(|| format!("{word} is no scheme of devices"))
        })
        .collect()
}

/// Adds the upkeep of the pictures.
pub fn add_upkeep(system: &mut System, album: &Album, args: &PictureArgs) {
    let stop = system.stop_token();
    system.spawn("pictures", pictures::run(album.clone(), args.keep(), stop));
}

fn broker(url: &str, args: &IntakeArgs) -> anyhow::Result<BrokerConfig> {
    let url: BrokerUrl = url.parse().context("the broker's address")?;
    let is_tls = url.is_tls();
    let mut config = BrokerConfig::new(url, args.mqtt_client_id.clone());
    if is_tls {
        let tls = client_config(args.mqtt_ca.as_deref());
        config.tls = Some(tls.context("TLS to the broker")?);
    }
    config.shared_group.clone_from(&args.mqtt_group);
    config.schemes = schemes(&args.mqtt_schemes)?;
    // More than a batch, or delivery stalls until the batch's deadline.
    let two_batches = u16::try_from(args.batch_reports.saturating_mul(2)).unwrap_or(u16::MAX);
    config.receive_max = config.receive_max.max(two_batches);
    Ok(config)
}

/// Ingest in the words of `/readyz`.
fn checks(health: &Health) -> Vec<Check> {
    let report = health.report(clock::timestamp());
    let check = |name: &str, ready: bool, detail: String| Check {
        name: name.to_owned(),
        ready,
        detail,
        facts: Vec::new(),
    };
    let mut checks = vec![Check {
        facts: vec![
            ("window_used_percent", report.window_used * 100.0),
            (
                "oldest_unacknowledged_seconds",
                report.oldest_unacknowledged_age_seconds,
            ),
        ],
        ..check(
            "ingest",
            report.is_storing(),
            storing(&report, health.failure()),
        )
    }];
    if let Some(listening) = report.front_listening {
        checks.push(check(
            "mqtt-front",
            listening,
            "devices sign in here".to_owned(),
        ));
    }
    if let Some(connected) = report.broker_connected {
        checks.push(check(
            "mqtt-broker",
            connected,
            "SUYUAN_MQTT_URL".to_owned(),
        ));
    }
    checks
}

/// How storing goes, and why not where it does not.
fn storing(report: &HealthReport, failure: Option<String>) -> String {
    let numbers = format!(
        "window {:.0} % used, oldest unacknowledged {:.1} s",
        report.window_used * 100.0,
        report.oldest_unacknowledged_age_seconds
    );
    match failure {
        Some(failure) => format!("{failure}; {numbers}"),
        None if !report.is_storing() => format!("the database takes too long; {numbers}"),
        None => numbers,
    }
}

/// Keeps what was measured bounded, whether or not anybody reads `/metrics`.
async fn tidy_metrics(metrics: PrometheusHandle, stop: CancellationToken) -> anyhow::Result<()> {
    while stop
        .run_until_cancelled(tokio::time::sleep(METRICS_PERIOD))
        .await
        .is_some()
    {
        metrics.run_upkeep();
    }
    Ok(())
}

/// Says which label templates cannot be used; the others can.
fn warn_of_templates(folder: &Path) {
    for shelved in Shelf::new(Some(folder.to_owned())).list() {
        if let Err(error) = shelved.template {
            tracing::warn!(name = shelved.name, %error, "a label template cannot be used");
        }
    }
}

fn demo_accounts() -> Vec<(String, String)> {
    demo::ACCOUNTS
        .iter()
        .map(|(login, ..)| ((*login).to_owned(), demo::KEY.to_owned()))
        .collect()
}

/// The county's outline from its file, of which no more is read than an outline may have.
fn read_outline(path: &Path) -> anyhow::Result<Outline> {
    let told = || format!("--county-map {}", path.display());
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(told)?;
    file.take(outline::BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(told)?;
    Outline::parse(&bytes).with_context(told)
}

/// Lots whose pages show a whole story.
async fn demo_samples(store: &Store) -> anyhow::Result<Vec<(String, String, String)>> {
    let mut connection = store.acquire().await?;
    let released = store::lot::Filter {
        state: Some(model::lot::LotState::Released),
        ..store::lot::Filter::default()
    };
    let lots = store::lot::list(&mut connection, &released, SAMPLES_MAX).await?;
    let path = |lot: &store::lot::Lot| format!("/01/{}/10/{}", lot.gtin, lot.code);
    Ok(lots
        .iter()
        .map(|lot| (lot.product.clone(), lot.product_en.clone(), path(lot)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_hours_and_minutes_ahead_of_utc() -> anyhow::Result<()> {
        for (text, seconds) in [("+08:00", 28_800), ("-03:30", -12_600), ("+00:00", 0)] {
            assert_eq!(zone_seconds(text)?, seconds);
        }
        for wrong in ["8", "08:00", "+8h", "Asia/Shanghai", ""] {
            assert!(zone_seconds(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }

    #[test]
    fn schemes_are_listed_by_their_words() -> anyhow::Result<()> {
        let listed = schemes("tasmota, sparkplug")?;
        assert_eq!(listed, [Scheme::Tasmota, Scheme::Sparkplug]);
        assert_eq!(schemes("")?, []);
        assert!(schemes("zigbee").is_err());
        Ok(())
    }
}
