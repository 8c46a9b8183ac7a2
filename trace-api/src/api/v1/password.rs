//! `/api/v1/password`: changing one's own password.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::act;
use crate::caller::{Address, Caller};
use crate::extract::JsonBody;
use crate::problem::{Answer, ProblemBody};
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
    address: Address,
    JsonBody(change): JsonBody<Change>,
) -> Answer<StatusCode> {
    act::own_account::change_password(&state, &caller, address, (change.old, change.new)).await?;
    Ok(StatusCode::NO_CONTENT)
}
