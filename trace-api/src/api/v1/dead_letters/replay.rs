//! Asking for dead letters to be tried again. Whichever process takes readings does it, usually
//! within a second; the list says what came of it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::dead_letter::replay;
use utoipa::ToSchema;

use super::DeadLetter;
use crate::act::dead_letter;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Asks for one letter to be tried again. Asking for one that waits or is stored changes nothing.
#[utoipa::path(
    post, path = "/api/v1/dead-letters/{id}/replay", tag = "operation",
    security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the dead letter")),
    responses(
        (status = 202, body = DeadLetter),
        (status = 404, body = ProblemBody),
        (status = 409, description = "Its bytes were not kept", body = ProblemBody)
    )
)]
pub(crate) async fn ask(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<(StatusCode, Json<DeadLetter>)> {
    let letter = dead_letter::replay(&state, &caller.account, id).await?;
    Ok((StatusCode::ACCEPTED, Json(letter.into())))
}

/// Which letters to try again together.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Selection {
    /// Of this reason.
    #[schema(example = "unknown_probe")]
    reason: String,
    /// Only of this gateway.
    gateway: Option<String>,
    /// Only those before this id: the least of the answer before.
    before: Option<i64>,
    /// At most so many, newest first: 1,000 where it is missing, and never more.
    #[schema(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Which letters will be tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Asked {
    /// Their numbers, newest first. As many as the limit: there may be more.
    requested: Vec<i64>,
}

/// Asks for the letters of one reason to be tried again, newest first. Those that were asked for
/// before are left out.
#[utoipa::path(
    post, path = "/api/v1/dead-letters/replay", tag = "operation", security(("token" = [])),
    request_body = Selection, responses((status = 202, body = Asked))
)]
pub(crate) async fn ask_all(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(selection): JsonBody<Selection>,
) -> Answer<(StatusCode, Json<Asked>)> {
    let limit = selection.limit.unwrap_or(replay::REQUEST_MAX);
    let selection = replay::Selection {
        reason: selection.reason,
        gateway: selection.gateway,
        before: selection.before,
    };
    let requested = dead_letter::replay_all(&state, &caller.account, &selection, limit).await?;
    Ok((StatusCode::ACCEPTED, Json(Asked { requested })))
}
