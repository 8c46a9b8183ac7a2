//! What a probe is to the node: a name, channels, and a way to measure now. Wiring and registers
//! are in `driver`; calibration and valid ranges belong to the server, which knows their dates.

use model::id::ProbeName;
use model::senml::Decimal;

/// Most channels of one probe; a slot of the flash queue holds that many values.
pub const CHANNELS_MAX: usize = 8;

/// One measurement of every channel, in the profile's order. `None` where the sensor failed: a
/// missing value is sent as missing, never as a number.
pub type Sample = [Option<Decimal>; CHANNELS_MAX];

/// A sample without any value, to be filled.
pub const NOTHING: Sample = [None; CHANNELS_MAX];

/// One series of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel<'a> {
    /// Name, as registered at the server.
    pub name: &'a str,
    /// Unit symbol of RFC 8428's registry; empty leaves it to the server's profile.
    pub unit: &'a str,
}

/// A probe as the node announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile<'a> {
    /// Name at this gateway: a level of the topic.
    pub name: ProbeName,
    /// What it measures, at most [`CHANNELS_MAX`]; the order is that of [`Sample`].
    pub channels: &'a [Channel<'a>],
}

/// Something that measures.
pub trait Probe {
    /// Why nothing could be measured.
    type Error;

    /// Measures every channel now.
    fn sample(&mut self) -> Result<Sample, Self::Error>;
}
