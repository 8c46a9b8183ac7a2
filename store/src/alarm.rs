//! Alarm rules, and the alarms that settling found. Raising and clearing is [`crate::settle`]'s;
//! here they are listed and acknowledged.

use model::alarm::{Bound, Excursion, Limit, Severity};
use model::id::ProbeKey;
use model::unit::Quantity;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::{StoreError, notice, to_db};

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

/// An alarm with all that a supervisor sees of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// Its number.
    pub id: i64,
    /// The rule's name, Chinese.
    pub rule: String,
    /// The rule's name, English.
    pub rule_en: String,
    /// How soon a person has to look.
    pub severity: Severity,
    /// Which side of the limit.
    pub bound: Bound,
    /// The limit, in `unit`.
    pub limit: f32,
    /// Unit of the channel.
    pub unit: String,
    /// Name of the channel.
    pub channel: String,
    /// What the channel measures.
    pub quantity: Quantity,
    /// Gateway of the probe.
    pub gateway: String,
    /// Name of the probe.
    pub probe: String,
    /// Where the probe stands now: plot, English plot name, township, producer.
    pub plot: Option<String>,
    /// Name of that plot for English pages.
    pub plot_en: Option<String>,
    /// Township of that plot.
    pub township: Option<String>,
    /// First reading beyond the limit.
    pub raised_at: OffsetDateTime,
    /// When the system found it.
    pub detected_at: OffsetDateTime,
    /// Farthest value so far.
    pub extreme: f32,
    /// Newest value while active.
    pub last_value: f32,
    /// Time of that value.
    pub last_at: OffsetDateTime,
    /// First reading back within the limit; `None` while active.
    pub cleared_at: Option<OffsetDateTime>,
    /// When somebody took note of it.
    pub acknowledged_at: Option<OffsetDateTime>,
    /// Who did.
    pub acknowledged_by: Option<String>,
    /// What they wrote.
    pub note: String,
}

/// Which alarms to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this number.
    pub id: Option<i64>,
    /// Only this gateway.
    pub gateway: Option<String>,
    /// Only this probe name.
    pub probe: Option<String>,
    /// Only those that nobody acknowledged or that are still active.
    pub open: bool,
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

/// The alarms of a filter: active ones first, then newest first; at most `limit` and
/// [`LIST_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Alarm>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select alarm.id, rule.name as rule, rule.name_en as rule_en, rule.severity, rule.bound,
                  rule.limit_value, channel.unit, channel.name as channel,
                  channel.quantity,
                  probe.gateway_id as gateway, probe.name as probe,
                  plot.name as "plot?", plot.name_en as "plot_en?", plot.township as "township?",
                  alarm.raised_at, alarm.detected_at, alarm.extreme, alarm.last_value,
                  alarm.last_at, alarm.cleared_at, alarm.acknowledged_at,
                  account.display_name as "acknowledged_by?", alarm.note
           from alarm
           join alarm_rule as rule on rule.id = alarm.rule_id
           join probe on probe.id = rule.probe_id
           join profile_channel as channel
             on channel.profile_id = probe.profile_id and channel.index = rule.channel
           left join probe_placement as placement
             on placement.probe_id = probe.id and placement.valid_from <= alarm.raised_at
            and (placement.valid_to is null or placement.valid_to > alarm.raised_at)
           left join plot on plot.id = placement.plot_id
           left join account on account.id = alarm.acknowledged_by
           where ($1::bigint is null or alarm.id = $1)
             and ($2::text is null or probe.gateway_id = $2)
             and ($3::text is null or probe.name = $3)
             and (not $4 or alarm.acknowledged_at is null or alarm.cleared_at is null)
           order by alarm.cleared_at is null desc, alarm.raised_at desc, alarm.id desc
           limit $5"#,
        filter.id,
        filter.gateway,
        filter.probe,
        filter.open,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Alarm::try_from).collect()
}

/// One alarm.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Alarm>, StoreError> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    Ok(list(connection, &filter, 1).await?.pop())
}

/// Notes who took note of an alarm; the first one stays. Returns whether this call was the first.
pub async fn acknowledge(
    connection: &mut PgConnection,
    id: i64,
    account_id: i64,
    note: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update alarm set acknowledged_at = $3, acknowledged_by = $2, note = $4
         where id = $1 and acknowledged_at is null",
        id,
        account_id,
        now,
        note
    )
    .execute(&mut *connection)
    .await?;
    notice::alarm_changed(connection, id).await?;
    Ok(updated.rows_affected() > 0)
}

struct Row {
    id: i64,
    rule: String,
    rule_en: String,
    severity: String,
    bound: String,
    limit_value: f32,
    unit: String,
    channel: String,
    quantity: String,
    gateway: String,
    probe: String,
    plot: Option<String>,
    plot_en: Option<String>,
    township: Option<String>,
    raised_at: OffsetDateTime,
    detected_at: OffsetDateTime,
    extreme: f32,
    last_value: f32,
    last_at: OffsetDateTime,
    cleared_at: Option<OffsetDateTime>,
    acknowledged_at: Option<OffsetDateTime>,
    acknowledged_by: Option<String>,
    note: String,
}

impl TryFrom<Row> for Alarm {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let severity = Severity::from_code(&row.severity)
            .ok_or_else(|| StoreError::inconsistent("alarm_rule.severity", row.severity))?;
        let bound = Bound::from_code(&row.bound)
            .ok_or_else(|| StoreError::inconsistent("alarm_rule.bound", row.bound))?;
        let quantity = Quantity::from_code(&row.quantity)
            .ok_or_else(|| StoreError::inconsistent("profile_channel.quantity", row.quantity))?;
        Ok(Self {
            id: row.id,
            rule: row.rule,
            rule_en: row.rule_en,
            severity,
            bound,
            limit: row.limit_value,
            unit: row.unit,
            channel: row.channel,
            quantity,
            gateway: row.gateway,
            probe: row.probe,
            plot: row.plot,
            plot_en: row.plot_en,
            township: row.township,
            raised_at: row.raised_at,
            detected_at: row.detected_at,
            extreme: row.extreme,
            last_value: row.last_value,
            last_at: row.last_at,
            cleared_at: row.cleared_at,
            acknowledged_at: row.acknowledged_at,
            acknowledged_by: row.acknowledged_by,
            note: row.note,
        })
    }
}
