//! The bound on what ingest holds in memory: bytes of payload between arrival and commit, both
//! doors together. A door that gets no room stops reading, and TCP tells the publisher.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::health::Health;

/// Counted on top of every payload: topic, rows, bookkeeping.
const OVERHEAD_BYTES: u32 = 1_024;

/// Shared room for messages.
#[derive(Debug, Clone)]
pub struct Window {
    room: Arc<Semaphore>,
    bytes: u32,
    health: Arc<Health>,
}

/// Room for one message; given back when dropped.
#[derive(Debug)]
pub struct Admission {
    _room: OwnedSemaphorePermit,
    bytes: u64,
    health: Arc<Health>,
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.health.give_window(self.bytes);
    }
}

impl Window {
    /// A window of `bytes`.
    #[must_use]
    pub fn new(bytes: u32, health: Arc<Health>) -> Self {
        health.set_window(u64::from(bytes));
        Self {
            room: Arc::new(Semaphore::new(bytes as usize)),
            bytes,
            health,
        }
    }

    /// Room at once, or none.
    #[must_use]
    pub fn try_admit(&self, payload_bytes: usize) -> Option<Admission> {
        let bytes = self.need(payload_bytes);
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes).ok()?;
        Some(self.admission(room, bytes))
    }

    /// Waits for room, first come first served. `None` cannot happen: the window never closes.
    pub async fn admit(self, payload_bytes: usize) -> Option<Admission> {
        let bytes = self.need(payload_bytes);
        let room = Arc::clone(&self.room)
            .acquire_many_owned(bytes)
            .await
            .ok()?;
        Some(self.admission(room, bytes))
    }

    /// A message larger than the window takes all of it.
    fn need(&self, payload_bytes: usize) -> u32 {
        let bytes = u32::try_from(payload_bytes).unwrap_or(u32::MAX);
        bytes.saturating_add(OVERHEAD_BYTES).min(self.bytes)
    }

    fn admission(&self, room: OwnedSemaphorePermit, bytes: u32) -> Admission {
        let bytes = u64::from(bytes);
        self.health.take_window(bytes);
        Admission {
            _room: room,
            bytes,
            health: Arc::clone(&self.health),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::time::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_full_window_admits_again_when_a_message_leaves() {
        let health = Arc::new(Health::default());
        let window = Window::new(4_096, Arc::clone(&health));
        let first = window.try_admit(2_048);
        assert!(first.is_some());
        assert!(window.try_admit(2_048).is_none());
        assert!((health.report(Timestamp(0)).window_used - 0.75).abs() < 1e-9);
        let waiting = tokio::spawn(window.clone().admit(1_000_000));
        drop(first);
        assert!(waiting.await.is_ok_and(|admission| admission.is_some()));
        assert!(health.report(Timestamp(0)).window_used.abs() < 1e-9);
    }
}
