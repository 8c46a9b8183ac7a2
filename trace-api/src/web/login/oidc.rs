//! `/login/oidc` and `/login/oidc/callback`: to the identity service and back. What is needed on the
//! way back is in a cookie of the browser that set out, so that nobody else's answer fits.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{Question, cookie_text, is_path, signed_in, view};
use crate::api::v1::sessions;
use crate::caller;
use crate::extract::Asked;
use crate::oidc::{Identities, OidcError, Way, admit};
use crate::page::login::{LoginView, page};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;
use crate::web::Here;

/// Name of the cookie of a sign-in under way.
const COOKIE: &str = "suyuan_oidc";
/// Where the cookie is sent.
const PATH: &str = "/login/oidc";
/// How long a sign-in over there may take, seconds.
const AGE_S: i64 = 600;

/// What the service sends the browser back with.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    error: Option<String>,
}

/// Sends a browser to the identity service.
pub(in crate::web) async fn leave(
    State(state): State<AppState>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let service = service(&state)?;
    let draw = || URL_SAFE_NO_PAD.encode(state.draw::<32>());
    let way = Way {
        state: draw(),
        nonce: draw(),
        verifier: draw(),
    };
    let address = service.address(&way, &back(&state), state.now()).await;
    let address = address.map_err(failed)?;
    let next = URL_SAFE_NO_PAD.encode(&question.next);
    let value = format!("{}.{}.{}.{next}", way.state, way.nonce, way.verifier);
    let cookie = cookie_text(&state, (COOKIE, PATH), &value, AGE_S)?;
    Ok((
        [(header::SET_COOKIE, cookie)],
        Redirect::to(address.as_str()),
    )
        .into_response())
}

/// Signs in whom the service vouches for; a refusal is told on the sign-in page.
pub(in crate::web) async fn arrive(
    State(state): State<AppState>,
    here: Here,
    headers: HeaderMap,
    Asked(answer): Asked<Back>,
) -> Answer<Response> {
    let done = cookie_text(&state, (COOKIE, PATH), "", 0)?;
    let mut response = match sign_in(&state, &headers, &answer).await {
        Ok(response) => response,
        Err(problem) => {
            let lang = here.site.lang == crate::page::Lang::Zh;
            let view = LoginView {
                identity_refused: problem.words(lang),
                ..view(&state, String::new())
            };
            tracing::warn!(cause = %problem.chain(), "a sign-in by identity service was refused");
            here.refuse(&problem, page(&here.site, &view))?
        }
    };
    response.headers_mut().append(header::SET_COOKIE, done);
    Ok(response)
}

async fn sign_in(state: &AppState, headers: &HeaderMap, answer: &Back) -> Answer<Response> {
    let service = service(state)?;
    let carried = caller::cookie(headers, COOKIE).unwrap_or_default();
    let (way, next) = read(&carried).ok_or_else(given_up)?;
    if answer.state != way.state || answer.error.is_some() || answer.code.is_empty() {
        return Err(given_up());
    }
    let back = back(state);
    let vouched = service.redeem(&answer.code, &way, &back, state.now());
    let vouched = vouched.await.map_err(failed)?;
    let account = admit(state, service.config(), &vouched).await?;
    let session = sessions::open(state, &account).await?;
    signed_in(state, &session, &next)
}

/// What the browser carried: the way and where to go afterwards.
fn read(cookie: &str) -> Option<(Way, String)> {
    let mut parts = cookie.split('.').map(str::to_owned);
    let way = Way {
        state: parts.next().filter(|state| !state.is_empty())?,
        nonce: parts.next()?,
        verifier: parts.next()?,
    };
    let next = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    let next = String::from_utf8(next).ok()?;
    Some((way, if is_path(&next) { next } else { String::new() }))
}

fn service(state: &AppState) -> Answer<&Identities> {
    let (en, zh) = ("no identity service is set up", "未配置统一身份认证");
    state
        .identities()
        .ok_or_else(|| Problem::told(Kind::NotFound, en, zh))
}

/// Where the service sends the browser back to; it has to be registered there.
fn back(state: &AppState) -> String {
    format!("{}{PATH}/callback", state.public_url())
}

fn given_up() -> Problem {
    Problem::told(
        Kind::NotVouched,
        "the sign-in was given up or took too long: begin again",
        "登录未完成或已超时，请重新开始",
    )
}

fn failed(error: OidcError) -> Problem {
    let problem = match &error {
        OidcError::Service(_) => Problem::told(
            Kind::IdentityService,
            "the identity service does not answer as it should",
            "统一身份认证暂不可用",
        ),
        OidcError::Token(_) => Problem::told(
            Kind::NotVouched,
            error.to_string(),
            "统一身份认证返回的凭据无效",
        ),
    };
    Problem {
        cause: Some(std::sync::Arc::new(error)),
        ..problem
    }
}
