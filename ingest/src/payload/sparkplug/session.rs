//! What is remembered of each edge node between its messages: the names that its birth gave to
//! numbers, the running number of the last message, and the number of its birth. Bounded as a
//! whole: where there are too many names, the node that has been silent longest is forgotten and
//! asked for its birth when it speaks again. Not persistent, for the same reason.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::time::Timestamp;

use super::wire::{Metric, MetricValue, Payload};
use super::{Address, Kind, SCHEME, decode, rebirth_request};
use crate::payload::senml::{Measurement, NAME_BYTES_MAX, Pack, RECORDS_MAX, Value};
use crate::payload::{Device, DevicePack, DevicePresence, Message, Refusal};
use crate::reason::DeadReason;

/// Names of all nodes together.
const NAMES_MAX: usize = 200_000;
/// Nodes that are remembered.
const EDGES_MAX: usize = 4_096;
/// A node is asked for its birth at most once in this time.
const ASK_SECONDS: i64 = 10;
/// Running numbers go from 0 to 255.
const SEQUENCE_END: u64 = 256;
/// The metric that numbers births.
const BIRTH_NUMBER: &str = "bdSeq";

/// What a birth said of a metric.
#[derive(Debug, Clone)]
struct Known {
    name: String,
    datatype: Option<u32>,
}

/// The metrics of a node or device.
#[derive(Debug, Default)]
struct Metrics {
    by_alias: HashMap<u64, Known>,
    datatypes: HashMap<String, u32>,
}

/// An edge node.
#[derive(Debug, Default)]
struct Edge {
    /// Whether everything since its birth was heard.
    is_whole: bool,
    sequence: u64,
    birth: Option<u64>,
    /// By device; the node's own under the empty name.
    metrics: HashMap<String, Metrics>,
    asked: Option<Timestamp>,
    heard: Option<Timestamp>,
}

/// Who vouches, and the node's name: nobody can spoil what another gateway's nodes said.
type Key = (Option<String>, String);

/// Every edge node that was heard of.
#[derive(Debug, Default)]
pub struct Sessions {
    edges: Mutex<Edges>,
}

#[derive(Debug, Default)]
struct Edges {
    by_key: HashMap<Key, Edge>,
    /// Of all nodes together.
    names: usize,
}

impl Sessions {
    /// Reads a message in the light of those before it; to be called in the order of arrival.
    /// `voucher` is the gateway that signed in, `None` behind a broker.
    ///
    /// # Errors
    /// The bytes are no Sparkplug B.
    pub fn take(
        &self,
        voucher: Option<&str>,
        topic: &str,
        bytes: &[u8],
        arrived: Timestamp,
    ) -> Result<Message, Refusal> {
        let Some((address, payload)) = decode(topic, bytes)? else {
            return Ok(Message::default());
        };
        check(&address, &payload)?;
        let key = (voucher.map(str::to_owned), address.edge.clone());
        let mut edges = self.edges.lock().unwrap_or_else(PoisonError::into_inner);
        // A metric may have a name and a number; only a birth leaves them behind.
        let is_birth = address.kind == Kind::Birth;
        edges.make_room(&key, usize::from(is_birth) * 2 * payload.metrics.len());
        let edge = edges.by_key.entry(key).or_default();
        edge.heard = Some(arrived);
        let before = edge.names();
        let message = edge.take(&address, &payload, arrived);
        let after = edge.names();
        edges.names = edges.names - before + after;
        Ok(message)
    }
}

impl Edges {
    /// Forgets nodes until there is room for one more, and for so many names.
    fn make_room(&mut self, key: &Key, names: usize) {
        let is_new = !self.by_key.contains_key(key);
        while self.names + names > NAMES_MAX || self.by_key.len() + usize::from(is_new) > EDGES_MAX
        {
            let others = self.by_key.iter().filter(|(other, _)| *other != key);
            let silent = others.min_by_key(|(_, edge)| edge.heard);
            let Some(silent) = silent.map(|(key, _)| key.clone()) else {
                return;
            };
            let forgotten = self.by_key.remove(&silent);
            self.names -= forgotten.as_ref().map_or(0, Edge::names);
        }
    }
}

/// What is refused whatever came before.
fn check(address: &Address, payload: &Payload) -> Result<(), Refusal> {
    let refuse = |detail: String| {
        let reason = DeadReason::NotSparkplug;
        Err(Refusal { reason, detail })
    };
    if payload.metrics.len() > RECORDS_MAX {
        return refuse(format!("there are more than {RECORDS_MAX} metrics"));
    }
    let names = payload.metrics.iter().filter_map(|m| m.name.as_ref());
    if names.into_iter().any(|name| name.len() > NAME_BYTES_MAX) {
        return refuse(format!("a name has more than {NAME_BYTES_MAX} bytes"));
    }
    let needs_number = !(address.kind == Kind::Death && address.device.is_none());
    match payload.seq {
        None if needs_number => refuse("the message has no seq".to_owned()),
        Some(number) if needs_number && number >= SEQUENCE_END => {
            refuse(format!("the seq {number} is not one of 0 to 255"))
        }
        _ => Ok(()),
    }
}

impl Edge {
    fn names(&self) -> usize {
        self.metrics
            .values()
            .map(|m| m.by_alias.len() + m.datatypes.len())
            .sum()
    }

