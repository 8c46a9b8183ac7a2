//! `/api/v1/lots/{id}/interval`: from when on a lot may be harvested.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::act;
use crate::act::lot::iso;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::rule::interval::free_on;
use crate::state::AppState;

/// Something that was used on the plot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IntervalUse)]
pub(crate) struct Use {
    /// Name of what was used.
    input: String,
    /// When.
    done_on: String,
    /// Days that have to pass.
    interval_days: i32,
    /// First day on which it stands in nobody's way.
    free_on: String,
}

/// What stands in the way of a harvest.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Interval {
    /// First day on which nothing does; null where nothing was used.
    free_on: Option<String>,
    /// Whether a supervisor waived it.
    waived: bool,
    /// What was used, newest first.
    uses: Vec<Use>,
}

/// Tells from when on a lot may be harvested, and why.
#[utoipa::path(
    get, path = "/api/v1/lots/{id}/interval", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    responses((status = 200, body = Interval), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Interval>> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, &caller.account, id).await?;
    let standing = act::harvest::standing(&mut connection, &lot).await?;
    let last = standing.treatments.iter().map(free_on).max();
    let uses = standing.treatments.iter().map(|used| Use {
        input: used.input.clone(),
        done_on: iso(used.done_on),
        interval_days: used.interval_days,
        free_on: iso(free_on(used)),
    });
    Ok(Json(Interval {
        free_on: last.map(iso),
        waived: standing.is_waived,
        uses: uses.collect(),
    }))
}
