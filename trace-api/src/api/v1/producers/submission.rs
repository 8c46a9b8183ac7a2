//! `/api/v1/producers/{id}/submission`: its newest version is handed in.

use axum::Json;
use axum::extract::State;
use store::filing::Subject;

use super::{Whole, whole};
use crate::act::filing::turn::turn;
use crate::api::v1::filing::Submission;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Hands the newest version of a producer in; supervisors are told.
#[utoipa::path(
    post, path = "/api/v1/producers/{id}/submission", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the producer")), request_body = Submission,
    responses((status = 200, body = Whole), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<Submission>,
) -> Answer<Json<Whole>> {
    let subject = Subject::Producer(id);
    turn(&state, &caller.account, subject, &asked.into()).await?;
    whole(&state, &caller, id).await.map(Json)
}
