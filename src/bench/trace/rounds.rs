//! How long something took, again and again.

use std::time::{Duration, Instant};

use crate::clock;

/// Fewest rounds, however long they take.
const ROUNDS_MIN: usize = 5;

/// Rounds of one thing.
#[derive(Debug)]
pub struct Rounds {
    until: Instant,
    took: Vec<Duration>,
}

impl Rounds {
    /// Rounds for so long.
    pub fn new(seconds: f64) -> Self {
        Self {
            until: clock::instant() + Duration::from_secs_f64(seconds),
            took: Vec::new(),
        }
    }

    /// Whether there is time for another one.
    pub fn go_on(&self) -> bool {
        self.took.len() < ROUNDS_MIN || clock::instant() < self.until
    }

    /// Notes one that began then and is over now.
    pub fn note(&mut self, started: Instant) {
        self.took.push(clock::instant() - started);
    }

    /// Notes one that took so long.
    pub fn note_all(&mut self, took: Duration) {
        self.took.push(took);
    }

    /// How many there were.
    pub const fn count(&self) -> usize {
        self.took.len()
    }

    /// Half of them took no longer.
    pub fn median_ms(&self) -> f64 {
        self.quantile_ms(0.5)
    }

    /// Of a hundred, one took longer.
    pub fn p99_ms(&self) -> f64 {
        self.quantile_ms(0.99)
    }

    fn quantile_ms(&self, share: f64) -> f64 {
        let mut took = self.took.clone();
        took.sort_unstable();
        let place = (took.len() as f64 * share).ceil() as usize;
        let found = took.get(place.saturating_sub(1));
        found.map_or(f64::NAN, |took| took.as_secs_f64() * 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_rounds_took_no_longer_than_the_median() {
        let mut rounds = Rounds::new(0.0);
        assert!(rounds.median_ms().is_nan());
        for ms in [5, 1, 4, 2, 3] {
            rounds.note_all(Duration::from_millis(ms));
        }
        assert_eq!(rounds.median_ms().to_string(), "3");
        assert_eq!(rounds.p99_ms().to_string(), "5");
        assert_eq!(rounds.count(), 5);
    }
}
