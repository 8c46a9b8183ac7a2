//! Waiting longer after each failure, with a bound and with chance, so that a village of nodes
//! does not come back in the same second after a power cut. Asks neither clock nor random source.

/// How long to wait after the failures so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    floor_ms: u32,
    ceiling_ms: u32,
    failures: u8,
}

impl Backoff {
    /// Waits from `floor_ms` after the first failure up to `ceiling_ms`, doubling in between.
    #[must_use]
    pub const fn new(floor_ms: u32, ceiling_ms: u32) -> Self {
        Self {
            floor_ms,
            ceiling_ms,
            failures: 0,
        }
    }

    /// Counts a failure and says how many milliseconds to wait: at least half of the step, the
    /// rest by chance. `random` is any number of the board's random source.
    pub fn fail(&mut self, random: u32) -> u32 {
        let step = step_ms(self.failures, self.floor_ms, self.ceiling_ms);
        self.failures = self.failures.saturating_add(1);
        let half = step / 2;
        half + random % (step - half + 1)
    }

    /// Forgets the failures: something worked.
    pub const fn succeed(&mut self) {
        self.failures = 0;
    }
}

/// `floor × 2^failures`, at most `ceiling`, milliseconds.
#[must_use]
pub const fn step_ms(failures: u8, floor_ms: u32, ceiling_ms: u32) -> u32 {
    let shift = if failures > 31 { 31 } else { failures as u32 };
    let step = (floor_ms as u64) << shift;
    if step > ceiling_ms as u64 {
        ceiling_ms
    } else {
        step as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_the_ceiling_and_start_again_after_a_success() {
        let mut backoff = Backoff::new(100, 1_000);
        assert_eq!(backoff.fail(50), 100, "half of 100, and 50 by chance");
        assert_eq!(
            [backoff.fail(0), backoff.fail(0), backoff.fail(0)],
            [100, 200, 400]
        );
        assert_eq!([backoff.fail(0), backoff.fail(0)], [500, 500]);
        backoff.succeed();
        assert_eq!(backoff.fail(0), 50);
    }

    proptest! {
        #[test]
        fn a_wait_is_between_half_a_step_and_a_step(
            failures in any::<u8>(),
            random in any::<u32>(),
            floor in 1_u32..60_000,
            extra in 0_u32..600_000,
        ) {
            let mut backoff = Backoff { floor_ms: floor, ceiling_ms: floor + extra, failures };
            let step = step_ms(failures, floor, floor + extra);
            let wait = backoff.fail(random);
            prop_assert!(wait >= step / 2 && wait <= step);
            prop_assert!(step >= floor && step <= floor + extra);
        }
    }
}
