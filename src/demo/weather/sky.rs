//! The sky over the county, hour by hour: how warm the air mass is against the season, how much of
//! the sky is cloud, how much rain falls, how dry the air behind a front is. No altitude, no plot:
//! those come in `air` and `soil`. Cold fronts tie the four together, which is what makes a chart
//! read as weather: it warms and clouds over, it rains, it turns cold and clear, it recovers.

use super::super::random::Stream;
use super::{between_hours, season_angle, summer};

/// Rain of a typical month, January first, in millimetres; 1,370 in all.
const MONTH_RAIN_MM: [f32; 12] = [
    40.0, 55.0, 90.0, 150.0, 210.0, 235.0, 210.0, 130.0, 85.0, 85.0, 50.0, 30.0,
];

/// Rain events in a typical month; a front brings one more.
const STORMS_A_MONTH: f32 = 9.0;

/// Share of the yearly rain that storms bring; fronts bring the rest.
const STORM_SHARE: f32 = 0.78;

/// Hours around a front during which it is still felt.
const FRONT_REACH_H: (i64, i64) = (-36, 300);

/// The hourly state of the sky.
#[derive(Debug)]
pub struct Sky {
    /// The hour of index 0, hours since the Unix epoch.
    pub first_hour: i64,
    /// Kelvin above or below the season's mean.
    pub anomaly_k: Vec<f32>,
    /// Cloud cover, 0 clear to 1 overcast.
    pub cloud: Vec<f32>,
    /// Rain, millimetres in the hour.
    pub rain_mm: Vec<f32>,
    /// How much drier than usual the air mass is, kelvin of dew point.
    pub dry_k: Vec<f32>,
}

/// A cold front passing over.
#[derive(Debug, Clone, Copy)]
struct Front {
    hour: i64,
    drop_k: f32,
}

impl Sky {
    /// Runs the sky from `first_hour` for a number of hours.
    pub fn new(seed: u64, first_hour: i64, hours: usize) -> Self {
        let mut sky = Self {
            first_hour,
            anomaly_k: drift(
                Stream::new(seed, "air mass", 0),
                first_hour,
                hours,
                50.0,
                20.0,
            ),
            cloud: drift(Stream::new(seed, "cloud", 0), first_hour, hours, 26.0, 7.0),
            rain_mm: vec![0.0; hours],
            dry_k: vec![0.0; hours],
        };
        sky.shape_drifts();
        let last = sky.hour(hours);
        for front in fronts(seed, first_hour + FRONT_REACH_H.0, last - FRONT_REACH_H.0) {
            sky.pass_front(seed, front);
        }
        sky.rain_storms(seed);
        sky
    }

    /// Air mass against the season at a time, kelvin.
    pub fn anomaly_at(&self, at_s: i64) -> f32 {
        between_hours(&self.anomaly_k, self.first_hour, at_s)
    }

    /// Cloud cover at a time, 0 to 1.
    pub fn cloud_at(&self, at_s: i64) -> f32 {
        between_hours(&self.cloud, self.first_hour, at_s)
    }

    /// Rain at a time, millimetres an hour.
    pub fn rain_at(&self, at_s: i64) -> f32 {
        between_hours(&self.rain_mm, self.first_hour, at_s)
    }

    /// Dryness behind a front at a time, kelvin of dew point.
    pub fn dry_at(&self, at_s: i64) -> f32 {
        between_hours(&self.dry_k, self.first_hour, at_s)
    }

    /// The hour of an index, hours since the Unix epoch.
    pub const fn hour(&self, index: usize) -> i64 {
        self.first_hour + index.cast_signed() as i64
    }

    /// Turns the two bare drifts into kelvin and cloud cover: winters are restless and grey.
    fn shape_drifts(&mut self) {
        for index in 0..self.anomaly_k.len() {
            let summer = summer(self.hour(index));
            self.anomaly_k[index] *= 2.3 - 1.0 * summer;
            let grey = 0.65 - 0.75 * summer;
            self.cloud[index] = 1.0 / (1.0 + (-2.4 * (self.cloud[index] + grey)).exp());
        }
    }

