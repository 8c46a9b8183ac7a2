//! The air at a plot: temperature, humidity and light, at any second. Takes the
//! county's sky and adds what the place does to it: the sun's daily course, the height, the cold
//! hollow, the little gusts that make two neighbours' lines differ. It keeps no state.

use super::super::random::Stream;
use super::{CLOCK_OFFSET_S, HOUR_S, Site, Weather, season_angle, summer};

/// Mean of the year at [`REFERENCE_M`], before fronts, °C. Fronts take about 1 K off again.
const YEAR_MEAN_C: f32 = 17.0;

/// Half the difference between July and January, kelvin.
const YEAR_SWING_K: f32 = 11.0;

/// The height the means are for, metres.
const REFERENCE_M: f32 = 300.0;

/// Colder by this much a metre upwards, kelvin.
const LAPSE_K_PER_M: f32 = 0.0055;

/// The sun is this far behind the clock: 109.9° E against the 120° E of UTC+8.
const SUN_BEHIND_CLOCK_S: i64 = 2_420;

/// The warmest time of day, hours of the clock.
const WARMEST_H: f32 = 15.0;

/// Air at a place and time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Air {
    /// Shaded, two metres above ground, °C.
    pub temperature_c: f32,
    /// Relative humidity, per cent.
    pub humidity_pct: f32,
}

impl Weather {
    /// Air at a site and time (Unix seconds).
    pub fn air(&self, site: &Site, at_s: i64) -> Air {
        let hour = at_s.div_euclid(HOUR_S);
        let cloud = self.sky().cloud_at(at_s);
        let clear = 1.0 - cloud;
        let slow_c = season_mean_c(hour, site.altitude_m) + self.sky().anomaly_at(at_s);
        let day = day_course(at_s);
        let night = (-day).max(0.0);
        let swing_k = (1.05 + 3.1 * clear) * (0.9 + 0.1 * summer(hour));
        let gusts = self.gusts(site, at_s) * (0.6 + 0.4 * clear);
        let temperature_c =
            slow_c + swing_k * (day + 0.07) - site.hollow_k * clear * night + 0.32 * gusts;
        let wet = (self.sky().rain_at(at_s) / 0.6).min(1.0);
        let below_k = (1.1 + 3.1 * clear + self.sky().dry_at(at_s)) * (1.0 - 0.75 * wet)
            + 0.5 * self.slow_noise(site, at_s).abs();
        let dew_c = (slow_c - below_k).min(temperature_c - 0.15);
        Air {
            temperature_c,
            humidity_pct: humidity_pct(temperature_c, dew_c),
        }
    }

    /// Light at the plot, lux: the height of the sun, dimmed by cloud.
    pub fn light_lx(&self, at_s: i64) -> f32 {
        let cloud = self.sky().cloud_at(at_s);
        let flicker = Stream::new(self.seed(), "light", 0).smooth(at_s, 1_500);
        let open = 1.0 - 0.78 * cloud + 0.10 * flicker * cloud * (1.0 - cloud);
        (112_000.0 * sun_height(at_s).max(0.0).powf(1.15) * open).max(0.0)
    }

    fn gusts(&self, site: &Site, at_s: i64) -> f32 {
        let fast = Stream::new(self.seed(), "gusts", site.number);
        fast.smooth(at_s, 4_700) * 0.45 + self.slow_noise(site, at_s)
    }

    fn slow_noise(&self, site: &Site, at_s: i64) -> f32 {
        Stream::new(self.seed(), "slow gusts", site.number).smooth(at_s, 17_000)
    }
}

/// Mean of the season at a height, °C.
pub fn season_mean_c(hour: i64, altitude_m: f32) -> f32 {
    YEAR_MEAN_C + YEAR_SWING_K * (2.0 * summer(hour) - 1.0)
        - (altitude_m - REFERENCE_M) * LAPSE_K_PER_M
}

