//! Keeps a mirror: takes the right to write, writes what waits, and waits for the next change. A
//! recall wakes it; what fails is tried again, and marks stay until their lots lie there.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use model::metric;
use store::mirror::{self, Keeper, Mirror};
use store::notice::MirrorListener;
use store::place::Outlet;
use tokio_util::sync::CancellationToken;

use super::note::Signer;
use super::pass::{Desk, Passed};
use super::{MANIFEST, MirrorError, Options};
use crate::state::AppState;

/// How often it looks by itself: a change's notice may be lost with its connection.
const TICK: StdDuration = StdDuration::from_secs(2);
/// Pause after a failure.
const PAUSE: StdDuration = StdDuration::from_secs(3);
/// Pause before another process is asked again whether it still keeps the mirror.
const TURN: StdDuration = StdDuration::from_secs(10);
/// Lots that are written anew for their age, in one round.
const OLD_AT_ONCE: i64 = 50;

/// An open mirror.
struct Kept {
    state: AppState,
    options: Options,
    outlet: Outlet,
    signer: Arc<Signer>,
    keeper: Keeper,
    mirror: Mirror,
    aside: HashMap<i64, time::OffsetDateTime>,
}

impl Kept {
    async fn open(state: &AppState, options: &Options) -> Result<Self, MirrorError> {
        let signer = state.setup().signer.clone().ok_or(MirrorError::NoKey)?;
        let outlet = Outlet::open(&options.place).await?;
        let mut connection = state.store().acquire().await?;
        let place = options.place.to_string();
        let mirror = mirror::register(&mut connection, &place, state.now()).await?;
        drop(connection);
        let keeper = Keeper::take(state.store(), mirror.id).await?;
        let keeper = keeper.ok_or(MirrorError::Kept)?;
        let is_gone = mirror.number > 0 && outlet.read(MANIFEST).await?.is_none();
        if options.all || is_gone {
            let mut connection = state.store().acquire().await?;
            mirror::forget_shared(&mut connection, mirror.id).await?;
            mirror::mark_all(&mut connection, mirror.id).await?;
        }
        Ok(Self {
            state: state.clone(),
            options: options.clone(),
            outlet,
            signer,
            keeper,
            mirror,
            aside: HashMap::new(),
        })
    }

    /// One pass; `None` where nothing waits.
    async fn pass(&mut self) -> Result<Option<Passed>, MirrorError> {
        if !self.keeper.is_alive().await {
            return Err(MirrorError::Lost);
        }
        let mut desk = Desk {
            state: &self.state,
            options: &self.options,
            outlet: &self.outlet,
            signer: &self.signer,
            mirror_id: self.mirror.id,
            aside: &mut self.aside,
        };
        let passed = desk.pass().await?;
        if let Some(passed) = passed {
            let oldest_s = passed.oldest.as_seconds_f64();
            let (lots, urgent) = (passed.lots, passed.urgent);
            metrics::counter!(metric::MIRROR_LOTS).increment(lots as u64);
            metrics::gauge!(metric::MIRROR_OLDEST_S).set(oldest_s);
            tracing::info!(lots, urgent, oldest_s, "the mirror was written");
        } else {
            metrics::gauge!(metric::MIRROR_OLDEST_S).set(0.0);
        }
        Ok(passed)
    }

    /// Marks some of what is too old; says whether there was any.
    async fn refresh(&self) -> Result<bool, MirrorError> {
        let before = self.state.now() - self.options.refresh;
        let mut connection = self.state.store().acquire().await?;
        let id = self.mirror.id;
        let marked = mirror::mark_old(&mut connection, id, before, OLD_AT_ONCE).await?;
        Ok(marked > 0)
    }
}

/// Writes everything that waits, and ends. Returns how many lots were written.
pub async fn once(state: &AppState, options: &Options) -> Result<usize, MirrorError> {
    let mut kept = Kept::open(state, options).await?;
    let mut lots = 0;
    loop {
        while let Some(passed) = kept.pass().await? {
            lots += passed.lots;
        }
        if !kept.refresh().await? {
            return Ok(lots);
        }
    }
}

/// Keeps a mirror until `cancel`. Returns early only where there is no key.
pub async fn watch(
    state: &AppState,
    options: &Options,
    cancel: &CancellationToken,
) -> Result<(), MirrorError> {
    let mut options = options.clone();
    loop {
        let ended = cancel.run_until_cancelled(keep(state, &options)).await;
        let Some(Err(error)) = ended else {
            return Ok(());
        };
        let pause = match error {
            MirrorError::NoKey => return Err(error),
            MirrorError::Kept => TURN,
            _ => PAUSE,
        };
        let place = options.place.to_string();
        tracing::warn!(place, error = store::chain(&error), "the mirror waits");
        // Everything anew was asked for once.
        options.all = false;
        if cancel
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_none()
        {
            return Ok(());
        }
    }
}

async fn keep(state: &AppState, options: &Options) -> Result<(), MirrorError> {
    let mut kept = Kept::open(state, options).await?;
    let mut listener = MirrorListener::open(state.store()).await?;
    loop {
        let passed = kept.pass().await?;
        if passed.is_some() || kept.refresh().await? {
            continue;
        }
        if let Ok(heard) = tokio::time::timeout(TICK, listener.next()).await {
            heard?;
        }
    }
}
