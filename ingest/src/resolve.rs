//! From packs to rows: channels are found, what the probe's profile does not allow is sorted out,
//! and what its clock or its senses cannot mean is flagged. Nothing is written here.

mod clock;
pub(crate) mod direct;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use model::metric;
use model::time::Timestamp;
use store::quality::TimeSource;
use store::report::Report;

use crate::directory::KnownProbe;
use crate::payload::modbus::Answer;
use crate::payload::{Body, Device, DevicePack, Refusal};
use crate::reason::DeadReason;
use crate::registry::Found;
use crate::senml::{Measurement, Pack, Value};
use crate::stage::{Decoded, Door, Origin, Resolved};

use clock::Clock;

/// Names of refused records that a dead letter's detail lists.
const NAMES_LISTED_MAX: usize = 5;

/// Which clocks are believed, relative to arrival.
#[derive(Debug, Clone, Copy)]
pub struct TimeBounds {
    /// How old a reading may be by its device's clock.
    pub age_max: Duration,
    /// How far ahead it may be.
    pub ahead_max: Duration,
}

/// Gives packs their probes and channels. One dead letter holds all that had to stay behind.
/// `found` says for each pack, in its place, what came of looking for its device.
#[must_use]
pub fn resolve(decoded: Decoded, found: &[Found], bounds: TimeBounds) -> Resolved {
    let Decoded { origin, message } = decoded;
    let mut reports = Vec::new();
    let mut refused = Refused::default();
    for (pack, found) in message.packs.iter().zip(found) {
        match probe_of(pack, found, &origin) {
            Ok(probe) => {
                let mut rows = Rows::new(probe, origin.arrived, bounds);
                rows.refused = refused;
                add(&mut rows, pack);
                let done = rows.finish();
                reports.extend(done.0);
                refused = done.1;
            }
            Err((reason, sentence)) => refused.tell(reason, sentence),
        }
    }
    let letter = refused
        .summary()
        .map(|(reason, detail)| (reason, origin.letter(reason, detail)));
    Resolved {
        reports,
        origin,
        sequence: message.sequence,
        letter,
    }
}

/// The probe that a pack is of, or why there is none.
fn probe_of<'f>(
    pack: &DevicePack,
    found: &'f Found,
    origin: &Origin,
) -> Result<&'f KnownProbe, (DeadReason, String)> {
    let probe = match (found, &pack.device) {
        (Found::Probe(probe), _) => probe,
        // A gateway that signed in is known, even if it has no probe yet.
        (Found::UnknownGateway, Device::Probe(gateway, _)) if origin.door == Door::Broker => {
            let detail = format!("no probe of a gateway {gateway} is registered");
            return Err((DeadReason::UnknownGateway, detail));
        }
        (_, Device::Probe(gateway, name)) => {
            let detail = format!("the gateway {gateway} has no probe {name}");
            return Err((DeadReason::UnknownProbe, detail));
        }
        (_, Device::Alias(scheme, id)) => {
            let detail = format!("no probe has the {scheme} alias {id}");
            return Err((DeadReason::UnknownDevice, detail));
        }
        (_, Device::Gateway(scheme, gateway)) => {
            let detail = format!(
                "the gateway {gateway} has not one probe only, and none has the {scheme} alias \
                 {gateway}"
            );
            return Err((DeadReason::UnknownDevice, detail));
        }
    };
    // At the front the gateway that signed in vouches for its own devices and no others.
    let is_own = origin.gateway.as_deref() == Some(probe.gateway.as_str());
    if origin.door == Door::Front && !is_own {
        let detail = "the device is registered at another gateway".to_owned();
        return Err((DeadReason::ForeignDevice, detail));
    }
    Ok(probe)
}

/// Adds what a device said.
fn add(rows: &mut Rows<'_>, pack: &DevicePack) {
    for (reason, name) in &pack.refused {
        rows.refused.note(*reason, name);
    }
    match &pack.body {
        Body::Pack(senml) => add_pack(rows, pack, senml),
        Body::Registers(answer) => match measure(rows, answer) {
            Ok(measured) => measured.measurements.iter().for_each(|one| rows.push(one)),
            Err(Refusal { reason, detail }) => rows.refused.tell(reason, detail),
        },
    }
}

