//! `/api/v1/accounts/{id}/enable`: an account may be used again.

use axum::Json;
use axum::extract::State;
use store::account;

use super::{Account, no_account};
use crate::act;
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
    let mut transaction = act::begin(&state, &caller.account).await?;
    account::set_disabled(&mut transaction, id, None).await?;
    let kept = account::find(&mut transaction, id).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    let (kept, disabled) = kept.ok_or_else(no_account)?;
    Ok(Json(Account::from_row(kept, disabled)))
}
