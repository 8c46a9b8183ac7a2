//! The one place that asks the system what time it is and draws chance; everywhere else both are
//! values.

use std::time::Instant;

use model::time::Timestamp;
use time::OffsetDateTime;

/// Now, UTC.
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Now, as readings count it.
pub fn timestamp() -> Timestamp {
    Timestamp((now().unix_timestamp_nanos() / 1_000) as i64)
}

/// A point on the system's steady clock, for durations.
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub fn instant() -> Instant {
    Instant::now()
}

/// The system's source of chance.
#[expect(clippy::disallowed_methods, reason = "this is where chance is drawn")]
pub fn chance() -> impl rand::Rng + rand::CryptoRng {
    rand::rng()
}
