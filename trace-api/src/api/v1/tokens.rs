//! `/api/v1/tokens`: bearer tokens for programs, with a name and an end of their own. They may do
//! what their account may, are listed with its sign-ins, and are ended there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewTokenBody {
    /// What it is for, 1 to 60 characters.
    #[schema(example = "冷库数据上报")]
    name: String,
    /// How many days it is worth something, 1 to 366.
    #[schema(example = 90, minimum = 1, maximum = 366)]
    days: i64,
}

/// A token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GivenToken {
    /// Names it in the list of sign-ins.
    id: i64,
    /// What to send as `Authorization: Bearer`; it is shown this once.
    token: String,
    /// After this it is worth nothing.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Makes a token for a program. A person makes it: a token makes no tokens.
#[utoipa::path(
    post, path = "/api/v1/tokens", tag = "sessions", security(("token" = [])),
    request_body = NewTokenBody,
    responses((status = 201, body = GivenToken), (status = 401, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewTokenBody>,
) -> Answer<(StatusCode, Json<GivenToken>)> {
    let given = act::own_account::make_token(&state, &caller, (&new.name, new.days)).await?;
    let made = GivenToken {
        id: given.id,
        token: given.token,
        expires_at: given.expires_at,
    };
    Ok((StatusCode::CREATED, Json(made)))
}
