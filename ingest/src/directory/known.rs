//! A probe as its messages are read: what it is called, and what its profile and its calibrations
//! said when. The one thing to know: a reading is judged by what was in force at its own time,
//! however late it comes.

use std::ops::RangeInclusive;
use std::sync::Arc;

use model::id::{GatewayId, ProbeKey, ProbeName};
use model::register::Register;
use model::scheme::Scheme;
use model::time::Timestamp;
use store::profile::{Profile, ProfileChannel};

use crate::payload::senml::Measurement;

/// A probe as a topic names it, with what its telemetry is resolved by.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownProbe {
    /// First level of the name.
    pub gateway: GatewayId,
    /// Second level of the name.
    pub name: ProbeName,
    /// Its key in every report.
    pub key: ProbeKey,
    /// What it is called where its own topic is not used.
    pub aliases: Vec<(Scheme, String)>,
    /// The versions of its profile, by date. The first one also holds for what lies before it.
    pub versions: Vec<KnownVersion>,
    /// Calibrations by date, in the place of their slot.
    pub corrections: Vec<Vec<Correction>>,
}

/// A version of a profile, and since when a probe has it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownVersion {
    /// In force for readings measured from here on, until the next one.
    pub valid_from: Timestamp,
    /// What it says; probes share it.
    pub profile: Arc<KnownProfile>,
}

/// What a version of a profile says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KnownProfile {
    /// Its channels; the place in the list is the slot in the report. A slot that the profile
    /// leaves free has an empty name, which no record has.
    pub channels: Vec<KnownChannel>,
    /// What a device's Modbus registers mean.
    pub registers: Vec<KnownRegister>,
}

/// A channel of a version.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownChannel {
    /// Name in telemetry; the same in every version.
    pub name: String,
    /// `SenML` unit; empty where the profile leaves it open.
    pub unit: String,
    /// What other formats call it.
    pub keys: Vec<String>,
    /// What the probe can physically mean; a value outside is kept and flagged.
    pub valid: RangeInclusive<f32>,
}

/// A line of a profile's register map.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownRegister {
    /// Whose value.
    pub channel: String,
    /// Where it stands.
    pub register: Register,
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

    /// How many slots its reports have.
    #[must_use]
    pub fn slots(&self) -> usize {
        let slots = self.versions.iter().map(|v| v.profile.channels.len());
        slots.max().unwrap_or(0)
    }

    /// The version in force at a time, and those after it.
    fn since(&self, time: Timestamp) -> &[KnownVersion] {
        let begun = self.versions.partition_point(|v| v.valid_from <= time);
        self.versions
            .get(begun.saturating_sub(1)..)
            .unwrap_or_default()
    }

    /// Where a measurement of a time goes, and what is said of it. A channel that the version in
    /// force does not have yet is that of the first one that has it: a slot means the same in all.
    #[must_use]
    pub fn find(
        &self,
        measurement: &Measurement,
        time: Timestamp,
    ) -> Option<(usize, &KnownChannel)> {
        let mut versions = self.since(time).iter();
        versions.find_map(|version| version.profile.find(measurement))
    }

    /// What is said at a time of the channel in a slot.
    #[must_use]
    pub fn channel(&self, slot: usize, time: Timestamp) -> Option<&KnownChannel> {
        let mut versions = self.since(time).iter();
        versions.find_map(|version| version.profile.channel(slot))
    }

    /// The register map in force at a time, or the first one after it.
    #[must_use]
    pub fn registers(&self, time: Timestamp) -> &[KnownRegister] {
        let maps = self.since(time).iter().map(|v| &v.profile.registers[..]);
        let mut maps = maps.filter(|map| !map.is_empty());
        maps.next().unwrap_or_default()
    }

    /// A raw value as it is stored: corrected by the calibration in force at its time.
    #[must_use]
    pub fn corrected(&self, slot: usize, time: Timestamp, raw: f64) -> f64 {
        let of_slot = self.corrections.get(slot).map_or(&[][..], Vec::as_slice);
        let mut newest_first = of_slot.iter().rev();
        match newest_first.find(|correction| correction.valid_from <= time) {
            Some(correction) => raw * correction.gain + correction.offset,
            None => raw,
        }
    }
}

impl KnownProfile {
    /// The channel by its full name, else by the record's own name, else by what follows the
    /// name's last `/` or `:`. A record without a name of its own is a probe with one channel's
    /// base name.
    fn find(&self, measurement: &Measurement) -> Option<(usize, &KnownChannel)> {
        let full = measurement.name.as_str();
        let tail = full.rsplit(['/', ':']).next().unwrap_or(full);
        [full, measurement.local_name(), tail]
            .into_iter()
            .filter(|wanted| !wanted.is_empty())
            .find_map(|wanted| {
                let mut channels = self.channels.iter().enumerate();
                channels.find(|(_, channel)| {
                    channel.name == wanted || channel.keys.iter().any(|key| key == wanted)
                })
            })
    }

    fn channel(&self, slot: usize) -> Option<&KnownChannel> {
        let channel = self.channels.get(slot)?;
        (!channel.name.is_empty()).then_some(channel)
    }
}

impl From<Profile> for KnownProfile {
    fn from(profile: Profile) -> Self {
        let place = |channel: &ProfileChannel| usize::from(channel.channel.index.unsigned_abs());
        let slots = profile.channels.iter().map(|channel| place(channel) + 1);
        let free = KnownChannel {
            name: String::new(),
            unit: String::new(),
            keys: Vec::new(),
            valid: f32::MIN..=f32::MAX,
        };
        let mut known = Self {
            channels: vec![free; slots.max().unwrap_or(0)],
            registers: Vec::new(),
        };
        for line in profile.channels {
            if let Some(register) = line.register {
                let channel = line.channel.name.clone();
                known.registers.push(KnownRegister { channel, register });
            }
            let slot = place(&line);
            known.channels[slot] = KnownChannel {
                name: line.channel.name,
                unit: line.channel.unit,
                keys: line.keys,
                valid: line.channel.valid_min..=line.channel.valid_max,
            };
        }
        known
    }
}

#[cfg(test)]
mod tests;
