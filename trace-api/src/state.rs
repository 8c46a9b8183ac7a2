//! What every handler has at hand: the store, the installation's facts, and time and chance as
//! values that root brings. Cheap to clone; holds no lock across an await.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use label_printer::Shelf;
use model::time::Timestamp;
use store::Store;
use store::notice::Topic;
use store::picture::Album;
use time::OffsetDateTime;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::first_run::FirstRun;
use crate::keep::Kept;
use crate::live::Feed;
use crate::mirror::note::Signer;
use crate::oidc::{Identities, OidcConfig};
use crate::page::map::Township;
use crate::page::outline::Outline;
use crate::page::wall::WallView;
use crate::press::Presses;
use crate::throttle::Throttle;
use crate::upkeep::Upkeep;
use crate::web::digital_link::kept::Pages;

/// Pictures that are made small at once: each may take some hundred megabytes at the largest.
const SHRINKING_MAX: usize = 2;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;
/// Fills bytes from a cryptographic random source: sessions, keys and serials are drawn from it.
pub type Chance = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
/// Tells how the parts of this process do that `trace-api` does not know, ingest above all.
pub type Readiness = Arc<dyn Fn() -> Vec<Check> + Send + Sync>;
/// Renders the metrics as Prometheus text.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// One line of `/readyz`.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was looked at, for example `ingest`.
    pub name: String,
    /// Whether it does its work.
    pub ready: bool,
    /// More, for the operator; never a secret.
    pub detail: String,
    /// What was measured while looking, by name and with the unit last, such as
    /// `window_used_percent`.
    pub facts: Vec<(&'static str, f64)>,
}

/// What root has to bring.
#[derive(Clone)]
pub struct Setup {
    /// The database.
    pub store: Store,
    /// The pictures, rows and files.
    pub album: Album,
    /// Stem of the printed codes, for example `https://trace.example.cn`.
    pub public_url: String,
    /// The demonstration county: marks every page.
    pub demo: bool,
    /// Accounts and passwords shown on the sign-in page of the demonstration; else empty.
    pub demo_accounts: Vec<(String, String)>,
    /// Paths of sample traces (Chinese name, English name, path) shown on the demonstration's
    /// start page; else empty.
    pub demo_samples: Vec<(String, String, String)>,
    /// The county's outline, where the operator supplied one.
    pub outline: Option<Arc<Outline>>,
    /// An identity service that people may sign in with; `None` for passwords alone.
    pub oidc: Option<OidcConfig>,
    /// Folder of the operator's label templates; `None` for the built-in ones alone.
    pub label_templates: Option<PathBuf>,
    /// Days before the end of a credential at which its holder is told.
    pub remind_days: u16,
    /// Who signs what leaves as a copy; `None` where this process has no key.
    pub signer: Option<Arc<Signer>>,
    /// Tells the time.
    pub clock: Clock,
    /// Random bytes.
    pub chance: Chance,
    /// Checks of other parts of the process.
    pub readiness: Readiness,
    /// Prometheus text.
    pub metrics: Metrics,
    /// The machine below, for its operator.
    pub upkeep: Upkeep,
}

/// What every handler has at hand.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    setup: Setup,
    alarms: Feed,
    results: Feed,
    throttle: Throttle,
    first_run: FirstRun,
    identities: Option<Identities>,
    presses: Presses,
    templates: Shelf,
    wall: tokio::sync::Mutex<Option<WallView>>,
    townships: Kept<Arc<[Township]>>,
    kiosk: Kept<bytes::Bytes>,
    pages: Pages,
    spool: Notify,
    shrinking: Semaphore,
    closing: CancellationToken,
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState")
            .field("public_url", &self.public_url())
            .finish_non_exhaustive()
    }
}

impl AppState {
    /// Puts the parts together; nothing is started yet.
    #[must_use]
    pub fn new(mut setup: Setup) -> Self {
        setup
            .public_url
            .truncate(setup.public_url.trim_end_matches('/').len());
        let identities = setup.oidc.clone().map(Identities::new);
        let templates = Shelf::new(setup.label_templates.clone());
        Self(Arc::new(Inner {
            setup,
            templates,
            identities,
            alarms: Feed::new(Topic::Alarms),
            results: Feed::new(Topic::Results),
            throttle: Throttle::default(),
            first_run: FirstRun::default(),
            presses: Presses::default(),
            wall: tokio::sync::Mutex::default(),
            townships: Kept::default(),
            kiosk: Kept::default(),
            pages: Pages::default(),
            spool: Notify::new(),
            shrinking: Semaphore::new(SHRINKING_MAX),
            closing: CancellationToken::new(),
        }))
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.setup.store
    }

    /// Stem of the printed codes, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.0.setup.public_url
    }

    /// What root brought.
    pub(crate) fn setup(&self) -> &Setup {
        &self.0.setup
    }

    /// The alarms as they change.
    pub(crate) fn alarms(&self) -> &Feed {
        &self.0.alarms
    }

    /// The results as they are entered.
    pub(crate) fn results(&self) -> &Feed {
        &self.0.results
    }

    /// Failed sign-ins of late.
    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// Whether the first account is still to be made, and by whom.
    pub(crate) fn first_run(&self) -> &FirstRun {
        &self.0.first_run
    }

    /// The identity service that people may sign in with.
    pub(crate) fn identities(&self) -> Option<&Identities> {
        self.0.identities.as_ref()
    }

    /// Presses that draw labels.
    pub(crate) fn presses(&self) -> &Presses {
        &self.0.presses
    }

    /// Templates of labels.
    pub(crate) fn templates(&self) -> &Shelf {
        &self.0.templates
    }

    /// What the wall showed last.
    pub(crate) fn wall(&self) -> &tokio::sync::Mutex<Option<WallView>> {
        &self.0.wall
    }

    /// The townships, for the drawing of the county.
    pub(crate) fn townships(&self) -> &Kept<Arc<[Township]>> {
        &self.0.townships
    }

    /// What kiosks keep for when the network is away.
    pub(crate) fn kiosk(&self) -> &Kept<bytes::Bytes> {
        &self.0.kiosk
    }

    /// Pages of lots, drawn for the items of them.
    pub(crate) fn pages(&self) -> &Pages {
        &self.0.pages
    }

    /// Woken when a print job waits.
    pub(crate) fn spool(&self) -> &Notify {
        &self.0.spool
    }

    /// The pictures.
    pub(crate) fn album(&self) -> &Album {
        &self.0.setup.album
    }

    /// Turns for making pictures small.
    pub(crate) fn shrinking(&self) -> &Semaphore {
        &self.0.shrinking
    }

    /// Cancelled when the server goes down: what streams for ever ends then.
    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.0.closing
    }

    /// The present.
    pub(crate) fn now(&self) -> OffsetDateTime {
        (self.0.setup.clock)()
    }

    /// Random bytes.
    pub(crate) fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0.setup.chance)(&mut bytes);
        bytes
    }

    /// A fresh id for a form, so that it counts once however often it is sent.
    pub(crate) fn draw_uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.draw()).into_uuid()
    }
}

/// A point in time as pages and the model want it.
pub(crate) fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp((at.unix_timestamp_nanos() / 1_000) as i64)
}
