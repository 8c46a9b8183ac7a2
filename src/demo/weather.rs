//! Weather for a county that does not exist: one sky over all plots, so that neighbours agree, and
//! from it air, soil and rooms at any plot and time. Shaped after the climate of 29.0° N, 109.9° E
//! (yearly mean 16 °C at 300 m, 1,350 mm of rain, most of it April to July). It forecasts nothing.
//! The one thing to know: a number depends on the seed and its own time, not on when it is asked,
//! because every random draw is a hash of its hour and the sky is spun up before the first one.

pub mod air;
pub mod indoor;
pub mod sky;
pub mod soil;

use sky::Sky;
use soil::Soil;

/// Seconds in an hour: the step of the sky.
pub const HOUR_S: i64 = 3_600;

/// Hours the sky and the soil run before the first hour asked for, to forget their start.
const SPIN_UP_HOURS: i64 = 150 * 24;

/// The county's clock is UTC+8, which is all of China's.
pub const CLOCK_OFFSET_S: i64 = 8 * HOUR_S;

/// Where a plot stands, as far as weather cares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// Tells the small differences between neighbours apart.
    pub number: i64,
    /// Height above the sea, metres.
    pub altitude_m: f32,
    /// How far cold air gathers on clear nights, kelvin below the open slope (0 to 2).
    pub hollow_k: f32,
    /// What the ground is made of.
    pub ground: soil::Ground,
}

/// The weather of one county over a span of hours.
#[derive(Debug)]
pub struct Weather {
    seed: u64,
    sky: Sky,
    soil: Soil,
}

impl Weather {
    /// Makes the weather from `from_s` to `to_s` (Unix seconds, both ends included).
    pub fn new(seed: u64, from_s: i64, to_s: i64) -> Self {
        let first_hour = from_s.div_euclid(HOUR_S) - SPIN_UP_HOURS;
        // Two hours more than asked, so that values between two hours always have both.
        let hours = (to_s.div_euclid(HOUR_S) + 2 - first_hour).max(SPIN_UP_HOURS) as usize;
        let sky = Sky::new(seed, first_hour, hours);
        let soil = Soil::new(&sky);
        Self { seed, sky, soil }
    }

    /// The sky: cloud, rain and the air mass.
    pub const fn sky(&self) -> &Sky {
        &self.sky
    }

    /// The ground under the sky.
    pub const fn soil(&self) -> &Soil {
        &self.soil
    }

    /// The seed all of this came from.
    pub const fn seed(&self) -> u64 {
        self.seed
    }
}

/// A place in the year as an angle: 0 at the start of January, 2π a year later.
pub fn season_angle(hour: i64) -> f32 {
    let years = hour as f64 / 24.0 / 365.2425;
    (years.fract() * core::f64::consts::TAU) as f32
}

/// How much summer it is: 0 in late January, 1 in late July.
pub fn summer(hour: i64) -> f32 {
    // The warmest days come a month after the longest: 22 July is 202.5 days into the year.
    0.5 + 0.5 * (season_angle(hour) - 3.484).cos()
}

/// A value between two hours of an hourly series that starts at `first_hour`; the ends hold.
pub fn between_hours(series: &[f32], first_hour: i64, at_s: i64) -> f32 {
    let offset_s = (at_s - first_hour * HOUR_S).max(0);
    let index = ((offset_s / HOUR_S) as usize).min(series.len().saturating_sub(1));
    let next = (index + 1).min(series.len().saturating_sub(1));
    let part = (offset_s % HOUR_S) as f32 / HOUR_S as f32;
    match (series.get(index), series.get(next)) {
        (Some(left), Some(right)) => left + (right - left) * part,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests;
