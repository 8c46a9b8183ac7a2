//! `/api/v1/accounts/{id}/sessions`: ending every sign-in of an account.

use axum::extract::State;
use axum::http::StatusCode;

use crate::act::account;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Ends every session of an account: its tokens are worth nothing from now on.
#[utoipa::path(
    delete, path = "/api/v1/accounts/{id}/sessions", tag = "accounts", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the account")),
    responses((status = 204), (status = 404, body = ProblemBody))
)]
pub(crate) async fn end(
    State(state): State<AppState>,
    Named(id): Named<i64>,
) -> Answer<StatusCode> {
    account::end_sessions(&state, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
