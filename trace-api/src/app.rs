//! The server: routes, the layers around them, and the listener with its graceful end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::get;
use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::caller::guard;
use crate::report::{finish, nowhere, panicked};
use crate::site::parameter;
use crate::state::AppState;
use crate::{api, ops, web};

/// Most bytes of a request's body.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Longest time until an answer begins; a stream may then go on.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long open requests are waited for when the server goes down.
const DRAIN: Duration = Duration::from_secs(10);
/// Most bytes of the file beside the pages.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// How often expired sessions are forgotten, and credentials looked at that end soon.
const SWEEP: Duration = Duration::from_hours(1);

/// Why the server stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener failed.
    #[error("the HTTP listener failed")]
    Listener(#[from] std::io::Error),
}

/// Every route with every layer.
pub fn router(state: AppState) -> Router {
    router_beside(state, Router::new())
}

/// The routes, and others under the same layers.
fn router_beside(state: AppState, others: Router<AppState>) -> Router {
    let (documented, document) = documented().split_for_parts();
    let document = api::contract::complete(&document);
    documented
        .merge(web::router())
        .merge(ops::documents(&document))
        .route_layer(from_fn_with_state(state.clone(), guard))
        .merge(others)
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            ANSWER_TIMEOUT,
        ))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), finish))
        .layer(CompressionLayer::new())
        .layer(map_response(ops::no_store))
        .with_state(state)
}

/// The contract, as `/openapi.json` serves it.
#[must_use]
pub fn openapi() -> Value {
    api::contract::complete(&documented().into_openapi())
}

/// The routes that the contract describes.
fn documented() -> utoipa_axum::router::OpenApiRouter<AppState> {
    utoipa_axum::router::OpenApiRouter::with_openapi(api::head())
        .merge(api::router())
        .merge(ops::router())
        .merge(web::digital_link::router())
}

/// Serves until `cancel`, then ends streams, waits for open requests, at most ten seconds.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let router = router(state.clone());
    serve_router(listener, router, state, cancel).await
}

/// As [`serve`], with a file beside the pages that lies ready in memory and is as large as it is
/// asked to be, `/bench/static?bytes=`: what a page's speed is measured by.
pub async fn serve_beside_a_file(
    listener: TcpListener,
    state: AppState,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let file = Bytes::from(vec![b'.'; FILE_BYTES_MAX]);
    let send = move |uri: Uri| async move {
        let wanted = parameter(&uri, "bytes").and_then(|bytes| bytes.parse().ok());
        let bytes = file.slice(..wanted.unwrap_or(0_usize).min(file.len()));
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], bytes)
    };
    let beside = Router::new().route("/bench/static", get(send));
    let router = router_beside(state.clone(), beside);
    serve_router(listener, router, state, cancel).await
}

async fn serve_router(
    listener: TcpListener,
    router: Router,
    state: AppState,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let closing = state.closing().clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = {
        let (cancel, closing) = (cancel.clone(), closing.clone());
        async move {
            cancel.cancelled().await;
            closing.cancel();
        }
    };
    let server = axum::serve(listener, service).with_graceful_shutdown(stopped);
    let ends = async {
        closing.cancelled().await;
        tokio::time::sleep(DRAIN).await;
        tracing::warn!("open requests were dropped at the deadline");
    };
    let listening = async {
        let result = tokio::select! {
            result = server => result,
            () = ends => Ok(()),
        };
        closing.cancel();
        result
    };
    let (result, (), (), (), ()) = tokio::join!(
        listening,
        state.alarms().listen(state.store(), &closing),
        state.results().listen(state.store(), &closing),
        sweep(&state, &closing),
        crate::spool::run(&state, &closing)
    );
    Ok(result?)
}

/// Forgets expired sessions and tells of credentials that end, from time to time.
async fn sweep(state: &AppState, closing: &CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            () = closing.cancelled() => return,
            _ = tick.tick() => {}
        }
        if let Err(error) = forget_sessions(state).await {
            tracing::warn!(%error, "expired sessions were not forgotten");
        }
        if let Err(problem) = crate::act::credential::remind(state).await {
            let error = problem.chain();
            tracing::warn!(error, "nobody was told of credentials that end");
        }
    }
}

async fn forget_sessions(state: &AppState) -> Result<(), store::StoreError> {
    let mut connection = state.store().acquire().await?;
    store::account::delete_expired_sessions(&mut connection, state.now()).await?;
    Ok(())
}
