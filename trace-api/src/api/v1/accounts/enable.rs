//! `/api/v1/accounts/{id}/enable`: an account may be used again.

use axum::Json;
use axum::extract::State;

use super::Account;
use crate::act::account;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Lets an account be used again.
#[utoipa::path(
    post, path = "/api/v1/accounts/{id}/enable", tag = "accounts", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the account")),
    responses((status = 200, body = Account), (status = 404, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Account>> {
    let (kept, disabled) = account::set_disabled(&state, &caller.account, id, false).await?;
    Ok(Json(Account::from_row(kept, disabled)))
}
