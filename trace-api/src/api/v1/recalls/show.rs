//! `/api/v1/recalls/{id}`: a recall with everyone who has of its goods and whom to call there.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::closure::{self, Way};
use store::recall;
use utoipa::ToSchema;

use super::Recall;
use crate::act;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::rule::holder::{self, Holder};
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
        producers: holder::producers(&spread.nodes),
        receivers: holder::receivers(&spread.shipments),
    }))
}
