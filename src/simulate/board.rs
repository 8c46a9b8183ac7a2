//! The sensors of a board that is not there: an `SHT4x` that answers on a made-up bus, a probe with
//! soil moisture beside it. The firmware library runs on it unchanged, driver included. Its flash
//! is in `flash`. What it measures is invented and goes nowhere but to gateways that say `simulated`.

use std::convert::Infallible;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{ErrorType as I2cErrorType, I2c, Operation};
use gateway_firmware::driver::sht4x::{self, Sht4x, Sht4xError};
use gateway_firmware::probe::{NOTHING, Probe, Sample};
use model::senml::Decimal;
use model::unit::Quantity;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::recording::ChannelSpec;

/// The channels of a simulated probe, in the order of its samples.
pub const CHANNELS: [ChannelSpec; 3] = [
    ChannelSpec::new(
        "temperature",
        "Cel",
        Quantity::AirTemperature,
        (-40.0, 85.0),
    ),
    ChannelSpec::new("humidity", "%RH", Quantity::AirHumidity, (0.0, 100.0)),
    ChannelSpec::new("soil-moisture", "%", Quantity::SoilMoisture, (0.0, 100.0)),
];

/// The bus, with an `SHT4x` on it that reports made-up weather.
#[derive(Debug)]
struct WeatherBus {
    random: StdRng,
    step: u32,
    raw: (u16, u16),
}

impl WeatherBus {
    /// A day has 1,440 steps; the afternoon is warm and dry. Raw words, as the sensor has them.
    fn measure(&mut self) {
        let day = f64::from(self.step % 1_440) / 1_440.0 * std::f64::consts::TAU;
        let temperature = 14.0 - 6.0 * day.cos() + self.random.random_range(-0.3..0.3);
        let humidity = 75.0 + 15.0 * day.cos() + self.random.random_range(-1.0..1.0);
        let raw = |share: f64| (share * 65_535.0).round() as u16;
        self.raw = (
            raw((temperature + 45.0) / 175.0),
            raw((humidity + 6.0) / 125.0),
        );
        self.step = self.step.wrapping_add(1);
    }

    fn answer(&self) -> [u8; 6] {
        let word = |raw: u16| {
            let [high, low] = raw.to_be_bytes();
            [high, low, sht4x::checksum([high, low])]
        };
        let mut bytes = [0; 6];
        bytes[..3].copy_from_slice(&word(self.raw.0));
        bytes[3..].copy_from_slice(&word(self.raw.1));
        bytes
    }
}

impl I2cErrorType for WeatherBus {
    type Error = Infallible;
}

impl I2c for WeatherBus {
    fn transaction(
        &mut self,
        _address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Infallible> {
        for operation in operations {
            match operation {
                Operation::Write(_) => self.measure(),
                Operation::Read(bytes) => {
                    for (byte, answer) in bytes.iter_mut().zip(self.answer()) {
                        *byte = answer;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The made-up sensor answers at once.
struct NoDelay;

impl DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

/// A probe with [`CHANNELS`].
#[derive(Debug)]
pub struct ClimateProbe {
    air: Sht4x<WeatherBus>,
    soil_centi: i64,
    random: StdRng,
}

impl ClimateProbe {
    /// A probe whose whole weather follows from the seed.
    pub fn new(seed: u64) -> Self {
        let bus = WeatherBus {
            random: StdRng::seed_from_u64(seed),
            step: 0,
            raw: (0, 0),
        };
        Self {
            air: Sht4x::new(bus, sht4x::ADDRESS),
            soil_centi: 3_000,
            random: StdRng::seed_from_u64(!seed),
        }
    }
}

impl Probe for ClimateProbe {
    type Error = Sht4xError<Infallible>;

    fn sample(&mut self) -> Result<Sample, Self::Error> {
        let air = self.air.measure(&mut NoDelay)?;
        self.soil_centi = (self.soil_centi + self.random.random_range(-5..=5)).clamp(800, 4_500);
        let mut values = NOTHING;
        values[0] = Some(air.temperature());
        values[1] = Some(air.humidity());
        values[2] = Some(Decimal::new(self.soil_centi, -2));
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(seed: u64) -> Vec<Sample> {
        let mut probe = ClimateProbe::new(seed);
        (0..1_440)
            .map(|_| probe.sample().expect("the bus never fails"))
            .collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_weather_and_another_one_does_not() {
        assert_eq!(day(7), day(7));
        assert_ne!(day(7), day(8));
    }

    #[test]
    fn every_value_is_within_the_range_that_is_registered() {
        for sample in day(1) {
            for (value, channel) in sample.iter().zip(&CHANNELS) {
                let value = value.expect("three values").to_f64();
                assert!(value >= channel.valid_min && value <= channel.valid_max);
            }
            assert_eq!(sample[CHANNELS.len()..], NOTHING[CHANNELS.len()..]);
        }
    }

    #[test]
    fn nights_are_colder_than_days() {
        let day = day(3);
        let at = |step: usize| day[step][0].map_or(0.0, Decimal::to_f64);
        assert!(at(0) + 8.0 < at(720));
    }
}
