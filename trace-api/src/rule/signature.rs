//! Signed uploads: HMAC-SHA256 over the time, a nonce and the raw bytes of the body, so that no
//! byte of a result can be changed on its way and none can be sent again by somebody who listened.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};

/// How far a signature's time may be from ours.
pub(crate) const WINDOW: Duration = Duration::minutes(5);
/// Most characters of a nonce; at least eight, or chance repeats it.
const NONCE_CHARS: std::ops::RangeInclusive<usize> = 8..=64;

/// What signs an upload, as its headers say it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed<'a> {
    /// Unix seconds.
    pub(crate) timestamp: &'a str,
    /// Used once.
    pub(crate) nonce: &'a str,
    /// HMAC-SHA256 in hexadecimal.
    pub(crate) signature: &'a str,
}

/// Why an upload is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Its time is not a number, or too far from ours.
    Time,
    /// The nonce is too short, too long or not of printable ASCII.
    Nonce,
    /// Another key, or other bytes.
    Signature,
}

/// Whether this body was signed with this secret, now.
pub(crate) fn verify(
    secret: &[u8],
    signed: Signed<'_>,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<(), Doubt> {
    let at: i64 = signed.timestamp.parse().map_err(|_| Doubt::Time)?;
    if (now.unix_timestamp() - at).unsigned_abs() > WINDOW.whole_seconds().unsigned_abs() {
        return Err(Doubt::Time);
    }
    let printable = signed.nonce.bytes().all(|byte| byte.is_ascii_graphic());
    if !NONCE_CHARS.contains(&signed.nonce.len()) || !printable {
        return Err(Doubt::Nonce);
    }
    let bytes = unhex(signed.signature).ok_or(Doubt::Signature)?;
    let mac = mac(secret, signed, body).ok_or(Doubt::Signature)?;
    mac.verify_slice(&bytes).map_err(|_| Doubt::Signature)
}

/// The code over `timestamp LF nonce LF body`.
fn mac(secret: &[u8], signed: Signed<'_>, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(signed.timestamp.as_bytes());
    mac.update(b"\n");
    mac.update(signed.nonce.as_bytes());
    mac.update(b"\n");
    mac.update(body);
    Some(mac)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).map(|value| value as u8))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}

/// The signature as a client computes it, for tests of the route.
#[cfg(test)]
pub(crate) fn sign(secret: &[u8], timestamp: &str, nonce: &str, body: &[u8]) -> Option<String> {
    let signed = Signed {
        timestamp,
        nonce,
        signature: "",
    };
    let bytes = mac(secret, signed, body)?.finalize().into_bytes();
    Some(bytes.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 04:00 UTC);
    const SECRET: &[u8] = b"0123456789abcdef";

    fn doubt(timestamp: &str, nonce: &str, body: &[u8], sent: &[u8]) -> Result<(), Doubt> {
        let signature = sign(SECRET, timestamp, nonce, body).unwrap_or_default();
        let signed = Signed {
            timestamp,
            nonce,
            signature: &signature,
        };
        verify(SECRET, signed, sent, NOW)
    }

    #[test]
    fn every_byte_counts() {
        let at = NOW.unix_timestamp().to_string();
        assert_eq!(doubt(&at, "nonce-0001", b"{}", b"{}"), Ok(()));
        assert_eq!(
            doubt(&at, "nonce-0001", b"{}", b"{ }"),
            Err(Doubt::Signature)
        );
        let none = Signed {
            timestamp: &at,
            nonce: "nonce-0001",
            signature: "zz",
        };
        assert_eq!(verify(SECRET, none, b"", NOW), Err(Doubt::Signature));
    }

    #[test]
    fn five_minutes_count_and_a_second_more_does_not() {
        for (apart, wanted) in [
            (300, Ok(())),
            (301, Err(Doubt::Time)),
            (-301, Err(Doubt::Time)),
        ] {
            let at = (NOW.unix_timestamp() - apart).to_string();
            assert_eq!(doubt(&at, "nonce-0001", b"{}", b"{}"), wanted, "{apart}");
        }
        assert_eq!(doubt("noon", "nonce-0001", b"", b""), Err(Doubt::Time));
    }

    #[test]
    fn a_nonce_is_neither_short_nor_endless() {
        let at = NOW.unix_timestamp().to_string();
        for (nonce, wanted) in [
            ("1234567".to_owned(), Err(Doubt::Nonce)),
            ("x".repeat(64), Ok(())),
            ("x".repeat(65), Err(Doubt::Nonce)),
        ] {
            assert_eq!(doubt(&at, &nonce, b"{}", b"{}"), wanted, "{nonce}");
        }
    }
}
