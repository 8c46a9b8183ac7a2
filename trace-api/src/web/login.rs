//! `/login` and `/logout`: the session's cookie comes and goes here.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::account;

use super::Here;
use crate::act::own_account;
use crate::api::v1::sessions::{self, Session};
use crate::caller::{Address, COOKIE, Caller};
use crate::extract::{Asked, FormBody};
use crate::page::login::{LoginView, page};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;
use crate::token::SESSION_HOURS;

pub(super) mod oidc;

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    next: String,
}

/// The sign-in form.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    account: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Shows the sign-in page; where nobody can sign in yet, the page that makes the first account.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    if own_account::is_first_run(&state).await? {
        return Ok(Redirect::to("/welcome").into_response());
    }
    here.answer(page(&here.site, &view(&state, question.next)))
}

fn view(state: &AppState, next: String) -> LoginView {
    let demo = state.setup().demo;
    let demo_accounts = state
        .setup()
        .demo_accounts
        .iter()
        .filter(|_| demo)
        .cloned()
        .collect();
    let service = state.identities().map(|service| {
        let next = utf8_percent_encode(&next, NON_ALPHANUMERIC);
        (
            service.config().name.clone(),
            format!("/login/oidc?next={next}"),
        )
    });
    LoginView {
        next,
        demo_accounts,
        service,
        ..LoginView::default()
    }
}

/// Signs in: a fresh session, whatever cookie came along.
pub(super) async fn sign_in(
    State(state): State<AppState>,
    here: Here,
    address: Address,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let session = match sessions::sign_in(&state, address, &form.account, form.password).await {
        Err(problem) if problem.kind == Kind::WrongCredentials => {
            let view = LoginView {
                account: form.account,
                refused: true,
                ..view(&state, form.next)
            };
            return here.refuse(&problem, page(&here.site, &view));
        }
        result => result?,
    };
    signed_in(&state, &session, &form.next)
}

/// Gives the browser its session and sends it on: where it wanted to go, or to its desk.
pub(super) fn signed_in(state: &AppState, session: &Session, next: &str) -> Answer<Response> {
    let desk = format!("/{}", session.role);
    let next = if is_path(next) { next } else { &desk };
    let age = SESSION_HOURS * 3_600;
    let cookie = cookie_text(state, (COOKIE, "/"), &session.token, age)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

/// Signs out: the session ends and the cookie goes.
pub(super) async fn sign_out(State(state): State<AppState>, caller: Caller) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    account::delete_session(&mut connection, &caller.token_hash).await?;
    let cookie = cookie_text(&state, (COOKIE, "/"), "", 0)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

/// A cookie that scripts cannot read, for the pages below a path.
fn cookie_text(
    state: &AppState,
    (name, path): (&str, &str),
    value: &str,
    age_s: i64,
) -> Answer<HeaderValue> {
    let secure = if state.public_url().starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    let text =
        format!("{name}={value}; Path={path}; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).map_err(Problem::internal)
}

/// A path of this site, and no address of another that looks like one.
fn is_path(next: &str) -> bool {
    let bytes = next.as_bytes();
    bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_graphic() && *byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site_after_signing_in() {
        assert!(is_path("/lab") && is_path("/producer/lots/1?x=y"));
        for wrong in [
            "",
            "lab",
            "//evil.example",
            "/\\evil",
            "https://evil",
            "/a\r\nb",
            "/莓",
        ] {
            assert!(!is_path(wrong), "{wrong}");
        }
    }
}