    /// Lays one front over the series: warm before, cold after, cloud and rain on it, clear behind.
    fn pass_front(&mut self, seed: u64, front: Front) {
        let chance = Stream::new(seed, "front rain", 0);
        let wet_mm = month_rain_mm(front.hour) * (1.0 - STORM_SHARE) / 3.6;
        let rain_mm = wet_mm * chance.between(front.hour, 0.4, 1.6);
        for since_h in FRONT_REACH_H.0..FRONT_REACH_H.1 {
            let Some(index) = self.index(front.hour + since_h) else {
                continue;
            };
            let since = since_h as f32;
            self.anomaly_k[index] += front.drop_k * front_warmth(since);
            let clearing = bump(since, 14.0, 30.0, 84.0) * (front.drop_k / 6.0).min(1.0);
            self.cloud[index] *= 1.0 - 0.92 * clearing;
            self.dry_k[index] += 3.0 * clearing;
            self.cover(index, bump(since, -16.0, -2.0, 16.0));
            self.rain_mm[index] += rain_mm / 9.0 * bump(since, -5.0, 3.0, 13.0);
        }
    }

    /// Rain between the fronts: long and thin in winter, short and heavy in summer.
    fn rain_storms(&mut self, seed: u64) {
        let starts = Stream::new(seed, "storm", 0);
        let sizes = Stream::new(seed, "storm size", 0);
        let lengths = Stream::new(seed, "storm length", 0);
        let a_hour = STORMS_A_MONTH / 730.5;
        for hour in self.first_hour - 24..self.hour(self.cloud.len()) {
            if starts.unit(hour) > a_hour {
                continue;
            }
            let mean_mm = month_rain_mm(hour) * STORM_SHARE / STORMS_A_MONTH;
            // Many small, few large, the mean kept: the square of an even draw has mean 1/3.
            let size_mm = mean_mm * (0.25 + 2.25 * sizes.unit(hour).powi(2));
            let length_h = lengths.between(hour, 5.0, 16.0 - 7.0 * summer(hour));
            self.storm(hour, size_mm, length_h);
        }
    }

    /// One rain event with its cloud; more than `size_mm` is never let fall.
    fn storm(&mut self, start: i64, size_mm: f32, length_h: f32) {
        let shape: Vec<f32> = (0..=length_h as i64)
            .map(|h| bump(h as f32, -1.0, length_h * 0.35, length_h))
            .collect();
        let whole: f32 = shape.iter().sum();
        for since_h in -6..=length_h as i64 + 6 {
            let Some(index) = self.index(start + since_h) else {
                continue;
            };
            self.cover(
                index,
                bump(since_h as f32, -6.0, length_h * 0.4, length_h + 6.0) * 1.6,
            );
            if let Some(part) = usize::try_from(since_h).ok().and_then(|h| shape.get(h)) {
                self.rain_mm[index] += size_mm * part / whole;
            }
        }
    }

    /// Raises the cloud at an index towards overcast by a share of what is open.
    fn cover(&mut self, index: usize, share: f32) {
        let cloud = &mut self.cloud[index];
        *cloud += (1.0 - *cloud) * share.clamp(0.0, 1.0);
    }

    fn index(&self, hour: i64) -> Option<usize> {
        usize::try_from(hour - self.first_hour)
            .ok()
            .filter(|index| *index < self.cloud.len())
    }
}

/// A slow random walk that returns to zero: deviation about 1, smooth over `ease_h` hours.
fn drift(chance: Stream, first_hour: i64, hours: usize, memory_h: f32, ease_h: f32) -> Vec<f32> {
    let push = (2.0 / memory_h).sqrt() * ((memory_h + ease_h) / memory_h).sqrt();
    let (mut raw, mut eased) = (0.0_f32, 0.0_f32);
    (first_hour..)
        .take(hours)
        .map(|hour| {
            raw += -raw / memory_h + push * chance.normal(hour);
            eased += (raw - eased) / ease_h;
            eased
        })
        .collect()
}

