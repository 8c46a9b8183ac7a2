//! `/api/v1/producers/{id}/relief`: marks a producer of the poverty relief programme.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::act;
use crate::act::lot::parse_day;
use crate::act::relief::Wanted;
use crate::api::v1::relief::{ReliefMark, mark};
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::rule::plausible;
use crate::state::AppState;

/// A mark.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReliefEdit {
    /// The version that the client saw; 0 for the first mark.
    #[schema(example = 0)]
    base_version: i32,
    /// Households linked to it; 0 where the producer itself is one.
    #[schema(example = 12)]
    households: i32,
    /// Free quick tests a calendar year.
    #[schema(example = 24)]
    free_tests: i32,
    /// First day, `YYYY-MM-DD`.
    #[schema(example = "2026-01-01")]
    since: String,
    /// Last day; null or missing while it lasts.
    until: Option<String>,
    /// More.
    #[serde(default)]
    note: String,
}

/// Marks a producer, or changes or ends its mark. If somebody changed it since `base_version`,
/// nothing is overwritten. The same mark sent again gets the same answer.
#[utoipa::path(
    put, path = "/api/v1/producers/{id}/relief", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the producer")), request_body = ReliefEdit,
    responses((status = 200, body = ReliefMark), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(edit): JsonBody<ReliefEdit>,
) -> Answer<Json<ReliefMark>> {
    let wanted = Wanted {
        base: edit.base_version,
        households: edit.households,
        free_tests: edit.free_tests,
        since: parse_day("since", &edit.since)?,
        until: edit.until.map(|day| parse_day("until", &day)).transpose()?,
        note: edit.note,
    };
    let kept = act::relief::put(&state, &caller.account, id, &wanted).await?;
    Ok(Json(mark(kept, plausible::today(state.now()))))
}
