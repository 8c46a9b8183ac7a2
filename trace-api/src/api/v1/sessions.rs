//! `/api/v1/sessions`: signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{account, session};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::caller::{Address, Caller};
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::AppState;
use crate::{act, password, token};

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Credentials {
    /// Name of the account.
    #[schema(example = "operator")]
    account: String,
    /// Its password.
    #[schema(example = "suyuan-demo")]
    password: String,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// What to send as `Authorization: Bearer`.
    pub(crate) token: String,
    /// After this the token is worth nothing.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// What the account may do: `operator`, `supervisor`, `producer` or `lab`.
    pub(crate) role: &'static str,
}

/// Signs in.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "sessions", request_body = Credentials,
    responses((status = 201, body = Session), (status = 401, body = ProblemBody),
        (status = 429, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    address: Address,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Answer<(StatusCode, Json<Session>)> {
    let Credentials { account, password } = credentials;
    let session = sign_in(&state, address, &account, password).await?;
    Ok((StatusCode::CREATED, Json(session)))
}

/// Checks account and password and makes a session; the sign-in page does the same.
pub(crate) async fn sign_in(
    state: &AppState,
    Address(address): Address,
    login: &str,
    password: String,
) -> Answer<Session> {
    let now = state.now();
    let login = login.trim();
    if let Some(wait) = state.throttle().wait(login, address, now) {
        let retry_after_s = u64::try_from(wait.whole_seconds().max(1)).ok();
        return Err(Problem {
            retry_after_s,
            ..Problem::of(Kind::TooManyAttempts)
        });
    }
    let mut connection = state.store().acquire().await?;
    // PostgreSQL's text cannot hold NUL, and no account has one.
    let name = login.replace('\0', "\u{fffd}");
    let found = account::find_by_login(&mut connection, &name).await?;
    drop(connection);
    let (account, hash) = found.unzip();
    let right = password::verify(password, hash).await;
    let Some(account) = account.filter(|_| right) else {
        state.throttle().failed(login, address, now);
        return Err(Problem::of(Kind::WrongCredentials));
    };
    state.throttle().succeeded(login, address);
    open(state, &account).await
}

/// Makes a session of an account that showed who it is.
pub(crate) async fn open(state: &AppState, account: &account::Account) -> Answer<Session> {
    let now = state.now();
    let token = token::draw_token(state);
    let expires_at = now + token::session_length();
    let mut connection = state.store().acquire().await?;
    let hash = token::hash(&token);
    account::insert_session(&mut connection, &hash, account.id, now, expires_at).await?;
    Ok(Session {
        token,
        expires_at,
        role: account.role.code(),
    })
}

/// Signs out: the session that the request came with ends.
#[utoipa::path(
    delete, path = "/api/v1/sessions/current", tag = "sessions", security(("token" = [])),
    responses((status = 204), (status = 401, body = ProblemBody))
)]
pub(crate) async fn end(State(state): State<AppState>, caller: Caller) -> Answer<StatusCode> {
    let mut connection = state.store().acquire().await?;
    account::delete_session(&mut connection, &caller.token_hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A sign-in of one's own, or a token for a program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignIn {
    /// Names it; worth nothing to sign in with.
    id: i64,
    /// What a program's token is for; empty for a person's sign-in.
    name: String,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// After this it is worth nothing.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// Whether it is the one that this was asked with.
    current: bool,
}

/// One's own sign-ins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignIns {
    /// Oldest first; those that are worth something still.
    sessions: Vec<SignIn>,
}

/// Lists one's own sign-ins and tokens.
#[utoipa::path(
    get, path = "/api/v1/sessions", tag = "sessions", security(("token" = [])),
    responses((status = 200, body = SignIns), (status = 401, body = ProblemBody))
)]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Answer<Json<SignIns>> {
    let mut connection = state.store().acquire().await?;
    let (account, now) = (caller.account.id, state.now());
    let rows = session::list(&mut connection, account, &caller.token_hash, now).await?;
    let sign_in = |row: session::Session| SignIn {
        id: row.id,
        name: row.name,
        created_at: row.created_at,
        expires_at: row.expires_at,
        current: row.is_current,
    };
    Ok(Json(SignIns {
        sessions: rows.into_iter().map(sign_in).collect(),
    }))
}

/// Ends one of one's own sign-ins or tokens: it is worth nothing from now on.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", tag = "sessions", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the sign-in")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<StatusCode> {
    act::own_account::end_session(&state, &caller.account, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
