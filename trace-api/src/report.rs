//! The outermost layers: a refusal becomes JSON for programs and a page for people, a failure of
//! ours gets an id and one line in the log, and every answer carries the security headers.

use std::any::Any;
use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use model::metric;

use crate::caller::Visitor;
use crate::page;
use crate::problem::{Kind, MEDIA_TYPE, Problem};
use crate::site::site;
use crate::state::AppState;

/// What every answer carries.
const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         object-src 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(), geolocation=()",
    ),
];

/// Writes refusals down, counts requests, adds the security headers.
pub(crate) async fn finish(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let asked = Asked {
        method: request.method().clone(),
        uri: request.uri().clone(),
        headers: request.headers().clone(),
    };
    let mut response = next.run(request).await;
    if let Some(problem) = find_problem(&mut response) {
        response = write_down(&state, &asked, &problem, &response);
    }
    let status = response.status().as_u16().to_string();
    metrics::counter!(metric::HTTP_REQUESTS, "status" => status).increment(1);
    for (name, value) in SECURITY_HEADERS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A handler that panicked is a failure of ours like any other.
#[expect(clippy::needless_pass_by_value, reason = "tower-http hands it over so")]
pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    Problem::internal(Panicked(text.unwrap_or_default())).into_response()
}

#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

/// What is still known of the request when its answer is there.
struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Asked {
    /// Whether a person looks at the answer: a browser asks for HTML, and not at the API.
    fn is_by_a_person(&self) -> bool {
        let accept = self
            .headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok());
        !self.uri.path().starts_with("/api/")
            && accept.is_some_and(|accept| accept.contains("text/html"))
    }
}

/// The problem of an answer: a handler's own, or that of a bare status from a layer below.
fn find_problem(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    let is_ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media| {
            // Pages that say no in their own words.
            media.as_bytes().starts_with(b"text/html")
                || media.as_bytes().starts_with(b"application/")
        });
    let refused = status.is_client_error() || status.is_server_error();
    (refused && !is_ours).then(|| Problem::of(Kind::of_status(status)))
}

fn write_down(state: &AppState, asked: &Asked, problem: &Problem, bare: &Response) -> Response {
    let id = problem
        .kind
        .status()
        .is_server_error()
        .then(|| log(state, asked, problem));
    let to_sign_in = problem.kind == Kind::NotSignedIn && asked.method == Method::GET;
    let mut response = if !asked.is_by_a_person() {
        as_json(problem, id)
    } else if to_sign_in {
        return to_login(&asked.uri);
    } else {
        as_page(state, asked, problem, id)
    };
    // Allow, Retry-After and the like stay.
    for (name, value) in bare.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

/// Writes the cause into the log, once; returns the id to find it by.
fn log(state: &AppState, asked: &Asked, problem: &Problem) -> String {
    let id = u64::from_be_bytes(state.draw());
    let id = format!("{id:016x}");
    let (method, path, cause) = (&asked.method, asked.uri.path(), problem.chain());
    let kind = problem.kind.slug();
    tracing::error!(%id, %method, path, kind, cause, "a request failed");
    id
}

fn as_json(problem: &Problem, id: Option<String>) -> Response {
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))];
    let body = serde_json::to_vec(&problem.body(id)).unwrap_or_default();
    (problem.kind.status(), media_type, body).into_response()
}

fn as_page(
    state: &AppState,
    asked: &Asked,
    problem: &Problem,
    reference: Option<String>,
) -> Response {
    let status = problem.kind.status();
    let site = site(state, &Visitor(None), &asked.uri, &asked.headers);
    let chinese = site.lang == page::Lang::Zh;
    let detail = problem.words(chinese);
    let view = page::problem::ProblemView {
        status: status.as_u16(),
        detail,
        reference,
    };
    match page::problem::page(&site, &view) {
        Ok(html) => (status, axum::response::Html(html)).into_response(),
        // The page itself failed: the status says what there is to say.
        Err(_) => (status, Body::empty()).into_response(),
    }
}

/// To the sign-in page and back again.
fn to_login(uri: &Uri) -> Response {
    let here = uri.path_and_query().map_or("/", |here| here.as_str());
    let mut address = String::from("/login?next=");
    for byte in here.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                address.push(char::from(byte));
            }
            other => {
                let _ = write!(address, "%{other:02X}");
            }
        }
    }
    Redirect::to(&address).into_response()
}

/// What no route answers.
pub(crate) async fn nowhere() -> Problem {
    Problem::of(Kind::NotFound)
}
