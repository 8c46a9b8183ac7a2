//! `/api/v1/lots/{id}/graph`: what a lot came of and what came of it, with quantities.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::closure::{self, Node, Way};
use store::processing as processings;
use utoipa::ToSchema;

use crate::act;
use crate::api::v1::processings::Processing;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::rule::recall::Figures;
use crate::state::AppState;

/// A lot of a closure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphLot {
    id: i64,
    /// Processings between the first lot and this one.
    level: i32,
    /// GS1 AI 10.
    code: String,
    /// GTIN-14.
    gtin: String,
    /// Name of the product.
    product: String,
    /// Name of the producer.
    producer: String,
    /// Where it stands.
    state: &'static str,
    /// What was harvested or made, in `unit`.
    quantity: f64,
    /// What its producer processed.
    processed: f64,
    /// What its producer shipped.
    shipped: f64,
    /// What its producer has left.
    left: f64,
    /// UN/ECE Rec 20.
    unit: String,
}

/// What a lot came of and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Graph {
    /// What it came of, itself first.
    up: Vec<GraphLot>,
    /// What came of it, itself first.
    down: Vec<GraphLot>,
    /// The processings in between, oldest first.
    processings: Vec<Processing>,
    /// Where the goods of everything that came of it are.
    figures: Figures,
}

/// Shows the closure of a lot both ways.
#[utoipa::path(
    get, path = "/api/v1/lots/{id}/graph", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    responses((status = 200, body = Graph), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Graph>> {
    let mut connection = state.store().acquire().await?;
    act::find_lot(&mut connection, &caller.account, id).await?;
    let up = closure::list(&mut connection, id, Way::Up).await?;
    let down = closure::list(&mut connection, id, Way::Down).await?;
    let above: Vec<i64> = up.iter().map(|node| node.lot_id).collect();
    let numbers = processings::list_of_outputs(&mut connection, &above).await?;
    let mut done = processings::list(&mut connection, &numbers).await?;
    let mut flows = processings::list_flows(&mut connection, &numbers).await?;
    let spread = act::recall::gather(&mut connection, down).await?;
    done.extend(spread.processings);
    flows.extend(spread.flows);
    Ok(Json(Graph {
        up: up.into_iter().map(GraphLot::from).collect(),
        down: spread.nodes.into_iter().map(GraphLot::from).collect(),
        processings: done
            .into_iter()
            .map(|row| Processing::from_rows(row, &flows))
            .collect(),
        figures: spread.figures,
    }))
}

impl From<Node> for GraphLot {
    fn from(node: Node) -> Self {
        Self {
            id: node.lot_id,
            level: node.level,
            left: node.quantity - node.processed - node.shipped,
            code: node.code,
            gtin: node.gtin,
            product: node.product,
            producer: node.producer,
            state: node.state.code(),
            quantity: node.quantity,
            processed: node.processed,
            shipped: node.shipped,
            unit: node.unit,
        }
    }
}
