//! Sparkplug B: protobuf on `spBv1.0/{group}/{type}/{edge}[/{device}]`. An edge node tells the names
//! of its metrics once, at birth, and numbers afterwards; what has to be remembered of that is
//! [`session`]. The one thing to know: a number is believed only between a birth and the first
//! message that is missing; then the node is asked to be born again.

pub mod session;
pub mod wire;

use bytes::Bytes;
use model::scheme::Scheme;
use model::time::Timestamp;

use super::{Command, Refusal, external_id};
use crate::reason::DeadReason;
use wire::{Metric, MetricValue, Payload, datatype};

/// What the topics begin with.
pub(super) const PREFIX: &str = "spBv1.0/";
/// The metric that asks a node for its birth.
const REBIRTH: &str = "Node Control/Rebirth";

/// What a message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Names and values of all metrics.
    Birth,
    /// Values that changed.
    Data,
    /// The node or device is gone.
    Death,
}

/// Who speaks, and what of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `group/edge`.
    pub edge: String,
    /// The device behind the edge node; `None` where it speaks for itself.
    pub device: Option<String>,
    /// What it tells.
    pub kind: Kind,
}

impl Address {
    /// Reads a topic; `None` for one that nothing is kept of, such as a command.
    #[must_use]
    pub fn parse(topic: &str) -> Option<Self> {
        let mut levels = topic.strip_prefix(PREFIX)?.split('/');
        let (group, kind, edge) = (levels.next()?, levels.next()?, levels.next()?);
        let (kind, is_device) = match kind {
            "NBIRTH" => (Kind::Birth, false),
            "NDATA" => (Kind::Data, false),
            "NDEATH" => (Kind::Death, false),
            "DBIRTH" => (Kind::Birth, true),
            "DDATA" => (Kind::Data, true),
            "DDEATH" => (Kind::Death, true),
            _ => return None,
        };
        let device = if is_device {
            Some(levels.next()?.to_owned())
        } else {
            None
        };
        levels.next().is_none().then(|| Self {
            edge: format!("{group}/{edge}"),
            device,
            kind,
        })
    }

    /// The name in the scheme.
    #[must_use]
    pub fn external_id(&self) -> String {
        match &self.device {
            Some(device) => format!("{}/{device}", self.edge),
            None => self.edge.clone(),
        }
    }
}

/// Reads a message without knowing what came before; `None` for a topic that nothing is kept of.
pub fn decode(topic: &str, bytes: &[u8]) -> Result<Option<(Address, Payload)>, Refusal> {
    let Some(address) = Address::parse(topic) else {
        return Ok(None);
    };
    external_id(&address.external_id(), DeadReason::NotSparkplug)?;
    let payload = Payload::parse(bytes).map_err(|error| Refusal {
        reason: DeadReason::NotSparkplug,
        detail: format!("no Sparkplug B payload: {error}"),
    })?;
    Ok(Some((address, payload)))
}

/// Asks an edge node for its birth.
#[must_use]
pub fn rebirth_request(edge: &str, now: Timestamp) -> Option<Command> {
    let (group, node) = edge.split_once('/')?;
    let millis = u64::try_from(now.0.div_euclid(1_000)).unwrap_or_default();
    let metric = Metric {
        name: Some(REBIRTH.to_owned()),
        timestamp: Some(millis),
        datatype: Some(datatype::BOOLEAN),
        value: Some(MetricValue::Boolean(true)),
        ..Metric::default()
    };
    let payload = Payload {
        timestamp: Some(millis),
        metrics: vec![metric],
        seq: None,
    };
    Some(Command {
        topic: format!("{PREFIX}{group}/NCMD/{node}"),
        payload: Bytes::from(payload.to_bytes()),
    })
}

/// Whether a subscription is one by which an edge node hears its own commands: its group and name
/// are spelt out, and below them it may ask for everything.
#[must_use]
pub fn is_command_filter(filter: &str) -> bool {
    let Some(rest) = filter.strip_prefix(PREFIX) else {
        return false;
    };
    let is_spelt_out = |level: &str| !level.is_empty() && !level.contains(['+', '#']);
    let mut levels = rest.split('/');
    let (group, kind, edge) = (levels.next(), levels.next(), levels.next());
    group.is_some_and(is_spelt_out)
        && matches!(kind, Some("NCMD" | "DCMD"))
        && edge.is_some_and(is_spelt_out)
        && levels
            .next()
            .is_none_or(|below| is_spelt_out(below) || matches!(below, "+" | "#"))
        && levels.next().is_none()
}

/// Whether a command goes to who has subscribed with such a filter.
#[must_use]
pub fn is_heard(filter: &str, topic: &str) -> bool {
    filter.strip_suffix("/#").unwrap_or(filter) == topic
}

/// The scheme's name for messages of this format.
pub(super) const SCHEME: Scheme = Scheme::Sparkplug;

#[cfg(test)]
mod tests;
