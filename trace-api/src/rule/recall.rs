//! The figures of a recall: kilograms in, out, left and lost over everything that came of a lot,
//! and what nobody can account for.

use std::collections::BTreeSet;

use serde::Serialize;
use store::closure::Node;
use store::processing::{Flow, Processing};
use store::shipment::Shipment;
use utoipa::ToSchema;

use crate::rule::mass::kilograms;

/// What the goods of a recall weigh, in kilograms.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, ToSchema)]
pub(crate) struct Figures {
    /// The first lot and what was mixed in on the way.
    pub(crate) in_kg: f64,
    /// In other hands: shipped, less what they processed on or missed on arrival.
    pub(crate) out_kg: f64,
    /// Still with the producers.
    pub(crate) left_kg: f64,
    /// Declared waste of processing.
    pub(crate) lost_kg: f64,
    /// Missing: in processing and on the way. Below 0 where water or brine came in.
    pub(crate) unaccounted_kg: f64,
    /// Lots whose unit is no mass; they are in no figure.
    pub(crate) unweighed_lots: u32,
}

/// The figures of a closure: its lots, the processings that they went into with everything that
/// flowed there, and the shipments of its lots.
pub(crate) fn figures(
    nodes: &[Node],
    (processings, flows): (&[Processing], &[Flow]),
    shipments: &[Shipment],
) -> Figures {
    let mut figures = Figures::default();
    for node in nodes {
        let kg = |quantity| kilograms((quantity, &node.unit));
        let Some(made) = kg(node.quantity) else {
            figures.unweighed_lots += 1;
            continue;
        };
        if node.level == 0 {
            figures.in_kg += made;
        }
        let gone = kg(node.shipped + node.processed).unwrap_or_default();
        figures.left_kg += made - gone;
        figures.out_kg += kg(node.shipped - node.processed_elsewhere).unwrap_or_default();
    }
    for processing in processings {
        figures.lost_kg += kilograms((processing.loss, &processing.unit)).unwrap_or_default();
    }
    let inside: BTreeSet<i64> = nodes.iter().map(|node| node.lot_id).collect();
    let foreign = flows
        .iter()
        .filter(|flow| flow.is_input && !inside.contains(&flow.lot_id));
    figures.in_kg += foreign
        .filter_map(|flow| kilograms((flow.quantity, &flow.unit)))
        .sum::<f64>();
    let missing: f64 = shipments.iter().filter_map(missing).sum();
    figures.out_kg -= missing;
    figures.unaccounted_kg = figures.in_kg - figures.out_kg - figures.left_kg - figures.lost_kg;
    figures.rounded()
}

/// What a shipment lost on the way.
fn missing(shipment: &Shipment) -> Option<f64> {
    let received = shipment.received_quantity?;
    kilograms((shipment.quantity - received, &shipment.unit))
}

impl Figures {
    /// To the gram: sums of decimal numbers leave dust behind.
    fn rounded(self) -> Self {
        let gram = |kg: f64| (kg * 1_000.0).round() / 1_000.0;
        Self {
            in_kg: gram(self.in_kg),
            out_kg: gram(self.out_kg),
            left_kg: gram(self.left_kg),
            lost_kg: gram(self.lost_kg),
            unaccounted_kg: gram(self.unaccounted_kg) + 0.0,
            unweighed_lots: self.unweighed_lots,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::lot::LotState;
    use proptest::prelude::*;
    use time::OffsetDateTime;

    use super::*;

    fn node(lot_id: i64, level: i32, quantity: f64) -> Node {
        Node {
            lot_id,
            level,
            code: String::new(),
            gtin: String::new(),
            product: String::new(),
            unit: "KGM".to_owned(),
            producer_id: 1,
            producer: String::new(),
            contact: String::new(),
            state: LotState::Released,
            place: String::new(),
            harvested_on: None,
            quantity,
            processed: 0.0,
            processed_elsewhere: 0.0,
            shipped: 0.0,
        }
    }

    fn processing(id: i64, loss: f64) -> Processing {
        Processing {
            id,
            producer_id: 1,
            producer: String::new(),
            place: String::new(),
            kind: "sorting".to_owned(),
            done_at: OffsetDateTime::UNIX_EPOCH,
            unit: "KGM".to_owned(),
            loss,
        }
    }

    fn flow(processing_id: i64, lot_id: i64, is_input: bool, quantity: f64) -> Flow {
        Flow {
            processing_id,
            lot_id,
            is_input,
            quantity,
            unit: "KGM".to_owned(),
        }
    }

    #[test]
    fn a_lot_alone_is_where_it_is() {
        let whole = Node {
            shipped: 30.0,
            ..node(1, 0, 100.0)
        };
        let figures = figures(&[whole], (&[], &[]), &[]);
        let wanted = Figures {
            in_kg: 100.0,
            out_kg: 30.0,
            left_kg: 70.0,
            ..Figures::default()
        };
        assert_eq!(figures, wanted);
    }

    #[test]
    fn what_was_mixed_in_counts_and_what_vanished_is_told() {
        let first = Node {
            processed: 100.0,
            ..node(1, 0, 100.0)
        };
        let made = Node {
            shipped: 80.0,
            ..node(2, 1, 120.0)
        };
        let flows = [
            flow(9, 1, true, 100.0),
            flow(9, 7, true, 50.0),
            flow(9, 2, false, 120.0),
        ];
        let figures = figures(&[first, made], (&[processing(9, 20.0)], &flows), &[]);
        assert_eq!((figures.in_kg, figures.out_kg), (150.0, 80.0));
        assert_eq!((figures.left_kg, figures.lost_kg), (40.0, 20.0));
        assert_eq!(figures.unaccounted_kg.to_string(), "10");
    }

    #[test]
    fn pieces_are_counted_as_unweighed() {
        let eggs = Node {
            unit: "H87".to_owned(),
            ..node(1, 0, 300.0)
        };
        let figures = figures(&[eggs], (&[], &[]), &[]);
        assert_eq!(figures.unweighed_lots, 1);
        assert_eq!(figures.in_kg.to_string(), "0");
    }

    proptest! {
        #[test]
        fn nothing_is_unaccounted_where_every_kilogram_was_written_down(
            first in 1.0_f64..1e4, share in 0.0_f64..1.0, waste in 0.0_f64..0.5, sold in 0.0_f64..1.0,
        ) {
            let processed = first * share;
            let loss = processed * waste;
            let made = processed - loss;
            let root = Node { processed, ..node(1, 0, first) };
            let output = Node { shipped: made * sold, ..node(2, 1, made) };
            let flows = [flow(9, 1, true, processed), flow(9, 2, false, made)];
            let figures = figures(&[root, output], (&[processing(9, loss)], &flows), &[]);
            prop_assert!(figures.unaccounted_kg.abs() < 0.01, "{figures:?}");
        }
    }
}
