//! `/api/v1/accounts/{id}/password`: another password for who lost theirs.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::act::account;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A password that was drawn.
#[derive(Serialize, ToSchema)]
pub(crate) struct DrawnPassword {
    /// The password. Shown this once; only its hash is stored.
    password: String,
}

/// Draws another password for an account and ends its sessions.
#[utoipa::path(
    post, path = "/api/v1/accounts/{id}/password", tag = "accounts", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the account")),
    responses((status = 200, body = DrawnPassword), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody))
)]
pub(crate) async fn draw(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<DrawnPassword>> {
    let password = account::reset_password(&state, &caller.account, id).await?;
    Ok(Json(DrawnPassword { password }))
}