/// The day's course from −1 just after sunrise to +1 in the early afternoon; falls fast in the
/// evening and slowly towards dawn.
pub fn day_course(at_s: i64) -> f32 {
    let clock_h = (at_s + CLOCK_OFFSET_S).rem_euclid(24 * HOUR_S) as f32 / HOUR_S as f32;
    // Sunrise by the clock here: about 5:50 in July, 7:40 in January.
    let coldest_h = 7.6 - 1.8 * summer(at_s.div_euclid(HOUR_S));
    let since_h = (clock_h - coldest_h).rem_euclid(24.0);
    let rise_h = WARMEST_H - coldest_h;
    if since_h < rise_h {
        -(core::f32::consts::PI * since_h / rise_h).cos()
    } else {
        let part = (since_h - rise_h) / (24.0 - rise_h);
        (core::f32::consts::PI * part.powf(0.8)).cos()
    }
}

/// Sine of the sun's height above the horizon; negative at night.
pub fn sun_height(at_s: i64) -> f32 {
    let sun_s = at_s + CLOCK_OFFSET_S - SUN_BEHIND_CLOCK_S;
    let turn = sun_s.rem_euclid(24 * HOUR_S) as f32 / (24 * HOUR_S) as f32;
    let hour_angle = (turn - 0.5) * core::f32::consts::TAU;
    let tilt = -0.409 * (season_angle(at_s.div_euclid(HOUR_S)) + 0.172).cos();
    let latitude = 29.0_f32.to_radians();
    latitude.sin() * tilt.sin() + latitude.cos() * tilt.cos() * hour_angle.cos()
}

/// Relative humidity from temperature and dew point by the Magnus formula, per cent.
pub fn humidity_pct(temperature_c: f32, dew_c: f32) -> f32 {
    let vapour = |t: f32| (17.625 * t / (243.04 + t)).exp();
    (100.0 * vapour(dew_c) / vapour(temperature_c)).clamp(5.0, 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-07-22 and 2026-01-20 00:00 by the county's clock.
    const JULY_S: i64 = 1_784_649_600;
    const JANUARY_S: i64 = 1_768_838_400;

    #[test]
    fn the_day_is_coldest_at_sunrise_and_warmest_in_the_afternoon() {
        for (midnight_s, coldest_h) in [(JULY_S, 6), (JANUARY_S, 7)] {
            let hours = || (0..24).map(|h| (h, day_course(midnight_s + h * HOUR_S)));
            let lowest = hours().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(h, _)| h);
            let highest = hours().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(h, _)| h);
            assert_eq!((lowest, highest), (Some(coldest_h), Some(15)));
        }
    }

    #[test]
    fn the_course_of_the_day_has_no_step_not_even_at_midnight() {
        for minute in 0..2 * 24 * 60 {
            let at_s = JULY_S + minute * 60;
            assert!(
                (day_course(at_s + 60) - day_course(at_s)).abs() < 0.02,
                "minute {minute}"
            );
        }
    }

    #[test]
    fn the_sun_is_high_in_july_low_in_january_and_down_at_night() {
        let noon = |midnight_s: i64| sun_height(midnight_s + 12 * HOUR_S + SUN_BEHIND_CLOCK_S);
        assert!((noon(JULY_S) - 0.993).abs() < 0.01, "{}", noon(JULY_S));
        assert!((noon(JANUARY_S) - 0.65).abs() < 0.02, "{}", noon(JANUARY_S));
        assert!(sun_height(JULY_S + HOUR_S) < 0.0);
    }

    #[test]
    fn humidity_follows_the_published_table() {
        // 20 °C with a dew point of 10 °C is 52.5 %, as psychrometric tables have it.
        assert!((humidity_pct(20.0, 10.0) - 52.5).abs() < 0.5);
        assert!((humidity_pct(8.0, 8.0) - 100.0).abs() < 0.01);
    }

    #[test]
    fn higher_is_colder_by_the_lapse_rate() {
        let hour = JULY_S / HOUR_S;
        let drop = season_mean_c(hour, 300.0) - season_mean_c(hour, 700.0);
        assert!((drop - 2.2).abs() < 1e-3, "{drop}");
    }
}
