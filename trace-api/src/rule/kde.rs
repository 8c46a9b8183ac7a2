//! The list that is asked for within 24 hours when food is called back: one line for each step of
//! each lot, with the key data elements of FSMA 204 (21 CFR 1.1455: lot code, product, quantity and
//! unit, location, date, reference document, kind of step). Sorted by lot and time, and sortable.

use std::collections::BTreeMap;

use store::closure::Node;
use store::processing::{Flow, Processing};
use store::shipment::Shipment;
use time::macros::offset;
use time::{Date, OffsetDateTime, UtcOffset};

/// The zone in which days are told.
const CHINA: UtcOffset = offset!(+8);

/// The columns.
pub(crate) const HEAD: [&str; 16] = [
    "traceability_lot_code",
    "date",
    "event",
    "quantity",
    "unit",
    "gtin",
    "product",
    "location",
    "by",
    "by_contact",
    "to",
    "to_contact",
    "reference",
    "time",
    "direction",
    "level",
];

/// One step of one lot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step<'a> {
    /// The lot.
    pub(crate) node: &'a Node,
    /// Whether the lot is before the one that is called back, is it, or came of it.
    pub(crate) direction: &'static str,
    /// Kind of the step.
    pub(crate) event: &'static str,
    /// Day in China.
    pub(crate) day: Option<Date>,
    /// When, where that is known to the second.
    pub(crate) at: Option<OffsetDateTime>,
    /// In the lot's unit.
    pub(crate) quantity: f64,
    /// Where.
    pub(crate) location: &'a str,
    /// By whom.
    pub(crate) by: &'a str,
    /// Whom to call there.
    pub(crate) by_contact: &'a str,
    /// To whom.
    pub(crate) to: &'a str,
    /// Whom to call there.
    pub(crate) to_contact: &'a str,
    /// The document that tells of it.
    pub(crate) reference: String,
}

/// What a lot came of and what came of it, with everything that was done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Story<'a> {
    /// What it came of, itself first.
    pub(crate) up: &'a [Node],
    /// What came of it, itself first.
    pub(crate) down: &'a [Node],
    /// Processings of both.
    pub(crate) processings: &'a [Processing],
    /// What flowed there.
    pub(crate) flows: &'a [Flow],
    /// Shipments of both.
    pub(crate) shipments: &'a [Shipment],
}

/// The steps of every lot, by lot code and time.
pub(crate) fn steps<'a>(story: &Story<'a>) -> Vec<Step<'a>> {
    let mut lots: BTreeMap<i64, (&Node, &'static str)> = BTreeMap::new();
    for node in story.down {
        let direction = if node.level == 0 { "self" } else { "down" };
        lots.insert(node.lot_id, (node, direction));
    }
    for node in story.up {
        lots.entry(node.lot_id).or_insert((node, "up"));
    }
    let works: BTreeMap<i64, &Processing> = story
        .processings
        .iter()
        .map(|work| (work.id, work))
        .collect();
    let mut made: Vec<Step<'a>> = Vec::new();
    let mut flows: Vec<&Flow> = story.flows.iter().collect();
    flows.sort_by_key(|flow| (flow.processing_id, flow.lot_id, flow.is_input));
    flows.dedup_by_key(|flow| (flow.processing_id, flow.lot_id, flow.is_input));
    for flow in flows {
        if let (Some(lot), Some(work)) = (lots.get(&flow.lot_id), works.get(&flow.processing_id)) {
            made.push(worked(*lot, flow, work));
        }
    }
    for (node, direction) in lots.values() {
        let processed = made
            .iter()
            .any(|step| step.node.lot_id == node.lot_id && step.event == OUTPUT);
        if !processed {
            made.push(grown(node, direction));
        }
    }
    let mut shipments: Vec<&Shipment> = story.shipments.iter().collect();
    shipments.sort_by_key(|shipment| shipment.id);
    shipments.dedup_by_key(|shipment| shipment.id);
    for shipment in shipments {
        if let Some(lot) = lots.get(&shipment.lot_id) {
            made.push(shipped(*lot, shipment));
            made.extend(received(*lot, shipment));
        }
    }
    made.sort_by(|a, b| a.place_in_list().cmp(&b.place_in_list()));
    made
}

const OUTPUT: &str = "transformation_output";

/// The day of a moment in China.
fn day(at: OffsetDateTime) -> Date {
    at.to_offset(CHINA).date()
}

fn grown<'a>(node: &'a Node, direction: &'static str) -> Step<'a> {
    Step {
        node,
        direction,
        event: "harvesting",
        day: node.harvested_on,
        at: None,
        quantity: node.quantity,
        location: &node.place,
        by: &node.producer,
        by_contact: &node.contact,
        to: "",
        to_contact: "",
        reference: format!("LOT-{}", node.lot_id),
    }
}

