//! `/api/v1/alarms/{id}/shelving`: an alarm put aside for a while, and taken back.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Alarm;
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// An alarm to put aside.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewShelving {
    /// For so many minutes from now, 1 to 480.
    #[schema(example = 60)]
    minutes: u16,
    /// Why, 1 to 500 characters.
    #[schema(example = "合作社正在点火熏烟")]
    reason: String,
}

/// Puts an alarm on the shelf, with all that its rule raises until then. It returns by itself; doing
/// it again counts from then on.
#[utoipa::path(
    put, path = "/api/v1/alarms/{id}/shelving", tag = "alarms", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the alarm")), request_body = NewShelving,
    responses((status = 200, body = Alarm), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn shelve(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewShelving>,
) -> Answer<Json<Alarm>> {
    let wanted = (new.minutes, new.reason.as_str());
    let alarm = act::alarm::shelve(&state, &caller.account, id, wanted).await?;
    Ok(Json(alarm.into()))
}

/// Takes an alarm off the shelf before its time; one that is not there stays as it is.
#[utoipa::path(
    delete, path = "/api/v1/alarms/{id}/shelving", tag = "alarms", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the alarm")),
    responses((status = 200, body = Alarm), (status = 404, body = ProblemBody))
)]
pub(crate) async fn unshelve(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Alarm>> {
    let alarm = act::alarm::unshelve(&state, &caller.account, id).await?;
    Ok(Json(alarm.into()))
}
