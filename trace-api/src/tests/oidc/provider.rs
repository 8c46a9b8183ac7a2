//! A small identity service on a port of its own: discovery, keys, codes that work once and only with
//! their verifier (PKCE), and tokens signed with RS256 or ES256. It tells the lie that it is asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use biscuit::jwa::SignatureAlgorithm;
use biscuit::jws::{Compact, Header, RegisteredHeader, Secret};
use biscuit::{ClaimsSet, Empty, RegisteredClaims};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::Fallible;
use crate::OidcConfig;
use crate::tests::world::NOW;

/// Who signs in over there.
pub(super) const SUBJECT: &str = "8f2c1c1e-2a51-4c55-9d5c-5b1f6c0f7a01";
const CLIENT: &str = "suyuan county";
const PASSWORD: &str = "p&ss:w%rd";

/// What a token may be wrong in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    Nonce,
    NoNonce,
    Audience,
    SharedAudience,
    Party,
    Issuer,
    Expired,
    NoExpiry,
    Future,
    NotYet,
    NoSubject,
    ForeignKey,
    UnknownKey,
    Tampered,
    Unsigned,
    PublicKeyAsPassword,
    Critical,
}

impl Lie {
    pub(super) const ALL: [Self; 17] = [
        Self::Nonce,
        Self::NoNonce,
        Self::Audience,
        Self::SharedAudience,
        Self::Party,
        Self::Issuer,
        Self::Expired,
        Self::NoExpiry,
        Self::Future,
        Self::NotYet,
        Self::NoSubject,
        Self::ForeignKey,
        Self::UnknownKey,
        Self::Tampered,
        Self::Unsigned,
        Self::PublicKeyAsPassword,
        Self::Critical,
    ];
}

#[derive(Debug, Clone)]
struct Grant {
    challenge: String,
    nonce: String,
    back: String,
}

#[derive(Debug, Default)]
struct Inner {
    issuer: String,
    grants: HashMap<String, Grant>,
    es256: bool,
    lie: Option<Lie>,
    claims: Map<String, Value>,
}

type Shared = Arc<Mutex<Inner>>;

/// The service; it ends with this value.
pub(super) struct Provider {
    inner: Shared,
    task: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn locked(inner: &Shared) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Provider {
    pub(super) async fn start() -> Fallible<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let issuer = format!("http://{}", listener.local_addr()?);
        let inner = Shared::new(Mutex::new(Inner {
            issuer,
            ..Inner::default()
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move {
            drop(axum::serve(listener, router).await);
        });
        Ok(Self { inner, task })
    }

    pub(super) fn config(&self) -> Fallible<OidcConfig> {
        let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Ok(OidcConfig {
            issuer: locked(&self.inner).issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(PASSWORD.to_owned()),
            name: "县统一认证".to_owned(),
            role_claim: None,
            roles: Vec::new(),
            tls: Arc::new(tls),
        })
    }

    pub(super) fn sign_with(&self, algorithm: &str) {
        locked(&self.inner).es256 = algorithm == "ES256";
    }

    pub(super) fn lie(&self, lie: Option<Lie>) {
        locked(&self.inner).lie = lie;
    }

    pub(super) fn claim(&self, name: &str, value: Value) {
        locked(&self.inner).claims.insert(name.to_owned(), value);
    }

    /// What a person's consent does: a code, and the address that the browser is sent back to.
    pub(super) fn authorize(&self, asked: &Url) -> Fallible<String> {
        let query: HashMap<String, String> = asked.query_pairs().into_owned().collect();
        let of = |name: &str| query.get(name).cloned().ok_or(format!("no {name}"));
        let mut inner = locked(&self.inner);
        if of("client_id")? != CLIENT || !asked.as_str().starts_with(&inner.issuer) {
            return Err("another client".into());
        }
        let grant = Grant {
            challenge: of("code_challenge")?,
            nonce: of("nonce")?,
            back: of("redirect_uri")?,
        };
        let code = format!("code {}", inner.grants.len());
        let mut back = Url::parse(&grant.back)?;
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &of("state")?);
        inner.grants.insert(code, grant);
        Ok(back.into())
    }
}

async fn discovery(State(inner): State<Shared>) -> Json<Value> {
    let issuer = &locked(&inner).issuer;
    Json(
        json!({ "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys") }),
    )
}

async fn keys() -> Json<Value> {
    Json(serde_json::from_str(include_str!("keys.json")).unwrap_or_default())
}

