//! Line charts as SVG, drawn on the server.

use model::time::Timestamp;

/// Rollups of one channel at a fixed step, oldest first. A missing bucket may be left out or be
/// `None`: both are a gap.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Width of a bucket, seconds: 3 600 or 86 400.
    pub step_s: u32,
    /// The buckets.
    pub points: Vec<Point>,
}

/// One bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Start of the bucket.
    pub at: Timestamp,
    /// Its values; `None` when nothing was measured in it.
    pub spread: Option<Spread>,
}

/// Values of one bucket. Values that are not finite count as missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Lowest reading.
    pub min: f64,
    /// Mean of the readings.
    pub mean: f64,
    /// Highest reading.
    pub max: f64,
}

/// The allowed range or alarm limits of a channel, in the channel's unit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Band {
    /// Lower limit.
    pub low: Option<f64>,
    /// Upper limit.
    pub high: Option<f64>,
}