    fn take(&mut self, address: &Address, payload: &Payload, arrived: Timestamp) -> Message {
        let device = address.device.clone().unwrap_or_default();
        let is_node = address.device.is_none();
        match address.kind {
            Kind::Death if is_node => {
                let birth = birth_number(payload);
                // The will of a connection that was replaced already.
                if birth.is_some() && self.birth.is_some() && birth != self.birth {
                    return Message::default();
                }
                self.is_whole = false;
                self.metrics.clear();
                return presence(address, false);
            }
            Kind::Birth if is_node => {
                self.metrics.clear();
                self.birth = birth_number(payload);
                self.sequence = payload.seq.unwrap_or_default();
                self.is_whole = true;
                self.asked = None;
            }
            _ => self.count(payload),
        }
        match address.kind {
            Kind::Birth => {
                self.metrics
                    .insert(device.clone(), Metrics::of_birth(payload));
            }
            Kind::Death => {
                self.metrics.remove(&device);
            }
            Kind::Data => {}
        }
        let mut message = match address.kind {
            Kind::Birth => presence(address, true),
            Kind::Death => presence(address, false),
            Kind::Data => Message::default(),
        };
        if address.kind != Kind::Death {
            message.packs.extend(self.pack(address, payload));
        }
        if !self.is_whole && self.may_ask(arrived) {
            message.command = rebirth_request(&address.edge, arrived);
        }
        message
    }

    /// Notes a message's running number; one that is missing ends the trust in what was born.
    fn count(&mut self, payload: &Payload) {
        let number = payload.seq.unwrap_or_default();
        let expected = (self.sequence + 1) % SEQUENCE_END;
        self.is_whole = self.is_whole && number == expected;
        self.sequence = number;
    }

    fn may_ask(&mut self, now: Timestamp) -> bool {
        let is_due = self
            .asked
            .is_none_or(|asked| asked.plus_seconds(ASK_SECONDS) <= now);
        if is_due {
            self.asked = Some(now);
        }
        is_due
    }

    /// The readings among the metrics; `None` where there are none.
    fn pack(&self, address: &Address, payload: &Payload) -> Option<DevicePack> {
        let known = self
            .metrics
            .get(address.device.as_deref().unwrap_or_default());
        let device = Device::Alias(SCHEME, address.external_id());
        let (mut measurements, mut refused) = (Vec::new(), Vec::new());
        for metric in &payload.metrics {
            match self.measure(metric, known, payload.timestamp) {
                Ok(measurement) => measurements.extend(measurement),
                Err(one) => refused.push(one),
            }
        }
        let is_empty = measurements.is_empty() && refused.is_empty();
        let sequence = None;
        let pack = Pack {
            sequence,
            measurements,
        };
        (!is_empty).then(|| DevicePack {
            refused,
            ..DevicePack::new(device, pack)
        })
    }

    /// One metric; `None` for one that is no reading.
    fn measure(
        &self,
        metric: &Metric,
        known: Option<&Metrics>,
        sent_millis: Option<u64>,
    ) -> Result<Option<Measurement>, (DeadReason, String)> {
        let (name, born) = match (&metric.name, metric.alias) {
            (Some(name), _) => {
                let born = known.and_then(|known| known.datatypes.get(name)).copied();
                (name.clone(), born)
            }
            (None, Some(alias)) => {
                // A number of a birth that may not be the last one is nobody's.
                let known = known.filter(|_| self.is_whole);
                let known = known.and_then(|known| known.by_alias.get(&alias));
                let known =
                    known.ok_or_else(|| (DeadReason::NeedsBirth, format!("alias {alias}")))?;
                (known.name.clone(), known.datatype)
            }
            (None, None) => {
                return Err((
                    DeadReason::NotSparkplug,
                    "a metric without a name".to_owned(),
                ));
            }
        };
        let is_control = name == BIRTH_NUMBER || name.contains(" Control/");
        let value = metric
            .value
            .as_ref()
            .filter(|_| metric.is_null != Some(true));
        let Some(value) = value.filter(|_| !is_control && !name.is_empty()) else {
            return Ok(None);
        };
        let Some(millis) = metric.timestamp.or(sent_millis) else {
            return Err((
                DeadReason::NotSparkplug,
                format!("{name} without a timestamp"),
            ));
        };
        let time = Timestamp(
            i64::try_from(millis)
                .unwrap_or(i64::MAX)
                .saturating_mul(1_000),
        );
        let value = match (value.number(metric.datatype.or(born)), value) {
            (Some(number), _) => Value::Number(number),
            (None, MetricValue::Text(text)) => text
                .trim()
                .parse()
                .map_or_else(|_| Value::Text(text.clone()), Value::Number),
            (None, _) => return Ok(None),
        };
        Ok(Some(Measurement::foreign(name, &['/'], value, time)))
    }
}

impl Metrics {
    fn of_birth(payload: &Payload) -> Self {
        let mut metrics = Self::default();
        for metric in &payload.metrics {
            let Some(name) = &metric.name else { continue };
            if let Some(code) = metric.datatype {
                metrics.datatypes.insert(name.clone(), code);
            }
            if let Some(alias) = metric.alias {
                let (name, datatype) = (name.clone(), metric.datatype);
                metrics.by_alias.insert(alias, Known { name, datatype });
            }
        }
        metrics
    }
}

/// The number of a birth, which its death repeats.
fn birth_number(payload: &Payload) -> Option<u64> {
    let named = payload
        .metrics
        .iter()
        .find(|m| m.name.as_deref() == Some(BIRTH_NUMBER));
    match named?.value.as_ref()? {
        MetricValue::Int(number) => Some(u64::from(*number)),
        MetricValue::Long(number) => Some(*number),
        _ => None,
    }
}

fn presence(address: &Address, online: bool) -> Message {
    Message {
        presence: Some(DevicePresence {
            scheme: SCHEME,
            external_id: address.external_id(),
            online,
        }),
        ..Message::default()
    }
}
