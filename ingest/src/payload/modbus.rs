//! Modbus RTU as a DTU takes it from an RS-485 line: the answer of a probe, or the request with it.
//! Strict on purpose: a frame is whole, its checksum is right, and its length is the one it names;
//! what a line disturbed is refused. What the registers mean is the probe's register map.

use crc::{CRC_16_MODBUS, Crc};
use model::register::{READ_FUNCTIONS, Register};
use model::time::Timestamp;

use super::Refusal;
use super::senml::{Measurement, Pack, Value};
use crate::directory::KnownRegister;
use crate::reason::DeadReason;

/// Checksum at the end of every frame, low byte first.
const CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_MODBUS);
/// Unit, function, and checksum.
const OVERHEAD_BYTES: usize = 4;
/// An exception: the overhead and its code.
const EXCEPTION_BYTES: usize = OVERHEAD_BYTES + 1;
/// A request to read: the overhead, first register, count.
const REQUEST_BYTES: usize = OVERHEAD_BYTES + 4;
/// Most bytes of a request and its answer, 256 each.
const BYTES_MAX: usize = 512;
/// Bit of a function code that marks an exception.
const EXCEPTION: u8 = 0x80;
/// Unit addresses of devices; 0 is everybody.
const UNITS: std::ops::RangeInclusive<u8> = 1..=247;

/// Registers that a device told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Address of the device on its line.
    pub unit: u8,
    /// How they were read.
    pub function: u8,
    /// First register, where the request came with its answer.
    pub start: Option<u16>,
    /// The registers.
    pub words: Vec<u16>,
}

/// Why bytes are no answer that can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Less than any frame has.
    #[error("a frame of {0} bytes; the shortest has {EXCEPTION_BYTES}")]
    Short(usize),
    /// More than a request and an answer have.
    #[error("{0} bytes; a request and its answer have at most {BYTES_MAX}")]
    Long(usize),
    /// The checksum is another.
    #[error("the checksum is {found:04x} and should be {expected:04x}")]
    Checksum {
        /// What stands there.
        found: u16,
        /// What the bytes before it make.
        expected: u16,
    },
    /// The frame names another length than it has.
    #[error("the frame names {named} bytes of registers and has {found}")]
    Length {
        /// What its third byte says.
        named: u8,
        /// What there is.
        found: usize,
    },
    /// Not a unit address.
    #[error("the unit address {0} is not one of 1 to 247")]
    Unit(u8),
    /// Not a function that reads registers.
    #[error("function {0} does not read registers; 3 and 4 do")]
    Function(u8),
    /// A request without its answer.
    #[error("a request without its answer")]
    NoAnswer,
    /// Request and answer do not belong together.
    #[error("the answer is not that of the request: another unit, function or count")]
    NotItsAnswer,
    /// The device refuses to answer.
    #[error("the device answers with exception {0}{explained}", explained = explain(*.0))]
    Exception(u8),
}

const fn explain(code: u8) -> &'static str {
    match code {
        1 => ": illegal function",
        2 => ": illegal data address",
        3 => ": illegal data value",
        4 => ": device failure",
        6 => ": device busy",
        _ => "",
    }
}

impl From<FrameError> for Refusal {
    fn from(error: FrameError) -> Self {
        let reason = match error {
            FrameError::Exception(_) => DeadReason::ModbusException,
            _ => DeadReason::NotModbus,
        };
        let detail = error.to_string();
        Self { reason, detail }
    }
}

