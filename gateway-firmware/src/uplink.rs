//! The way out of a node, seen from inside: something that takes a pack now or says why not.
//! MQTT clients for microcontrollers change often, so none of them is named here; the board puts
//! its client behind this trait.

use model::id::ProbeName;

/// A pack to send: at least once, on the probe's telemetry topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pack<'a> {
    /// Whose readings these are.
    pub probe: &'a ProbeName,
    /// The pack's number at this gateway, also inside the payload.
    pub sequence: u32,
    /// `SenML` in CBOR.
    pub payload: &'a [u8],
}

/// Why a pack was not taken. Neither loses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UplinkError {
    /// The client's own buffers are full: try again soon.
    #[error("the uplink is busy")]
    Busy,
    /// There is no connection: wait for the next one.
    #[error("the uplink is down")]
    Down,
}

/// What the board offers for sending.
pub trait Uplink {
    /// Takes a pack for sending and returns at once. `Ok` promises nothing but the attempt; the
    /// node keeps the readings until `committed`.
    fn send(&mut self, pack: &Pack<'_>) -> Result<(), UplinkError>;
}
