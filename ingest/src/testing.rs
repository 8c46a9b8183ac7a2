//! A database, a directory and a clock for tests: commits can be held, refused, or fail, and
//! everything that was committed can be looked at.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says so by panicking; a fuzz target too"
)]

#[cfg(test)]
pub(crate) mod tls;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use model::id::{GatewayId, ProbeKey, ProbeName};
use model::scheme::Scheme;
use model::time::Timestamp;
use store::camera::CameraKey;
use store::dead_letter::DeadLetter;
use store::picture::{Kept, NewPicture};
use store::report::{Batch, Report, Written};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::PipelineLimits;
use crate::directory::{
    Directory, DirectoryError, KnownChannel, KnownProbe, KnownProfile, KnownVersion, SignIn,
};
use crate::payload::DevicePresence;
use crate::snapshot::Shelf;
use crate::writer::{Sink, SinkError};

/// When everything in these tests arrives.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// The key of every gateway that is registered.
pub(crate) const KEY: &str = "suyuan-demo";
/// Longest wait for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What the database does with a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    /// Takes it.
    Commit,
    /// Waits until the mode changes.
    Hold,
    /// Is away.
    Away,
    /// Refuses a batch with this value in it.
    Refuse(f32),
}

/// What was committed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tables {
    pub(crate) reports: Vec<Report>,
    pub(crate) letters: Vec<DeadLetter>,
    pub(crate) batches: Vec<usize>,
}

impl Tables {
    pub(crate) fn reasons(&self) -> Vec<&'static str> {
        self.letters.iter().map(|letter| letter.reason).collect()
    }
}

/// Stands for PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) struct FakeDatabase {
    tables: Arc<watch::Sender<Tables>>,
    mode: Arc<watch::Sender<Mode>>,
    attempts: Arc<watch::Sender<usize>>,
}

impl FakeDatabase {
    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            tables: Arc::new(watch::Sender::new(Tables::default())),
            mode: Arc::new(watch::Sender::new(mode)),
            attempts: Arc::new(watch::Sender::new(0)),
        }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    pub(crate) fn tables(&self) -> Tables {
        self.tables.borrow().clone()
    }

    /// Waits until the tables are as wanted.
    pub(crate) async fn until(&self, is_so: impl FnMut(&Tables) -> bool) -> Tables {
        let mut tables = self.tables.subscribe();
        let waited = tokio::time::timeout(PATIENCE, tables.wait_for(is_so)).await;
        waited.expect("in time").expect("open").clone()
    }

    /// Waits until so many batches were begun.
    pub(crate) async fn until_attempts(&self, count: usize) {
        let mut attempts = self.attempts.subscribe();
        let waited = tokio::time::timeout(PATIENCE, attempts.wait_for(|n| *n >= count)).await;
        waited.expect("in time").expect("open");
    }

    fn commit(&self, batch: &Batch) -> Written {
        let mut written = Written::default();
        self.tables.send_modify(|tables| {
            for report in &batch.reports {
                let is_there = tables
                    .reports
                    .iter()
                    .any(|r| (r.probe, r.time) == (report.probe, report.time));
                written.duplicates += u64::from(is_there);
                if !is_there {
                    written.stored += 1;
                    tables.reports.push(report.clone());
                }
            }
            tables.letters.extend(batch.dead_letters.iter().cloned());
            tables.batches.push(batch.reports.len());
        });
        written
    }
}

impl Sink for FakeDatabase {
    async fn check(&mut self) -> Result<(), SinkError> {
        match *self.mode.borrow() {
            Mode::Away => Err(SinkError::Unavailable("away".to_owned())),
            _ => Ok(()),
        }
    }

    async fn write(&mut self, batch: &Batch) -> Result<Written, SinkError> {
        self.attempts.send_modify(|count| *count += 1);
        let mut mode = self.mode.subscribe();
        let now = *mode
            .wait_for(|mode| *mode != Mode::Hold)
            .await
            .expect("open");
        match now {
            Mode::Away => Err(SinkError::Unavailable("away".to_owned())),
            Mode::Refuse(bad) if has_value(batch, bad) => Err(SinkError::Refused("bad".to_owned())),
            _ => Ok(self.commit(batch)),
        }
    }
}

fn has_value(batch: &Batch, bad: f32) -> bool {
    let mut values = batch
        .reports
        .iter()
        .flat_map(|report| report.values.iter().flatten());
    values.any(|value| value.to_bits() == bad.to_bits())
}

/// Stands for the tables of gateways and probes.
#[derive(Debug, Default)]
pub(crate) struct FakeDirectory {
    pub(crate) probes: Mutex<Vec<KnownProbe>>,
    pub(crate) presence: Mutex<HashMap<String, Vec<bool>>>,
    pub(crate) asked: AtomicUsize,
    seen: Mutex<HashMap<String, Timestamp>>,
}

impl FakeDirectory {
    /// `demo-gw` with `demo-probe`, and `other-gw` without any.
    pub(crate) fn demo() -> Arc<Self> {
        let directory = Self::default();
        directory.lock_probes().push(demo_probe());
        Arc::new(directory)
    }

