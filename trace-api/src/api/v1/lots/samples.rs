//! `/api/v1/lots/{id}/samples`: 抽样, a sample of a lot goes to the lab.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Lot;
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A sample.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewSample {
    /// Made by the client: sent again, it changes nothing.
    request_id: Uuid,
    /// The lab's code of it.
    #[schema(example = "S-20261120-07")]
    code: String,
}

/// Notes that a sample was taken; a harvested lot is in test from then on.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/samples", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")), request_body = NewSample,
    responses((status = 200, body = Lot), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<NewSample>,
) -> Answer<Json<Lot>> {
    let sample = (asked.request_id, asked.code.as_str());
    let lot = act::life::sample(&state, &caller.account, id, sample).await?;
    Ok(Json(Lot::from_row(&state, lot)?))
}
