//! Trace events: what EPCIS 2.0 says of a lot's life, put together as JSON-LD. Pure: the caller
//! brings the time and the facts, and adds the event hash id, which needs a hash function.
//!
//! The one thing to know: identifiers are canonical GS1 Digital Links (`https://id.gs1.org/…`), so
//! that a record outlives the address of the server that wrote it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use crate::gs1::{Gtin, LotCode, Serial};
use crate::time::{MICROS_PER_SECOND, Timestamp};

pub mod life;

use life::{Answered, Filmed, Handover, Part, Sealed, Turn};

/// Stem of canonical GS1 Digital Links (GS1 Digital Link URI Syntax 1.4, 5.2).
pub const CANONICAL_STEM: &str = "https://id.gs1.org";
/// The context that gives EPCIS 2.0 words their meaning.
pub const CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";
/// Most item identifiers in one event: a long run of labels becomes several events.
pub const EPCS_MAX: usize = 1_000;
/// The county's offset from UTC as EPCIS writes it.
const OFFSET: &str = "+08:00";

/// The lot that an event is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Subject<'a> {
    /// Its product.
    pub gtin: Gtin,
    /// Its code.
    pub lot: LotCode,
    /// How much of it there is; `None` where the event does not say.
    pub quantity: Option<f64>,
    /// Unit of the quantity, UN/ECE Recommendation 20; `H87` (pieces) is EPCIS's bare count.
    pub unit: &'a str,
}

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding<'a> {
    /// Whether the sample met the limit.
    pub passed: bool,
    /// `<` where the value is the limit of quantification and the result lies below it.
    pub below: bool,
    /// The result.
    pub value: f64,
    /// Its unit as laboratories write it, for example `%`.
    pub unit: &'a str,
    /// What was looked for.
    pub item: &'a str,
    /// Standard or method.
    pub method: &'a str,
    /// What makes this result one: the client's request id.
    pub request: &'a str,
}

/// A step of a lot's life that is written down as an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step<'a> {
    /// 采收, or the start of a lot: the class of its items comes into being on a plot.
    Registered {
        /// The plot's number here.
        plot: i64,
        /// First day of the growing or making period, `YYYY-MM-DD`.
        started: &'a str,
        /// Last day of it, `YYYY-MM-DD`; `None` while it grows.
        harvested: Option<&'a str>,
    },
    /// 快检: a sample was tested.
    Inspected(Finding<'a>),
    /// 贴码: items got codes; at most [`EPCS_MAX`] serials.
    Commissioned(&'a [Serial]),
    /// A turn of the lot's life, with the request that caused it.
    Turned(Turn<'a>, &'a str),
    /// 出库、收货: the subject's quantity changes hands.
    Handed(Handover, &'a str),
    /// 监测: the growing period in figures.
    Sealed {
        /// The plot's number here.
        plot: i64,
        /// What was measured.
        channels: &'a [Sealed],
        /// Which alarms there were.
        alarms: &'a [Answered],
        /// Which pictures were taken.
        pictures: &'a [Filmed],
        /// The request that caused the seal.
        request: &'a str,
    },
    /// 加工: lots in, lots out.
    Transformed {
        /// What went in.
        inputs: &'a [Part],
        /// What came out.
        outputs: &'a [Part],
        /// What was done, for example `milling`.
        kind: &'a str,
        /// The request that noted it.
        request: &'a str,
    },
}

impl Step<'_> {
    /// The CBV business step.
    #[must_use]
    pub const fn biz_step(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "creating_class_instance",
            Self::Inspected(_) => "inspecting",
            Self::Commissioned(_) | Self::Transformed { .. } => "commissioning",
            Self::Turned(turn, _) => turn.biz_step(),
            Self::Handed(handed, _) if handed.received => "receiving",
            Self::Handed(..) => "shipping",
            Self::Sealed { .. } => "sensor_reporting",
        }
    }
}

/// The event of a step as EPCIS JSON-LD, without `eventID` and `recordTime`.
#[must_use]
pub fn body(subject: &Subject<'_>, step: &Step<'_>, at: Timestamp) -> Value {
    let mut event = match step {
        Step::Registered {
            plot,
            started,
            harvested,
        } => registered(subject, *plot, started, *harvested),
        Step::Inspected(finding) => inspected(subject, finding),
        Step::Commissioned(serials) => commissioned(subject, serials),
        Step::Turned(turn, request) => life::turn(subject, turn, request),
        Step::Handed(handed, request) => life::handover(subject, handed, request),
        Step::Sealed {
            plot,
            channels,
            alarms,
            pictures,
            request,
        } => life::seal(subject, *plot, (channels, alarms, pictures), request),
        Step::Transformed {
            inputs,
            outputs,
            kind,
            request,
        } => life::transformation(inputs, outputs, kind, request),
    };
    event.insert("eventTime".to_string(), json!(rfc3339(at)));
    event.insert("eventTimeZoneOffset".to_string(), json!(OFFSET));
    Value::Object(event)
}

