//! The board that is not there: flash in memory, an `SHT4x` that answers on a made-up bus, a probe
//! with soil moisture beside it. The firmware library runs on it unchanged, driver included.
//! What it measures is invented and goes nowhere but to gateways that say `simulated`.

use std::convert::Infallible;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{ErrorType as I2cErrorType, I2c, Operation};
use embedded_storage::nor_flash::{
    ErrorType as FlashErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase,
    check_read, check_write,
};
use gateway_firmware::driver::sht4x::{self, Sht4x, Sht4xError};
use gateway_firmware::probe::{NOTHING, Probe, Sample};
use model::senml::Decimal;
use model::unit::Quantity;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::recording::ChannelSpec;

/// Flash of a simulated node, bytes: 1,024 readings.
pub const FLASH_BYTES: usize = 64 * 1024;

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

/// NOR flash in memory, with the units of a common microcontroller.
#[derive(Debug)]
pub struct MemoryFlash(Vec<u8>);

impl MemoryFlash {
    /// Blank flash of [`FLASH_BYTES`].
    pub fn blank() -> Self {
        Self(vec![0xff; FLASH_BYTES])
    }
}

impl FlashErrorType for MemoryFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for MemoryFlash {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        let start = offset as usize;
        bytes.copy_from_slice(&self.0[start..start + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for MemoryFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4_096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        self.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        // Writing can only clear bits, as in the real thing.
        for (cell, byte) in self.0[offset as usize..].iter_mut().zip(bytes) {
            *cell &= byte;
        }
        Ok(())
    }
}

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
    use gateway_firmware::queue::Queue;

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

    #[test]
    fn the_queue_works_on_this_flash_and_survives_a_restart() {
        let mut queue = Queue::open(MemoryFlash::blank()).expect("the geometry suits");
        let number = queue.append(&[7; 46]).expect("room");
        let mut queue = Queue::open(queue.release()).expect("it opens again");
        let entry = queue.find(number).expect("flash works").expect("kept");
        assert_eq!((entry.payload, entry.held), ([7; 46], true));
        assert_eq!(queue.capacity(), 960);
    }
}
