//! The ground: two buckets of water and two damped temperatures under the county's sky, hourly, for
//! each kind of ground. Rain fills the upper bucket, what it cannot hold sinks into the lower one
//! days later, sun and plants draw on both. No ground water, no slope.

use super::air::{day_course, season_mean_c, sun_height};
use super::sky::Sky;
use super::{HOUR_S, Weather, between_hours, summer};

/// Height of one bucket, millimetres of soil.
const LAYER_MM: f32 = 300.0;

/// Below this share of water plants draw nothing.
const WILTING: f32 = 0.12;

/// What soaks in within an hour; a cloudburst's rest runs off, millimetres.
const SOAKING_MM_PER_H: f32 = 7.0;

/// What a field is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Yellow earth on the slopes: orchards and fields.
    Loam,
    /// The same with drip lines: watered in the evening when the upper layer runs dry.
    WateredLoam,
    /// Heavy valley ground.
    Clay,
    /// River terrace: drains in a day.
    Sand,
}

impl Ground {
    /// All of them, in the order of their series.
    pub const ALL: [Self; 4] = [Self::Loam, Self::WateredLoam, Self::Clay, Self::Sand];

    /// Water held against gravity, saturation (shares of volume), hours to drain the upper layer.
    const fn water(self) -> (f32, f32, f32) {
        match self {
            Self::Loam | Self::WateredLoam => (0.31, 0.45, 16.0),
            Self::Clay => (0.37, 0.48, 40.0),
            Self::Sand => (0.22, 0.38, 7.0),
        }
    }
}

/// The ground's hourly series.
#[derive(Debug)]
pub struct Soil {
    first_hour: i64,
    /// Share of water at 20 cm and 40 cm for each of [`Ground::ALL`].
    water: Vec<[Vec<f32>; 2]>,
    /// Temperature at 20 cm and 40 cm at the reference height, °C.
    warmth: [Vec<f32>; 2],
}

/// How deep a probe sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 20 centimetres.
    Upper,
    /// 40 centimetres.
    Lower,
}

impl Soil {
    /// Runs all grounds under a sky.
    pub fn new(sky: &Sky) -> Self {
        Self {
            first_hour: sky.first_hour,
            water: Ground::ALL
                .iter()
                .map(|ground| run_buckets(sky, *ground))
                .collect(),
            warmth: [run_warmth(sky, 45.0), run_warmth(sky, 160.0)],
        }
    }
}

impl Weather {
    /// Soil water at a depth, per cent of volume.
    pub fn soil_moisture_pct(&self, ground: Ground, depth: Depth, at_s: i64) -> f32 {
        let series = self
            .soil()
            .water
            .get(ground as usize)
            .map(|both| &both[depth as usize]);
        series.map_or(0.0, |s| {
            100.0 * between_hours(s, self.soil().first_hour, at_s)
        })
    }

    /// Soil temperature at a depth and height above the sea, °C.
    pub fn soil_temperature_c(&self, altitude_m: f32, depth: Depth, at_s: i64) -> f32 {
        let at_300_m = between_hours(
            &self.soil().warmth[depth as usize],
            self.soil().first_hour,
            at_s,
        );
        at_300_m + season_mean_c(0, altitude_m) - season_mean_c(0, 300.0)
    }
}

/// The two buckets of one ground, hour by hour.
fn run_buckets(sky: &Sky, ground: Ground) -> [Vec<f32>; 2] {
    let (field, full, drain_h) = ground.water();
    let (mut upper, mut lower) = (field, field);
    let (mut uppers, mut lowers) = (Vec::new(), Vec::new());
    let mut drip_mm = 0.0;
    for (index, rain_mm) in sky.rain_mm.iter().enumerate() {
        let hour = sky.hour(index);
        let need_mm = thirst_mm(hour, sky.cloud[index]);
        if ground == Ground::WateredLoam && starts_drip(hour, upper) {
            drip_mm = 16.0;
        }
        let given_mm = drip_mm * 0.25;
        drip_mm -= given_mm;
        // A dry bucket takes in a shower; a full one lets it run off.
        let room_mm = ((full - upper) * LAYER_MM).max(0.0);
        upper += (0.88 * rain_mm.min(SOAKING_MM_PER_H) + given_mm).min(room_mm) / LAYER_MM;
        let sinking = (upper - field).max(0.0) / drain_h + (upper - lower).max(0.0) * 0.0025;
        upper -= sinking + 0.72 * need_mm / LAYER_MM * draw(upper, field);
        lower += sinking - (lower - field).max(0.0) / 60.0;
        lower = (lower - 0.28 * need_mm / LAYER_MM * draw(lower, field)).min(full);
        uppers.push(upper);
        lowers.push(lower);
    }
    [uppers, lowers]
}

