//! `LoRaWAN` devices behind `ChirpStack` v4, by its MQTT integration in JSON: values that a codec has
//! decoded to `object`. Proto3 JSON leaves default values out; a struct, which `object` is, does not.

use model::scheme::Scheme;
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::json::Gathered;
use super::senml::Pack;
use super::{Device, DevicePack, DevicePresence, Message, Refusal, parse_rfc3339};
use crate::reason::DeadReason;

/// Most bytes of a message id that is remembered; it is a UUID.
const MESSAGE_ID_BYTES_MAX: usize = 64;

/// What is read of an uplink.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Uplink {
    #[serde(default)]
    deduplication_id: String,
    #[serde(default)]
    time: Option<String>,
    #[serde(default)]
    data: String,
    #[serde(default)]
    object: Option<Map<String, Json>>,
    #[serde(default)]
    rx_info: Vec<Reception>,
}

/// How a gateway received it; the names differ between versions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reception {
    #[serde(default)]
    gw_time: Option<String>,
    #[serde(default)]
    ns_time: Option<String>,
    #[serde(default)]
    time: Option<String>,
}

/// The device's EUI and the event of `application/{id}/device/{devEui}/event/{event}`.
fn parse_topic(topic: &str) -> Option<(&str, &str)> {
    let mut levels = topic.split('/');
    let parsed = match (levels.next()?, levels.next()?, levels.next()?) {
        ("application", _, "device") => {
            let eui = levels.next()?;
            (levels.next()? == "event").then_some(())?;
            (eui, levels.next()?)
        }
        _ => return None,
    };
    levels.next().is_none().then_some(parsed)
}

/// Whether a topic is an event of a device.
pub(super) fn is_event(topic: &str) -> bool {
    parse_topic(topic).is_some()
}

/// Reads what came on an event topic: readings of `up`, presence of `join`; of the other events
/// nothing is kept.
pub fn decode(topic: &str, payload: &[u8], arrived: Timestamp) -> Result<Message, Refusal> {
    let refuse = |detail: String| Refusal {
        reason: DeadReason::NotChirpStack,
        detail,
    };
    let (eui, event) =
        parse_topic(topic).ok_or_else(|| refuse("the topic is no event's".to_owned()))?;
    if eui.len() != 16 || !eui.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refuse(
            "the topic's devEui is not 16 hexadecimal digits".to_owned(),
        ));
    }
    let eui = eui.to_ascii_lowercase();
    match event {
        "up" => {
            let uplink: Uplink = serde_json::from_slice(payload)
                .map_err(|error| refuse(format!("no uplink in JSON: {error}")))?;
            read(uplink, Device::Alias(Scheme::ChirpStack, eui), arrived)
        }
        "join" => Ok(Message {
            presence: Some(DevicePresence {
                scheme: Scheme::ChirpStack,
                external_id: eui,
                online: true,
            }),
            ..Message::default()
        }),
        _ => Ok(Message::default()),
    }
}

fn read(uplink: Uplink, device: Device, arrived: Timestamp) -> Result<Message, Refusal> {
    let Some(object) = &uplink.object else {
        // Frames without payload only keep the network going.
        return if uplink.data.is_empty() {
            Ok(Message::default())
        } else {
            Err(Refusal {
                reason: DeadReason::NotChirpStack,
                detail: "the uplink is not decoded: its device profile needs a codec".to_owned(),
            })
        };
    };
    let measured = uplink.measured();
    let mut pack = Pack::default();
    let time = measured.unwrap_or(arrived);
    Gathered::new(DeadReason::NotChirpStack).add(object, time, &mut pack.measurements)?;
    if pack.measurements.is_empty() {
        return Ok(Message::default());
    }
    let id = uplink.deduplication_id;
    let is_told_once = measured.is_none() && (1..=MESSAGE_ID_BYTES_MAX).contains(&id.len());
    Ok(Message {
        packs: vec![DevicePack::new(device, pack)],
        once: is_told_once.then_some((Scheme::ChirpStack, id)),
        ..Message::default()
    })
}

impl Uplink {
    /// When the server, else the earliest gateway that knows, received it.
    fn measured(&self) -> Option<Timestamp> {
        let server = self.time.as_deref().and_then(parse_rfc3339);
        let receptions = self
            .rx_info
            .iter()
            .flat_map(|reception| [&reception.gw_time, &reception.ns_time, &reception.time]);
        server.or_else(|| {
            receptions
                .filter_map(|text| text.as_deref().and_then(parse_rfc3339))
                .min()
        })
    }
}
