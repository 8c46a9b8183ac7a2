//! One request to the identity service over one connection: no redirects, no proxies, an answer
//! bounded in size and time. More is not needed, and a larger client would bring a dozen crates.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Url;

use super::OidcError;

/// Longest time until an answer is whole.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// Where.
    pub(super) url: Url,
    /// Who asks, for `Authorization`.
    pub(super) authorization: Option<String>,
    /// A form to post; `None` only asks.
    pub(super) form: Option<String>,
}

impl Ask {
    /// Only asks.
    pub(super) const fn get(url: Url) -> Self {
        Self {
            url,
            authorization: None,
            form: None,
        }
    }

    fn request(&self, host: &str) -> Result<Request<Body>, OidcError> {
        let bad = |_| OidcError::Service("cannot be asked that");
        let path = &self.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::builder()
            .uri(path)
            .header(header::HOST, host)
            .header(header::ACCEPT, "application/json")
            .header(header::CONNECTION, "close");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let Some(form) = &self.form else {
            return request.body(Body::empty()).map_err(bad);
        };
        request
            .method("POST")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.clone()))
            .map_err(bad)
    }
}

/// Asks, and reads the JSON of the answer.
pub(super) async fn ask(tls: &Arc<ClientConfig>, ask: &Ask) -> Result<Value, OidcError> {
    let slow = |_| OidcError::Service("took too long");
    let body = timeout(TIMEOUT, fetch(tls, ask)).await.map_err(slow)??;
    serde_json::from_slice(&body).map_err(|_| OidcError::Service("speaks no JSON"))
}

async fn fetch(tls: &Arc<ClientConfig>, ask: &Ask) -> Result<Bytes, OidcError> {
    let nowhere = OidcError::Service("has no address");
    let (host, port) = ask
        .url
        .host_str()
        .zip(ask.url.port_or_known_default())
        .ok_or(nowhere)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let unreachable = |_| OidcError::Service("cannot be reached");
    let stream = TcpStream::connect((bare, port))
        .await
        .map_err(unreachable)?;
    let named = match ask.url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let request = ask.request(&named)?;
    if ask.url.scheme() != "https" {
        return exchange(stream, request).await;
    }
    let name = ServerName::try_from(bare.to_owned());
    let name = name.map_err(|_| OidcError::Service("has no address"))?;
    let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
    let stream = stream
        .await
        .map_err(|_| OidcError::Service("cannot prove who it is"))?;
    exchange(stream, request).await
}

async fn exchange<S>(stream: S, request: Request<Body>) -> Result<Bytes, OidcError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |_| OidcError::Service("broke off");
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        if !response.status().is_success() {
            return Err(OidcError::Service("refused"));
        }
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
        let body = body.collect().await;
        Ok(body
            .map_err(|_| OidcError::Service("says too much, or broke off"))?
            .to_bytes())
    };
    // The connection has to be driven while the answer is read, and may end before it is.
    let driven = async {
        drop(connection.await);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = answer => answer,
        () = driven => Err(OidcError::Service("broke off")),
    }
}
