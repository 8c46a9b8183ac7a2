//! When a snapshot was taken: by its metadata, else by its message, else by its arrival. A time
//! outside the bounds is not believed, and kept beside the one that is used instead.

use std::time::Duration;

use model::time::Timestamp;
use store::picture::TimeSource;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::resolve::TimeBounds;

/// When a picture was taken, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The time to use.
    pub time: Timestamp,
    /// How it is known.
    pub source: TimeSource,
    /// What was said first and not believed.
    pub claimed: Option<Timestamp>,
}

/// Chooses among what a picture and its message say.
#[must_use]
pub fn choose(
    exif: Option<Timestamp>,
    property: Option<Timestamp>,
    arrived: Timestamp,
    bounds: TimeBounds,
) -> Taken {
    let said = [(exif, TimeSource::Exif), (property, TimeSource::Property)];
    let mut said = said
        .into_iter()
        .filter_map(|(time, source)| Some((time?, source)));
    let mut claimed = None;
    let believed = said.find(|(time, _)| {
        let believable = is_believable(*time, arrived, bounds);
        if !believable {
            claimed = claimed.or(Some(*time));
        }
        believable
    });
    let (time, source) = believed.unwrap_or((arrived, TimeSource::Arrival));
    Taken {
        time,
        source,
        claimed,
    }
}

fn is_believable(time: Timestamp, arrived: Timestamp, bounds: TimeBounds) -> bool {
    let micros = |bound: Duration| i64::try_from(bound.as_micros()).unwrap_or(i64::MAX);
    let oldest = arrived.0.saturating_sub(micros(bounds.age_max));
    let newest = arrived.0.saturating_add(micros(bounds.ahead_max));
    (oldest..=newest).contains(&time.0)
}

/// The time of an MQTT 5 user property `time` (RFC 3339); what is none says nothing.
#[must_use]
pub fn said_by_property(text: &str) -> Option<Timestamp> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let micros = at.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).ok().map(Timestamp)
}
