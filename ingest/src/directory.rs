//! What ingest asks the database besides writing: who may sign in, which probes there are, and
//! where to note who is there. A trait, so that the doors can be tested without PostgreSQL.

mod known;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use model::id::{GatewayId, ProbeKey};
use model::scheme::Scheme;
use model::time::Timestamp;
pub(crate) use store::chain;
use store::{AnyConnection, Store, StoreError, calibration, device, gateway, probe, profile};

use crate::payload::DevicePresence;

pub use known::{Correction, KnownChannel, KnownProbe, KnownProfile, KnownRegister, KnownVersion};

/// What came of signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// The key is right.
    Welcome,
    /// There is no such gateway.
    UnknownGateway,
    /// There is, with another key.
    WrongKey,
    /// The key is right and the gateway switched off.
    Disabled,
}

/// The database did not answer; the chain is joined, because it is only logged.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the directory did not answer: {0}")]
pub struct DirectoryError(pub String);

/// Questions and notes to the database, beside the writer.
pub trait Directory: Send + Sync + 'static {
    /// Every probe.
    fn probes(&self) -> BoxFuture<'_, Result<Vec<KnownProbe>, DirectoryError>>;
    /// Whether a gateway may come in with this key; compares in constant time.
    fn sign_in<'a>(
        &'a self,
        gateway: &'a GatewayId,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<SignIn, DirectoryError>>;
    /// Notes whether a gateway is there.
    fn set_presence<'a>(
        &'a self,
        gateway: &'a GatewayId,
        online: bool,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(), DirectoryError>>;
    /// Notes whether a device of another make is there; where a gateway vouches, only one of its
    /// own.
    fn set_device_presence<'a>(
        &'a self,
        presence: &'a DevicePresence,
        voucher: Option<&'a str>,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(), DirectoryError>>;
    /// When a message of another make's name first arrived: now, unless it has been asked before.
    fn first_arrival<'a>(
        &'a self,
        scheme: Scheme,
        message_id: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Timestamp, DirectoryError>>;
}

impl From<StoreError> for DirectoryError {
    fn from(error: StoreError) -> Self {
        Self(chain(&error))
    }
}

impl Directory for Store {
    fn probes(&self) -> BoxFuture<'_, Result<Vec<KnownProbe>, DirectoryError>> {
        Box::pin(async {
            let mut connection = self.acquire().await?;
            Ok(list_probes(&mut connection).await?)
        })
    }

    fn sign_in<'a>(
        &'a self,
        gateway: &'a GatewayId,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<SignIn, DirectoryError>> {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            let found = gateway::find_credentials(&mut connection, gateway).await?;
            Ok(match found {
                None => SignIn::UnknownGateway,
                Some(credentials) if !credentials.matches(key) => SignIn::WrongKey,
                Some(credentials) if !credentials.enabled => SignIn::Disabled,
                Some(_) => SignIn::Welcome,
            })
        })
    }

    fn set_presence<'a>(
        &'a self,
        gateway: &'a GatewayId,
        online: bool,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(), DirectoryError>> {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            gateway::set_presence(&mut connection, gateway, online, at).await?;
            Ok(())
        })
    }

    fn set_device_presence<'a>(
        &'a self,
        presence: &'a DevicePresence,
        voucher: Option<&'a str>,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(), DirectoryError>> {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            let named = (presence.scheme, presence.external_id.as_str());
            device::set_presence(&mut connection, named, presence.online, voucher, at).await?;
            Ok(())
        })
    }

    fn first_arrival<'a>(
        &'a self,
        scheme: Scheme,
        message_id: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Timestamp, DirectoryError>> {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            Ok(device::first_arrival(&mut connection, scheme, message_id, now).await?)
        })
    }
}

/// Every probe with its aliases, the versions of its profile and its calibrations.
async fn list_probes(connection: &mut AnyConnection) -> Result<Vec<KnownProbe>, StoreError> {
    let heads = probe::list_names(connection).await?;
    let mut known: HashMap<ProbeKey, KnownProbe> = heads
        .into_iter()
        .map(|head| (head.key, without_profile(head)))
        .collect();
    // What was registered between two of these questions waits for the next time.
    for alias in device::list_aliases(connection, None).await? {
        if let Some(probe) = known.get_mut(&alias.probe) {
            probe.aliases.push((alias.scheme, alias.external_id));
        }
    }
    let profiles = profile::list_used(connection).await?;
    let profiles: HashMap<i32, Arc<KnownProfile>> = profiles
        .into_iter()
        .map(|profile| (profile.id, Arc::new(KnownProfile::from(profile))))
        .collect();
    for row in probe::list_all_uses(connection).await? {
        let profile = profiles.get(&row.profile_id);
        if let (Some(probe), Some(profile)) = (known.get_mut(&row.probe), profile) {
            probe.versions.push(KnownVersion {
                valid_from: row.valid_from,
                profile: Arc::clone(profile),
            });
        }
    }
    for row in calibration::list(connection, None).await? {
        let slot = usize::from(row.channel.unsigned_abs());
        if let Some(probe) = known.get_mut(&row.probe) {
            if probe.corrections.len() <= slot {
                probe.corrections.resize(slot + 1, Vec::new());
            }
            probe.corrections[slot].push(Correction {
                valid_from: row.valid_from,
                gain: row.gain,
                offset: row.offset,
            });
        }
    }
    Ok(known.into_values().collect())
}

fn without_profile(head: probe::Name) -> KnownProbe {
    KnownProbe {
        gateway: head.gateway,
        name: head.name,
        key: head.key,
        aliases: Vec::new(),
        versions: Vec::new(),
        corrections: Vec::new(),
    }
}