fn registered(
    subject: &Subject<'_>,
    plot: i64,
    started: &str,
    harvested: Option<&str>,
) -> Map<String, Value> {
    members(json!({
        "type": "ObjectEvent",
        "bizStep": "creating_class_instance",
        "action": "ADD",
        "disposition": "active",
        "readPoint": { "id": format!("urn:suyuan:plot:{plot}") },
        "quantityList": [quantity(subject)],
        "ilmd": ilmd(subject, started, harvested),
    }))
}

fn inspected(subject: &Subject<'_>, finding: &Finding<'_>) -> Map<String, Value> {
    let conformant = if finding.passed {
        "conformant"
    } else {
        "non_conformant"
    };
    let test = format!("urn:suyuan:test:{}", finding.request);
    members(json!({
        "type": "ObjectEvent",
        "bizStep": "inspecting",
        "action": "OBSERVE",
        "disposition": conformant,
        "quantityList": [{ "epcClass": class_uri(subject.gtin, subject.lot) }],
        "bizTransactionList": [{ "type": "testres", "bizTransaction": test }],
        "sensorElementList": [{ "sensorReport": [report(finding)] }],
    }))
}

fn commissioned(subject: &Subject<'_>, serials: &[Serial]) -> Map<String, Value> {
    let uris = serials
        .iter()
        .map(|serial| item_uri(subject.gtin, subject.lot, *serial));
    members(json!({
        "type": "ObjectEvent",
        "bizStep": "commissioning",
        "action": "ADD",
        "disposition": "active",
        "epcList": uris.collect::<Vec<_>>(),
    }))
}

/// The members of an object that was just written as one.
fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A document of events, ready to be served as `application/ld+json`.
#[must_use]
pub fn document(created: Timestamp, events: &[Value]) -> Value {
    json!({
        "@context": [CONTEXT, { "suyuan": "urn:suyuan:voc:" }],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": rfc3339(created),
        "epcisBody": { "eventList": events },
    })
}

/// The canonical link of a lot, which EPCIS calls a class of items.
#[must_use]
pub fn class_uri(gtin: Gtin, lot: LotCode) -> String {
    format!("{CANONICAL_STEM}/01/{gtin}/10/{lot}")
}

/// The canonical link of one item.
#[must_use]
pub fn item_uri(gtin: Gtin, lot: LotCode, serial: Serial) -> String {
    format!("{CANONICAL_STEM}/01/{gtin}/10/{lot}/21/{serial}")
}

fn quantity(subject: &Subject<'_>) -> Value {
    let mut element = Map::new();
    element.insert(
        "epcClass".to_string(),
        class_uri(subject.gtin, subject.lot).into(),
    );
    if let Some(quantity) = subject.quantity {
        element.insert("quantity".to_string(), quantity.into());
        // EPCIS counts pieces without a unit.
        if subject.unit != "H87" {
            element.insert("uom".to_string(), subject.unit.into());
        }
    }
    element.into()
}

/// Instance and lot master data: what is true of every item of the lot.
fn ilmd(subject: &Subject<'_>, started: &str, harvested: Option<&str>) -> Value {
    let mut data = Map::new();
    data.insert("cbvmda:lotNumber".to_string(), subject.lot.as_str().into());
    data.insert("suyuan:startedOn".to_string(), started.into());
    if let Some(day) = harvested {
        data.insert("cbvmda:harvestEndDate".to_string(), day.into());
    }
    data.into()
}

/// The value as a sensor report. A result below the limit of quantification is a maximum, not a
/// value. A unit without a Rec 20 code is told in words.
fn report(finding: &Finding<'_>) -> Value {
    let mut report = Map::new();
    report.insert("type".to_string(), "Dimensionless".into());
    let name = if finding.below { "maxValue" } else { "value" };
    report.insert(name.to_string(), finding.value.into());
    match finding.unit {
        "%" => report.insert("uom".to_string(), "P1".into()),
        other => report.insert("suyuan:unit".to_string(), other.into()),
    };
    report.insert("suyuan:item".to_string(), finding.item.into());
    report.insert("suyuan:method".to_string(), finding.method.into());
    report.into()
}

/// RFC 3339 in UTC with three decimals: implementations of the event hash round finer times
/// differently, so no finer one is written.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    let seconds = at.seconds();
    let millis = at.0.rem_euclid(MICROS_PER_SECOND) / 1_000;
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Year, month and day of a count of days since 1970-01-01: years are counted from March, so that
/// the leap day is a year's last, in eras of 400 years (146,097 days).
const fn civil(days: i64) -> (i64, i64, i64) {
    // 0000-03-01 lies 719,468 days before the epoch.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests;
