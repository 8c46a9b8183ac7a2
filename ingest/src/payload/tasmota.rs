//! Tasmota devices: `tele/{topic}/SENSOR` has readings, `LWT` and `STATE` say that the device is
//! there. A device's clock shows local time and does not say which: the zone is configuration.

use model::scheme::Scheme;
use model::time::Timestamp;
use serde_json::{Map, Value as Json};
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::json::{Gathered, parse};
use super::senml::{Measurement, Pack};
use super::{
    Device, DevicePack, DevicePresence, Message, Refusal, external_id, parse_rfc3339, timestamp,
};
use crate::reason::DeadReason;

/// What the topics begin with.
pub(super) const PREFIX: &str = "tele/";

/// Reads what came on a `tele/` topic; `local_offset_seconds` is how far the devices' clocks are
/// ahead of UTC.
pub fn decode(
    topic: &str,
    payload: &[u8],
    arrived: Timestamp,
    local_offset_seconds: i32,
) -> Result<Message, Refusal> {
    let levels = topic
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.rsplit_once('/'));
    let Some((name, kind)) = levels else {
        return Err(refuse("the topic is not tele/{topic}/{kind}".to_owned()));
    };
    let name = || external_id(name, DeadReason::NotTasmota);
    match kind {
        "SENSOR" => {
            let json = parse(payload, DeadReason::NotTasmota)?;
            let Json::Object(object) = json else {
                return Err(refuse("the payload is no object".to_owned()));
            };
            let measurements = read(object, arrived, local_offset_seconds)?;
            if measurements.is_empty() {
                return Ok(Message::default());
            }
            let pack = Pack {
                sequence: None,
                measurements,
            };
            let device = Device::Alias(Scheme::Tasmota, name()?);
            Ok(Message {
                packs: vec![DevicePack::new(device, pack)],
                ..Message::default()
            })
        }
        "LWT" => match payload {
            b"Online" => Ok(presence(name()?, true)),
            b"Offline" => Ok(presence(name()?, false)),
            // A cleared retained message.
            b"" => Ok(Message::default()),
            _ => Err(refuse("an LWT is Online or Offline".to_owned())),
        },
        "STATE" => Ok(presence(name()?, true)),
        _ => Ok(Message::default()),
    }
}

fn presence(external_id: String, online: bool) -> Message {
    Message {
        presence: Some(DevicePresence {
            scheme: Scheme::Tasmota,
            external_id,
            online,
        }),
        ..Message::default()
    }
}

fn read(
    mut object: Map<String, Json>,
    arrived: Timestamp,
    local_offset_seconds: i32,
) -> Result<Vec<Measurement>, Refusal> {
    let time = match object.remove("Time") {
        Some(Json::String(text)) => parse_time(&text, local_offset_seconds)
            .ok_or_else(|| refuse("Time is no time as 2018-03-02T18:25:03".to_owned()))?,
        Some(_) => return Err(refuse("Time is no text".to_owned())),
        None => arrived,
    };
    let unit = match object.remove("TempUnit") {
        Some(Json::String(unit)) if unit == "F" => "[degF]",
        _ => "Cel",
    };
    // Units of the other quantities; they are no readings.
    object.retain(|key, _| !key.ends_with("Unit"));
    let mut measurements = Vec::new();
    Gathered::new(DeadReason::NotTasmota).add(&object, time, &mut measurements)?;
    for measurement in &mut measurements {
        // Told apart so that degrees Fahrenheit are refused and not taken for others.
        if matches!(measurement.local_name(), "Temperature" | "DewPoint") {
            measurement.unit = Some(unit.to_owned());
        }
    }
    Ok(measurements)
}

/// Local time without a zone; with one where the device is set to send it.
fn parse_time(text: &str, local_offset_seconds: i32) -> Option<Timestamp> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let local = PrimitiveDateTime::parse(text, format).ok();
    local
        .map(|local| timestamp(local.assume_utc()).plus_seconds(-i64::from(local_offset_seconds)))
        .or_else(|| parse_rfc3339(text))
}

fn refuse(detail: String) -> Refusal {
    Refusal {
        reason: DeadReason::NotTasmota,
        detail,
    }
}