/// Registers by the map of the probe's profile.
fn measure(rows: &Rows<'_>, answer: &Answer) -> Result<Pack, Refusal> {
    match rows.probe.modbus_unit() {
        Some(unit) if unit != answer.unit => Err(Refusal {
            reason: DeadReason::WrongUnit,
            detail: format!(
                "the frame is of unit {}, the probe is unit {unit}",
                answer.unit
            ),
        }),
        // A frame has no time of its own.
        _ => answer.measure(rows.probe.registers(rows.arrived), rows.arrived),
    }
}

/// Adds a pack's measurements. Our own format is held to its word; a device of another make says
/// more than anybody has asked it for, so a key that no channel has is passed over and counted,
/// unless nothing else is in the pack.
fn add_pack(rows: &mut Rows<'_>, pack: &DevicePack, senml: &Pack) {
    let measurements = &senml.measurements;
    if matches!(pack.device, Device::Probe(..)) {
        if measurements.is_empty() && pack.refused.is_empty() {
            let sentence = "the pack holds no measurement".to_owned();
            rows.refused.tell(DeadReason::NotSenml, sentence);
        }
        for measurement in measurements {
            rows.push(measurement);
        }
        return;
    }
    let (known, unknown): (Vec<_>, Vec<_>) = measurements
        .iter()
        .partition(|measurement| rows.knows(measurement));
    let is_nothing_else = known.is_empty() && pack.refused.is_empty();
    for measurement in known {
        rows.push(measurement);
    }
    if is_nothing_else {
        for measurement in &unknown {
            rows.refused
                .note(DeadReason::UnknownChannel, &measurement.name);
        }
    } else {
        let count = unknown.len() as u64;
        metrics::counter!(metric::DROPPED, "what" => "key").increment(count);
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
        let clock = Clock::of(
            (measurement.time, measurement.dated),
            self.arrived,
            self.bounds,
        );
        match self.check(measurement, &clock) {
            Ok((slot, value)) => {
                let report = self.report_of(measurement, &clock);
                // The same channel twice at one time: the first one stands, as in the database.
                report.values[slot] = report.values[slot].or(Some(value));
            }
            Err(reason) => self.refused.note(reason, &measurement.name),
        }
    }

    /// Whether the probe has such a channel at the measurement's time.
    fn knows(&self, measurement: &Measurement) -> bool {
        let clock = Clock::of(
            (measurement.time, measurement.dated),
            self.arrived,
            self.bounds,
        );
        self.probe.find(measurement, clock.time).is_some()
    }

    /// Its slot, and its value: corrected, where its time is known already.
    fn check(&self, measurement: &Measurement, clock: &Clock) -> Result<(usize, f32), DeadReason> {
        let found = self.probe.find(measurement, clock.time);
        let (slot, channel) = found.ok_or(DeadReason::UnknownChannel)?;
        let expected = channel.unit.as_str();
        match &measurement.unit {
            Some(unit) if !expected.is_empty() && unit != expected => {
                return Err(DeadReason::UnitMismatch);
            }
            _ => {}
        }
        let Some(Value::Number(raw)) = measurement.value else {
            return Err(DeadReason::NotANumber);
        };
        let value = match clock.doubt {
            None => self.probe.corrected(slot, clock.time, raw),
            Some(_) => raw,
        };
        // Readings are kept as f32: more digits than any sensor here has.
        let value = value as f32;
        if value.is_finite() {
            Ok((slot, value))
        } else {
            Err(DeadReason::NotANumber)
        }
    }

    /// The report of a measurement's time, by its device's clock.
    fn report_of(&mut self, measurement: &Measurement, clock: &Clock) -> &mut Report {
        let time = measurement.time;
        let place = match self.reports.last() {
            Some(last) if last.time == time => self.reports.len() - 1,
            _ => match self.places.get(&time) {
                Some(place) => *place,
                None => self.begin(measurement, clock),
            },
        };
        &mut self.reports[place]
    }

    fn begin(&mut self, measurement: &Measurement, clock: &Clock) -> usize {
        if let Some(reason) = clock.doubt {
            self.refused.keep(reason, &measurement.name);
        }
        let values = vec![None; self.probe.slots()];
        self.reports.push(Report {
            source: clock.source,
            ..Report::ordinary(self.probe.key, measurement.time, self.arrived, values)
        });
        let place = self.reports.len() - 1;
        self.places.insert(measurement.time, place);
        place
    }

    /// The rows as they are to be stored, and what stays behind.
    fn finish(mut self) -> (Vec<Report>, Refused) {
        clock::place(&mut self.reports, self.arrived, self.bounds);
        for report in &mut self.reports {
            if report.source.device_time().is_some() {
                correct(report, self.probe, &mut self.refused);
            }
            flag_outside(report, self.probe);
            count(report);
        }
        (self.reports, self.refused)
    }
}

