//! `/api/v1/lots/{id}/steps`: the journal of a lot's life, with who and why.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::lot_step;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LotStep)]
pub(crate) struct Step {
    /// `harvest`, `sample`, `release`, `hold`, `waive_interval`, `ship`, `sell_out`, `recall`.
    #[serde(rename = "step")]
    taken: String,
    /// Where the lot stood.
    from_state: String,
    /// Where it stood after.
    to_state: String,
    /// Why; may be empty.
    reason: String,
    /// When it was noted.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Role of who did it; null for the platform itself.
    by_role: Option<String>,
}

/// The journal of a lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Steps {
    /// Oldest first.
    steps: Vec<Step>,
}

/// Lists what was done with a lot. Results of the lab are listed with the tests.
#[utoipa::path(
    get, path = "/api/v1/lots/{id}/steps", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    responses((status = 200, body = Steps), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Steps>> {
    let mut connection = state.store().acquire().await?;
    act::find_lot(&mut connection, &caller.account, id).await?;
    let rows = lot_step::list(&mut connection, id).await?;
    let step = |row: lot_step::Step| Step {
        taken: row.step,
        from_state: row.from_state,
        to_state: row.to_state,
        reason: row.reason,
        at: row.at,
        by_role: row.by_role,
    };
    Ok(Json(Steps {
        steps: rows.into_iter().map(step).collect(),
    }))
}
