//! `/api/v1/credentials/{credential}/decision`: a supervisor has compared it with its scan.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Credential, show};
use crate::act::credential::{Decision, decide};
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

/// What a supervisor decides.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CredentialDecision {
    /// The version that was read; the same decision again gets the same answer.
    #[schema(example = 1)]
    base_version: i32,
    /// `approve` or `return`.
    #[schema(example = "approve")]
    decision: String,
    /// Why; has to be said of `return`.
    #[serde(default)]
    reason: String,
}

/// Approves or returns a credential; its producer is told.
#[utoipa::path(
    post, path = "/api/v1/credentials/{credential}/decision", tag = "filing",
    security(("token" = [])),
    params(("credential" = Uuid, Path, description = "Id of the credential")),
    request_body = CredentialDecision,
    responses((status = 200, body = Credential), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<Uuid>,
    JsonBody(asked): JsonBody<CredentialDecision>,
) -> Answer<Json<Credential>> {
    let decision = match asked.decision.as_str() {
        "approve" => Decision::Approve,
        "return" => Decision::Return,
        _ => {
            let en = "it is approve or return";
            return Err(Problem::invalid("decision", en, "须为 approve 或 return"));
        }
    };
    let line = (decision, asked.reason.as_str());
    let of = (id, asked.base_version);
    let kept = decide(&state, &caller.account, of, line).await?;
    Ok(Json(show(&state, kept)))
}
