//! `/api/v1/recalls/{id}`: a recall with everyone who has of its goods and whom to call there.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::closure::{self, Way};
use store::recall;
use utoipa::ToSchema;

use super::Recall;
use crate::act;
use crate::act::recall::Spread;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::rule::recall::Figures;
use crate::state::AppState;

/// A recall and where its goods are now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecallDetail {
    #[serde(flatten)]
    recall: Recall,
    /// The figures as they stand now; `figures` has them as they stood then.
    figures_now: Figures,
    /// Producers of its lots.
    producers: Vec<Holder>,
    /// Who received of them.
    receivers: Vec<Holder>,
}

/// Somebody who has or had of the goods.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Holder {
    /// Number of the producer or of the party.
    id: i64,
    /// Name.
    name: String,
    /// Business contact: whom to call.
    contact: String,
    /// Codes of the lots.
    lots: Vec<String>,
    /// What the producer has left, or what the receiver was sent, by unit.
    quantities: Vec<Amount>,
}

/// So much of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Amount {
    /// UN/ECE Rec 20.
    unit: String,
    /// How much.
    quantity: f64,
}

/// Shows a recall with whom to call.
#[utoipa::path(
    get, path = "/api/v1/recalls/{id}", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the recall")),
    responses((status = 200, body = RecallDetail), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Named(id): Named<i64>,
) -> Answer<Json<RecallDetail>> {
    let mut connection = state.store().acquire().await?;
    let found = recall::list(&mut connection, Some(id), None).await?.pop();
    let found = found.ok_or_else(act::recall::no_recall)?;
    let nodes = closure::list(&mut connection, found.lot_id, Way::Down).await?;
    let spread = act::recall::gather(&mut connection, nodes).await?;
    drop(connection);
    Ok(Json(RecallDetail {
        recall: found.into(),
        figures_now: spread.figures,
        producers: producers(&spread),
        receivers: receivers(&spread),
    }))
}

fn producers(spread: &Spread) -> Vec<Holder> {
    let mut holders = BTreeMap::new();
    for node in &spread.nodes {
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

fn receivers(spread: &Spread) -> Vec<Holder> {
    let mut holders = BTreeMap::new();
    for sent in &spread.shipments {
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
