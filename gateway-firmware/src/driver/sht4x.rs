//! Sensirion `SHT4x`, temperature and humidity over I²C. Only the precise measurement is offered:
//! heater and serial number are not, nothing here needs them. The one thing to know: the result
//! is hundredths, made with integers, so no rounding of floats reaches the record.
//!
//! Source of commands, times, conversion and checksum: the `SHT4x` data sheet, sections 4.3 to 4.6.

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use model::senml::Decimal;

/// The bus address of the variant in common use (SHT4x-AD1B).
pub const ADDRESS: u8 = 0x44;

/// Command: measure temperature and humidity with high precision.
const MEASURE_PRECISELY: u8 = 0xfd;

/// Longest time of a precise measurement is 8.3 ms; rounded up.
const MEASURE_MS: u32 = 9;

/// Raw values span 16 bits.
const RAW_MAX: i32 = 65_535;

/// What the sensor said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measurement {
    /// Temperature, hundredths of a degree Celsius, −4500 to 13000.
    pub temperature_centi: i16,
    /// Relative humidity, hundredths of a percent, 0 to 10000.
    pub humidity_centi: i16,
}

impl Measurement {
    /// The temperature as a value for a record, Cel.
    #[must_use]
    pub fn temperature(&self) -> Decimal {
        Decimal::new(i64::from(self.temperature_centi), -2)
    }

    /// The humidity as a value for a record, %RH.
    #[must_use]
    pub fn humidity(&self) -> Decimal {
        Decimal::new(i64::from(self.humidity_centi), -2)
    }
}

/// Why there is no measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Sht4xError<E> {
    /// The bus failed, or nobody answers at the address.
    #[error("the I²C bus failed")]
    Bus(E),
    /// A checksum does not fit its word: the bytes were damaged on the wire.
    #[error("the checksum of the {0} word is wrong")]
    Checksum(&'static str),
}

/// The sensor on a bus.
#[derive(Debug)]
pub struct Sht4x<I> {
    bus: I,
    address: u8,
}

impl<I: I2c> Sht4x<I> {
    /// The sensor at an address, [`ADDRESS`] most often. Touches nothing yet.
    pub const fn new(bus: I, address: u8) -> Self {
        Self { bus, address }
    }

    /// Measures; takes about nine milliseconds.
    pub fn measure(
        &mut self,
        delay: &mut impl DelayNs,
    ) -> Result<Measurement, Sht4xError<I::Error>> {
        self.bus
            .write(self.address, &[MEASURE_PRECISELY])
            .map_err(Sht4xError::Bus)?;
        delay.delay_ms(MEASURE_MS);
        let mut answer = [0; 6];
        self.bus
            .read(self.address, &mut answer)
            .map_err(Sht4xError::Bus)?;
        let [t0, t1, t_sum, h0, h1, h_sum] = answer;
        let temperature = checked([t0, t1], t_sum).ok_or(Sht4xError::Checksum("temperature"))?;
        let humidity = checked([h0, h1], h_sum).ok_or(Sht4xError::Checksum("humidity"))?;
        Ok(convert(temperature, humidity))
    }

    /// Gives the bus back.
    pub fn release(self) -> I {
        self.bus
    }
}

/// Raw words to hundredths: −45 + 175·raw/65535 °C and −6 + 125·raw/65535 %RH, rounded to the
/// nearest. Humidity beyond 0 and 100 % is an artefact of the formula and is cut, as the data
/// sheet advises.
#[must_use]
pub fn convert(temperature: u16, humidity: u16) -> Measurement {
    let scale = |span: i32, raw: u16| (span * i32::from(raw) + RAW_MAX / 2) / RAW_MAX;
    let temperature_centi = scale(17_500, temperature) - 4_500;
    let humidity_centi = (scale(12_500, humidity) - 600).clamp(0, 10_000);
    // Both lie within ±13000 by construction.
    Measurement {
        temperature_centi: temperature_centi as i16,
        humidity_centi: humidity_centi as i16,
    }
}

/// The checksum of a word: CRC-8, polynomial 0x31, start 0xff.
#[must_use]
pub fn checksum(word: [u8; 2]) -> u8 {
    word.iter().fold(0xff, |sum, byte| {
        (0..8).fold(sum ^ byte, |crc: u8, _| {
            if crc & 0x80 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x31
            }
        })
    })
}

fn checked(word: [u8; 2], sum: u8) -> Option<u16> {
    (checksum(word) == sum).then_some(u16::from_be_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal::i2c::ErrorKind;
    use embedded_hal_mock::eh1::delay::NoopDelay;
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
    use std::vec;
    use std::vec::Vec;

    fn measure(script: &[Transaction]) -> Result<Measurement, Sht4xError<ErrorKind>> {
        let mut sensor = Sht4x::new(Mock::new(script), ADDRESS);
        let result = sensor.measure(&mut NoopDelay::new());
        sensor.release().done();
        result
    }

    fn answer(bytes: Vec<u8>) -> [Transaction; 2] {
        [
            Transaction::write(ADDRESS, vec![0xfd]),
            Transaction::read(ADDRESS, bytes),
        ]
    }

    #[test]
    fn the_checksum_is_the_one_of_the_data_sheet() {
        assert_eq!(checksum([0xbe, 0xef]), 0x92);
    }

    #[test]
    fn a_measurement_is_read_and_converted() {
        // 0x6666 is 0.4 of the span: -45 + 70 = 25 °C; 0x8000: -6 + 62.50 = 56.50 %.
        let script = answer(vec![0x66, 0x66, 0x93, 0x80, 0x00, 0xa2]);
        let measured = measure(&script);
        assert_eq!(
            measured,
            Ok(Measurement {
                temperature_centi: 2_500,
                humidity_centi: 5_650
            })
        );
    }

    #[test]
    fn a_damaged_byte_is_an_error_and_no_value() {
        let good = [0x66, 0x66, 0x93, 0x80, 0x00, 0xa2];
        for (index, word) in ["temperature", "humidity"]
            .iter()
            .flat_map(|word| [word; 3])
            .enumerate()
        {
            for bit in 0..8 {
                let mut bytes = good.to_vec();
                bytes[index] ^= 1 << bit;
                assert_eq!(measure(&answer(bytes)), Err(Sht4xError::Checksum(word)));
            }
        }
    }

    #[test]
    fn a_silent_bus_is_an_error() {
        let script = [Transaction::write(ADDRESS, vec![0xfd]).with_error(ErrorKind::Other)];
        assert_eq!(measure(&script), Err(Sht4xError::Bus(ErrorKind::Other)));
    }

    #[test]
    fn the_ends_of_the_scale_stay_within_it() {
        let lowest = Measurement {
            temperature_centi: -4_500,
            humidity_centi: 0,
        };
        let highest = Measurement {
            temperature_centi: 13_000,
            humidity_centi: 10_000,
        };
        assert_eq!(convert(0, 0), lowest);
        assert_eq!(convert(u16::MAX, u16::MAX), highest);
    }

    #[test]
    fn every_raw_word_is_within_half_a_hundredth_of_the_formula() {
        for raw in 0..=u16::MAX {
            let measured = convert(raw, raw);
            let span = f64::from(raw) / 65_535.0;
            let temperature = -4_500.0 + 17_500.0 * span;
            assert!((f64::from(measured.temperature_centi) - temperature).abs() <= 0.500_01);
            let humidity = (-600.0 + 12_500.0 * span).clamp(0.0, 10_000.0);
            assert!((f64::from(measured.humidity_centi) - humidity).abs() <= 0.500_01);
        }
    }
}
