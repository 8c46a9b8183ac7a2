//! `/api/v1/recalls/{id}/notice`: the words that shops hang up, as a supervisor has them.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Recall;
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A notice in new words.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewNotice {
    /// The `notice_version` that was read.
    version: i32,
    /// In Chinese, 1 to 2,000 characters; public.
    notice: String,
    /// In English.
    notice_en: String,
}

/// Words the notice of a recall anew. Older wordings stay in the record; who edits a wording that
/// somebody changed in between is told.
#[utoipa::path(
    put, path = "/api/v1/recalls/{id}/notice", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the recall")), request_body = NewNotice,
    responses((status = 200, body = Recall), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewNotice>,
) -> Answer<Json<Recall>> {
    let wording = (new.version, new.notice.as_str(), new.notice_en.as_str());
    let worded = act::recall::word_notice(&state, &caller.account, id, wording).await?;
    Ok(Json(worded.into()))
}
