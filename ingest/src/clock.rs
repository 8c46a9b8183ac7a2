//! Where the time comes from. Ingest never asks the system itself: whoever starts it owns the
//! clock, and a test owns it too.

use model::time::Timestamp;

/// Says what time it is.
pub trait Clock: Send + Sync + 'static {
    /// Now, in microseconds since the Unix epoch, UTC.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}
