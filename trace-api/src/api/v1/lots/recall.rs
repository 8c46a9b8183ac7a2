//! `/api/v1/lots/{id}/recall`: 召回, or a drill of it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::api::v1::recalls::Recall;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A recall.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewRecall {
    /// Made by the client: sent again, it changes nothing and gets the same answer.
    request_id: Uuid,
    /// Why, 1 to 500 characters; public, on the page of every lot that is called back.
    #[schema(example = "复检发现农药残留超过限量")]
    reason: String,
    /// Compute and time everything, change nothing.
    #[serde(default)]
    drill: bool,
    /// Notice to hang up, Chinese, at most 2,000 characters; worded from the lot and the reason
    /// where it is missing or empty.
    #[serde(default)]
    notice: String,
    /// The same in English.
    #[serde(default)]
    notice_en: String,
}

/// Calls a lot back with everything that came of it. The page of each says so at once; nothing
/// leads out of a recall.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/recall", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")), request_body = NewRecall,
    responses((status = 201, body = Recall), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<NewRecall>,
) -> Answer<(StatusCode, Json<Recall>)> {
    let wanted = act::recall::Wanted {
        request_id: asked.request_id,
        reason: asked.reason,
        drill: asked.drill,
        notice: (asked.notice, asked.notice_en),
    };
    let made = act::recall::recall(&state, &caller.account, id, &wanted).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
