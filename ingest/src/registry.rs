//! Which probes there are, kept in memory: every message asks, the database is asked every few
//! seconds. The one thing to know: a probe that was registered before its message came is always
//! found, because a name that is missing waits for a list that is younger than the message.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::id::{GatewayId, ProbeName};
use model::scheme::Scheme;
use model::time::Timestamp;

use crate::clock::Clock;
use crate::directory::{Directory, DirectoryError, KnownProbe};
use crate::payload::Device;

/// Names that were looked for in vain and need not be waited for again; bounds the memory that
/// devices with made-up names can take.
const MISSING_MAX: usize = 4_096;

/// The list, by each way to name a probe.
#[derive(Default)]
struct Probes {
    by_name: HashMap<GatewayId, HashMap<ProbeName, Arc<KnownProbe>>>,
    by_alias: HashMap<Scheme, HashMap<String, Arc<KnownProbe>>>,
}

/// What came of a look-up.
#[derive(Debug, Clone)]
pub enum Found {
    /// The probe.
    Probe(Arc<KnownProbe>),
    /// The gateway has probes, none of that name.
    UnknownProbe,
    /// No probe of such a gateway is registered.
    UnknownGateway,
    /// No probe has such a device's name as an alias.
    UnknownDevice,
}

/// The list of probes in memory.
pub struct Registry {
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
    retry: Duration,
    probes: RwLock<Arc<Probes>>,
    missing: Mutex<HashSet<Device>>,
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

    /// Finds a probe for a message that arrived at `arrived`.
    ///
    /// # Errors
    /// The list had to be read and the database did not answer: nothing can be said.
    pub async fn find(&self, device: &Device, arrived: Timestamp) -> Result<Found, DirectoryError> {
        if let Found::Probe(probe) = self.peek(device) {
            return Ok(Found::Probe(probe));
        }
        // One asks, the others wait here and look again.
        let mut asked = self.asked.lock().await;
        let known_missing = self.lock_missing().contains(device);
        let age = asked.map(|asked| self.clock.now().0.saturating_sub(asked.0).max(0) as u64);
        let left = age.map_or(Duration::ZERO, |age| {
            self.retry.saturating_sub(Duration::from_micros(age))
        });
        let is_younger = asked.is_some_and(|asked| asked > arrived);
        if !is_younger && (!known_missing || left.is_zero()) {
            tokio::time::sleep(left).await;
            self.load(&mut asked).await?;
        }
        let found = self.peek(device);
        if !matches!(found, Found::Probe(_)) {
            let mut missing = self.lock_missing();
            if missing.len() >= MISSING_MAX {
                missing.clear();
            }
            missing.insert(device.clone());
        }
        Ok(found)
    }

    async fn load(&self, asked: &mut Option<Timestamp>) -> Result<(), DirectoryError> {
        let now = self.clock.now();
        let mut probes = Probes::default();
        for probe in self.directory.probes().await? {
            probes.insert(Arc::new(probe));
        }
        *self.probes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(probes);
        *asked = Some(now);
        Ok(())
    }

    /// What the list in memory says; a probe that is not found there may be registered since.
    pub(crate) fn peek(&self, device: &Device) -> Found {
        let probes = self.probes.read().unwrap_or_else(PoisonError::into_inner);
        match device {
            Device::Probe(gateway, name) => probes.named(gateway, name),
            Device::Alias(scheme, id) => {
                let found = probes.aliased(*scheme, id);
                found.map_or(Found::UnknownDevice, Found::Probe)
            }
            Device::Gateway(scheme, gateway) => probes
                .aliased(*scheme, gateway.as_str())
                .or_else(|| probes.only(gateway))
                .map_or(Found::UnknownDevice, Found::Probe),
        }
    }

    fn lock_missing(&self) -> std::sync::MutexGuard<'_, HashSet<Device>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Probes {
    fn insert(&mut self, probe: Arc<KnownProbe>) {
        for (scheme, id) in &probe.aliases {
            let of_scheme = self.by_alias.entry(*scheme).or_default();
            of_scheme.insert(id.clone(), Arc::clone(&probe));
        }
        let of_gateway = self.by_name.entry(probe.gateway).or_default();
        of_gateway.insert(probe.name, probe);
    }

    fn named(&self, gateway: &GatewayId, name: &ProbeName) -> Found {
        match self.by_name.get(gateway) {
            None => Found::UnknownGateway,
            Some(of_gateway) => of_gateway
                .get(name)
                .map_or(Found::UnknownProbe, |probe| Found::Probe(Arc::clone(probe))),
        }
    }

    fn aliased(&self, scheme: Scheme, id: &str) -> Option<Arc<KnownProbe>> {
        self.by_alias.get(&scheme)?.get(id).cloned()
    }

    /// The probe of a gateway that has one only.
    fn only(&self, gateway: &GatewayId) -> Option<Arc<KnownProbe>> {
        let of_gateway = self.by_name.get(gateway)?;
        let mut probes = of_gateway.values();
        match (probes.next(), probes.next()) {
            (Some(probe), None) => Some(Arc::clone(probe)),
            _ => None,
        }
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
        let device = Device::Probe(gateway("demo-gw"), probe_name(name));
        bench
            .registry
            .find(&device, arrived)
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

    #[tokio::test]
    async fn a_device_of_another_make_is_found_by_its_alias() {
        let mut probe = demo_probe();
        probe.aliases = vec![(Scheme::Tasmota, "plug-7".to_owned())];
        let bench = bench(Arc::default());
        bench.directory.lock_probes().push(probe);
        let find = |device: Device| {
            let registry = &bench.registry;
            async move { registry.find(&device, NOW).await.expect("an answer") }
        };
        let alias = |scheme, id: &str| Device::Alias(scheme, id.to_owned());
        assert!(matches!(
            find(alias(Scheme::Tasmota, "plug-7")).await,
            Found::Probe(_)
        ));
        for other in [
            alias(Scheme::Tasmota, "plug-8"),
            alias(Scheme::ChirpStack, "plug-7"),
        ] {
            assert!(matches!(find(other).await, Found::UnknownDevice));
        }
    }

    #[tokio::test]
    async fn a_gateway_that_is_a_device_itself_is_its_alias_or_its_only_probe() {
        let bench = bench(FakeDirectory::demo());
        bench.registry.reload().await.expect("a list");
        let itself = Device::Gateway(Scheme::ThingsBoard, gateway("demo-gw"));
        let found = |found| match found {
            Found::Probe(probe) => Some(probe.name),
            _ => None,
        };
        let name = |text| Some(probe_name(text));
        let only = bench.registry.find(&itself, NOW).await.expect("an answer");
        assert_eq!(found(only), name("demo-probe"));
        let mut second = demo_probe();
        second.name = probe_name("second");
        bench.directory.lock_probes().push(second.clone());
        bench.registry.reload().await.expect("a list");
        let which = bench.registry.find(&itself, NOW).await.expect("an answer");
        assert_eq!(found(which), None, "there are two");
        second.aliases = vec![(Scheme::ThingsBoard, "demo-gw".to_owned())];
        bench.directory.lock_probes()[1] = second;
        bench.registry.reload().await.expect("a list");
        let named = bench.registry.find(&itself, NOW).await.expect("an answer");
        assert_eq!(found(named), name("second"));
    }
}
