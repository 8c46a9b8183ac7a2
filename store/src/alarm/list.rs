//! Alarms as a supervisor sees them: searched, the repeats of a rule under its newest one, and
//! whether they are on the shelf at this moment.

use model::alarm::{Bound, Severity};
use model::unit::Quantity;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use super::LIST_MAX;
use crate::StoreError;

/// An alarm with all that a supervisor sees of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// Its number.
    pub id: i64,
    /// Number of its rule: alarms of one rule are repeats of each other.
    pub rule_id: i64,
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
    /// Number of the plot where the probe stood.
    pub plot_id: Option<i64>,
    /// Name of that plot.
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
    /// Who looks after it: sign-in name and name.
    pub assigned_to: Option<(String, String)>,
    /// Alarms of its rule in the week that ends with it, itself included.
    pub repeats: i64,
    /// Present while it is on the shelf.
    pub shelving: Option<Shelving>,
}

/// An alarm put aside for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelving {
    /// When it returns by itself.
    pub until: OffsetDateTime,
    /// Why.
    pub reason: String,
    /// Who put it there.
    pub by: String,
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
    /// Only probes that stood on this plot.
    pub plot_id: Option<i64>,
    /// Only those that nobody acknowledged or that are still active.
    pub open: bool,
    /// Of each rule only the newest alarm; of those that are open, if only those are wanted.
    pub grouped: bool,
    /// Only those on the shelf, or only those that are not.
    pub shelved: Option<bool>,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// Only where rule, probe, gateway, plot or township has these words in it.
    pub words: Option<String>,
    /// Only those after the alarm of this number in the list's order.
    pub after: Option<i64>,
}

/// The alarms of a filter as of `now`: active ones first, then newest first; at most `limit` and
/// [`LIST_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Alarm>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select alarm.id, rule.id as rule_id, rule.name as rule, rule.name_en as rule_en,
                  rule.severity, rule.bound, rule.limit_value, channel.unit,
                  channel.name as channel, channel.quantity,
                  probe.gateway_id as gateway, probe.name as probe, plot.id as "plot_id?",
                  plot.name as "plot?", plot.name_en as "plot_en?", plot.township as "township?",
                  alarm.raised_at, alarm.detected_at, alarm.extreme, alarm.last_value,
                  alarm.last_at, alarm.cleared_at, alarm.acknowledged_at,
                  account.display_name as "acknowledged_by?", alarm.note,
                  assigned.login as "assigned_login?", assigned.display_name as "assigned_name?",
                  (select count(*) from alarm as other
                   where other.rule_id = alarm.rule_id and other.raised_at <= alarm.raised_at
                     and other.raised_at > alarm.raised_at - interval '7 days') as "repeats!",
                  shelving.until as "shelved_until?", shelving.reason as "shelved_why?",
                  shelving.by as "shelved_by?"
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
           left join account as assigned on assigned.id = alarm.assigned_to
           left join lateral (
               select put.until, put.reason, account.display_name as by
               from alarm_shelving as put join account on account.id = put.shelved_by
               where put.rule_id = rule.id and put.ended_at is null and put.until > $6
               order by put.id desc limit 1
           ) as shelving on true
           where ($1::bigint is null or alarm.id = $1)
             and ($2::text is null or probe.gateway_id = $2)
             and ($3::text is null or probe.name = $3)
             and ($4::bigint is null or plot.id = $4)
             and (not $5 or alarm.acknowledged_at is null or alarm.cleared_at is null)
             and (not $7 or not exists (
                 select from alarm as later
                 where later.rule_id = alarm.rule_id and later.raised_at > alarm.raised_at
                   and (not $5 or later.acknowledged_at is null or later.cleared_at is null)))
             and ($8::boolean is null or (shelving.until is not null) = $8)
             and ($9::text is null or rule.severity = $9)
             and ($10::text is null
                  or strpos(lower(concat_ws(' ', rule.name, rule.name_en, probe.gateway_id,
                                            probe.name, plot.name, plot.name_en,
                                            plot.township)), lower($10)) > 0)
             and ($11::bigint is null or (alarm.cleared_at is null, alarm.raised_at, alarm.id)
                  < (select cleared_at is null, raised_at, id from alarm where id = $11))
           order by alarm.cleared_at is null desc, alarm.raised_at desc, alarm.id desc
           limit $12"#,
        filter.id,
        filter.gateway,
        filter.probe,
        filter.plot_id,
        filter.open,
        now,
        filter.grouped,
        filter.shelved,
        filter.severity.map(Severity::code),
        filter.words.as_deref().map(str::trim),
        filter.after,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Alarm::try_from).collect()
}

/// One alarm.
pub async fn find(
    connection: &mut PgConnection,
    id: i64,
    now: OffsetDateTime,
) -> Result<Option<Alarm>, StoreError> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    Ok(list(connection, &filter, now, 1).await?.pop())
}

struct Row {
    id: i64,
    rule_id: i64,
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
    plot_id: Option<i64>,
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
    assigned_login: Option<String>,
    assigned_name: Option<String>,
    repeats: i64,
    shelved_until: Option<OffsetDateTime>,
    shelved_why: Option<String>,
    shelved_by: Option<String>,
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
        let shelving = row.shelved_until.map(|until| Shelving {
            until,
            reason: row.shelved_why.unwrap_or_default(),
            by: row.shelved_by.unwrap_or_default(),
        });
        Ok(Self {
            id: row.id,
            rule_id: row.rule_id,
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
            plot_id: row.plot_id,
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
            assigned_to: row.assigned_login.zip(row.assigned_name),
            repeats: row.repeats,
            shelving,
        })
    }
}