    pub(crate) fn lock_probes(&self) -> MutexGuard<'_, Vec<KnownProbe>> {
        self.probes.lock().expect("not poisoned")
    }

    /// What was noted of a gateway, in order.
    pub(crate) fn presence_of(&self, gateway: &str) -> Vec<bool> {
        self.presence
            .lock()
            .expect("not poisoned")
            .get(gateway)
            .cloned()
            .unwrap_or_default()
    }
}

impl Directory for FakeDirectory {
    fn probes(&self) -> BoxFuture<'_, Result<Vec<KnownProbe>, DirectoryError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let probes = self.lock_probes().clone();
        Box::pin(async { Ok(probes) })
    }

    fn sign_in<'a>(
        &'a self,
        gateway: &'a GatewayId,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<SignIn, DirectoryError>> {
        let answer = match gateway.as_str() {
            "demo-gw" | "other-gw" if key == KEY.as_bytes() => SignIn::Welcome,
            "demo-gw" | "other-gw" => SignIn::WrongKey,
            "off-gw" => SignIn::Disabled,
            _ => SignIn::UnknownGateway,
        };
        Box::pin(async move { Ok(answer) })
    }

    fn set_presence<'a>(
        &'a self,
        gateway: &'a GatewayId,
        online: bool,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), DirectoryError>> {
        let mut presence = self.presence.lock().expect("not poisoned");
        presence
            .entry(gateway.to_string())
            .or_default()
            .push(online);
        Box::pin(async { Ok(()) })
    }

    fn set_device_presence<'a>(
        &'a self,
        presence: &'a DevicePresence,
        _: Option<&'a str>,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), DirectoryError>> {
        let mut noted = self.presence.lock().expect("not poisoned");
        let device = format!("{}:{}", presence.scheme, presence.external_id);
        noted.entry(device).or_default().push(presence.online);
        Box::pin(async { Ok(()) })
    }

    fn first_arrival<'a>(
        &'a self,
        _: Scheme,
        message_id: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Timestamp, DirectoryError>> {
        let mut seen = self.seen.lock().expect("not poisoned");
        let first = *seen.entry(message_id.to_owned()).or_insert(now);
        Box::pin(async move { Ok(first) })
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(NOW.0)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(
            i64::try_from(by.as_micros()).expect("a short time"),
            Ordering::SeqCst,
        );
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn gateway(name: &str) -> GatewayId {
    GatewayId::parse(name).expect("a name")
}

pub(crate) fn probe_name(name: &str) -> ProbeName {
    ProbeName::parse(name).expect("a name")
}

/// The demonstration's probe: three channels, the last one without a unit.
pub(crate) fn demo_probe() -> KnownProbe {
    let channel = |name: &str, unit: &str| KnownChannel {
        name: name.into(),
        unit: unit.into(),
        keys: Vec::new(),
        valid: -100.0..=100.0,
    };
    let profile = KnownProfile {
        channels: vec![
            channel("temperature", "Cel"),
            channel("humidity", "%RH"),
            channel("x", ""),
        ],
        registers: Vec::new(),
    };
    KnownProbe {
        gateway: gateway("demo-gw"),
        name: probe_name("demo-probe"),
        key: ProbeKey(7),
        aliases: Vec::new(),
        versions: vec![KnownVersion {
            valid_from: NOW,
            profile: Arc::new(profile),
        }],
        corrections: Vec::new(),
    }
}

/// Limits under which nothing waits longer than it must.
pub(crate) fn limits() -> PipelineLimits {
    PipelineLimits {
        retry_pause: Duration::from_millis(1),
        registry_retry: Duration::ZERO,
        ..PipelineLimits::default()
    }
}

/// Stands for the album: one camera, `demo-gw`/`cam1`.
#[derive(Debug)]
pub(crate) struct FakeShelf {
    pub(crate) pictures: Mutex<Vec<NewPicture>>,
    pub(crate) is_away: AtomicBool,
}

impl FakeShelf {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            pictures: Mutex::default(),
            is_away: AtomicBool::new(false),
        })
    }

    pub(crate) fn pictures(&self) -> Vec<NewPicture> {
        self.pictures.lock().expect("not poisoned").clone()
    }
}

impl Shelf for FakeShelf {
    fn find<'a>(
        &'a self,
        gateway: &'a GatewayId,
        camera: &'a ProbeName,
    ) -> BoxFuture<'a, Result<Option<CameraKey>, DirectoryError>> {
        let known = (gateway.as_str(), camera.as_str()) == ("demo-gw", "cam1");
        Box::pin(async move { Ok(known.then_some(CameraKey(3))) })
    }

    fn keep(&self, picture: NewPicture) -> BoxFuture<'_, Result<Kept, DirectoryError>> {
        Box::pin(async move {
            if self.is_away.load(Ordering::SeqCst) {
                return Err(DirectoryError("away".to_owned()));
            }
            let mut pictures = self.pictures.lock().expect("not poisoned");
            let is_known = pictures.iter().any(|known| known.jpeg == picture.jpeg);
            pictures.push(picture);
            Ok(if is_known { Kept::Known } else { Kept::New })
        })
    }
}
