//! A letter now and then instead of one a message. A clock that is wrong is wrong in every pack,
//! and a stranger may try a thousand keys a second: the first of a while leaves a dead letter, the
//! others are counted. How long that while is, its user says.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use model::time::Timestamp;

use crate::reason::DeadReason;

/// Sources remembered; when there are more, newcomers are counted only.
const SOURCES_MAX: usize = 10_000;

/// Which sources (topics, clients) left a letter lately, and why.
#[derive(Debug)]
pub(crate) struct Quiet {
    /// One letter a source and reason in this time.
    seconds: i64,
    last: Mutex<HashMap<(DeadReason, String), Timestamp>>,
}

impl Quiet {
    pub(crate) fn new(seconds: i64) -> Self {
        Self {
            seconds,
            last: Mutex::default(),
        }
    }

    /// Whether a letter is due; notes that it is being written.
    pub(crate) fn is_due(&self, reason: DeadReason, source: &str, now: Timestamp) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= SOURCES_MAX {
            last.retain(|_, time| time.plus_seconds(self.seconds) > now);
        }
        let is_full = last.len() >= SOURCES_MAX;
        match last.entry((reason, source.to_owned())) {
            Entry::Occupied(mut seen) if seen.get().plus_seconds(self.seconds) <= now => {
                seen.insert(now);
                true
            }
            Entry::Vacant(place) if !is_full => {
                place.insert(now);
                true
            }
            _ => false,
        }
    }

    /// Forgets a letter that was not written after all.
    pub(crate) fn forget(&self, reason: DeadReason, source: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.remove(&(reason, source.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOW;

    const QUIET_SECONDS: i64 = 3_600;

    #[test]
    fn a_topic_leaves_one_letter_an_hour_for_each_reason() {
        let quiet = Quiet::new(QUIET_SECONDS);
        let past = DeadReason::TimeInPast;
        assert!(quiet.is_due(past, "a", NOW));
        assert!(!quiet.is_due(past, "a", NOW.plus_seconds(QUIET_SECONDS - 1)));
        assert!(quiet.is_due(DeadReason::TimeInFuture, "a", NOW));
        assert!(quiet.is_due(past, "b", NOW));
        assert!(quiet.is_due(past, "a", NOW.plus_seconds(QUIET_SECONDS)));
    }

    #[test]
    fn a_letter_that_was_not_written_is_due_again() {
        let quiet = Quiet::new(QUIET_SECONDS);
        assert!(quiet.is_due(DeadReason::TimeInPast, "a", NOW));
        quiet.forget(DeadReason::TimeInPast, "a");
        assert!(quiet.is_due(DeadReason::TimeInPast, "a", NOW));
    }

    #[test]
    fn one_topic_more_than_is_remembered_is_counted_only_until_room_is_made() {
        let quiet = Quiet::new(QUIET_SECONDS);
        for n in 0..SOURCES_MAX {
            assert!(quiet.is_due(DeadReason::TimeInPast, &n.to_string(), NOW));
        }
        assert!(!quiet.is_due(DeadReason::TimeInPast, "more", NOW));
        let later = NOW.plus_seconds(QUIET_SECONDS);
        assert!(quiet.is_due(DeadReason::TimeInPast, "more", later));
    }
}