/// The fronts of a span of hours: one a week in the cold half of the year, one a fortnight in the
/// warm one, and in the last days of March the late cold wave that growers fear (倒春寒).
fn fronts(seed: u64, from: i64, to: i64) -> Vec<Front> {
    let chance = Stream::new(seed, "front", 0);
    let size = Stream::new(seed, "front size", 0);
    let late = Stream::new(seed, "late frost", 0);
    let mut found = Vec::new();
    for hour in from..to {
        let warm = summer(hour);
        let a_hour = (1.0 / 7.5 - warm / 15.0) / 24.0;
        if chance.unit(hour) < a_hour {
            let drop_k = size.between(hour, 4.0, 9.0) * (1.0 - 0.6 * warm);
            found.push(Front { hour, drop_k });
        }
        let year = (hour as f64 / 24.0 / 365.2425).floor() as i64;
        // 20 to 26 March; the clear frosty nights follow one to three days behind the front.
        let day_of_year = 79.0 + late.unit(year) * 6.0;
        let at = (year as f64 * 365.2425 * 24.0 + f64::from(day_of_year) * 24.0) as i64;
        if hour == at {
            found.push(Front {
                hour,
                drop_k: late.between(year + 1_000, 12.0, 14.0),
            });
        }
    }
    found
}

/// What a front does to the air mass, as a share of its drop: +0.3 just before, −0.7 eight hours
/// after, back to nothing over some days.
fn front_warmth(since_h: f32) -> f32 {
    if since_h < 0.0 {
        let near = (1.0 + since_h / 36.0).max(0.0);
        0.3 * near * near
    } else if since_h < 10.0 {
        let part = since_h / 10.0;
        0.3 - part * part * (3.0 - 2.0 * part)
    } else {
        -0.7 * (-(since_h - 10.0) / 55.0).exp()
    }
}

/// A smooth hill: 0 outside `start..end`, 1 at `top`.
fn bump(at: f32, start: f32, top: f32, end: f32) -> f32 {
    let part = if at <= top {
        (at - start) / (top - start)
    } else {
        (end - at) / (end - top)
    };
    let part = part.clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

/// Rain of the month around an hour, eased from month to month, millimetres a month.
fn month_rain_mm(hour: i64) -> f32 {
    let months = season_angle(hour) / core::f32::consts::TAU * 12.0 + 11.5;
    let (left, part) = (months.floor() as usize, months.fract());
    let (a, b) = (MONTH_RAIN_MM[left % 12], MONTH_RAIN_MM[(left + 1) % 12]);
    a + (b - a) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hill_is_one_on_top_and_nothing_outside() {
        assert!((bump(3.0, 0.0, 3.0, 9.0) - 1.0).abs() < 1e-6);
        assert!(bump(-0.1, 0.0, 3.0, 9.0).abs() < 1e-6 && bump(9.1, 0.0, 3.0, 9.0).abs() < 1e-6);
    }

    #[test]
    fn a_front_warms_first_then_cools_and_is_forgotten() {
        assert!(front_warmth(-1.0) > 0.25 && front_warmth(10.0) < -0.65);
        assert!(front_warmth(-36.0).abs() < 1e-6 && front_warmth(299.0).abs() < 0.01);
        for tenth in -400..3_000 {
            let at = tenth as f32 / 10.0;
            let step = (front_warmth(at + 0.1) - front_warmth(at)).abs();
            assert!(step < 0.02, "{step} at {at}");
        }
    }

    #[test]
    fn june_is_the_wettest_month_and_december_the_driest() {
        let of_day = |day: i64| month_rain_mm(day * 24);
        assert!(
            (of_day(166) - 235.0).abs() < 6.0,
            "mid June {}",
            of_day(166)
        );
        assert!(
            (of_day(350) - 30.0).abs() < 6.0,
            "mid December {}",
            of_day(350)
        );
    }

    #[test]
    fn every_year_has_one_late_cold_wave_in_march() {
        let year_h = 8_766;
        let found: Vec<Front> = fronts(3, 50 * year_h, 55 * year_h)
            .into_iter()
            .filter(|front| front.drop_k >= 12.0)
            .collect();
        assert_eq!(found.len(), 5);
        for front in found {
            let day = season_angle(front.hour) / core::f32::consts::TAU * 365.24;
            assert!((78.0..87.0).contains(&day), "day {day} of the year");
        }
    }
}
