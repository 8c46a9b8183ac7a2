//! Chance for the demonstration: every number is a hash of a seed, a stream and an index, so any
//! of them can be drawn in any order and is the same in every run. Not for keys or passwords.

/// What a random number is for. Streams keep the draws of one purpose apart from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    seed: u64,
}

impl Stream {
    /// The stream of one purpose: `label` and `number` name it, `seed` is the county's.
    pub fn new(seed: u64, label: &str, number: i64) -> Self {
        let mut mixed = mix(seed ^ number.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for byte in label.bytes() {
            mixed = mix(mixed ^ u64::from(byte));
        }
        Self { seed: mixed }
    }

    /// 64 random bits at an index.
    pub const fn bits(self, index: i64) -> u64 {
        mix(self
            .seed
            .wrapping_add(index.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Evenly spread in `0.0 .. 1.0`.
    pub fn unit(self, index: i64) -> f32 {
        (self.bits(index) >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Evenly spread in `low .. high`.
    pub fn between(self, index: i64, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit(index)
    }

    /// Bell-shaped with mean 0 and deviation 1, never beyond ±3.5: four even draws added up.
    pub fn normal(self, index: i64) -> f32 {
        let bits = self.bits(index);
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        (sum as f32 / 65_535.0 - 2.0) * 1.732
    }

    /// Smooth noise: bell-shaped knots every `period` steps of `at`, eased between them.
    pub fn smooth(self, at: i64, period: i64) -> f32 {
        let knot = at.div_euclid(period);
        let part = at.rem_euclid(period) as f32 / period as f32;
        let ease = part * part * (3.0 - 2.0 * part);
        let (left, right) = (self.normal(knot), self.normal(knot + 1));
        left + (right - left) * ease
    }
}

/// The finalizer of `SplitMix64`: every input bit reaches every output bit.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_another_does_not() {
        let (a, b) = (Stream::new(7, "air", 1), Stream::new(7, "air", 1));
        assert!((0..100).all(|at| a.bits(at) == b.bits(at)));
        for other in [
            Stream::new(8, "air", 1),
            Stream::new(7, "sky", 1),
            Stream::new(7, "air", 2),
        ] {
            assert!((0..100).all(|at| a.bits(at) != other.bits(at)));
        }
    }

    #[test]
    fn draws_have_the_shape_they_promise() {
        let stream = Stream::new(1, "shape", 0);
        let n = 20_000;
        let units: Vec<f32> = (0..n).map(|at| stream.unit(at)).collect();
        assert!(units.iter().all(|u| (0.0..1.0).contains(u)));
        let mean = units.iter().sum::<f32>() / n as f32;
        assert!((mean - 0.5).abs() < 0.01, "mean of units {mean}");
        let normals: Vec<f32> = (0..n).map(|at| stream.normal(at)).collect();
        let mean = normals.iter().sum::<f32>() / n as f32;
        let variance = normals.iter().map(|x| x * x).sum::<f32>() / n as f32;
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
        assert!((0..n).all(|at| (2.0..5.0).contains(&stream.between(at, 2.0, 5.0))));
    }

    #[test]
    fn smooth_noise_meets_its_knots_and_does_not_jump() {
        let stream = Stream::new(1, "smooth", 0);
        for at in -200..200 {
            let step = (stream.smooth(at + 1, 40) - stream.smooth(at, 40)).abs();
            assert!(step < 0.3, "step {step} at {at}");
        }
        assert!((stream.smooth(-80, 40) - stream.normal(-2)).abs() < 1e-6);
    }
}
