//! The steps of a lot's life after its registration, as events: turns of its state, handovers
//! between parties, the seal of its growing period, and processing.
//!
//! The one thing to know: what people write as a reason stays out of events, which are public; a
//! recall's reason is the exception, for it is a notice. Each step names the request that caused
//! it, so that two of the same moment are two events.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::{Subject, class_uri, rfc3339};
use crate::gs1::{Gtin, LotCode};
use crate::time::Timestamp;

/// Step of the CBV that does not exist there: a lot may be sold.
pub const RELEASING: &str = "urn:suyuan:voc:releasing";
/// Step that the CBV does not have: a 承诺达标合格证 was issued.
pub const CERTIFYING: &str = "urn:suyuan:voc:certifying";

/// A turn of a lot's life that moves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn<'a> {
    /// 抽样: a sample was taken; its code.
    Sampled(&'a str),
    /// The lot may be sold.
    Released,
    /// 冻结: the lot must not be sold.
    Held,
    /// 召回: the lot is called back; why.
    Recalled(&'a str),
    /// Nothing is left of it.
    SoldOut,
    /// 承诺达标合格证: its number.
    Certified(&'a str),
    /// A 承诺达标合格证 was voided; its number.
    Voided(&'a str),
}

impl Turn<'_> {
    /// The business step.
    #[must_use]
    pub const fn biz_step(&self) -> &'static str {
        match self {
            Self::Sampled(_) => "sampling",
            Self::Released => RELEASING,
            Self::Held | Self::Recalled(_) => "holding",
            Self::SoldOut => "retail_selling",
            Self::Certified(_) | Self::Voided(_) => CERTIFYING,
        }
    }

    const fn disposition(&self) -> &'static str {
        match self {
            Self::Sampled(_) => "in_progress",
            Self::Released => "sellable_accessible",
            Self::Held => "non_sellable_other",
            Self::Recalled(_) => "recalled",
            Self::SoldOut => "retail_sold",
            Self::Certified(_) => "active",
            Self::Voided(_) => "inactive",
        }
    }

    /// The document that the turn is about, by the CBV's word for its kind.
    fn document(&self) -> Option<Value> {
        match self {
            Self::Sampled(code) => Some(document("testprd", &format!("urn:suyuan:sample:{code}"))),
            Self::Certified(number) | Self::Voided(number) => Some(document(
                "cert",
                &format!("urn:suyuan:certificate:{number}"),
            )),
            _ => None,
        }
    }
}

/// A part of a lot that changes hands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Handover {
    /// Whether it arrived; else it left.
    pub received: bool,
    /// Number of the shipment.
    pub shipment: i64,
    /// Number of the party that had it.
    pub from: i64,
    /// Number of the party that gets it.
    pub to: i64,
}

/// A channel of a growing period in figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed {
    /// Gateway and probe, as `gateway/probe`.
    pub probe: String,
    /// Name of the channel.
    pub channel: String,
    /// Its unit as `SenML` writes it.
    pub unit: String,
    /// Start of what was measured.
    pub from: Timestamp,
    /// End of it.
    pub to: Timestamp,
    /// Values that were to come.
    pub expected: i64,
    /// Values present.
    pub present: i64,
    /// Least, mean, greatest value and standard deviation; `None` without values.
    pub spread: Option<[f64; 4]>,
    /// Hours beyond a watched limit; `None` where none is watched.
    pub hours_outside: Option<i64>,
}

/// An alarm of a growing period and who answered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Number of the alarm.
    pub alarm: i64,
    /// Name of its rule.
    pub rule: String,
    /// First value beyond the limit.
    pub raised: Timestamp,
    /// Role of who took note; `None` while nobody has.
    pub by_role: Option<String>,
}

/// The pictures that a camera took in a growing period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filmed {
    /// Gateway and camera, as `gateway/camera`.
    pub camera: String,
    /// How many.
    pub count: i64,
    /// When the first was taken.
    pub from: Timestamp,
    /// When the last was taken.
    pub to: Timestamp,
    /// SHA-256 over the pictures' own SHA-256, 32 bytes each, in the order in which they were
    /// taken; hexadecimal.
    pub digest: String,
}

/// A part of a lot in processing.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its product.
    pub gtin: Gtin,
    /// Its code.
    pub lot: LotCode,
    /// How much.
    pub quantity: f64,
    /// Unit, UN/ECE Rec 20.
    pub unit: String,
}

/// The event of a turn, but for its time.
pub(super) fn turn(subject: &Subject<'_>, turn: &Turn<'_>, request: &str) -> Map<String, Value> {
    let mut event = head("ObjectEvent", turn.biz_step());
    put(&mut event, "action", "OBSERVE");
    put(&mut event, "disposition", turn.disposition());
    let class = class_uri(subject.gtin, subject.lot);
    put(&mut event, "quantityList", json!([{ "epcClass": class }]));
    let mut documents = Vec::from([asked_by(request)]);
    documents.extend(turn.document());
    put(&mut event, "bizTransactionList", documents);
    if let Turn::Recalled(reason) = turn {
        put(&mut event, "suyuan:reason", *reason);
    }
    event
}