/// Reads an answer, or a request and its answer.
pub fn decode(bytes: &[u8]) -> Result<Answer, FrameError> {
    if bytes.len() > BYTES_MAX {
        return Err(FrameError::Long(bytes.len()));
    }
    let error = match parse_answer(bytes) {
        Err(FrameError::Exception(code)) => return Err(FrameError::Exception(code)),
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let Some((request, answer)) = bytes.split_at_checked(REQUEST_BYTES) else {
        return Err(error);
    };
    let (Ok(()), &[unit, function, ref rest @ ..]) = (check(request), request) else {
        return Err(error);
    };
    if !READ_FUNCTIONS.contains(&function) {
        return Err(error);
    }
    if answer.is_empty() {
        return Err(FrameError::NoAnswer);
    }
    let (start, count) = (word(rest, 0), word(rest, 2));
    let answer = parse_answer(answer)?;
    let is_its = (answer.unit, answer.function) == (unit, function)
        && count.map(usize::from) == Some(answer.words.len());
    if !is_its {
        return Err(FrameError::NotItsAnswer);
    }
    Ok(Answer { start, ..answer })
}

fn parse_answer(bytes: &[u8]) -> Result<Answer, FrameError> {
    let &[unit, function, third, ref rest @ ..] = bytes else {
        return Err(FrameError::Short(bytes.len()));
    };
    if bytes.len() < EXCEPTION_BYTES {
        return Err(FrameError::Short(bytes.len()));
    }
    check(bytes)?;
    if !UNITS.contains(&unit) {
        return Err(FrameError::Unit(unit));
    }
    if function & EXCEPTION != 0 && bytes.len() == EXCEPTION_BYTES {
        return Err(FrameError::Exception(third));
    }
    if !READ_FUNCTIONS.contains(&function) {
        return Err(FrameError::Function(function));
    }
    let registers = rest.get(..rest.len() - 2).unwrap_or_default();
    if registers.len() != usize::from(third) || third % 2 != 0 || third == 0 {
        let (named, found) = (third, registers.len());
        return Err(FrameError::Length { named, found });
    }
    let words = registers.chunks_exact(2).filter_map(|pair| word(pair, 0));
    Ok(Answer {
        unit,
        function,
        start: None,
        words: words.collect(),
    })
}

/// Compares the checksum with the bytes before it.
fn check(frame: &[u8]) -> Result<(), FrameError> {
    let Some((body, &[low, high])) = frame.split_last_chunk::<2>() else {
        return Err(FrameError::Short(frame.len()));
    };
    let (found, expected) = (u16::from_le_bytes([low, high]), CHECKSUM.checksum(body));
    if found == expected {
        Ok(())
    } else {
        Err(FrameError::Checksum { found, expected })
    }
}

/// Two bytes, high byte first.
fn word(bytes: &[u8], place: usize) -> Option<u16> {
    let pair = bytes.get(place..)?.first_chunk()?;
    Some(u16::from_be_bytes(*pair))
}

impl Answer {
    /// What the registers mean by a map. An answer that came without its request is taken to begin
    /// with the map's lowest register of its function.
    ///
    /// # Errors
    /// The map has nothing to say about these registers.
    pub fn measure(&self, map: &[KnownRegister], now: Timestamp) -> Result<Pack, Refusal> {
        let own = || {
            map.iter()
                .filter(|one| one.register.function == self.function)
        };
        let lowest = own().map(|one| one.register.address).min();
        let Some(start) = self.start.or(lowest) else {
            let detail = format!(
                "the profile's register map has no function {}",
                self.function
            );
            let reason = DeadReason::UnknownChannel;
            return Err(Refusal { reason, detail });
        };
        let measure = |one: &KnownRegister| {
            let value = one.register.value(self.words_of(&one.register, start)?)?;
            let value = Value::Number(value);
            Some(Measurement::foreign(one.channel.clone(), &[], value, now))
        };
        let measurements: Vec<_> = own().filter_map(measure).collect();
        if measurements.is_empty() {
            let detail = format!(
                "the profile's register map has none of the {} registers from {start}",
                self.words.len()
            );
            let reason = DeadReason::UnknownChannel;
            return Err(Refusal { reason, detail });
        }
        Ok(Pack {
            sequence: None,
            measurements,
        })
    }

    /// The registers from that of a map's line on.
    fn words_of(&self, register: &Register, start: u16) -> Option<&[u16]> {
        let place = register.address.checked_sub(start)?;
        self.words.get(usize::from(place)..)
    }
}

#[cfg(test)]
mod tests;
