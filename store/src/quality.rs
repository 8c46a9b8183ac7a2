//! What there is to remark about a report: whose clock its time is by, and which of its values
//! lie outside what the probe can physically mean. How both are kept in two columns that are null
//! for an ordinary report is known here alone.

use model::time::Timestamp;
use time::OffsetDateTime;

use crate::{StoreError, from_db};

/// Bit of `report.flags`: the pack named no time.
const NO_TIME: i16 = 1;
/// Bit of `report.flags`: the device's clock was behind the bound.
const BEHIND: i16 = 2;
/// Bit of `report.flags`: the device's clock was ahead of the bound.
const AHEAD: i16 = 4;
/// Bit of `report.flags`: `report.outside` is not null.
const OUTSIDE: i16 = 8;

/// Where a report's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeSource {
    /// The device's clock.
    #[default]
    Device,
    /// The pack named no time of its own: it is counted from the arrival.
    Arrival,
    /// The device's clock said this, longer ago than is believed: counted from the arrival.
    Behind(Timestamp),
    /// The device's clock said this, farther ahead than is believed: counted from the arrival.
    Ahead(Timestamp),
}

/// First and last time that a device's clock may have said, in the calendar of the database:
/// the years 1 and 9999. What lies farther off is kept as this.
const CLOCK: (Timestamp, Timestamp) = (
    Timestamp::from_seconds(-62_135_596_800),
    Timestamp::from_seconds(253_402_300_799),
);

impl TimeSource {
    /// A clock that said `time`, longer ago than is believed.
    #[must_use]
    pub fn behind(time: Timestamp) -> Self {
        Self::Behind(time.clamp(CLOCK.0, CLOCK.1))
    }

    /// A clock that said `time`, farther ahead than is believed.
    #[must_use]
    pub fn ahead(time: Timestamp) -> Self {
        Self::Ahead(time.clamp(CLOCK.0, CLOCK.1))
    }

    /// What the device's clock said, where that is not the report's time.
    #[must_use]
    pub const fn device_time(self) -> Option<Timestamp> {
        match self {
            Self::Device | Self::Arrival => None,
            Self::Behind(time) | Self::Ahead(time) => Some(time),
        }
    }

    const fn bits(self) -> i16 {
        match self {
            Self::Device => 0,
            Self::Arrival => NO_TIME,
            Self::Behind(_) => BEHIND,
            Self::Ahead(_) => AHEAD,
        }
    }
}

/// A set of a report's slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slots(u64);

impl Slots {
    /// Adds a slot; one beyond [`CHANNELS_MAX`](crate::probe::CHANNELS_MAX) cannot be in a report.
    pub const fn insert(&mut self, slot: usize) {
        self.0 |= Self::bit(slot);
    }

    /// Whether a slot is among them.
    #[must_use]
    pub const fn contains(self, slot: usize) -> bool {
        self.0 & Self::bit(slot) != 0
    }

    /// As they stand in `report.outside`.
    pub(crate) const fn of_column(bits: Option<i64>) -> Self {
        match bits {
            Some(bits) => Self(bits as u64),
            None => Self(0),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn bit(slot: usize) -> u64 {
        if slot < 64 { 1 << slot } else { 0 }
    }
}

/// `report.flags`; `None` for nothing to remark.
pub(crate) fn flags(source: TimeSource, outside: Slots) -> Option<i16> {
    let outside = if outside.is_empty() { 0 } else { OUTSIDE };
    Some(source.bits() | outside).filter(|flags| *flags != 0)
}

/// `report.outside`; `None` for no slot. The highest slot is the sign bit.
pub(crate) fn outside(slots: Slots) -> Option<i64> {
    Some(slots.0 as i64).filter(|bits| *bits != 0)
}

/// The three columns, read back.
pub(crate) fn read(
    device_time: Option<OffsetDateTime>,
    flags: Option<i16>,
    outside: Option<i64>,
) -> Result<(TimeSource, Slots), StoreError> {
    let flags = flags.unwrap_or_default();
    let source = match (flags & !OUTSIDE, device_time.map(from_db)) {
        (0, None) => TimeSource::Device,
        (NO_TIME, None) => TimeSource::Arrival,
        (BEHIND, Some(time)) => TimeSource::Behind(time),
        (AHEAD, Some(time)) => TimeSource::Ahead(time),
        _ => return Err(StoreError::inconsistent("report.flags", flags.to_string())),
    };
    Ok((source, Slots::of_column(outside)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::to_db;

    #[test]
    fn an_ordinary_report_has_nothing_in_its_columns() {
        assert_eq!(flags(TimeSource::Device, Slots::default()), None);
        assert_eq!(outside(Slots::default()), None);
        let read = read(None, None, None).expect("readable");
        assert_eq!(read, (TimeSource::Device, Slots::default()));
    }

    #[test]
    fn every_remark_comes_back_as_it_was() {
        let then = Timestamp::from_seconds(12);
        for source in [
            TimeSource::Device,
            TimeSource::Arrival,
            TimeSource::Behind(then),
            TimeSource::Ahead(then),
        ] {
            for slots in [Slots::default(), Slots(1), Slots(1 << 63), Slots(u64::MAX)] {
                let back = read(
                    source.device_time().map(to_db),
                    flags(source, slots),
                    outside(slots),
                );
                assert_eq!(back.expect("readable"), (source, slots));
            }
        }
    }

    #[test]
    fn a_clock_beyond_every_calendar_is_kept_at_its_end() {
        for (source, year) in [
            (TimeSource::behind(Timestamp(i64::MIN)), 1),
            (TimeSource::ahead(Timestamp(i64::MAX)), 9999),
        ] {
            let kept = to_db(source.device_time().expect("a clock"));
            assert_eq!(kept.year(), year);
        }
    }

    #[test]
    fn the_last_slot_is_remembered_and_one_beyond_is_nowhere() {
        let mut slots = Slots::default();
        slots.insert(crate::probe::CHANNELS_MAX - 1);
        assert!(slots.contains(63) && !slots.contains(62));
        slots.insert(64);
        assert!(!slots.contains(64));
        assert_eq!(outside(slots), Some(i64::MIN));
    }

    #[test]
    fn columns_that_contradict_each_other_are_named() {
        for (time, flags) in [(None, 2), (Some(to_db(Timestamp(0))), 0), (None, 6)] {
            let error = read(time, Some(flags), None).expect_err("a contradiction");
            assert!(error.to_string().contains("report.flags"), "{error}");
        }
    }
}
