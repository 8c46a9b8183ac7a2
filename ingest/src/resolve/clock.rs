//! Whose clock a report goes by. A device whose clock is years off measures all the same: its
//! reports are stored by their arrival, the newest of a pack at the arrival itself and the others
//! as far before it as the device says they lie apart, and what its clock said is kept beside.

use std::collections::HashSet;

use model::time::Timestamp;
use store::quality::TimeSource;
use store::report::Report;

use super::TimeBounds;
use crate::reason::DeadReason;

/// What is thought of a measurement's clock.
pub(super) struct Clock {
    /// Where its time comes from.
    pub(super) source: TimeSource,
    /// Why it is not believed.
    pub(super) doubt: Option<DeadReason>,
    /// The time whose profile it is read by: its own, or the arrival where its own is not believed.
    pub(super) time: Timestamp,
}

impl Clock {
    /// Of a measurement's time, and whether its device said it.
    pub(super) fn of(
        (said, dated): (Timestamp, bool),
        arrived: Timestamp,
        bounds: TimeBounds,
    ) -> Self {
        let (source, doubt) = if said < oldest(arrived, bounds) {
            (TimeSource::behind(said), Some(DeadReason::TimeInPast))
        } else if said > newest(arrived, bounds) {
            (TimeSource::ahead(said), Some(DeadReason::TimeInFuture))
        } else if dated && said != arrived {
            (TimeSource::Device, None)
        } else {
            (TimeSource::Arrival, None)
        };
        let time = if doubt.is_none() { said } else { arrived };
        Self {
            source,
            doubt,
            time,
        }
    }
}

fn oldest(arrived: Timestamp, bounds: TimeBounds) -> Timestamp {
    Timestamp(arrived.0.saturating_sub(micros(bounds.age_max)))
}

fn newest(arrived: Timestamp, bounds: TimeBounds) -> Timestamp {
    Timestamp(arrived.0.saturating_add(micros(bounds.ahead_max)))
}

fn micros(bound: std::time::Duration) -> i64 {
    i64::try_from(bound.as_micros()).unwrap_or(i64::MAX)
}

/// Gives the reports whose clock is not believed their place. Until here each has the time that
/// its device said.
pub(super) fn place(reports: &mut [Report], arrived: Timestamp, bounds: TimeBounds) {
    let is_believed = |report: &Report| report.source.device_time().is_none();
    if reports.iter().all(is_believed) {
        return;
    }
    let believed = reports.iter().filter(|report| is_believed(report));
    let mut taken: HashSet<Timestamp> = believed.map(|report| report.time).collect();
    for is_group in [is_behind, is_ahead] {
        let group = || reports.iter().filter(|report| is_group(report));
        let Some(last) = group().map(|report| report.time).max() else {
            continue;
        };
        for report in reports.iter_mut().filter(|report| is_group(report)) {
            let apart = last.0.saturating_sub(report.time.0);
            let mut time = Timestamp(arrived.0.saturating_sub(apart));
            if time < oldest(arrived, bounds) {
                time = arrived;
            }
            // Two of them may not share a place, nor take that of a report with a good clock.
            while !taken.insert(time) {
                time.0 -= 1;
            }
            report.time = time;
        }
    }
}

const fn is_behind(report: &Report) -> bool {
    matches!(report.source, TimeSource::Behind(_))
}

const fn is_ahead(report: &Report) -> bool {
    matches!(report.source, TimeSource::Ahead(_))
}