/// The event of a handover; the subject's quantity is what changes hands.
pub(super) fn handover(
    subject: &Subject<'_>,
    handed: &Handover,
    request: &str,
) -> Map<String, Value> {
    let (step, disposition, paper) = if handed.received {
        ("receiving", "in_progress", "recadv")
    } else {
        ("shipping", "in_transit", "desadv")
    };
    let mut event = head("ObjectEvent", step);
    put(&mut event, "action", "OBSERVE");
    put(&mut event, "disposition", disposition);
    put(
        &mut event,
        "quantityList",
        json!([super::quantity(subject)]),
    );
    let paper = document(paper, &format!("urn:suyuan:shipment:{}", handed.shipment));
    put(
        &mut event,
        "bizTransactionList",
        json!([asked_by(request), paper]),
    );
    let party = |number: i64| format!("urn:suyuan:party:{number}");
    put(
        &mut event,
        "sourceList",
        json!([{ "type": "owning_party", "source": party(handed.from) }]),
    );
    put(
        &mut event,
        "destinationList",
        json!([{ "type": "owning_party", "destination": party(handed.to) }]),
    );
    event
}

/// The event of a seal.
pub(super) fn seal(
    subject: &Subject<'_>,
    plot: i64,
    (channels, alarms, pictures): (&[Sealed], &[Answered], &[Filmed]),
    request: &str,
) -> Map<String, Value> {
    let mut event = head("ObjectEvent", "sensor_reporting");
    put(&mut event, "action", "OBSERVE");
    let class = class_uri(subject.gtin, subject.lot);
    put(&mut event, "quantityList", json!([{ "epcClass": class }]));
    let place = format!("urn:suyuan:plot:{plot}");
    put(&mut event, "readPoint", json!({ "id": place }));
    put(&mut event, "bizTransactionList", json!([asked_by(request)]));
    let elements: Vec<Value> = channels.iter().map(element).collect();
    if !elements.is_empty() {
        put(&mut event, "sensorElementList", elements);
    }
    let alarms: Vec<Value> = alarms.iter().map(answered).collect();
    if !alarms.is_empty() {
        put(&mut event, "suyuan:alarms", alarms);
    }
    let pictures: Vec<Value> = pictures.iter().map(filmed).collect();
    if !pictures.is_empty() {
        put(&mut event, "suyuan:pictures", pictures);
    }
    event
}

/// The event of processing; it has no action.
pub(super) fn transformation(
    inputs: &[Part],
    outputs: &[Part],
    kind: &str,
    request: &str,
) -> Map<String, Value> {
    let mut event = head("TransformationEvent", "commissioning");
    put(&mut event, "disposition", "active");
    put(
        &mut event,
        "transformationID",
        format!("urn:suyuan:processing:{request}"),
    );
    let parts = |parts: &[Part]| parts.iter().map(part).collect::<Vec<Value>>();
    put(&mut event, "inputQuantityList", parts(inputs));
    put(&mut event, "outputQuantityList", parts(outputs));
    put(&mut event, "suyuan:processing", kind);
    event
}

fn part(part: &Part) -> Value {
    super::quantity(&Subject {
        gtin: part.gtin,
        lot: part.lot,
        quantity: Some(part.quantity),
        unit: &part.unit,
    })
}

/// One channel as a sensor element: figures, never a reading.
fn element(channel: &Sealed) -> Value {
    let mut report = Map::new();
    put(&mut report, "type", "Dimensionless");
    if let Some([min, mean, max, deviation]) = channel.spread {
        put(&mut report, "minValue", min);
        put(&mut report, "meanValue", mean);
        put(&mut report, "maxValue", max);
        put(&mut report, "sDev", deviation);
    }
    put(&mut report, "suyuan:channel", channel.channel.as_str());
    put(&mut report, "suyuan:unit", channel.unit.as_str());
    put(&mut report, "suyuan:expected", channel.expected);
    put(&mut report, "suyuan:present", channel.present);
    if let Some(hours) = channel.hours_outside {
        put(&mut report, "suyuan:hoursOutside", hours);
    }
    json!({
        "sensorMetadata": {
            "startTime": rfc3339(channel.from),
            "endTime": rfc3339(channel.to),
            "deviceID": format!("urn:suyuan:probe:{}", channel.probe),
        },
        "sensorReport": [report],
    })
}

fn answered(alarm: &Answered) -> Value {
    json!({
        "suyuan:alarm": format!("urn:suyuan:alarm:{}", alarm.alarm),
        "suyuan:rule": alarm.rule,
        "suyuan:raised": rfc3339(alarm.raised),
        "suyuan:answeredBy": alarm.by_role.as_deref().unwrap_or("nobody"),
    })
}

fn filmed(pictures: &Filmed) -> Value {
    json!({
        "suyuan:camera": format!("urn:suyuan:camera:{}", pictures.camera),
        "suyuan:count": pictures.count,
        "suyuan:first": rfc3339(pictures.from),
        "suyuan:last": rfc3339(pictures.to),
        "suyuan:digest": format!("sha-256:{}", pictures.digest),
    })
}

fn head(kind: &str, step: &str) -> Map<String, Value> {
    let mut event = Map::new();
    put(&mut event, "type", kind);
    put(&mut event, "bizStep", step);
    event
}

fn put(event: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    event.insert(name.to_string(), value.into());
}

fn document(kind: &str, uri: &str) -> Value {
    json!({ "type": kind, "bizTransaction": uri })
}

fn asked_by(request: &str) -> Value {
    document("urn:suyuan:voc:request", &format!("urn:uuid:{request}"))
}