fn worked<'a>(
    (node, direction): (&'a Node, &'static str),
    flow: &Flow,
    work: &'a Processing,
) -> Step<'a> {
    let event = if flow.is_input {
        "transformation_input"
    } else {
        OUTPUT
    };
    Step {
        event,
        day: Some(day(work.done_at)),
        at: Some(work.done_at),
        quantity: flow.quantity,
        location: &work.place,
        by: &work.producer,
        by_contact: if work.producer_id == node.producer_id {
            &node.contact
        } else {
            ""
        },
        reference: format!("PROCESSING-{}", work.id),
        ..grown(node, direction)
    }
}

fn shipped<'a>((node, direction): (&'a Node, &'static str), sent: &'a Shipment) -> Step<'a> {
    Step {
        event: "shipping",
        day: Some(day(sent.shipped_at)),
        at: Some(sent.shipped_at),
        quantity: sent.quantity,
        location: &sent.from_name,
        by: &sent.from_name,
        by_contact: if sent.from_name == node.producer {
            &node.contact
        } else {
            ""
        },
        to: &sent.to_name,
        to_contact: &sent.to_contact,
        reference: format!("SHIPMENT-{}", sent.id),
        ..grown(node, direction)
    }
}

fn received<'a>(
    (node, direction): (&'a Node, &'static str),
    sent: &'a Shipment,
) -> Option<Step<'a>> {
    let at = sent.received_at?;
    Some(Step {
        event: "receiving",
        day: Some(day(at)),
        at: Some(at),
        quantity: sent.received_quantity.unwrap_or(sent.quantity),
        location: &sent.to_name,
        by: &sent.to_name,
        by_contact: &sent.to_contact,
        to: "",
        to_contact: "",
        reference: format!("SHIPMENT-{}", sent.id),
        ..grown(node, direction)
    })
}

impl Step<'_> {
    /// Lot code first, then the order in which it happened.
    fn place_in_list(&self) -> impl Ord + use<> {
        (
            self.node.code.clone(),
            self.node.lot_id,
            self.day,
            self.at,
            self.event,
            self.reference.clone(),
        )
    }
}

#[cfg(test)]
mod tests {
    use model::lot::LotState;
    use time::macros::{date, datetime};

    use super::*;

    fn node(lot_id: i64, level: i32) -> Node {
        Node {
            lot_id,
            level,
            code: format!("L-{lot_id}"),
            gtin: "09506000134352".to_owned(),
            product: "莓茶".to_owned(),
            unit: "KGM".to_owned(),
            producer_id: 1,
            producer: "合作社".to_owned(),
            contact: "0744-1".to_owned(),
            state: LotState::Recalled,
            place: "毛坝乡 一号地".to_owned(),
            harvested_on: Some(date!(2026 - 11 - 01)),
            quantity: 100.0,
            processed: 0.0,
            processed_elsewhere: 0.0,
            shipped: 0.0,
        }
    }

    fn flow(lot_id: i64, is_input: bool) -> Flow {
        Flow {
            processing_id: 7,
            lot_id,
            is_input,
            quantity: 50.0,
            unit: "KGM".to_owned(),
        }
    }

    #[test]
    fn every_lot_tells_where_it_is_from_and_what_was_done_in_order() {
        let (up, down) = ([node(2, 0), node(1, 1)], [node(2, 0), node(3, 1)]);
        let work = |id, at| Processing {
            id,
            producer_id: 1,
            producer: "合作社".to_owned(),
            place: "作坊".to_owned(),
            kind: "sorting".to_owned(),
            done_at: at,
            unit: "KGM".to_owned(),
            loss: 0.0,
        };
        let works = [work(7, datetime!(2026-11-02 17:00 UTC))];
        let sent = Shipment {
            id: 9,
            lot_id: 3,
            lot: "L-3".to_owned(),
            producer_id: 1,
            from_party_id: 1,
            from_kind: "producer".to_owned(),
            from_name: "合作社".to_owned(),
            to_party_id: 2,
            to_kind: "buyer".to_owned(),
            to_name: "商店".to_owned(),
            to_contact: "12316".to_owned(),
            to_producer_id: None,
            quantity: 9.0,
            unit: "KGM".to_owned(),
            shipped_at: datetime!(2026-11-04 00:00 UTC),
            received_at: Some(datetime!(2026-11-05 00:00 UTC)),
            received_quantity: Some(8.5),
            receipt_request_id: None,
        };
        // Both ways know the first lot's flows: each is told once.
        let flows = [flow(2, true), flow(3, false), flow(2, true)];
        let story = Story {
            up: &up,
            down: &down,
            processings: &works,
            flows: &flows,
            shipments: &[sent],
        };
        let told: Vec<_> = steps(&story)
            .iter()
            .map(|step| (step.node.lot_id, step.direction, step.event, step.quantity))
            .collect();
        assert_eq!(
            told,
            [
                (1, "up", "harvesting", 100.0),
                (2, "self", "harvesting", 100.0),
                (2, "self", "transformation_input", 50.0),
                (3, "down", "transformation_output", 50.0),
                (3, "down", "shipping", 9.0),
                (3, "down", "receiving", 8.5),
            ]
        );
        let made = &steps(&story)[3];
        assert_eq!(made.day, Some(date!(2026 - 11 - 03)), "days are China's");
        assert_eq!((made.location, made.by_contact), ("作坊", "0744-1"));
    }
}
