//! Which probes there are, kept in memory: every message asks, the database is asked every few
//! seconds. The one thing to know: a probe that was registered before its message came is always
//! found, because a name that is missing waits for a list that is younger than the message.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::id::{GatewayId, ProbeName};
use model::time::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::directory::{Directory, DirectoryError, KnownProbe};

/// Names that were looked for in vain and need not be waited for again; bounds the memory that
/// devices with made-up names can take.
const MISSING_MAX: usize = 4_096;

type Probes = HashMap<GatewayId, HashMap<ProbeName, Arc<KnownProbe>>>;

/// What came of a look-up.
#[derive(Debug, Clone)]
pub enum Found {
    /// The probe.
    Probe(Arc<KnownProbe>),
    /// The gateway has probes, none of that name.
    UnknownProbe,
    /// No probe of such a gateway is registered.
    UnknownGateway,
}

/// The list of probes in memory.
pub struct Registry {
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
    retry: Duration,
    probes: RwLock<Arc<Probes>>,
    missing: Mutex<HashSet<(GatewayId, ProbeName)>>,
    /// When the list in memory was asked for; held while it is asked for again.
    asked: tokio::sync::Mutex<Option<Timestamp>>,
}

impl Registry {
    /// An empty list; [`reload`](Self::reload) fills it.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>, clock: Arc<dyn Clock>, retry: Duration) -> Self {
        Self {
            directory,
            clock,
            retry,
            probes: RwLock::default(),
            missing: Mutex::default(),
            asked: tokio::sync::Mutex::default(),
        }
    }

    /// Reads the list from the database.
    pub async fn reload(&self) -> Result<(), DirectoryError> {
        let mut asked = self.asked.lock().await;
        self.load(&mut asked).await
    }

    /// Reads the list every `period` until told to stop; a failure is logged and tried again.
    pub async fn refresh_until(&self, period: Duration, cancel: &CancellationToken) {
        while cancel
            .run_until_cancelled(tokio::time::sleep(period))
            .await
            .is_some()
        {
            if let Err(error) = self.reload().await {
                tracing::warn!(%error, "the list of probes could not be read");
            }
        }
    }

    /// Finds a probe for a message that arrived at `arrived`.
    ///
    /// # Errors
    /// The list had to be read and the database did not answer: nothing can be said.
    pub async fn find(
        &self,
        gateway: &GatewayId,
        name: &ProbeName,
        arrived: Timestamp,
    ) -> Result<Found, DirectoryError> {
        if let Found::Probe(probe) = self.peek(gateway, name) {
            return Ok(Found::Probe(probe));
        }
        // One asks, the others wait here and look again.
        let mut asked = self.asked.lock().await;
        let known_missing = self.lock_missing().contains(&(*gateway, *name));
        let age = asked.map(|asked| self.clock.now().0.saturating_sub(asked.0).max(0) as u64);
        let left = age.map_or(Duration::ZERO, |age| {
            self.retry.saturating_sub(Duration::from_micros(age))
        });
        let is_younger = asked.is_some_and(|asked| asked > arrived);
        if !is_younger && (!known_missing || left.is_zero()) {
            tokio::time::sleep(left).await;
            self.load(&mut asked).await?;
        }
        let found = self.peek(gateway, name);
        if !matches!(found, Found::Probe(_)) {
            let mut missing = self.lock_missing();
            if missing.len() >= MISSING_MAX {
                missing.clear();
            }
            missing.insert((*gateway, *name));
        }
        Ok(found)
    }

    async fn load(&self, asked: &mut Option<Timestamp>) -> Result<(), DirectoryError> {
        let now = self.clock.now();
        let mut probes = Probes::new();
        for probe in self.directory.probes().await? {
            probes
                .entry(probe.gateway)
                .or_default()
                .insert(probe.name, Arc::new(probe));
        }
        *self.probes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(probes);
        *asked = Some(now);
        Ok(())
    }

    fn peek(&self, gateway: &GatewayId, name: &ProbeName) -> Found {
        let probes = self.probes.read().unwrap_or_else(PoisonError::into_inner);
        match probes.get(gateway) {
            None => Found::UnknownGateway,
            Some(of_gateway) => of_gateway
                .get(name)
                .map_or(Found::UnknownProbe, |p| Found::Probe(Arc::clone(p))),
        }
    }

    fn lock_missing(&self) -> std::sync::MutexGuard<'_, HashSet<(GatewayId, ProbeName)>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::testing::{FakeDirectory, NOW, TestClock, demo_probe, gateway, probe_name};

    struct Bench {
        directory: Arc<FakeDirectory>,
        clock: Arc<TestClock>,
        registry: Registry,
    }

    fn bench(directory: Arc<FakeDirectory>) -> Bench {
        let clock = TestClock::new();
        let asks: Arc<dyn Directory> = Arc::clone(&directory) as _;
        let registry = Registry::new(asks, Arc::clone(&clock) as _, Duration::from_secs(1));
        Bench {
            directory,
            clock,
            registry,
        }
    }

    async fn find(bench: &Bench, name: &str, arrived: Timestamp) -> Found {
        let (gateway, name) = (gateway("demo-gw"), probe_name(name));
        bench
            .registry
            .find(&gateway, &name, arrived)
            .await
            .expect("an answer")
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_was_registered_before_its_message_is_found() {
        let bench = bench(Arc::default());
        bench.registry.reload().await.expect("a list");
        bench.directory.lock_probes().push(demo_probe());
        // Its message comes right after a list without it: the answer waits for the next one.
        assert!(matches!(
            find(&bench, "demo-probe", NOW).await,
            Found::Probe(_)
        ));
        assert_eq!(bench.directory.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_is_missing_is_asked_for_at_most_once_a_second() {
        let bench = bench(FakeDirectory::demo());
        for _ in 0..100 {
            assert!(matches!(
                find(&bench, "nobody", NOW).await,
                Found::UnknownProbe
            ));
        }
        assert_eq!(bench.directory.asked.load(Ordering::SeqCst), 1);
        bench.clock.advance(Duration::from_secs(2));
        let later = NOW.plus_seconds(2);
        assert!(matches!(
            find(&bench, "nobody", later).await,
            Found::UnknownProbe
        ));
        assert_eq!(bench.directory.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_gateway_without_probes_is_told_apart() {
        let bench = bench(Arc::default());
        assert!(matches!(
            find(&bench, "demo-probe", NOW).await,
            Found::UnknownGateway
        ));
    }
}
