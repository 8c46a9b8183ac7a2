//! The identity service's token (OpenID Connect Core 1.0, 3.1.3.7): who signed it, for whom, when,
//! and for which sign-in. Nothing of it is believed before its signature is checked, and only with
//! algorithms whose keys are public.

use biscuit::jwa::SignatureAlgorithm;
use biscuit::jwk::{AlgorithmParameters, EllipticCurve, JWK, PublicKeyUse};
use biscuit::jws::{Compact, Secret};
use biscuit::{ClaimsSet, Empty, SingleOrMultiple};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::OidcError;

/// How far the service's clock may be off, seconds.
const SKEW_S: i64 = 60;
/// Longest subject, by the standard.
const SUBJECT_BYTES_MAX: usize = 255;

type Token = Compact<ClaimsSet<Map<String, Value>>, Empty>;

/// A public key of the service.
pub(super) type Key = JWK<Empty>;

/// What is expected of a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    /// The service's address.
    pub(super) issuer: &'a str,
    /// Our name there.
    pub(super) client_id: &'a str,
    /// The number of this sign-in.
    pub(super) nonce: &'a str,
    /// The present.
    pub(super) now: OffsetDateTime,
}

/// What a service vouches for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vouched {
    /// Its address.
    pub(crate) issuer: String,
    /// Who it is there.
    pub(crate) subject: String,
    /// Everything else that it says.
    pub(crate) claims: Map<String, Value>,
}

/// Why a token was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is signed with a key that is not known: a newer one, perhaps.
    UnknownKey,
    /// It is not to be believed.
    Wrong(&'static str),
}

impl From<Doubt> for OidcError {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::UnknownKey => Self::Token("is signed with an unknown key"),
            Doubt::Wrong(why) => Self::Token(why),
        }
    }
}

/// Keys out of a set; those of other kinds are none of ours.
pub(super) fn keys(set: &Value) -> Vec<Key> {
    let all = set["keys"].as_array().into_iter().flatten();
    let known = all.filter_map(|key| serde_json::from_value::<Key>(key.clone()).ok());
    known
        .filter(|key| key.common.public_key_use != Some(PublicKeyUse::Encryption))
        .collect()
}

/// Checks a token; what it says is believed afterwards.
pub(super) fn verify(text: &str, keys: &[Key], expected: Expected<'_>) -> Result<Vouched, Doubt> {
    let token = Token::new_encoded(text);
    let header = token.unverified_header();
    let header = header
        .map_err(|_| Doubt::Wrong("cannot be read"))?
        .registered;
    if header.critical.is_some() {
        return Err(Doubt::Wrong("asks for an extension"));
    }
    let mut fitting = keys.iter().filter(|key| {
        // A token that names no key is checked with the only one that fits.
        let named = header.key_id.is_none() || key.common.key_id == header.key_id;
        named && secret(key, header.algorithm).is_some()
    });
    let key = fitting.next().ok_or(Doubt::UnknownKey)?;
    if header.key_id.is_none() && fitting.next().is_some() {
        return Err(Doubt::Wrong("does not name its key"));
    }
    let secret = secret(key, header.algorithm).ok_or(Doubt::UnknownKey)?;
    let decoded = token.into_decoded(&secret, header.algorithm);
    let decoded = decoded.map_err(|_| Doubt::Wrong("is not signed by the service"))?;
    let (_, claims) = decoded.unwrap_decoded();
    check(claims, expected)
}

/// What a signature of this algorithm is checked with; `None` for every algorithm but the two that
/// services use, so that nobody chooses a weaker one.
fn secret(key: &Key, algorithm: SignatureAlgorithm) -> Option<Secret> {
    match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(key), SignatureAlgorithm::RS256) => {
            Some(key.jws_public_key_secret())
        }
        (AlgorithmParameters::EllipticCurve(key), SignatureAlgorithm::ES256)
            if key.curve == EllipticCurve::P256 =>
        {
            Some(key.jws_public_key_secret())
        }
        _ => None,
    }
}

fn check(claims: ClaimsSet<Map<String, Value>>, expected: Expected<'_>) -> Result<Vouched, Doubt> {
    let wrong = |why| Err(Doubt::Wrong(why));
    let ClaimsSet {
        registered,
        private: claims,
    } = claims;
    if registered.issuer.as_deref() != Some(expected.issuer) {
        return wrong("is of another service");
    }
    let client = expected.client_id.to_owned();
    let audience = registered.audience.as_ref();
    if !audience.is_some_and(|audience| audience.contains(&client)) {
        return wrong("is for somebody else");
    }
    let is_shared = matches!(audience, Some(SingleOrMultiple::Multiple(all)) if all.len() > 1);
    let party = claims.get("azp").and_then(Value::as_str);
    if party.is_some_and(|party| party != client) || (is_shared && party.is_none()) {
        return wrong("was asked for by somebody else");
    }
    let now = expected.now.unix_timestamp();
    let at = |time: Option<biscuit::Timestamp>| time.map(|time| time.timestamp());
    if at(registered.expiry).is_none_or(|expiry| expiry + SKEW_S <= now) {
        return wrong("has expired");
    }
    let is_early = |time: Option<i64>| time.is_some_and(|time| time - SKEW_S > now);
    if at(registered.issued_at).is_none() || is_early(at(registered.issued_at)) {
        return wrong("does not say when it was issued, or is of the future");
    }
    if is_early(at(registered.not_before)) {
        return wrong("is of the future");
    }
    if claims.get("nonce").and_then(Value::as_str) != Some(expected.nonce) {
        return wrong("is of another sign-in");
    }
    let subject = registered.subject.unwrap_or_default();
    if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || subject.contains('\0') {
        return wrong("names nobody");
    }
    Ok(Vouched {
        issuer: expected.issuer.to_owned(),
        subject,
        claims,
    })
}
