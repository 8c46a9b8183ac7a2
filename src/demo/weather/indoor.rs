//! Rooms with a thermostat, a fire or hens in them: smoke room, cold store, delivery box, hen house.
//! They lean on the weather outside as far as their walls let it in. The one thing to know: a room
//! has work days and breakdowns, so that its chart shows what people did, not a sine.

use super::super::random::Stream;
use super::{CLOCK_OFFSET_S, HOUR_S, Site, Weather, season_angle};

/// Seconds in a day.
const DAY_S: i64 = 24 * HOUR_S;

/// Days a side of bacon hangs in the smoke, and the pause before the next.
const SMOKE_DAYS: (i64, i64) = (18, 4);

/// What a cold room is set to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cooling {
    /// Where the thermostat stands, °C.
    pub target_c: f32,
    /// Relative humidity it keeps, per cent.
    pub humidity_pct: f32,
    /// How often a door stands open in working hours: 0 never, 1 busy.
    pub doors: f32,
    /// A breakdown that must be in the record: start and length, Unix seconds and seconds.
    pub breakdown: Option<(i64, i64)>,
}

impl Weather {
    /// Smoke room: temperature °C and humidity %. Fires from November to February.
    pub fn smoke_room(&self, site: &Site, at_s: i64) -> (f32, f32) {
        let outside = self.air(site, at_s);
        let chance = Stream::new(self.seed(), "smoke", site.number);
        let fire = fire_strength(at_s) * (0.93 + 0.07 * chance.smooth(at_s, 5_400));
        // Logs are laid on every two hours or so: up quickly, down slowly.
        let glow = 1.0 - (at_s + 900).rem_euclid(7_800) as f32 / 7_800.0;
        let shelter_c = self.soil_temperature_c(site.altitude_m, super::soil::Depth::Upper, at_s);
        let cold_c = 0.45 * outside.temperature_c + 0.55 * shelter_c;
        let temperature_c = cold_c + fire * (24.0 + 7.0 * glow + 1.5 * chance.smooth(at_s, 2_400));
        let humidity = outside.humidity_pct * (1.0 - 0.42 * fire) + 6.0 * fire;
        (temperature_c, humidity.clamp(20.0, 100.0))
    }

    /// Cold store or cool box: temperature °C and humidity %.
    pub fn cold_room(&self, site: &Site, cooling: &Cooling, at_s: i64) -> (f32, f32) {
        let chance = Stream::new(self.seed(), "cold", site.number);
        let compressor = saw(at_s, 3_300 + site.number % 7 * 130);
        let door = door_open(chance, cooling.doors, at_s);
        // Coils are thawed every eight hours for some 20 minutes.
        let thaw = pulse(
            (at_s + site.number * 977).rem_euclid(8 * HOUR_S),
            1_200,
            2_400,
        );
        let outside_c = self.air(site, at_s).temperature_c;
        let broken = cooling
            .breakdown
            .map_or(0.0, |(from, length)| warmed(at_s, from, length));
        let above_k =
            0.35 * compressor + 1.1 * door + 0.9 * thaw + 0.12 * chance.smooth(at_s, 1_900);
        let set_c = cooling.target_c + above_k;
        let temperature_c = set_c + (outside_c.max(12.0) - set_c) * 0.62 * broken;
        let humidity = cooling.humidity_pct - 6.0 * door - 4.0 * compressor
            + 3.0 * broken
            + 1.2 * chance.smooth(at_s, 6_100);
        (temperature_c, humidity.clamp(30.0, 99.5))
    }

    /// Hen house: temperature °C, humidity % and ammonia ppm. Closed and heated when it is cold,
    /// so that ammonia climbs on winter nights.
    pub fn hen_house(&self, site: &Site, at_s: i64) -> (f32, f32, f32) {
        let chance = Stream::new(self.seed(), "hens", site.number);
        let outside = self.air(site, at_s);
        let shelter_c = self.soil_temperature_c(site.altitude_m, super::soil::Depth::Upper, at_s);
        let bare_c = 0.6 * outside.temperature_c + 0.4 * shelter_c + 3.5;
        let heat_k = (14.0 - bare_c).max(0.0) * 0.8;
        let temperature_c = bare_c + heat_k + 0.25 * chance.smooth(at_s, 4_100);
        let closed = ((18.0 - outside.temperature_c) / 18.0).clamp(0.0, 1.0);
        // Litter is turned every sixth day.
        let litter = (at_s + site.number * DAY_S).rem_euclid(6 * DAY_S) as f32 / (6 * DAY_S) as f32;
        let ammonia = 2.5 + 9.0 * closed + 4.0 * litter + 1.1 * chance.smooth(at_s, 9_000);
        let humidity = 48.0
            + 0.26 * (outside.humidity_pct - 40.0)
            + 9.0 * closed
            + 1.5 * chance.smooth(at_s, 5_000);
        (temperature_c, humidity.clamp(30.0, 95.0), ammonia.max(0.5))
    }

