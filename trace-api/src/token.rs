//! Secrets that we draw: session tokens, gateway keys. Only their hashes are stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use time::Duration;

use crate::state::AppState;

/// Letters and digits that nobody takes for another; a power of two, so that each is as likely.
const PLAIN: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// How long a sign-in is worth something.
pub(crate) const SESSION_HOURS: i64 = 12;

/// How long a sign-in is worth something.
pub(crate) const fn session_length() -> Duration {
    Duration::hours(SESSION_HOURS)
}

/// A session token: 256 random bits as URL-safe text.
pub(crate) fn draw_token(state: &AppState) -> String {
    URL_SAFE_NO_PAD.encode(state.draw::<32>())
}

/// A gateway's key: 128 random bits as URL-safe text, short enough to be typed.
pub(crate) fn draw_key(state: &AppState) -> String {
    URL_SAFE_NO_PAD.encode(state.draw::<16>())
}

/// A password that its owner changes soon: three groups of four, easy to read out and to type, 60
/// random bits, without letters and digits that look alike.
pub(crate) fn draw_password(state: &AppState) -> String {
    let bytes = state.draw::<12>();
    let letters = bytes.map(|byte| char::from(PLAIN[usize::from(byte) % PLAIN.len()]));
    let groups = letters
        .chunks(4)
        .map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join("-")
}

/// What is stored of a token.
pub(crate) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
