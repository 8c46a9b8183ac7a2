//! From payload to rows: decoding, then finding probe and channels, then sorting out what the
//! probe's profile or the calendar does not allow. Nothing is written here.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use model::id::{GatewayId, ProbeName};
use model::time::Timestamp;
use store::report::Report;

use crate::directory::{KnownProbe, chain};
use crate::reason::DeadReason;
use crate::registry::Found;
use crate::senml::{self, Measurement, PACK_BYTES_MAX, SenmlError, Value};
use crate::stage::{Decoded, Door, Origin, Resolved};

/// Names of refused records that a dead letter's detail lists.
const NAMES_LISTED_MAX: usize = 5;

/// Which times are believed, relative to arrival.
#[derive(Debug, Clone, Copy)]
pub struct TimeBounds {
    /// How old a reading may be.
    pub age_max: Duration,
    /// How far ahead it may be.
    pub ahead_max: Duration,
}

/// Decodes a pack; what is none is ready to be kept as a dead letter.
pub fn decode(
    origin: Origin,
    gateway: GatewayId,
    probe: ProbeName,
) -> Result<Decoded, Box<Resolved>> {
    let dead = |origin, reason, detail| Box::new(Resolved::dead(origin, None, reason, detail));
    match senml::decode(&origin.payload, origin.arrived) {
        Ok(pack) => Ok(Decoded {
            origin,
            gateway,
            probe,
            pack,
        }),
        Err(SenmlError::TooLarge { bytes }) => {
            let detail = format!("{bytes} bytes; a pack may have {PACK_BYTES_MAX}");
            Err(dead(origin, DeadReason::Oversized, detail))
        }
        Err(error) => Err(dead(origin, DeadReason::NotSenml, chain(&error))),
    }
}

/// Gives a pack its probe and channels. One dead letter holds all that had to stay behind.
#[must_use]
pub fn resolve(decoded: Decoded, found: &Found, bounds: TimeBounds) -> Resolved {
    let Decoded {
        origin,
        gateway,
        probe: name,
        pack,
    } = decoded;
    let sequence = pack.sequence;
    let probe = match found {
        Found::Probe(probe) => probe,
        // A gateway that signed in is known, even if it has no probe yet.
        Found::UnknownGateway if origin.door == Door::Broker => {
            let detail = format!("no probe of a gateway {gateway} is registered");
            return Resolved::dead(origin, sequence, DeadReason::UnknownGateway, detail);
        }
        Found::UnknownGateway | Found::UnknownProbe => {
            let detail = format!("the gateway {gateway} has no probe {name}");
            return Resolved::dead(origin, sequence, DeadReason::UnknownProbe, detail);
        }
    };
    let mut rows = Rows::new(probe, origin.arrived, bounds);
    for measurement in &pack.measurements {
        rows.push(measurement);
    }
    if pack.measurements.is_empty() {
        let detail = "the pack holds no measurement".to_owned();
        return Resolved::dead(origin, sequence, DeadReason::NotSenml, detail);
    }
    let letter = rows
        .refused
        .summary()
        .map(|(reason, detail)| (reason, origin.letter(reason, detail)));
    Resolved {
        reports: rows.reports,
        origin,
        sequence,
        letter,
    }
}

/// Records of one time make one report.
struct Rows<'p> {
    probe: &'p KnownProbe,
    arrived: Timestamp,
    bounds: TimeBounds,
    reports: Vec<Report>,
    places: HashMap<Timestamp, usize>,
    refused: Refused,
}

impl<'p> Rows<'p> {
    fn new(probe: &'p KnownProbe, arrived: Timestamp, bounds: TimeBounds) -> Self {
        Self {
            probe,
            arrived,
            bounds,
            reports: Vec::new(),
            places: HashMap::new(),
            refused: Refused::default(),
        }
    }