/// What sun and plants would take in an hour with plenty of water, millimetres.
fn thirst_mm(hour: i64, cloud: f32) -> f32 {
    let sun = sun_height(hour * HOUR_S + HOUR_S / 2).max(0.0);
    sun * (0.12 + 0.66 * summer(hour)) * (1.0 - 0.65 * cloud)
}

/// How much of its thirst a layer can give: all when moist, nothing at wilting.
fn draw(water: f32, field: f32) -> f32 {
    ((water - WILTING) / (0.75 * field - WILTING)).clamp(0.0, 1.0)
}

/// Drip lines open at 19:00 by the clock in the growing season when the upper layer is dry.
fn starts_drip(hour: i64, upper: f32) -> bool {
    (hour + 8).rem_euclid(24) == 19 && upper < 0.20 && summer(hour) > 0.45
}

/// Soil temperature at 300 m: the air's, damped over `lag_h` hours, a little warmer.
fn run_warmth(sky: &Sky, lag_h: f32) -> Vec<f32> {
    let mut warmth = season_mean_c(sky.first_hour, 300.0);
    sky.anomaly_k
        .iter()
        .zip(&sky.cloud)
        .enumerate()
        .map(|(index, (anomaly_k, cloud))| {
            let hour = sky.hour(index);
            let day_k = day_course(hour * HOUR_S) * (1.0 + 5.0 * (1.0 - cloud));
            let ground_c = season_mean_c(hour, 300.0) + anomaly_k + day_k + 1.0;
            warmth += (ground_c - warmth) / lag_h;
            warmth
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sky without cloud or rain but for one downpour of 40 mm.
    fn one_downpour() -> Sky {
        let hours = 60 * 24;
        let mut rain_mm = vec![0.0; hours];
        rain_mm[480..484].fill(10.0);
        Sky {
            first_hour: 490_000,
            anomaly_k: vec![0.0; hours],
            cloud: vec![0.2; hours],
            rain_mm,
            dry_k: vec![0.0; hours],
        }
    }

    #[test]
    fn a_downpour_shows_above_at_once_and_below_days_later() {
        let [upper, lower] = run_buckets(&one_downpour(), Ground::Loam);
        let peak = |series: &[f32]| {
            let top = series
                .iter()
                .enumerate()
                .skip(470)
                .max_by(|a, b| a.1.total_cmp(b.1));
            top.map_or(0, |(hour, _)| hour)
        };
        assert!(
            upper[485] > upper[479] + 0.05,
            "{} {}",
            upper[479],
            upper[485]
        );
        assert!(
            peak(&lower) >= peak(&upper) + 12,
            "{} {}",
            peak(&upper),
            peak(&lower)
        );
        assert!(upper[1_400] < upper[600], "it dries again");
    }

    #[test]
    fn sand_dries_faster_than_clay() {
        let [sand, _] = run_buckets(&one_downpour(), Ground::Sand);
        let [clay, _] = run_buckets(&one_downpour(), Ground::Clay);
        assert!(
            sand[1_000] < 0.8 * clay[1_000],
            "{} {}",
            sand[1_000],
            clay[1_000]
        );
    }

    #[test]
    fn drip_lines_open_only_on_dry_summer_evenings() {
        // 2026-07-22 and 2026-01-20, 19:00 by the clock.
        let (summer_evening, winter_evening) = (495_755, 491_363);
        assert_eq!((summer_evening + 8) % 24, 19);
        assert_eq!((winter_evening + 8) % 24, 19);
        assert!(starts_drip(summer_evening, 0.18) && !starts_drip(summer_evening, 0.25));
        assert!(!starts_drip(summer_evening + 1, 0.18) && !starts_drip(winter_evening, 0.18));
    }

    #[test]
    fn deeper_ground_swings_less_within_a_day() {
        let sky = one_downpour();
        let swing = |series: &[f32]| {
            let day = &series[1_200..1_224];
            day.iter().copied().fold(f32::MIN, f32::max)
                - day.iter().copied().fold(f32::MAX, f32::min)
        };
        let (upper, lower) = (
            swing(&run_warmth(&sky, 45.0)),
            swing(&run_warmth(&sky, 160.0)),
        );
        assert!(lower < upper && upper < 2.0, "{upper} {lower}");
    }
}
