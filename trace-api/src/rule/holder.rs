//! Who has or had of the goods of a recall and whom to call there: the producers of its lots and
//! those who received of them.

use std::collections::BTreeMap;

use serde::Serialize;
use store::closure::Node;
use store::shipment::Shipment;
use utoipa::ToSchema;

/// Somebody who has or had of the goods.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Holder {
    /// Number of the producer or of the party.
    pub(crate) id: i64,
    /// Name.
    pub(crate) name: String,
    /// Business contact: whom to call.
    pub(crate) contact: String,
    /// Codes of the lots.
    pub(crate) lots: Vec<String>,
    /// What the producer has left, or what the receiver was sent, by unit.
    pub(crate) quantities: Vec<Amount>,
}

/// So much of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Amount {
    /// UN/ECE Rec 20.
    pub(crate) unit: String,
    /// How much.
    pub(crate) quantity: f64,
}

/// The producers of lots, with what each has left.
pub(crate) fn producers(nodes: &[Node]) -> Vec<Holder> {
    let mut holders = BTreeMap::new();
    for node in nodes {
        let left = node.quantity - node.processed - node.shipped;
        let who = (
            node.producer_id,
            node.producer.as_str(),
            node.contact.as_str(),
        );
        add(&mut holders, who, (&node.code, &node.unit, left));
    }
    holders.into_values().collect()
}

/// Who received of lots, with what each was sent.
pub(crate) fn receivers(shipments: &[Shipment]) -> Vec<Holder> {
    let mut holders = BTreeMap::new();
    for sent in shipments {
        let who = (
            sent.to_party_id,
            sent.to_name.as_str(),
            sent.to_contact.as_str(),
        );
        add(&mut holders, who, (&sent.lot, &sent.unit, sent.quantity));
    }
    holders.into_values().collect()
}

fn add(
    holders: &mut BTreeMap<i64, Holder>,
    (id, name, contact): (i64, &str, &str),
    (lot, unit, quantity): (&str, &str, f64),
) {
    let holder = holders.entry(id).or_insert_with(|| Holder {
        id,
        name: name.to_owned(),
        contact: contact.to_owned(),
        lots: Vec::new(),
        quantities: Vec::new(),
    });
    if !holder.lots.iter().any(|known| known == lot) {
        holder.lots.push(lot.to_owned());
    }
    match holder
        .quantities
        .iter_mut()
        .find(|known| known.unit == unit)
    {
        Some(known) => known.quantity += quantity,
        None => holder.quantities.push(Amount {
            unit: unit.to_owned(),
            quantity,
        }),
    }
}
