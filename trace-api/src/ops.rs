//! What keeps the server running and readable: health, readiness, metrics, the contract and a
//! page to read it.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::{self, AppState};

mod docs;

/// How long the database may take to say how it is: whoever asks `/readyz` does not wait for ever.
const DATABASE_PATIENCE: Duration = Duration::from_secs(2);

/// The routes that the contract describes.
pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
}

/// The contract itself, and the pages to read it; made once, when the server starts.
pub(crate) fn documents(contract: &Value) -> Router<AppState> {
    let json = contract.to_string();
    let page = docs::contract_page(contract).unwrap_or_default();
    let problems = docs::problems_page().unwrap_or_default();
    let as_json = [(header::CONTENT_TYPE, "application/json")];
    Router::new()
        .route("/openapi.json", get(|| async { (as_json, json) }))
        .route("/docs", get(|| async { axum::response::Html(page) }))
        .route(
            "/docs/problems",
            get(|| async { axum::response::Html(problems) }),
        )
}

/// Answers are not kept by anybody unless they say so themselves.
pub(crate) async fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Tells that the process answers; nothing else is looked at.
#[utoipa::path(
    get, path = "/healthz", tag = "operation",
    responses((status = 200, content_type = "text/plain", body = String))
)]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadinessCheck)]
pub(crate) struct Check {
    /// What was looked at.
    name: String,
    /// Whether it does its work.
    ready: bool,
    /// More, for the operator.
    detail: String,
}

/// Whether the server can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Whether every check is ready.
    ready: bool,
    /// What was looked at.
    checks: Vec<Check>,
}

/// Tells whether database, migrations and ingest are ready for work.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> Response {
    let checks = look(&state).await.into_iter().map(|check| Check {
        name: check.name,
        ready: check.ready,
        detail: check.detail,
    });
    let checks: Vec<_> = checks.collect();
    let ready = checks.iter().all(|check| check.ready);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Readiness { ready, checks })).into_response()
}

/// Looks at everything that the server needs for its work; the operator's page shows the same.
pub(crate) async fn look(state: &AppState) -> Vec<state::Check> {
    let mut checks = look_at_database(state).await;
    checks.extend((state.setup().readiness)());
    checks
}

async fn look_at_database(state: &AppState) -> Vec<state::Check> {
    let check = |name: &str, ready, detail: &str| state::Check {
        name: name.to_owned(),
        ready,
        detail: detail.to_owned(),
        facts: Vec::new(),
    };
    let Ok(answer) = timeout(DATABASE_PATIENCE, state.store().is_current()).await else {
        return vec![check("database", false, "it does not answer in time")];
    };
    match answer {
        Ok(true) => vec![check("database", true, ""), check("migrations", true, "")],
        Ok(false) => {
            let advice = "other migrations than this program knows; run suyuan migrate";
            vec![
                check("database", true, ""),
                check("migrations", false, advice),
            ]
        }
        // The address and the password stay in the log of the start.
        Err(_) => vec![check("database", false, "it does not answer")],
    }
}

/// Shows the metrics as Prometheus text.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses((status = 200, content_type = "text/plain", body = String))
)]
pub(crate) async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let media_type = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (media_type, (state.setup().metrics)())
}
