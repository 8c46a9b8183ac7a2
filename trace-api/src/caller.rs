//! Who is asking: the account behind a bearer token or a session cookie, and the layer that lets a
//! request through to its handler only when `authority` says so.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use store::account::{self, Account};

use crate::authority::{self, Scope};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;
use crate::{csrf, token};

/// Name of the session cookie.
pub(crate) const COOKIE: &str = "suyuan_session";

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Their account.
    pub(crate) account: Account,
    /// Hash of the token they came with.
    pub(crate) token_hash: Vec<u8>,
}

impl Caller {
    /// Whose things they see.
    pub(crate) const fn scope(&self) -> Scope {
        Scope::of(&self.account)
    }
}

/// Somebody who may or may not have signed in.
#[derive(Debug, Clone)]
pub(crate) struct Visitor(pub(crate) Option<Caller>);

/// The address that a request came from, where the server knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) Option<IpAddr>);

/// Where a request's token stood.
enum Carried {
    Header(String),
    Cookie(String),
}

/// Lets a request through when its route's action is allowed, and notes who is asking.
pub(crate) async fn guard(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Answer<Response> {
    if request
        .uri()
        .query()
        .is_some_and(|query| query.contains("%00"))
    {
        // PostgreSQL's text cannot hold NUL, so nothing that can be asked for has one.
        return Err(Problem::told(
            Kind::Malformed,
            "there is a NUL in the query",
            "查询含有空字符",
        ));
    }
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map(MatchedPath::as_str);
    let action = path.and_then(|path| authority::action(request.method(), path));
    let Some(action) = action else {
        return Ok(not_this_method(path.unwrap_or_default()));
    };
    let carried = carried(request.headers());
    let by_header = matches!(carried, Some(Carried::Header(_)));
    if is_unsafe(request.method()) && !by_header {
        csrf::check(request.headers(), state.public_url(), carried.is_some())?;
    }
    let caller = find_caller(&state, carried).await?;
    let role = caller.as_ref().map(|caller| caller.account.role);
    if !action.is_allowed(role) {
        let kind = if role.is_some() {
            Kind::Forbidden
        } else {
            Kind::NotSignedIn
        };
        return Err(Problem::of(kind));
    }
    request.extensions_mut().insert(Visitor(caller));
    Ok(next.run(request).await)
}

/// The answer to a method that the table does not have for a path, with those that it has.
fn not_this_method(path: &str) -> Response {
    let allowed = authority::methods(path);
    if allowed.is_empty() {
        return Problem::of(Kind::NotFound).into_response();
    }
    let mut response = Problem::of(Kind::MethodNotAllowed).into_response();
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

const fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The token of a request: the header counts before the cookie.
fn carried(headers: &HeaderMap) -> Option<Carried> {
    let text = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let bearer = text.and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    bearer
        .map(Carried::Header)
        .or_else(|| cookie(headers, COOKIE).map(Carried::Cookie))
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}

async fn find_caller(state: &AppState, carried: Option<Carried>) -> Answer<Option<Caller>> {
    let Some(Carried::Header(token) | Carried::Cookie(token)) = carried else {
        return Ok(None);
    };
    let token_hash = token::hash(&token);
    let mut connection = state.store().acquire().await?;
    let found = account::find_by_session(&mut connection, &token_hash, state.now()).await?;
    Ok(found.map(|account| Caller {
        account,
        token_hash,
    }))
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        // A handler outside the guard has only visitors.
        Ok(parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or(Self(None)))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let Visitor(caller) = Visitor::from_request_parts(parts, state).await?;
        caller.ok_or(Problem::of(Kind::NotSignedIn))
    }
}

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let connect = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(connect.map(|ConnectInfo(address)| address.ip())))
    }
}
