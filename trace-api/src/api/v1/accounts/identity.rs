//! `/api/v1/accounts/{id}/identity`: which identity of the identity service an account is.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::act::account;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// An identity to link.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = IdentityLink)]
pub(crate) struct Wanted {
    /// Its subject (`sub`) at the identity service; null unlinks the account.
    #[schema(example = "8f2c1c1e-2a51-4c55-9d5c-5b1f6c0f7a01")]
    subject: Option<String>,
}

/// What an account is linked to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Identity {
    /// Address of the identity service; null where none vouches for the account.
    issuer: Option<String>,
    /// Who it is there.
    subject: Option<String>,
}

/// Links an account to an identity of the identity service that is set up, or to none. Its sessions
/// end.
#[utoipa::path(
    put, path = "/api/v1/accounts/{id}/identity", tag = "accounts", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the account")), request_body = Wanted,
    responses((status = 200, body = Identity), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn link(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Answer<Json<Identity>> {
    let kept = account::link(&state, &caller.account, id, wanted.subject.as_deref()).await?;
    let (issuer, subject) = kept.unzip();
    Ok(Json(Identity { issuer, subject }))
}
