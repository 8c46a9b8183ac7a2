//! `/api/v1/alarms/{id}/assignment`: who looks after an alarm.

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

/// Who is named.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Assignment {
    /// Sign-in name of a supervisor or an operator; null takes the name away.
    #[schema(example = "supervisor")]
    account: Option<String>,
}

/// Names who looks after an alarm.
#[utoipa::path(
    put, path = "/api/v1/alarms/{id}/assignment", tag = "alarms", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the alarm")), request_body = Assignment,
    responses((status = 200, body = Alarm), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn assign(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<Assignment>,
) -> Answer<Json<Alarm>> {
    let login = new.account.as_deref();
    let alarm = act::alarm::assign(&state, &caller.account, id, login).await?;
    Ok(Json(alarm.into()))
}