/// Corrects what was measured by a clock that is not believed, now that it has its place in time.
/// What the device said is what a resend is known by.
fn correct(report: &mut Report, probe: &KnownProbe, refused: &mut Refused) {
    if probe.corrections.iter().all(Vec::is_empty) {
        return;
    }
    report.said = Some(report.values.clone());
    for (slot, place) in report.values.iter_mut().enumerate() {
        let Some(raw) = *place else { continue };
        let value = probe.corrected(slot, report.time, f64::from(raw)) as f32;
        *place = Some(value).filter(|value| value.is_finite());
        if place.is_none() {
            let channel = probe.channel(slot, report.time);
            let name = channel.map_or("", |channel| channel.name.as_str());
            refused.note(DeadReason::NotANumber, name);
        }
    }
}

/// Marks the values that the probe cannot physically mean, by what was in force at their time.
fn flag_outside(report: &mut Report, probe: &KnownProbe) {
    for (slot, value) in report.values.iter().enumerate() {
        let Some(value) = value else { continue };
        let channel = probe.channel(slot, report.time);
        if channel.is_some_and(|channel| !channel.valid.contains(value)) {
            report.outside.insert(slot);
        }
    }
}

fn count(report: &Report) {
    let clock = match report.source {
        TimeSource::Device => None,
        TimeSource::Arrival => Some("none"),
        TimeSource::Behind(_) => Some("behind"),
        TimeSource::Ahead(_) => Some("ahead"),
    };
    if let Some(clock) = clock {
        metrics::counter!(metric::REPORTS_BY_ARRIVAL, "clock" => clock).increment(1);
    }
    if !report.outside.is_empty() {
        metrics::counter!(metric::REPORTS_OUTSIDE).increment(1);
    }
}

/// What was refused in one pack.
#[derive(Default)]
struct Refused {
    reasons: Vec<(DeadReason, usize)>,
    names: Vec<String>,
    /// What concerns more than one record.
    sentences: Vec<String>,
    /// What is stored all the same, under another time.
    kept: Vec<DeadReason>,
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

    /// A clock that is not believed; its readings are stored.
    fn keep(&mut self, reason: DeadReason, name: &str) {
        self.note(reason, name);
        if !self.kept.contains(&reason) {
            self.kept.push(reason);
        }
    }

    fn tell(&mut self, reason: DeadReason, sentence: String) {
        if !self.reasons.iter().any(|(seen, _)| *seen == reason) {
            self.reasons.push((reason, 0));
        }
        if self.sentences.len() < NAMES_LISTED_MAX {
            self.sentences.push(sentence);
        }
    }

    /// The first reason, and a sentence about all of them. A clock comes last: nothing is lost by
    /// it.
    fn summary(&self) -> Option<(DeadReason, String)> {
        let is_lost = |(reason, _): &&(DeadReason, usize)| !self.kept.contains(reason);
        let lost = self.reasons.iter().find(is_lost);
        let (first, _) = lost.or(self.reasons.first())?;
        let mut detail = self.sentences.join("; ");
        let of_records = self.reasons.iter().filter(|(_, count)| *count > 0);
        for (reason, count) in of_records {
            if !detail.is_empty() && !detail.ends_with("; ") {
                detail.push_str("; ");
            }
            let unit = if self.kept.contains(reason) {
                "time"
            } else {
                "record"
            };
            let plural = if *count == 1 { "" } else { "s" };
            // Writing to a text cannot fail.
            let _ = write!(detail, "{reason}: {count} {unit}{plural}; ");
        }
        if !self.names.is_empty() {
            let _ = write!(detail, "for example {}", self.names.join(", "));
        }
        if !self.kept.is_empty() {
            detail.push_str("; readings with such a time are kept at their arrival and flagged");
        }
        Some((*first, detail))
    }
}

#[cfg(test)]
mod tests;
