//! Signing in with somebody else's identity service (OpenID Connect Core 1.0, code flow with PKCE).
//! The service says who somebody is; which account that is, and what it may do, is decided here.
//!
//! The one thing to know: nothing is kept between going there and coming back but one cookie of the
//! browser itself, so that any process may answer.

use std::fmt;
use std::sync::Arc;

use store::account::Role;
use tokio_rustls::rustls::ClientConfig;
use url::Url;

mod http;
mod link;
mod service;
mod token;

pub(crate) use link::admit;
pub(crate) use service::{Identities, Way};
pub(crate) use token::Vouched;

/// How an identity service is used.
#[derive(Clone)]
pub struct OidcConfig {
    /// Its address; `/.well-known/openid-configuration` below it says the rest. `https`, but on
    /// this machine.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our password there; `None` for a public client.
    pub client_secret: Option<String>,
    /// What the button is called.
    pub name: String,
    /// The claim that says what somebody may do; `None` where every account is linked by hand.
    pub role_claim: Option<String>,
    /// Which of its values is which role.
    pub roles: Vec<(String, Role)>,
    /// Whose word is taken for the service's certificate.
    pub tls: Arc<ClientConfig>,
}

impl fmt::Debug for OidcConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcConfig")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Why a sign-in there failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OidcError {
    /// The service cannot be reached, or is not what its address says.
    #[error("the identity service {0}")]
    Service(&'static str),
    /// What it gave is not to be believed.
    #[error("the identity service's token {0}")]
    Token(&'static str),
}

/// Whether an address may be asked: encrypted, or on this machine.
fn is_safe(url: &Url) -> bool {
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_asked_in_the_clear_but_on_this_machine() {
        for (url, safe) in [
            ("https://id.example.cn/realms/county", true),
            ("http://127.0.0.1:9000", true),
            ("http://localhost:9000", true),
            ("http://id.example.cn", false),
            ("http://127.0.0.1.example.cn", false),
            ("ftp://127.0.0.1", false),
        ] {
            assert_eq!(
                url.parse().ok().map(|url| is_safe(&url)),
                Some(safe),
                "{url}"
            );
        }
    }
}
