//! Devices and gateways that speak `ThingsBoard`'s MQTT API: telemetry in its three shapes, for one
//! device or many by name. Attributes and remote calls are understood and need no keeping.

use model::id::GatewayId;
use model::scheme::Scheme;
use model::time::Timestamp;
use serde_json::{Map, Value as Json};

use super::json::{Gathered, parse};
use super::senml::{Measurement, Pack};
use super::{Device, DevicePack, DevicePresence, Message, Refusal, external_id};
use crate::reason::DeadReason;

/// Topics of a device that speaks for itself.
pub(super) const DEVICE: &str = "v1/devices/me/";
/// Topics of a gateway that speaks for others.
pub(super) const GATEWAY: &str = "v1/gateway/";

/// Reads what came on one of `ThingsBoard`'s topics. `gateway` is who signed in: a device that
/// speaks for itself is not named otherwise.
pub fn decode(
    topic: &str,
    payload: &[u8],
    arrived: Timestamp,
    gateway: Option<GatewayId>,
) -> Result<Message, Refusal> {
    match topic {
        "v1/devices/me/telemetry" => {
            let gateway = gateway.ok_or_else(|| Refusal {
                reason: DeadReason::UnknownDevice,
                detail: "the topic names no device; behind a broker v1/gateway/telemetry does"
                    .to_owned(),
            })?;
            let json = parse(payload, DeadReason::NotThingsBoard)?;
            let mut reader = Reader::new(arrived);
            let device = Device::Gateway(Scheme::ThingsBoard, gateway);
            Ok(message(reader.pack(device, &json)?.into_iter().collect()))
        }
        "v1/gateway/telemetry" => {
            let json = parse(payload, DeadReason::NotThingsBoard)?;
            let Json::Object(devices) = &json else {
                return Err(refuse("the payload is no object of device names"));
            };
            let mut reader = Reader::new(arrived);
            let mut packs = Vec::new();
            for (name, telemetry) in devices {
                let name = external_id(name, DeadReason::NotThingsBoard)?;
                let device = Device::Alias(Scheme::ThingsBoard, name);
                packs.extend(reader.pack(device, telemetry)?);
            }
            Ok(message(packs))
        }
        "v1/gateway/connect" => presence(payload, true),
        "v1/gateway/disconnect" => presence(payload, false),
        _ => Ok(Message::default()),
    }
}

fn message(packs: Vec<DevicePack>) -> Message {
    Message {
        packs,
        ..Message::default()
    }
}

/// `{"device":"Device A"}`
fn presence(payload: &[u8], online: bool) -> Result<Message, Refusal> {
    let json = parse(payload, DeadReason::NotThingsBoard)?;
    let Some(name) = json.get("device").and_then(Json::as_str) else {
        return Err(refuse(r#"the payload is not {"device":"name"}"#));
    };
    let presence = DevicePresence {
        scheme: Scheme::ThingsBoard,
        external_id: external_id(name, DeadReason::NotThingsBoard)?,
        online,
    };
    Ok(Message {
        presence: Some(presence),
        ..Message::default()
    })
}

/// Reads telemetry; the bounds hold for the whole message.
struct Reader {
    arrived: Timestamp,
    gathered: Gathered,
}

impl Reader {
    const fn new(arrived: Timestamp) -> Self {
        let gathered = Gathered::new(DeadReason::NotThingsBoard);
        Self { arrived, gathered }
    }

    /// One device's telemetry: an object, or a list of them. `None` where nothing is in it.
    fn pack(&mut self, device: Device, json: &Json) -> Result<Option<DevicePack>, Refusal> {
        let mut measurements = Vec::new();
        match json {
            Json::Object(one) => self.add(one, &mut measurements)?,
            Json::Array(many) => {
                for one in many {
                    let Json::Object(one) = one else {
                        return Err(refuse("the list holds something else than objects"));
                    };
                    self.add(one, &mut measurements)?;
                }
            }
            _ => return Err(refuse("telemetry is an object or a list of objects")),
        }
        let is_empty = measurements.is_empty();
        let pack = Pack {
            sequence: None,
            measurements,
        };
        Ok((!is_empty).then(|| DevicePack::new(device, pack)))
    }

    /// `{"key":value}` now, or `{"ts":milliseconds,"values":{"key":value}}`.
    fn add(
        &mut self,
        object: &Map<String, Json>,
        into: &mut Vec<Measurement>,
    ) -> Result<(), Refusal> {
        let (Some(ts), Some(values)) = (object.get("ts"), object.get("values")) else {
            return self.gathered.add(object, self.arrived, into);
        };
        let Json::Object(values) = values else {
            return Err(refuse("values is no object"));
        };
        let millis = ts
            .as_i64()
            .ok_or_else(|| refuse("ts is no whole number of milliseconds"))?;
        let time = Timestamp(millis.saturating_mul(1_000));
        self.gathered.add(values, time, into)
    }
}

fn refuse(detail: &str) -> Refusal {
    Refusal {
        reason: DeadReason::NotThingsBoard,
        detail: detail.to_owned(),
    }
}
