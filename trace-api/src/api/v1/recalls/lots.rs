//! `/api/v1/recalls/{id}/lots.csv`: every lot of a recall and everyone who got of it, sorted as a
//! spreadsheet that is asked for within 24 hours (FSMA 204) is sorted.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use store::closure::{self, Node, Way};
use store::recall;
use store::shipment::Shipment;
use time::format_description::well_known::Rfc3339;

use crate::act;
use crate::act::recall::Spread;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::rule::sheet::Sheet;
use crate::state::AppState;

/// The columns.
pub(super) const HEAD: [&str; 18] = [
    "level",
    "lot",
    "gtin",
    "product",
    "producer",
    "producer_contact",
    "state",
    "unit",
    "quantity",
    "processed",
    "shipped",
    "left",
    "receiver",
    "receiver_contact",
    "sent",
    "sent_at",
    "received",
    "received_at",
];

/// Lists the lots of a recall and who received what and whom to call, as CSV: by level, lot and
/// time of shipping; one line a shipment, one for a lot that was not shipped.
#[utoipa::path(
    get, path = "/api/v1/recalls/{id}/lots.csv", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the recall")),
    responses((status = 200, content((String = "text/csv"))), (status = 404, body = ProblemBody))
)]
pub(crate) async fn export(
    State(state): State<AppState>,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let found = recall::list(&mut connection, Some(id), None).await?.pop();
    let found = found.ok_or_else(act::recall::no_recall)?;
    let nodes = closure::list(&mut connection, found.lot_id, Way::Down).await?;
    let spread = act::recall::gather(&mut connection, nodes).await?;
    drop(connection);
    let mut sheet = Sheet::new(&HEAD);
    for line in lines(&spread) {
        sheet.row(&line);
    }
    let name = format!("attachment; filename=\"recall-{id}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, sheet.finish()).into_response())
}

/// The rows: by level, lot and time of shipping.
pub(super) fn lines(spread: &Spread) -> Vec<[String; 18]> {
    let mut sent: BTreeMap<i64, Vec<&Shipment>> = BTreeMap::new();
    for shipment in &spread.shipments {
        sent.entry(shipment.lot_id).or_default().push(shipment);
    }
    let mut nodes: Vec<&Node> = spread.nodes.iter().collect();
    nodes.sort_by(|a, b| (a.level, &a.code, a.lot_id).cmp(&(b.level, &b.code, b.lot_id)));
    let mut lines = Vec::with_capacity(nodes.len());
    for node in nodes {
        match sent.get(&node.lot_id) {
            None => lines.push(line(node, None)),
            Some(of_lot) => lines.extend(of_lot.iter().map(|s| line(node, Some(s)))),
        }
    }
    lines
}

fn line(node: &Node, sent: Option<&Shipment>) -> [String; 18] {
    let time = |at: time::OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let of = |read: fn(&Shipment) -> String| sent.map(read).unwrap_or_default();
    let left = node.quantity - node.processed - node.shipped;
    [
        node.level.to_string(),
        node.code.clone(),
        node.gtin.clone(),
        node.product.clone(),
        node.producer.clone(),
        node.contact.clone(),
        node.state.code().to_owned(),
        node.unit.clone(),
        node.quantity.to_string(),
        node.processed.to_string(),
        node.shipped.to_string(),
        left.to_string(),
        of(|s| s.to_name.clone()),
        of(|s| s.to_contact.clone()),
        of(|s| s.quantity.to_string()),
        sent.map(|s| time(s.shipped_at)).unwrap_or_default(),
        of(|s| {
            s.received_quantity
                .map(|q| q.to_string())
                .unwrap_or_default()
        }),
        sent.and_then(|s| s.received_at)
            .map(time)
            .unwrap_or_default(),
    ]
}
