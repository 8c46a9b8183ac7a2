//! The climate, measured over several years and seeds: what the county's description says must come
//! out of the generator, and a chart must have no step that weather does not have.

use super::soil::{Depth, Ground};
use super::{HOUR_S, Site, Weather};

const DAY_S: i64 = 24 * HOUR_S;
/// 2022-01-01 and 2026-01-01 00:00 by the county's clock: four years with one leap day.
const FROM_S: i64 = 1_640_966_400;
const TO_S: i64 = 1_767_196_800;

const SLOPE: Site = Site {
    number: 1,
    altitude_m: 300.0,
    hollow_k: 0.0,
    ground: Ground::Loam,
};
const HOLLOW: Site = Site {
    number: 2,
    altitude_m: 620.0,
    hollow_k: 1.2,
    ground: Ground::Loam,
};

fn four_years(seed: u64) -> Weather {
    Weather::new(seed, FROM_S, TO_S)
}

/// Hourly temperatures of a site with the day of the year (0 to 365).
fn temperatures(weather: &Weather, site: Site) -> Vec<(i64, f32)> {
    (0..(TO_S - FROM_S) / HOUR_S)
        .map(|h| {
            let at_s = FROM_S + h * HOUR_S;
            let day = (h as f64 / 24.0 % 365.25) as i64;
            (day, weather.air(&site, at_s).temperature_c)
        })
        .collect()
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (n, sum) = values.fold((0, 0.0_f64), |(n, sum), v| (n + 1, sum + f64::from(v)));
    (sum / f64::from(n.max(1))) as f32
}

#[test]
fn the_year_is_sixteen_degrees_july_twenty_seven_january_five() {
    for seed in [1, 2, 3, 2026] {
        let all = temperatures(&four_years(seed), SLOPE);
        let year = mean(all.iter().map(|v| v.1));
        let january = mean(all.iter().filter(|v| v.0 < 31).map(|v| v.1));
        let july = mean(
            all.iter()
                .filter(|v| (181..212).contains(&v.0))
                .map(|v| v.1),
        );
        assert!((year - 16.0).abs() < 0.8, "seed {seed}: year {year}");
        assert!(
            (january - 5.0).abs() < 1.5,
            "seed {seed}: January {january}"
        );
        assert!((july - 27.0).abs() < 1.2, "seed {seed}: July {july}");
    }
}

#[test]
fn a_year_has_some_1350_mm_of_rain_most_of_it_from_april_to_july() {
    for seed in [1, 2, 3, 2026] {
        let weather = four_years(seed);
        let rain = |from_day: i64, to_day: i64| -> f32 {
            (0..4)
                .map(|year| {
                    let start_s = FROM_S + (f64::from(year) * 365.25) as i64 * DAY_S;
                    (from_day * 24..to_day * 24)
                        .map(|h| weather.sky().rain_at(start_s + h * HOUR_S))
                        .sum::<f32>()
                })
                .sum::<f32>()
                / 4.0
        };
        let (year, wet) = (rain(0, 365), rain(90, 212));
        assert!(
            (year - 1_350.0).abs() < 0.25 * 1_350.0,
            "seed {seed}: {year} mm a year"
        );
        assert!(
            wet > 0.5 * year,
            "seed {seed}: {wet} of {year} mm from April to July"
        );
    }
}

#[test]
fn clear_days_swing_six_to_nine_kelvin_and_grey_ones_two_or_three() {
    let weather = four_years(1);
    let (mut clear, mut grey) = (Vec::new(), Vec::new());
    for day in 0..1_460 {
        let hours = || (0..24).map(move |h| FROM_S + day * DAY_S + h * HOUR_S);
        let cloud = mean(hours().map(|at| weather.sky().cloud_at(at)));
        // Subtract the air mass: a front's fall is no daily swing.
        let day_part = |at| weather.air(&SLOPE, at).temperature_c - weather.sky().anomaly_at(at);
        let high = hours().map(day_part).fold(f32::MIN, f32::max);
        let low = hours().map(day_part).fold(f32::MAX, f32::min);
        if cloud < 0.15 {
            clear.push(high - low);
        } else if cloud > 0.9 {
            grey.push(high - low);
        }
    }
    assert!(
        clear.len() > 40 && grey.len() > 100,
        "{} clear, {} grey",
        clear.len(),
        grey.len()
    );
    let (clear, grey) = (mean(clear.into_iter()), mean(grey.into_iter()));
    assert!((6.0..9.0).contains(&clear), "clear {clear}");
    assert!((1.8..3.5).contains(&grey), "grey {grey}");
}

#[test]
fn frost_comes_in_winter_and_in_late_march_and_never_in_summer() {
    let (mut winters, mut marches) = (0, 0);
    for seed in [1, 2, 3, 2026] {
        let all = temperatures(&four_years(seed), HOLLOW);
        let frosts = |days: core::ops::Range<i64>| {
            all.iter()
                .filter(|v| days.contains(&v.0) && v.1 < 0.0)
                .count()
        };
        winters += frosts(0..59) + frosts(335..366);
        marches += frosts(78..92);
        assert_eq!(
            frosts(120..305),
            0,
            "seed {seed}: frost between May and October"
        );
    }
    // 16 winters and Marches in all.
    assert!(
        (16 * 40..16 * 700).contains(&winters),
        "{winters} hours of winter frost"
    );
    assert!(marches >= 16, "{marches} hours of late frost");
}

