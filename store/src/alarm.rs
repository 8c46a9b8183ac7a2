//! Alarm rules, and the alarms that settling found. Raising and clearing is [`crate::settle`]'s;
//! how they are listed and what people do about them stands in this module's two files.

use model::alarm::{Bound, Excursion, Limit, Severity};
use model::id::ProbeKey;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::{StoreError, to_db};

pub use answer::{
    NewShelving, acknowledge, acknowledge_repeats, assign, list_returned, shelve, unshelve,
};
pub use list::{Alarm, Filter, Shelving, find, list};

mod answer;
mod list;

/// Most alarms that one list holds.
pub const LIST_MAX: i64 = 500;

/// A rule to make.
#[derive(Debug, Clone)]
pub struct NewRule<'a> {
    /// Whose channel it watches.
    pub probe: ProbeKey,
    /// Which slot of its reports.
    pub channel: i16,
    /// Name, Chinese, unique for its probe.
    pub name: &'a str,
    /// Name for English pages.
    pub name_en: &'a str,
    /// The limit, in the channel's unit.
    pub limit: Limit,
    /// How soon a person has to look.
    pub severity: Severity,
}

/// Makes a rule; returns its number.
pub async fn insert_rule(
    connection: &mut PgConnection,
    rule: &NewRule<'_>,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into alarm_rule
             (probe_id, channel, name, name_en, bound, limit_value, hold_s, severity)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        rule.probe.0,
        rule.channel,
        rule.name,
        rule.name_en,
        rule.limit.bound.code(),
        rule.limit.value,
        i32::try_from(rule.limit.hold_seconds).unwrap_or(i32::MAX),
        rule.severity.code()
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// An alarm told from the record: what settling would have found at the time.
#[derive(Debug, Clone)]
pub struct PastAlarm {
    /// Whose alarm.
    pub rule_id: i64,
    /// The run of values beyond the limit.
    pub excursion: Excursion,
    /// When the system found it.
    pub detected_at: OffsetDateTime,
    /// First reading back within the limit; `None` while it goes on.
    pub cleared_at: Option<OffsetDateTime>,
}

/// Writes an alarm from the record; returns its number, the old one's if it was there.
pub async fn insert_past(
    connection: &mut PgConnection,
    past: &PastAlarm,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into alarm
             (rule_id, raised_at, detected_at, extreme, last_value, last_at, cleared_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (rule_id, raised_at) do update set detected_at = excluded.detected_at
         returning id",
        past.rule_id,
        to_db(past.excursion.since),
        past.detected_at,
        past.excursion.extreme,
        past.excursion.last,
        to_db(past.excursion.last_at),
        past.cleared_at
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// A limit that a rule watches on a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct PlotLimit {
    /// Gateway of the probe.
    pub gateway: String,
    /// Name of the probe.
    pub probe: String,
    /// Which slot of its reports.
    pub channel: i16,
    /// Which side alarms.
    pub bound: Bound,
    /// The limit, in the channel's unit.
    pub value: f32,
}

/// The limits that are watched by probes that ever stood on a plot.
pub async fn list_plot_limits(
    connection: &mut PgConnection,
    plot_id: i64,
) -> Result<Vec<PlotLimit>, StoreError> {
    let rows = sqlx::query!(
        "select probe.gateway_id as gateway, probe.name as probe, rule.channel, rule.bound,
                rule.limit_value
         from alarm_rule as rule
         join probe on probe.id = rule.probe_id
         where exists (select from probe_placement as placement
                       where placement.probe_id = probe.id and placement.plot_id = $1)
         order by rule.id",
        plot_id
    )
    .fetch_all(connection)
    .await?;
    let limit = |gateway, probe, channel, bound: String, value| {
        let bound = Bound::from_code(&bound)
            .ok_or_else(|| StoreError::inconsistent("alarm_rule.bound", bound))?;
        Ok(PlotLimit {
            gateway,
            probe,
            channel,
            bound,
            value,
        })
    };
    rows.into_iter()
        .map(|row| {
            limit(
                row.gateway,
                row.probe,
                row.channel,
                row.bound,
                row.limit_value,
            )
        })
        .collect()
}
