//! `/api/v1/tokens`: bearer tokens for programs, with a name and an end of their own. They may do
//! what their account may, are listed with its sign-ins, and are ended there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::session::{self, NewToken};
use store::{AnyConnection, StoreError};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::plausible;
use crate::state::AppState;
use crate::{act, token};

/// Longest life of a token.
const DAYS_MAX: i64 = 366;
/// Most tokens of an account.
const TOKENS_MAX: i64 = 20;

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
    plausible::text("name", &new.name, 60)?;
    if !(1..=DAYS_MAX).contains(&new.days) {
        let en = format!("1 to {DAYS_MAX} days");
        let zh = format!("须为 1 至 {DAYS_MAX} 天");
        return Err(Problem::invalid("days", en, zh));
    }
    let now = state.now();
    let mut transaction = act::begin(&state, &caller.account).await?;
    may_make(&mut transaction, &caller, now).await?;
    let token = token::draw_token(&state);
    let expires_at = now + Duration::days(new.days);
    let row = NewToken {
        token_hash: &token::hash(&token),
        account_id: caller.account.id,
        name: new.name.trim(),
        expires_at,
    };
    let id = session::insert(&mut transaction, row, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    let made = GivenToken {
        id,
        token,
        expires_at,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

async fn may_make(
    connection: &mut AnyConnection,
    caller: &Caller,
    now: OffsetDateTime,
) -> Answer<()> {
    let account = caller.account.id;
    let own = session::list(connection, account, &caller.token_hash, now).await?;
    if own.iter().any(|one| one.is_current && !one.name.is_empty()) {
        let (en, zh) = ("a token makes no tokens", "令牌不能再生成令牌");
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    if session::count_tokens(connection, account, now).await? >= TOKENS_MAX {
        let en = format!("an account has at most {TOKENS_MAX} tokens: end one first");
        let zh = format!("每个账号最多 {TOKENS_MAX} 个令牌，请先吊销一个");
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    Ok(())
}