#[test]
fn days_resemble_the_day_before() {
    let weather = four_years(1);
    let daily: Vec<f32> = (0..1_460)
        .map(|day| {
            mean((0..24).map(|h| weather.sky().anomaly_at(FROM_S + day * DAY_S + h * HOUR_S)))
        })
        .collect();
    let m = mean(daily.iter().copied());
    let variance = mean(daily.iter().map(|v| (v - m).powi(2)));
    let lagged = mean(daily.windows(2).map(|pair| (pair[0] - m) * (pair[1] - m)));
    let correlation = lagged / variance;
    assert!(
        (0.55..0.95).contains(&correlation),
        "lag-1 correlation {correlation}"
    );
}

#[test]
fn a_quarter_of_an_hour_never_moves_the_air_by_more_than_two_kelvin() {
    for (seed, site) in [(1, SLOPE), (2026, HOLLOW)] {
        let weather = Weather::new(seed, FROM_S, FROM_S + 400 * DAY_S);
        let mut worst = 0.0_f32;
        for quarter in 0..400 * 96 {
            let at_s = FROM_S + quarter * 900;
            let step = weather.air(&site, at_s + 900).temperature_c
                - weather.air(&site, at_s).temperature_c;
            worst = worst.max(step.abs());
        }
        assert!((0.3..2.0).contains(&worst), "largest step {worst} K");
    }
}

#[test]
fn humidity_falls_by_day_rises_by_night_and_is_high_in_rain() {
    let weather = four_years(1);
    let (mut afternoon, mut dawn, mut raining) = (Vec::new(), Vec::new(), Vec::new());
    for hour in 0..1_460 * 24 {
        let at_s = FROM_S + hour * HOUR_S;
        let humidity = weather.air(&SLOPE, at_s).humidity_pct;
        assert!((5.0..=100.0).contains(&humidity));
        if weather.sky().rain_at(at_s) > 1.0 {
            raining.push(humidity);
        } else if hour % 24 == 15 {
            afternoon.push(humidity);
        } else if hour % 24 == 6 {
            dawn.push(humidity);
        }
    }
    let means = [afternoon, dawn, raining].map(|values| mean(values.into_iter()));
    assert!((50.0..78.0).contains(&means[0]), "afternoon {}", means[0]);
    assert!(
        means[1] > means[0] + 12.0 && means[2] > 88.0,
        "dawn, rain {means:?}"
    );
}

#[test]
fn soil_moisture_stays_between_wilting_and_full_and_is_driest_after_summer() {
    let weather = four_years(1);
    for ground in Ground::ALL {
        for depth in [Depth::Upper, Depth::Lower] {
            let (mut low, mut high) = (f32::MAX, f32::MIN);
            for hour in 0..1_460 * 24 {
                let v = weather.soil_moisture_pct(ground, depth, FROM_S + hour * HOUR_S);
                (low, high) = (low.min(v), high.max(v));
            }
            assert!(
                low > 9.0 && high < 49.0,
                "{ground:?} {depth:?}: {low} to {high}"
            );
            assert!(
                high - low > 4.0,
                "{ground:?} {depth:?} hardly moves: {low} to {high}"
            );
        }
    }
    let month = |first_day: i64| {
        mean((0..4 * 30).map(|i| {
            let day = first_day + (i / 30) * 365 + i % 30;
            weather.soil_moisture_pct(Ground::Loam, Depth::Upper, FROM_S + day * DAY_S)
        }))
    };
    assert!(
        month(235) < month(150) - 1.5,
        "September {} June {}",
        month(235),
        month(150)
    );
}

#[test]
fn the_past_is_the_same_whatever_span_was_asked_for() {
    let short = Weather::new(9, FROM_S + 300 * DAY_S, FROM_S + 330 * DAY_S);
    let long = Weather::new(9, FROM_S, FROM_S + 400 * DAY_S);
    for hour in 0..30 * 24 {
        let at_s = FROM_S + 300 * DAY_S + hour * HOUR_S;
        let (a, b) = (short.air(&SLOPE, at_s), long.air(&SLOPE, at_s));
        assert!(
            (a.temperature_c - b.temperature_c).abs() < 0.02,
            "{a:?} {b:?}"
        );
        let moisture = |w: &Weather| w.soil_moisture_pct(Ground::Loam, Depth::Upper, at_s);
        assert!((moisture(&short) - moisture(&long)).abs() < 0.3);
    }
}

#[test]
fn the_same_seed_makes_the_same_weather_and_another_seed_does_not() {
    let make = |seed| {
        let weather = Weather::new(seed, FROM_S, FROM_S + 10 * DAY_S);
        (0..240)
            .map(|h| weather.air(&SLOPE, FROM_S + h * HOUR_S))
            .collect::<Vec<_>>()
    };
    assert_eq!(make(5), make(5));
    assert_ne!(make(5), make(6));
}
