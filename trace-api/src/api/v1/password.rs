//! `/api/v1/password`: changing one's own password.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::account;
use utoipa::ToSchema;

use crate::act;
use crate::act::account::hashed;
use crate::caller::{Address, Caller};
use crate::extract::JsonBody;
use crate::password;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::AppState;

/// A change of password.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordChange)]
pub(crate) struct Change {
    /// The password as it is.
    #[schema(example = "suyuan-demo")]
    old: String,
    /// At least 8 characters, at most 200 bytes.
    #[schema(example = "eight or more")]
    new: String,
}

/// Changes one's own password. Every other session of the account ends. Wrong old passwords are
/// slowed down as failed sign-ins are.
#[utoipa::path(
    put, path = "/api/v1/password", tag = "accounts", security(("token" = [])),
    request_body = Change,
    responses((status = 204), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Address(address): Address,
    JsonBody(change): JsonBody<Change>,
) -> Answer<StatusCode> {
    let (login, now) = (caller.account.login.clone(), state.now());
    if let Some(wait) = state.throttle().wait(&login, address, now) {
        return Err(Problem {
            retry_after_s: u64::try_from(wait.whole_seconds().max(1)).ok(),
            ..Problem::of(Kind::TooManyAttempts)
        });
    }
    let mut connection = state.store().acquire().await?;
    let found = account::find_by_login(&mut connection, &login).await?;
    drop(connection);
    if !password::verify(change.old, found.map(|(_, hash)| hash)).await {
        state.throttle().failed(&login, address, now);
        let refused = Problem::told(Kind::RuleBroken, "it is another one", "原密码不正确");
        return Err(Problem {
            field: Some("old"),
            ..refused
        });
    }
    let hash = hashed(&state, "new", change.new).await?;
    let mut transaction = act::begin(&state, &caller.account).await?;
    account::set_password(&mut transaction, caller.account.id, &hash, now).await?;
    let own = Some(caller.token_hash.as_slice());
    account::delete_sessions(&mut transaction, caller.account.id, own).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