    fn push(&mut self, measurement: &Measurement) {
        match self.check(measurement) {
            Ok((slot, value)) => {
                let report = self.report_at(measurement.time);
                // The same channel twice at one time: the first one stands, as in the database.
                report.values[slot] = report.values[slot].or(Some(value));
            }
            Err(reason) => self.refused.note(reason, &measurement.name),
        }
    }

    fn check(&self, measurement: &Measurement) -> Result<(usize, f32), DeadReason> {
        self.check_time(measurement.time)?;
        let slot = find_channel(self.probe, measurement).ok_or(DeadReason::UnknownChannel)?;
        let expected = self.probe.channels[slot].unit.as_str();
        match &measurement.unit {
            Some(unit) if !expected.is_empty() && unit != expected => {
                return Err(DeadReason::UnitMismatch);
            }
            _ => {}
        }
        match &measurement.value {
            // Readings are kept as f32: more digits than any sensor here has.
            Some(Value::Number(value)) if (*value as f32).is_finite() => Ok((slot, *value as f32)),
            _ => Err(DeadReason::NotANumber),
        }
    }

    fn check_time(&self, time: Timestamp) -> Result<(), DeadReason> {
        let micros = |bound: Duration| i64::try_from(bound.as_micros()).unwrap_or(i64::MAX);
        if time.0 < self.arrived.0.saturating_sub(micros(self.bounds.age_max)) {
            return Err(DeadReason::TimeInPast);
        }
        if time.0 > self.arrived.0.saturating_add(micros(self.bounds.ahead_max)) {
            return Err(DeadReason::TimeInFuture);
        }
        Ok(())
    }

    fn report_at(&mut self, time: Timestamp) -> &mut Report {
        let last = self
            .reports
            .len()
            .checked_sub(1)
            .filter(|last| self.reports[*last].time == time);
        let place = last.unwrap_or_else(|| {
            *self.places.entry(time).or_insert_with(|| {
                let values = vec![None; self.probe.channels.len()];
                let (probe, arrived) = (self.probe.key, self.arrived);
                self.reports.push(Report {
                    probe,
                    time,
                    arrived,
                    values,
                });
                self.reports.len() - 1
            })
        });
        &mut self.reports[place]
    }
}

/// The channel by its full name, else by the record's own name, else by what follows the name's
/// last `/` or `:`. A record without a name of its own is a probe with one channel's base name.
fn find_channel(probe: &KnownProbe, measurement: &Measurement) -> Option<usize> {
    let full = measurement.name.as_str();
    let tail = full.rsplit(['/', ':']).next().unwrap_or(full);
    [full, measurement.local_name(), tail]
        .into_iter()
        .filter(|wanted| !wanted.is_empty())
        .find_map(|wanted| {
            probe
                .channels
                .iter()
                .position(|channel| channel.name == wanted)
        })
}

/// What was refused in one pack.
#[derive(Default)]
struct Refused {
    reasons: Vec<(DeadReason, usize)>,
    names: Vec<String>,
}

impl Refused {
    fn note(&mut self, reason: DeadReason, name: &str) {
        match self.reasons.iter_mut().find(|(seen, _)| *seen == reason) {
            Some((_, count)) => *count += 1,
            None => self.reasons.push((reason, 1)),
        }
        if self.names.len() < NAMES_LISTED_MAX && !self.names.iter().any(|seen| seen == name) {
            self.names.push(name.to_owned());
        }
    }

    /// The first reason, and a sentence about all of them.
    fn summary(&self) -> Option<(DeadReason, String)> {
        let (first, _) = self.reasons.first()?;
        let mut detail = String::new();
        for (reason, count) in &self.reasons {
            let records = if *count == 1 { "record" } else { "records" };
            // Writing to a text cannot fail.
            let _ = write!(detail, "{reason}: {count} {records}; ");
        }
        let _ = write!(detail, "for example {}", self.names.join(", "));
        Some((*first, detail))
    }
}

#[cfg(test)]
mod tests;
