//! Asking the identity service: what it can do, its keys, and the token for a code. Answers are
//! bounded in size and time, and nothing leads elsewhere.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;
use url::Url;

use super::http::{Ask, ask};
use super::token::{Doubt, Expected, Key, keys, verify};
use super::{OidcConfig, OidcError, Vouched, is_safe};

/// How long what a service says of itself is believed.
const MEMORY: Duration = Duration::hours(1);
/// Shortest time between two looks at its keys because of a token with an unknown one.
const KEYS_APART: Duration = Duration::minutes(1);

/// What a service says of itself.
#[derive(Debug, Clone, Deserialize)]
struct Discovered {
    issuer: String,
    #[serde(deserialize_with = "address")]
    authorization_endpoint: Url,
    #[serde(deserialize_with = "address")]
    token_endpoint: Url,
    #[serde(deserialize_with = "address")]
    jwks_uri: Url,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(D::Error::custom)
}

/// What is known of the service.
#[derive(Debug, Clone)]
struct Known {
    at: OffsetDateTime,
    service: Discovered,
    keys: Arc<Vec<Key>>,
}

/// A sign-in on its way: what the browser carries there and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// Binds the answer to the browser.
    pub(crate) state: String,
    /// Binds the token to the sign-in.
    pub(crate) nonce: String,
    /// Shows that whoever has the code began the sign-in (PKCE, RFC 7636).
    pub(crate) verifier: String,
}

/// The identity service that people may sign in with.
#[derive(Debug)]
pub(crate) struct Identities {
    config: OidcConfig,
    known: Mutex<Option<Known>>,
}

impl Identities {
    pub(crate) const fn new(config: OidcConfig) -> Self {
        Self {
            config,
            known: Mutex::const_new(None),
        }
    }

    pub(crate) const fn config(&self) -> &OidcConfig {
        &self.config
    }

    /// Where a browser is sent to.
    pub(crate) async fn address(
        &self,
        way: &Way,
        back: &str,
        now: OffsetDateTime,
    ) -> Result<Url, OidcError> {
        let known = self.known(now, MEMORY).await?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(way.verifier.as_bytes()));
        let mut url = known.service.authorization_endpoint;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", back)
            .append_pair("scope", "openid profile")
            .append_pair("state", &way.state)
            .append_pair("nonce", &way.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Trades a code for what the service vouches for.
    pub(crate) async fn redeem(
        &self,
        code: &str,
        way: &Way,
        back: &str,
        now: OffsetDateTime,
    ) -> Result<Vouched, OidcError> {
        let known = self.known(now, MEMORY).await?;
        let question = self.question(&known.service, code, way, back);
        let answer = ask(&self.config.tls, &question).await?;
        let text = answer["id_token"].as_str();
        let text = text.ok_or(OidcError::Token("is missing"))?;
        let expected = Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: &way.nonce,
            now,
        };
        match verify(text, &known.keys, expected) {
            // Services change their keys; an hour is too long to wait for the new ones.
            Err(Doubt::UnknownKey) => {
                let newer = self.known(now, KEYS_APART).await?;
                Ok(verify(text, &newer.keys, expected)?)
            }
            verified => Ok(verified?),
        }
    }

    /// What trades a code for a token.
    fn question(&self, service: &Discovered, code: &str, way: &Way, back: &str) -> Ask {
        let id = self.config.client_id.as_str();
        let methods = service.token_endpoint_auth_methods_supported.as_deref();
        // The standard's default, unless the service says that it has only the other.
        let is_basic = methods
            .is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        let secret = self.config.client_secret.as_deref();
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", back)
            .append_pair("code_verifier", &way.verifier)
            .append_pair("client_id", id);
        if let Some(secret) = secret.filter(|_| !is_basic) {
            form.append_pair("client_secret", secret);
        }
        Ask {
            url: service.token_endpoint.clone(),
            authorization: secret.filter(|_| is_basic).map(|secret| basic(id, secret)),
            form: Some(form.finish()),
        }
    }

    /// What is known of the service, not older than `age`.
    async fn known(&self, now: OffsetDateTime, age: Duration) -> Result<Known, OidcError> {
        // Held while it is asked: whoever comes meanwhile waits for the same answer.
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| now - known.at < age) {
            return Ok(known.clone());
        }
        let fresh = self.discover(now).await?;
        *known = Some(fresh.clone());
        Ok(fresh)
    }

    async fn discover(&self, now: OffsetDateTime) -> Result<Known, OidcError> {
        let issuer = self.config.issuer.trim_end_matches('/');
        let url = Url::parse(&format!("{issuer}/.well-known/openid-configuration"));
        let url = url.map_err(|_| OidcError::Service("has no address"))?;
        if !is_safe(&url) {
            return Err(OidcError::Service("would be asked in the clear"));
        }
        let said = ask(&self.config.tls, &Ask::get(url)).await?;
        let service: Discovered = serde_json::from_value(said)
            .map_err(|_| OidcError::Service("does not say what it can do"))?;
        if service.issuer != self.config.issuer {
            return Err(OidcError::Service("calls itself something else"));
        }
        let asked = [&service.authorization_endpoint, &service.token_endpoint];
        let safe = asked.into_iter().chain([&service.jwks_uri]).all(is_safe);
        if !safe {
            return Err(OidcError::Service("would be asked in the clear"));
        }
        let keys_at = Ask::get(service.jwks_uri.clone());
        let set = ask(&self.config.tls, &keys_at).await?;
        let keys = Arc::new(keys(&set));
        Ok(Known {
            at: now,
            service,
            keys,
        })
    }
}

/// Name and password as RFC 6749, 2.3.1 wants them: encoded as in forms before the Base64.
fn basic(id: &str, secret: &str) -> String {
    let part = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pair = format!("{}:{}", part(id), part(secret));
    format!("Basic {}", STANDARD.encode(pair))
}
