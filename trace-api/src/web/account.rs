//! `/account`: one's own password, sign-ins and tokens, for everybody who has signed in.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use store::session;

use super::{Here, see_other};
use crate::act::own_account;
use crate::caller::{Address, Caller};
use crate::extract::{FormBody, Named};
use crate::page::account::{AccountView, SignInRow, TokenDraft, page};
use crate::problem::{Answer, Kind, Problem};
use crate::state::{AppState, timestamp};

/// How long a token is worth something where nobody says otherwise.
const TOKEN_DAYS: &str = "90";

/// The pages of one's own account.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/account", get(show))
        .route("/account/password", post(change_password))
        .route("/account/sessions/{id}/end", post(end_session))
        .route("/account/tokens", post(make_token))
}

/// The form of a new password.
#[derive(Deserialize)]
struct PasswordForm {
    old: String,
    new: String,
    again: String,
}

/// The form of a token.
#[derive(Debug, Deserialize)]
struct TokenForm {
    name: String,
    days: String,
}

async fn show(State(state): State<AppState>, caller: Caller, here: Here) -> Answer<Response> {
    here.answer(page(&here.site, &view(&state, &caller).await?))
}

async fn change_password(
    State(state): State<AppState>,
    caller: Caller,
    address: Address,
    here: Here,
    FormBody(form): FormBody<PasswordForm>,
) -> Answer<Response> {
    let changed = if form.new == form.again {
        own_account::change_password(&state, &caller, address, (form.old, form.new)).await
    } else {
        Err(differ())
    };
    match changed {
        Ok(()) => Ok(see_other("/account", "password")),
        Err(problem) => refuse(&state, &caller, here, problem, None).await,
    }
}

/// The password that was typed twice is two.
pub(super) fn differ() -> Problem {
    Problem::invalid(
        "again",
        "the new password was typed twice and differs",
        "两次输入的新密码不一致",
    )
}

async fn end_session(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller).await?;
    let was_own = view.sessions.iter().any(|row| row.current && row.id == id);
    match own_account::end_session(&state, &caller.account, id).await {
        Ok(()) if was_own => Ok(Redirect::to("/login").into_response()),
        Ok(()) => Ok(see_other("/account", "ended")),
        Err(problem) => refuse(&state, &caller, here, problem, None).await,
    }
}

/// Makes a token and shows it, this once: the page is not kept and not redirected to.
async fn make_token(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<TokenForm>,
) -> Answer<Response> {
    // What is no number is out of range, too.
    let days = form.days.trim().parse().unwrap_or(0);
    match own_account::make_token(&state, &caller, (&form.name, days)).await {
        Ok(given) => {
            let view = AccountView {
                given: Some(given.token),
                ..view(&state, &caller).await?
            };
            here.answer(page(&here.site, &view))
        }
        Err(problem) => {
            let draft = TokenDraft {
                name: form.name,
                days: form.days,
            };
            refuse(&state, &caller, here, problem, Some(draft)).await
        }
    }
}

/// The page with what was refused above it, and with what was typed but for passwords.
async fn refuse(
    state: &AppState,
    caller: &Caller,
    here: Here,
    problem: Problem,
    draft: Option<TokenDraft>,
) -> Answer<Response> {
    if problem.kind == Kind::TooManyAttempts {
        return Err(problem);
    }
    let (here, problem) = here.with_refusal(problem)?;
    let mut view = view(state, caller).await?;
    view.draft = draft.unwrap_or(view.draft);
    here.refuse(&problem, page(&here.site, &view))
}

async fn view(state: &AppState, caller: &Caller) -> Answer<AccountView> {
    let mut connection = state.store().acquire().await?;
    let (account, now) = (caller.account.id, state.now());
    let rows = session::list(&mut connection, account, &caller.token_hash, now).await?;
    let row = |row: session::Session| SignInRow {
        id: row.id,
        name: row.name,
        since: timestamp(row.created_at),
        until: timestamp(row.expires_at),
        current: row.is_current,
    };
    Ok(AccountView {
        login: caller.account.login.clone(),
        name: caller.account.display_name.clone(),
        sessions: rows.into_iter().map(row).collect(),
        tokens_max: own_account::TOKENS_MAX,
        token_days_max: own_account::TOKEN_DAYS_MAX,
        given: None,
        draft: TokenDraft {
            name: String::new(),
            days: TOKEN_DAYS.to_owned(),
        },
    })
}