    /// Paddy: water above the ground in millimetres and its temperature °C. Flooded from May,
    /// drained in July so that the stand hardens, dry before the harvest.
    pub fn paddy(&self, site: &Site, at_s: i64) -> (f32, f32) {
        let hour = at_s.div_euclid(HOUR_S);
        let day = season_angle(hour) / core::f32::consts::TAU * 365.24;
        let kept_mm = if (122.0..250.0).contains(&day) && !(188.0..197.0).contains(&day) {
            // Let in every sixth day, then sinking away.
            let since = (at_s + site.number * 40_000).rem_euclid(6 * DAY_S) as f32;
            58.0 - 34.0 * since / (6 * DAY_S) as f32
        } else {
            0.0
        };
        let rain_mm: f32 = (0..36)
            .map(|back| self.sky().rain_at(at_s - back * HOUR_S))
            .sum();
        let level_mm = (kept_mm + 0.6 * rain_mm).min(85.0);
        let ground_c = self.soil_temperature_c(site.altitude_m, super::soil::Depth::Upper, at_s);
        let air_c = self.air(site, at_s - 2 * HOUR_S).temperature_c;
        let share = 0.55 - 0.3 * (level_mm / 85.0);
        (
            level_mm,
            (share * air_c + (1.0 - share) * ground_c + 0.8).max(0.3),
        )
    }

    /// Acidity of a tea slope: rises a little in dry weather, falls after manuring in March.
    pub fn soil_ph(&self, site: &Site, at_s: i64) -> f32 {
        let chance = Stream::new(self.seed(), "ph", site.number);
        let angle = season_angle(at_s.div_euclid(HOUR_S));
        5.35 + 0.12 * (angle - 1.6).sin() + 0.03 * chance.smooth(at_s, 9 * DAY_S)
    }
}

/// How hot the fire is, 0 to 1: season, days on and off, banked at night.
fn fire_strength(at_s: i64) -> f32 {
    let day_of_year = season_angle(at_s.div_euclid(HOUR_S)) / core::f32::consts::TAU * 365.24;
    // 1 November to the end of February.
    if (59.0..305.0).contains(&day_of_year) {
        return 0.0;
    }
    let into_s = (at_s + CLOCK_OFFSET_S).rem_euclid((SMOKE_DAYS.0 + SMOKE_DAYS.1) * DAY_S);
    let (up_s, burn_s) = (10 * HOUR_S, SMOKE_DAYS.0 * DAY_S);
    let on = (into_s as f32 / up_s as f32).min(((burn_s - into_s) as f32 / up_s as f32).max(0.0));
    let clock_h = (at_s + CLOCK_OFFSET_S).rem_euclid(DAY_S) as f32 / HOUR_S as f32;
    let banked = 0.28 * (0.5 + 0.5 * ((clock_h - 3.5) / 24.0 * core::f32::consts::TAU).cos());
    on.min(1.0) * (1.0 - banked)
}

/// A thermostat's saw: down while the compressor runs, up while it rests, −1 to 1.
fn saw(at_s: i64, period_s: i64) -> f32 {
    let part = at_s.rem_euclid(period_s) as f32 / period_s as f32;
    if part < 0.35 {
        1.0 - part / 0.35 * 2.0
    } else {
        (part - 0.35) / 0.65 * 2.0 - 1.0
    }
}

/// Open doors: in working hours some quarter hours have one.
fn door_open(chance: Stream, doors: f32, at_s: i64) -> f32 {
    let clock_h = (at_s + CLOCK_OFFSET_S).rem_euclid(DAY_S) / HOUR_S;
    let busy = if (7..19).contains(&clock_h) {
        0.30
    } else {
        0.01
    };
    let slot = at_s.div_euclid(900);
    let opened = chance.unit(slot) < busy * doors;
    if opened {
        chance.between(slot + 1, 0.3, 1.0) * pulse(at_s.rem_euclid(900), 300, 900)
    } else {
        0.0
    }
}

/// Rises to 1 at `top_s` and is gone at `end_s`.
fn pulse(since_s: i64, top_s: i64, end_s: i64) -> f32 {
    if since_s < top_s {
        since_s as f32 / top_s as f32
    } else {
        (1.0 - (since_s - top_s) as f32 / (end_s - top_s) as f32).max(0.0)
    }
}

