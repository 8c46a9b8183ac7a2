//! What ingest asks the database besides writing: who may sign in, which probes there are, and
//! where to note who is there. A trait, so that the doors can be tested without PostgreSQL.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use futures_util::future::BoxFuture;
use model::id::{GatewayId, ProbeKey, ProbeName};
use model::register::Register;
use model::scheme::Scheme;
use model::time::Timestamp;
pub(crate) use store::chain;
use store::{AnyConnection, Store, StoreError, calibration, device, gateway, probe, profile};

use crate::payload::DevicePresence;

/// A probe as a topic names it, with what its telemetry is resolved by.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownProbe {
    /// First level of the name.
    pub gateway: GatewayId,
    /// Second level of the name.
    pub name: ProbeName,
    /// Its key in every report.
    pub key: ProbeKey,
    /// Its channels; the place in the list is the slot in the report.
    pub channels: Vec<KnownChannel>,
    /// What it is called where its own topic is not used.
    pub aliases: Vec<(Scheme, String)>,
    /// What its Modbus registers mean.
    pub registers: Vec<KnownRegister>,
}

impl KnownProbe {
    /// Its address on its gateway's Modbus line, where it is told.
    #[must_use]
    pub fn modbus_unit(&self) -> Option<u8> {
        let mut own = self
            .aliases
            .iter()
            .filter(|(scheme, _)| *scheme == Scheme::Modbus);
        let (_, unit) = own.next()?.1.rsplit_once('/')?;
        unit.parse().ok()
    }
}

/// A line of a profile's register map.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownRegister {
    /// Whose value.
    pub channel: String,
    /// Where it stands.
    pub register: Register,
}

/// A channel of a probe's profile.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownChannel {
    /// Name in telemetry.
    pub name: String,
    /// `SenML` unit; empty where the profile leaves it open.
    pub unit: String,
    /// What other formats call it.
    pub keys: Vec<String>,
    /// What the probe can physically mean; a value outside is kept and flagged.
    pub valid: RangeInclusive<f32>,
    /// Its calibrations, by date.
    pub corrections: Vec<Correction>,
}

impl KnownChannel {
    /// What the probe could physically mean at a time.
    #[must_use]
    pub const fn valid_at(&self, _time: Timestamp) -> &RangeInclusive<f32> {
        &self.valid
    }

    /// A raw value as it is stored: corrected by the calibration in force at its time.
    #[must_use]
    pub fn corrected(&self, time: Timestamp, raw: f64) -> f64 {
        let mut newest_first = self.corrections.iter().rev();
        match newest_first.find(|correction| correction.valid_from <= time) {
            Some(correction) => raw * correction.gain + correction.offset,
            None => raw,
        }
    }
}

/// A calibration of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correction {
    /// In force for readings measured from here on, until the next one.
    pub valid_from: Timestamp,
    /// What the raw value is multiplied by.
    pub gain: f64,
    /// What is added then.
    pub offset: f64,
}

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

/// Every probe with its aliases, keys, registers and calibrations.
async fn list_probes(connection: &mut AnyConnection) -> Result<Vec<KnownProbe>, StoreError> {
    let probes = probe::list(connection, None).await?;
    let mut known: HashMap<ProbeKey, KnownProbe> = probes
        .into_iter()
        .map(|probe| (probe.key, KnownProbe::from(probe)))
        .collect();
    // What was registered between two of these questions waits for the next time.
    for alias in device::list_aliases(connection, None).await? {
        if let Some(probe) = known.get_mut(&alias.probe) {
            probe.aliases.push((alias.scheme, alias.external_id));
        }
    }
    for word in profile::list_keys(connection).await? {
        if let Some(channel) = channel_of(&mut known, word.probe, word.index) {
            channel.keys.push(word.what);
        }
    }
    for line in profile::list_registers(connection).await? {
        let Some(channel) = channel_of(&mut known, line.probe, line.index) else {
            continue;
        };
        let channel = channel.name.clone();
        let register = line.what;
        if let Some(probe) = known.get_mut(&line.probe) {
            probe.registers.push(KnownRegister { channel, register });
        }
    }
    for row in calibration::list(connection, None).await? {
        if let Some(channel) = channel_of(&mut known, row.probe, row.channel) {
            channel.corrections.push(Correction {
                valid_from: row.valid_from,
                gain: row.gain,
                offset: row.offset,
            });
        }
    }
    Ok(known.into_values().collect())
}

fn channel_of(
    known: &mut HashMap<ProbeKey, KnownProbe>,
    probe: ProbeKey,
    index: i16,
) -> Option<&mut KnownChannel> {
    let slot = usize::try_from(index).ok()?;
    known.get_mut(&probe)?.channels.get_mut(slot)
}

impl From<probe::Probe> for KnownProbe {
    fn from(probe: probe::Probe) -> Self {
        let slots = probe
            .channels
            .iter()
            .map(|c| usize::from(c.index.unsigned_abs()) + 1);
        // A slot that the profile leaves free keeps an empty name, which no record has.
        let empty = KnownChannel {
            name: String::new(),
            unit: String::new(),
            keys: Vec::new(),
            valid: f32::MIN..=f32::MAX,
            corrections: Vec::new(),
        };
        let mut channels = vec![empty; slots.max().unwrap_or(0)];
        for channel in probe.channels {
            channels[usize::from(channel.index.unsigned_abs())] = KnownChannel {
                name: channel.name,
                unit: channel.unit,
                keys: Vec::new(),
                valid: channel.valid_min..=channel.valid_max,
                corrections: Vec::new(),
            };
        }
        Self {
            gateway: probe.gateway,
            name: probe.name,
            key: probe.key,
            channels,
            aliases: Vec::new(),
            registers: Vec::new(),
        }
    }
}
