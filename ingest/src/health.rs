//! How ingest is, for `/readyz` and `/metrics`: plain numbers that every part writes where it
//! knows them and nobody waits for.

use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use model::metric;
use model::time::{MICROS_PER_SECOND, Timestamp};

use crate::config::IngestConfig;
use crate::writer::SinkError;

const NOT_WANTED: u8 = 0;
const AWAY: u8 = 1;
const THERE: u8 = 2;
/// Marks that nothing waits for a commit.
const NOTHING: i64 = i64::MAX;

/// Shared by all parts of one ingest.
#[derive(Debug)]
pub struct Health {
    front: AtomicU8,
    broker: AtomicU8,
    /// Why the last batch was not written; `None` where it was.
    failure: Mutex<Option<String>>,
    window_used_bytes: AtomicU64,
    window_bytes: AtomicU64,
    oldest_arrived: AtomicI64,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            front: AtomicU8::new(NOT_WANTED),
            broker: AtomicU8::new(NOT_WANTED),
            failure: Mutex::default(),
            window_used_bytes: AtomicU64::new(0),
            window_bytes: AtomicU64::new(1),
            oldest_arrived: AtomicI64::new(NOTHING),
        }
    }
}

/// A message that waits longer than this for its commit makes ingest unready: the database is slow,
/// locked, or stands still.
pub const READY_AGE_SECONDS_MAX: f64 = 10.0;

/// Ingest at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthReport {
    /// Whether the front listens; `None` where none is wanted.
    pub front_listening: Option<bool>,
    /// Whether the broker is connected and subscribed; `None` where none is wanted.
    pub broker_connected: Option<bool>,
    /// Whether the last commit worked.
    pub database_writable: bool,
    /// Part of the window, 0 to 1, that holds messages between arrival and commit.
    pub window_used: f64,
    /// How long the oldest message in the writer has waited, 0 where none does.
    pub oldest_unacknowledged_age_seconds: f64,
}

impl HealthReport {
    /// Whether readings that come now will be stored.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.front_listening != Some(false)
            && self.broker_connected != Some(false)
            && self.is_storing()
    }

    /// Whether what is taken reaches the database in time.
    #[must_use]
    pub fn is_storing(&self) -> bool {
        self.database_writable && self.oldest_unacknowledged_age_seconds <= READY_AGE_SECONDS_MAX
    }
}

impl Health {
    /// Of an ingest that is to be started so: a door that is wanted is away until it is there,
    /// however long ingest takes to come to it.
    #[must_use]
    pub fn of(config: &IngestConfig) -> Self {
        let health = Self::default();
        if config.front.is_some() || config.front_tls.is_some() {
            health.set_front(false);
        }
        if config.broker.is_some() {
            health.set_broker(false);
        }
        health
    }

    /// How ingest is at `now`.
    #[must_use]
    pub fn report(&self, now: Timestamp) -> HealthReport {
        let used = self.window_used_bytes.load(Ordering::Relaxed) as f64;
        let oldest = self.oldest_arrived.load(Ordering::Relaxed);
        let waited = if oldest == NOTHING {
            0
        } else {
            now.0.saturating_sub(oldest).max(0)
        };
        HealthReport {
            front_listening: wanted(self.front.load(Ordering::Relaxed)),
            broker_connected: wanted(self.broker.load(Ordering::Relaxed)),
            database_writable: self.failure().is_none(),
            window_used: used / self.window_bytes.load(Ordering::Relaxed) as f64,
            oldest_unacknowledged_age_seconds: waited as f64 / MICROS_PER_SECOND as f64,
        }
    }

    /// Writes the gauges of a report.
    pub fn publish(&self, now: Timestamp) {
        let report = self.report(now);
        metrics::gauge!(metric::WINDOW_USED).set(report.window_used);
        metrics::gauge!(metric::OLDEST_UNACKNOWLEDGED_AGE)
            .set(report.oldest_unacknowledged_age_seconds);
    }

    pub(crate) fn set_front(&self, listening: bool) {
        self.front
            .store(if listening { THERE } else { AWAY }, Ordering::Relaxed);
    }

    pub(crate) fn set_broker(&self, connected: bool) {
        self.broker
            .store(if connected { THERE } else { AWAY }, Ordering::Relaxed);
    }

    /// Why the last batch was not written; `None` where it was.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.clone()
    }

    pub(crate) fn set_database(&self, written: Result<(), SinkError>) {
        let reason = written.err().map(|error| error.to_string());
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    pub(crate) fn set_window(&self, bytes: u64) {
        self.window_bytes.store(bytes.max(1), Ordering::Relaxed);
    }

    pub(crate) fn take_window(&self, bytes: u64) {
        self.window_used_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn give_window(&self, bytes: u64) {
        self.window_used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn set_oldest(&self, arrived: Option<Timestamp>) {
        self.oldest_arrived
            .store(arrived.map_or(NOTHING, |time| time.0), Ordering::Relaxed);
    }
}

fn wanted(state: u8) -> Option<bool> {
    (state != NOT_WANTED).then_some(state == THERE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_that_nobody_wants_does_not_make_ingest_unready() {
        let health = Health::default();
        assert!(health.report(Timestamp(0)).is_ready());
        health.set_broker(false);
        assert!(!health.report(Timestamp(0)).is_ready());
        health.set_broker(true);
        assert!(health.report(Timestamp(0)).is_ready());
        health.set_database(Err(SinkError::Unavailable("gone".to_owned())));
        assert!(!health.report(Timestamp(0)).is_ready());
        assert!(health.failure().is_some_and(|why| why.contains("gone")));
        health.set_database(Ok(()));
        assert!(health.report(Timestamp(0)).is_ready());
    }

    #[test]
    fn a_door_that_is_wanted_is_awaited_before_ingest_has_begun() {
        let ready = |config: &IngestConfig| Health::of(config).report(Timestamp(0)).is_ready();
        let mut config = IngestConfig::new();
        assert!(ready(&config));
        let url = "mqtt://127.0.0.1".parse().expect("an address");
        config.broker = Some(crate::config::BrokerConfig::new(url, "c"));
        assert!(!ready(&config));
    }

    #[test]
    fn a_message_that_waits_too_long_makes_ingest_unready() {
        let health = Health::default();
        health.set_oldest(Some(Timestamp::from_seconds(100)));
        assert!(health.report(Timestamp::from_seconds(110)).is_ready());
        assert!(!health.report(Timestamp::from_seconds(111)).is_ready());
        health.set_oldest(None);
        assert!(health.report(Timestamp::from_seconds(111)).is_ready());
    }

    #[test]
    fn the_age_is_that_of_the_oldest_message_and_never_negative() {
        let health = Health::default();
        let age = |now| health.report(Timestamp::from_seconds(now));
        assert!(age(9).oldest_unacknowledged_age_seconds.abs() < 1e-9);
        health.set_oldest(Some(Timestamp::from_seconds(5)));
        assert!((age(9).oldest_unacknowledged_age_seconds - 4.0).abs() < 1e-9);
        assert!(age(3).oldest_unacknowledged_age_seconds.abs() < 1e-9);
    }
}