async fn token(
    State(inner): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let mut inner = locked(&inner);
    let basic = STANDARD.encode("suyuan%20county:p%26ss%3Aw%25rd");
    let told = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if told != Some(format!("Basic {basic}").as_str()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let of = |name: &str| form.get(name).cloned().unwrap_or_default();
    let grant = inner
        .grants
        .remove(&of("code"))
        .ok_or(StatusCode::BAD_REQUEST)?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(of("code_verifier")));
    if challenge != grant.challenge || of("redirect_uri") != grant.back {
        return Err(StatusCode::BAD_REQUEST);
    }
    let signed = sign(&inner, &grant).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(
        json!({ "access_token": "x", "token_type": "Bearer", "id_token": signed }),
    ))
}

fn claims(inner: &Inner, grant: &Grant) -> ClaimsSet<Map<String, Value>> {
    let lie = |lie| inner.lie == Some(lie);
    let at = |seconds: i64| Some(biscuit::Timestamp::from(NOW.unix_timestamp() + seconds));
    let mut private = inner.claims.clone();
    private.insert("name".to_owned(), json!("周主任（演示）"));
    let nonce = if lie(Lie::Nonce) {
        "another"
    } else {
        &grant.nonce
    };
    if !lie(Lie::NoNonce) {
        private.insert("nonce".to_owned(), json!(nonce));
    }
    if lie(Lie::Party) {
        private.insert("azp".to_owned(), json!("another"));
    }
    let one = |text: &str| biscuit::SingleOrMultiple::Single(text.to_owned());
    let audience = match inner.lie {
        Some(Lie::Audience) => one("another"),
        Some(Lie::SharedAudience) => {
            biscuit::SingleOrMultiple::Multiple(vec![CLIENT.to_owned(), "another".to_owned()])
        }
        _ => one(CLIENT),
    };
    let issuer = if lie(Lie::Issuer) {
        "http://127.0.0.1:1"
    } else {
        &inner.issuer
    };
    let expiry = if lie(Lie::Expired) { at(-61) } else { at(300) };
    ClaimsSet {
        registered: RegisteredClaims {
            issuer: Some(issuer.to_owned()),
            subject: Some(SUBJECT.to_owned()).filter(|_| !lie(Lie::NoSubject)),
            audience: Some(audience),
            expiry: expiry.filter(|_| !lie(Lie::NoExpiry)),
            issued_at: if lie(Lie::Future) { at(120) } else { at(-1) },
            not_before: if lie(Lie::NotYet) { at(120) } else { None },
            id: None,
        },
        private,
    }
}

fn sign(inner: &Inner, grant: &Grant) -> Fallible<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/oidc/");
    let file = |name: &str| format!("{folder}{name}");
    let (algorithm, kid, secret) = match inner.lie {
        Some(Lie::Unsigned) => (SignatureAlgorithm::None, "rsa-1", Secret::None),
        Some(Lie::PublicKeyAsPassword) => {
            let key = include_str!("keys.json").as_bytes().to_vec();
            (SignatureAlgorithm::HS256, "rsa-1", Secret::Bytes(key))
        }
        Some(Lie::ForeignKey | Lie::UnknownKey) => {
            let kid = if inner.lie == Some(Lie::ForeignKey) {
                "rsa-1"
            } else {
                "rsa-2"
            };
            let key = Secret::rsa_keypair_from_file(&file("other-rsa.der"))?;
            (SignatureAlgorithm::RS256, kid, key)
        }
        _ if inner.es256 => {
            let algorithm = SignatureAlgorithm::ES256;
            let key = Secret::ecdsa_keypair_from_file(algorithm, &file("ec.der"))?;
            (algorithm, "ec-1", key)
        }
        _ => {
            let key = Secret::rsa_keypair_from_file(&file("rsa.der"))?;
            (SignatureAlgorithm::RS256, "rsa-1", key)
        }
    };
    let critical = inner.lie.filter(|lie| *lie == Lie::Critical);
    let header = Header::<Empty>::from_registered_header(RegisteredHeader {
        algorithm,
        key_id: Some(kid.to_owned()),
        critical: critical.map(|_| vec!["b64".to_owned()]),
        ..RegisteredHeader::default()
    });
    let token = Compact::new_decoded(header, claims(inner, grant)).into_encoded(&secret)?;
    let text = token.encoded()?.encode();
    if inner.lie != Some(Lie::Tampered) {
        return Ok(text);
    }
    // The same signature under the claims of somebody else.
    let mut parts = text.split('.');
    let (head, body, signature) = (parts.next(), parts.next(), parts.next());
    let body = URL_SAFE_NO_PAD.decode(body.unwrap_or_default())?;
    let body = String::from_utf8(body)?.replace("周主任", "张主任");
    let body = URL_SAFE_NO_PAD.encode(body);
    Ok(format!(
        "{}.{body}.{}",
        head.unwrap_or_default(),
        signature.unwrap_or_default()
    ))
}
