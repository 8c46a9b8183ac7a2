//! Pauses between attempts to connect: doubling, with jitter, so that many processes do not all
//! come back at the same moment.

use std::time::Duration;

/// Grows with every failure, starts again after a success.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
    state: u64,
}

impl Backoff {
    /// Pauses from `first` to `longest`; the seed is the caller's chance.
    pub(super) const fn new((first, longest): (Duration, Duration), seed: u64) -> Self {
        Self {
            first,
            longest,
            next: first,
            state: seed,
        }
    }

    /// The next pause: between half of the step and the whole of it.
    pub(super) fn pause(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(self.longest);
        let half = step / 2;
        half + half.mul_f64(self.chance())
    }

    /// The connection works again.
    pub(super) const fn reset(&mut self) {
        self.next = self.first;
    }

    /// From 0 to 1: one step of `SplitMix64`, enough to spread pauses.
    fn chance(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_again() {
        let limits = (Duration::from_millis(100), Duration::from_millis(500));
        let mut backoff = Backoff::new(limits, 7);
        for step in [100, 200, 400, 500, 500] {
            let pause = backoff.pause().as_millis();
            assert!((step / 2..=step).contains(&pause), "{pause} of {step}");
        }
        backoff.reset();
        assert!(backoff.pause() <= Duration::from_millis(100));
    }

    #[test]
    fn two_seeds_do_not_pause_alike() {
        let limits = (Duration::from_secs(1), Duration::from_secs(8));
        assert_ne!(
            Backoff::new(limits, 1).pause(),
            Backoff::new(limits, 2).pause()
        );
    }
}
