//! What the probes said: the weather and rooms of the demonstration, put through each probe's
//! sensor (its steps, its valid range, its silences). Knows no database.

use super::catalog::devices::{Channel, Probe, Profile};
use super::outage::Outages;
use super::weather::indoor::Cooling;
use super::weather::soil::Depth;
use super::weather::{HOUR_S, Site, Weather};

/// Most channels of a profile here.
const CHANNELS_MAX: usize = 4;

/// When the compressor of the tofu cold room broke down, hours before the demonstration starts,
/// and for how long: the newest alarm, which nobody has acknowledged.
const BREAKDOWN_H: (i64, i64) = (27, 4);

/// A probe with all that its values depend on.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    weather: &'a Weather,
    profile: Profile,
    site: Site,
    cooling: Cooling,
    outages: Outages,
}

impl<'a> Source<'a> {
    /// A probe on a site under a weather; `now_s` (Unix seconds) is when the demonstration starts,
    /// `silent_h` since how many hours its gateway has been silent then.
    pub fn new(weather: &'a Weather, probe: &Probe, site: Site, silent_h: i64, now_s: i64) -> Self {
        let silent_since_s = if silent_h > 0 {
            now_s - silent_h * HOUR_S
        } else {
            i64::MAX
        };
        let outages = Outages::new(
            weather.seed(),
            probe.gateway,
            probe.number(),
            silent_since_s,
        );
        let cooling = cooling(probe, now_s);
        Self {
            weather,
            profile: probe.profile,
            site,
            cooling,
            outages,
        }
    }

    /// The report of this time, `None` while the probe is silent: one value a channel.
    pub fn report(&self, at_s: i64) -> Option<Vec<Option<f32>>> {
        if self.outages.silent(at_s) {
            return None;
        }
        let channels = self.profile.channels();
        let measured = self.measure(at_s);
        Some(
            channels
                .iter()
                .zip(measured)
                .map(|(channel, raw)| sensed(channel, raw))
                .collect(),
        )
    }

    /// The true values at the probe, in the order of its channels; unused places are 0.
    fn measure(&self, at_s: i64) -> [f32; CHANNELS_MAX] {
        let (weather, site) = (self.weather, &self.site);
        match self.profile {
            Profile::DemoField | Profile::Field => {
                let air = weather.air(site, at_s);
                let moisture = weather.soil_moisture_pct(site.ground, Depth::Upper, at_s);
                [air.temperature_c, air.humidity_pct, moisture, 0.0]
            }
            Profile::Tea => {
                let air = weather.air(site, at_s);
                let light = weather.light_lx(at_s);
                [
                    air.temperature_c,
                    air.humidity_pct,
                    light,
                    weather.soil_ph(site, at_s),
                ]
            }
            Profile::Soil => [
                weather.soil_moisture_pct(site.ground, Depth::Upper, at_s),
                weather.soil_moisture_pct(site.ground, Depth::Lower, at_s),
                weather.soil_temperature_c(site.altitude_m, Depth::Upper, at_s),
                weather.soil_temperature_c(site.altitude_m, Depth::Lower, at_s),
            ],
            Profile::Paddy => {
                let (level_mm, water_c) = weather.paddy(site, at_s);
                [
                    level_mm / 10.0,
                    water_c,
                    weather.air(site, at_s).temperature_c,
                    0.0,
                ]
            }
            Profile::Smoke => {
                let (temperature_c, humidity_pct) = weather.smoke_room(site, at_s);
                [temperature_c, humidity_pct, 0.0, 0.0]
            }
            Profile::Cold => {
                let (temperature_c, humidity_pct) = weather.cold_room(site, &self.cooling, at_s);
                [temperature_c, humidity_pct, 0.0, 0.0]
            }
            Profile::Hens => {
                let (temperature_c, humidity_pct, ammonia_ppm) = weather.hen_house(site, at_s);
                [temperature_c, humidity_pct, ammonia_ppm, 0.0]
            }
        }
    }
}

/// A value as the sensor says it: in whole steps, nothing outside its range.
fn sensed(channel: &Channel, raw: f32) -> Option<f32> {
    // Divided by the inverse, so that 0.1 × 163 comes out as 16.3 and not as 16.300001.
    let inverse = (1.0 / channel.step).round();
    let stepped = if channel.step >= 1.0 {
        (raw / channel.step).round() * channel.step
    } else {
        (raw * inverse).round() / inverse
    };
    (channel.valid.0..=channel.valid.1)
        .contains(&stepped)
        .then_some(stepped)
}

/// How the cold rooms are set: fruit just above freezing, tofu below 4 °C with busy doors.
fn cooling(probe: &Probe, now_s: i64) -> Cooling {
    if probe.plot == "tofu-cold" {
        let breakdown = Some((now_s - BREAKDOWN_H.0 * HOUR_S, BREAKDOWN_H.1 * HOUR_S));
        Cooling {
            target_c: 2.2,
            humidity_pct: 84.0,
            doors: 0.7,
            breakdown,
        }
    } else {
        Cooling {
            target_c: 0.4,
            humidity_pct: 93.0,
            doors: 0.25,
            breakdown: None,
        }
    }
}

#[cfg(test)]
mod tests;
