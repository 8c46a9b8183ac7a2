//! `/api/v1/accounts/{id}/disable`: nobody signs in with an account any more.

use axum::Json;
use axum::extract::State;
use store::account;

use super::{Account, no_account};
use crate::act;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::AppState;

/// Disables an account: its sessions end and nobody signs in with it. Nobody disables their own, so
/// that an operator is left.
#[utoipa::path(
    post, path = "/api/v1/accounts/{id}/disable", tag = "accounts", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the account")),
    responses((status = 200, body = Account), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Account>> {
    if id == caller.account.id {
        let (en, zh) = ("nobody disables their own account", "不能停用自己的账号");
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    let mut transaction = act::begin(&state, &caller.account).await?;
    account::set_disabled(&mut transaction, id, Some(state.now())).await?;
    account::delete_sessions(&mut transaction, id, None).await?;
    let kept = account::find(&mut transaction, id).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    let (kept, disabled) = kept.ok_or_else(no_account)?;
    Ok(Json(Account::from_row(kept, disabled)))
}
