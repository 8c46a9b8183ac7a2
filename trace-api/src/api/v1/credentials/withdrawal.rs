//! `/api/v1/credentials/{credential}/withdrawal`: it counts no more; it is kept, with the reason.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Credential, show};
use crate::act::credential::{Decision, decide};
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A credential to take back.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CredentialWithdrawal)]
pub(crate) struct Withdrawal {
    /// The version that was read; the same request again gets the same answer.
    #[schema(example = 2)]
    base_version: i32,
    /// Why.
    #[schema(example = "已换发新证")]
    reason: String,
}

/// Withdraws a credential: no page shows it any more.
#[utoipa::path(
    post, path = "/api/v1/credentials/{credential}/withdrawal", tag = "filing",
    security(("token" = [])),
    params(("credential" = Uuid, Path, description = "Id of the credential")),
    request_body = Withdrawal,
    responses((status = 200, body = Credential), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<Uuid>,
    JsonBody(asked): JsonBody<Withdrawal>,
) -> Answer<Json<Credential>> {
    let line = (Decision::Withdraw, asked.reason.as_str());
    let of = (id, asked.base_version);
    let kept = decide(&state, &caller.account, of, line).await?;
    Ok(Json(show(&state, kept)))
}