/// How far a broken-down room has warmed towards outside: slowly up, a little faster down again.
fn warmed(at_s: i64, from_s: i64, length_s: i64) -> f32 {
    let since = (at_s - from_s) as f32;
    if since < 0.0 {
        return 0.0;
    }
    let up = |seconds: f32| 1.0 - (-seconds / 7_200.0).exp();
    let length = length_s as f32;
    if since < length {
        up(since)
    } else {
        up(length) * (-(since - length) / 3_000.0).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::weather::soil::Ground;

    const SITE: Site = Site {
        number: 5,
        altitude_m: 450.0,
        hollow_k: 0.0,
        ground: Ground::Loam,
    };
    /// 2026-01-20 and 2026-07-22 00:00 by the county's clock.
    const WINTER_S: i64 = 1_768_838_400;
    const SUMMER_S: i64 = 1_784_649_600;

    #[test]
    fn a_cold_store_keeps_its_target_in_july() {
        let weather = Weather::new(1, SUMMER_S, SUMMER_S + 20 * DAY_S);
        let cooling = Cooling {
            target_c: 0.5,
            humidity_pct: 92.0,
            doors: 0.5,
            breakdown: None,
        };
        let series: Vec<f32> = (0..20 * 48)
            .map(|i| weather.cold_room(&SITE, &cooling, SUMMER_S + i * 1_800).0)
            .collect();
        let mean = series.iter().sum::<f32>() / series.len() as f32;
        assert!((mean - 0.7).abs() < 0.5, "mean {mean}");
        assert!(series.iter().all(|t| (-0.8..3.5).contains(t)));
    }

    #[test]
    fn a_breakdown_warms_the_store_and_the_repair_cools_it() {
        let weather = Weather::new(1, SUMMER_S, SUMMER_S + 2 * DAY_S);
        let at = |hours: i64| SUMMER_S + hours * HOUR_S;
        let breakdown = Some((at(6), 4 * HOUR_S));
        let cooling = Cooling {
            target_c: 2.0,
            humidity_pct: 90.0,
            doors: 0.0,
            breakdown,
        };
        let temperature = |hours: i64| weather.cold_room(&SITE, &cooling, at(hours)).0;
        assert!(temperature(5) < 4.0, "before {}", temperature(5));
        assert!(temperature(10) > 9.0, "at its end {}", temperature(10));
        assert!(temperature(16) < 4.0, "after {}", temperature(16));
    }

    #[test]
    fn bacon_is_smoked_in_winter_only() {
        let weather = Weather::new(1, WINTER_S, SUMMER_S + 30 * DAY_S);
        let hottest = |from_s: i64| {
            (0..30 * 24)
                .map(|h| weather.smoke_room(&SITE, from_s + h * HOUR_S).0)
                .fold(f32::MIN, f32::max)
        };
        let winter = hottest(WINTER_S);
        assert!((28.0..55.0).contains(&winter), "winter {winter}");
        assert!(hottest(SUMMER_S) < 36.0, "summer {}", hottest(SUMMER_S));
        assert!(fire_strength(WINTER_S + 180 * DAY_S) < 0.001);
    }

    #[test]
    fn hens_stay_warm_and_winter_air_has_more_ammonia() {
        let weather = Weather::new(1, WINTER_S, SUMMER_S + 20 * DAY_S);
        let mean = |from_s: i64, pick: fn((f32, f32, f32)) -> f32| {
            let sum: f32 = (0..480)
                .map(|h| pick(weather.hen_house(&SITE, from_s + h * HOUR_S)))
                .sum();
            sum / 480.0
        };
        let (winter_c, summer_c) = (mean(WINTER_S, |v| v.0), mean(SUMMER_S, |v| v.0));
        assert!(winter_c > 8.0 && summer_c < 33.0, "{winter_c} {summer_c}");
        let (winter_nh3, summer_nh3) = (mean(WINTER_S, |v| v.2), mean(SUMMER_S, |v| v.2));
        assert!(
            winter_nh3 > summer_nh3 + 4.0 && winter_nh3 < 20.0,
            "{winter_nh3} {summer_nh3}"
        );
    }

    #[test]
    fn a_paddy_is_flooded_in_june_and_dry_in_winter() {
        let june_s = SUMMER_S - 40 * DAY_S;
        let weather = Weather::new(1, WINTER_S, SUMMER_S);
        let (level_mm, water_c) = weather.paddy(&SITE, june_s);
        assert!((20.0..90.0).contains(&level_mm), "{level_mm} mm");
        assert!((15.0..33.0).contains(&water_c), "{water_c} °C");
        assert!(weather.paddy(&SITE, WINTER_S).0 < 60.0);
    }

    #[test]
    fn tea_ground_is_sour_and_steady() {
        let weather = Weather::new(1, WINTER_S, SUMMER_S);
        for day in 0..180 {
            let ph = weather.soil_ph(&SITE, WINTER_S + day * DAY_S);
            assert!((5.0..5.7).contains(&ph), "{ph}");
        }
    }
}
