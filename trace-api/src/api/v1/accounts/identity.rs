//! `/api/v1/accounts/{id}/identity`: which identity of the identity service an account is.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::{account, oidc};
use utoipa::ToSchema;

use super::no_account;
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::plausible;
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
    let issuer = state
        .identities()
        .map(|service| service.config().issuer.as_str());
    let identity = match (wanted.subject.as_deref(), issuer) {
        (None, _) => None,
        (Some(subject), Some(issuer)) => {
            plausible::text("subject", subject, 255)?;
            Some((issuer, subject))
        }
        (Some(_), None) => {
            let (en, zh) = ("no identity service is set up", "未配置统一身份认证");
            return Err(Problem::told(Kind::RuleBroken, en, zh));
        }
    };
    let mut transaction = act::begin(&state, &caller.account).await?;
    account::find(&mut transaction, id)
        .await?
        .ok_or_else(no_account)?;
    oidc::set_identity(&mut transaction, id, identity).await?;
    if id != caller.account.id {
        account::delete_sessions(&mut transaction, id, None).await?;
    }
    let kept = oidc::find_identity(&mut transaction, id).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    let (issuer, subject) = kept.unzip();
    Ok(Json(Identity { issuer, subject }))
}
