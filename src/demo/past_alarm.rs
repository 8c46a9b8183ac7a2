//! The alarms that the county's past would have raised: the same watch as the platform's own
//! (`model::alarm`), fed with the same readings, noticed and answered at the hours of the day at
//! which people do such things. The newest ones wait for the supervisor.

use model::alarm::{Change, Excursion, Limit, Watch};
use model::time::Timestamp;
use time::{Duration, OffsetDateTime};

use super::calendar::{at_clock, day_of};
use super::catalog::rules::Rule;

/// Alarms younger than this are still open.
const OPEN: Duration = Duration::days(2);

/// The supervisor is at the desk between these hours.
const DESK_HOURS: (u8, u8) = (7, 21);

/// An alarm of the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastAlarm {
    /// The run of values beyond the limit.
    pub excursion: Excursion,
    /// First reading back within the limit.
    pub cleared_at: Option<OffsetDateTime>,
    /// When the platform noticed.
    pub detected_at: OffsetDateTime,
    /// When somebody took note of it; `None` for the newest.
    pub acknowledged_at: Option<OffsetDateTime>,
}

/// A rule as the watch wants it.
pub fn limit(rule: &Rule) -> Limit {
    Limit {
        bound: rule.bound,
        value: rule.limit,
        hold_seconds: i64::from(rule.hold_s),
    }
}

/// The alarms that a rule raises over a probe's readings (Unix seconds and value), up to `now`.
pub fn watch(
    rule: &Rule,
    readings: impl Iterator<Item = (i64, f32)>,
    now: OffsetDateTime,
) -> Vec<PastAlarm> {
    let mut watch = Watch::quiet(limit(rule));
    let mut alarms: Vec<PastAlarm> = Vec::new();
    for (at_s, value) in readings {
        match watch.feed(Timestamp::from_seconds(at_s), value) {
            Some(Change::Raised(excursion)) => {
                let detected_at = point(excursion.last_at) + Duration::seconds(3);
                let acknowledged_at = answered(detected_at, now);
                alarms.push(PastAlarm {
                    excursion,
                    cleared_at: None,
                    detected_at,
                    acknowledged_at,
                });
            }
            Some(Change::Continued(excursion)) => {
                if let Some(alarm) = alarms.last_mut() {
                    alarm.excursion = excursion;
                }
            }
            Some(Change::Cleared(excursion, at)) => {
                if let Some(alarm) = alarms.last_mut() {
                    alarm.excursion = excursion;
                    alarm.cleared_at = Some(point(at));
                }
            }
            None => {}
        }
    }
    alarms
}

/// When an alarm of this time was answered: some minutes later, at night the next morning.
fn answered(detected_at: OffsetDateTime, now: OffsetDateTime) -> Option<OffsetDateTime> {
    // The minutes of the alarm itself make the delay look like a person's.
    let minutes = 4 + i64::from(detected_at.minute()) / 2 + i64::from(detected_at.hour());
    let soon = detected_at + Duration::minutes(minutes);
    let opens = at_clock(day_of(soon), DESK_HOURS.0, 10);
    let closes = at_clock(day_of(soon), DESK_HOURS.1, 0);
    let at = if soon < opens {
        opens + Duration::minutes(minutes)
    } else if soon > closes {
        opens + Duration::days(1) + Duration::minutes(minutes)
    } else {
        soon
    };
    (detected_at + OPEN < now && at < now).then_some(at)
}

fn point(time: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::catalog::rules::FROST;
    use crate::demo::history::{pasts, said, weather};
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-23 23:50 UTC);

    /// Readings every quarter of an hour from a time on.
    fn quarters(from: OffsetDateTime, values: &[f32]) -> Vec<(i64, f32)> {
        let first_s = from.unix_timestamp();
        values
            .iter()
            .zip(0..)
            .map(|(value, n)| (first_s + n * 900, *value))
            .collect()
    }

    #[test]
    fn a_frost_of_the_night_was_noticed_then_and_answered_in_the_morning() {
        // 03:00 by the county's clock.
        let from = datetime!(2026-01-20 19:00 UTC);
        let readings = quarters(from, &[1.0, -0.4, -1.2, -0.8, 0.6]);
        let alarms = watch(&FROST, readings.into_iter(), NOW);
        assert_eq!(alarms.len(), 1);
        let alarm = alarms[0];
        assert_eq!(point(alarm.excursion.since), from + Duration::minutes(15));
        assert_eq!(alarm.detected_at, from + Duration::seconds(30 * 60 + 3));
        assert!((alarm.excursion.extreme + 1.2).abs() < 1e-6);
        assert_eq!(alarm.cleared_at, Some(from + Duration::minutes(60)));
        let answered = alarm.acknowledged_at.unwrap_or(NOW);
        assert!(answered > datetime!(2026-01-20 23:10 UTC) && answered < from + Duration::hours(6));
    }

    #[test]
    fn a_single_odd_value_calls_nobody() {
        let from = datetime!(2026-01-20 19:00 UTC);
        assert!(watch(&FROST, quarters(from, &[1.0, -3.0, 1.0]).into_iter(), NOW).is_empty());
    }

    #[test]
    fn yesterdays_alarm_is_still_open_and_one_that_goes_on_is_not_cleared() {
        let readings = quarters(NOW - Duration::hours(20), &[-1.0; 9]);
        let alarms = watch(&FROST, readings.into_iter(), NOW);
        assert_eq!(alarms.len(), 1);
        assert_eq!(
            (alarms[0].acknowledged_at, alarms[0].cleared_at),
            (None, None)
        );
    }

    #[test]
    fn the_county_had_a_few_dozen_alarms_and_one_waits_for_the_supervisor() {
        let all = pasts(NOW);
        let weather = weather(2026, &all, NOW);
        let mut alarms = Vec::new();
        for past in &all {
            for rule in past.probe.rules() {
                let slot = usize::from(rule.channel);
                let readings =
                    said(&weather, past, NOW).filter_map(|(at, v)| Some((at, (*v.get(slot)?)?)));
                alarms.extend(
                    watch(rule, readings, NOW)
                        .into_iter()
                        .map(|a| (rule.name, a)),
                );
            }
        }
        let count = |name: &str| alarms.iter().filter(|alarm| alarm.0 == name).count();
        assert!((10..300).contains(&alarms.len()), "{} alarms", alarms.len());
        assert!(count("霜冻") >= 5, "{} frosts", count("霜冻"));
        let open: Vec<_> = alarms
            .iter()
            .filter(|a| a.1.acknowledged_at.is_none())
            .collect();
        assert!((1..10).contains(&open.len()), "{} open", open.len());
        assert!(open.iter().any(|alarm| alarm.0 == "冷藏超温"), "{open:?}");
        assert!(
            alarms
                .iter()
                .all(|a| a.1.acknowledged_at.is_none_or(|at| at < NOW))
        );
    }
}
