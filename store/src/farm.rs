//! The farms of the county as a supervisor watches them: each plot with whose it is, the probes
//! that stand on it and the alarms that wait there. When a probe was last heard is
//! [`crate::reading::list_latest`]'s to say.

use model::alarm::Severity;
use model::id::ProbeKey;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// Most farms that one list holds: a county has hundreds of plots with probes.
pub const LIST_MAX: i64 = 5_000;

/// A plot, or a room of a workshop, with what stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Farm {
    /// Number of the plot.
    pub plot_id: i64,
    /// Name of the plot, Chinese.
    pub name: String,
    /// Name of the plot for English pages.
    pub name_en: String,
    /// 乡镇.
    pub township: String,
    /// Area in mu (亩).
    pub area_mu: f32,
    /// Metres above sea level.
    pub altitude_m: i32,
    /// Number of the producer.
    pub producer_id: i64,
    /// Name of the producer, Chinese.
    pub producer: String,
    /// Name of the producer, English.
    pub producer_en: String,
    /// Business contact of the producer.
    pub contact: String,
    /// The probes that stand there.
    pub probes: Vec<ProbeKey>,
    /// Seconds between two reports of the slowest of them; `None` without a probe.
    pub interval_seconds: Option<i32>,
    /// Rules with an alarm there that is active or not acknowledged and not on the shelf.
    pub alarms: i64,
    /// The worst of them.
    pub worst: Option<Severity>,
}

impl Farm {
    /// Its worst alarm's place among the severities, the most urgent first; what calls least comes
    /// last.
    #[must_use]
    pub const fn worst_place(&self) -> u8 {
        match self.worst {
            Some(Severity::Critical) => 0,
            Some(Severity::High) => 1,
            Some(Severity::Medium) => 2,
            Some(Severity::Low) => 3,
            None => 4,
        }
    }
}

/// Every plot, or the one of this number, as it stands at `now`; by township and name.
pub async fn list(
    connection: &mut PgConnection,
    plot_id: Option<i64>,
    now: OffsetDateTime,
) -> Result<Vec<Farm>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"with placed as (
               select placement.plot_id, array_agg(probe.id order by probe.id) as probes,
                      max(profile.interval_seconds) as interval_seconds
               from probe_placement as placement
               join probe on probe.id = placement.probe_id
               join probe_profile as profile on profile.id = probe.profile_id
               where placement.valid_from <= $2
                 and (placement.valid_to is null or placement.valid_to > $2)
               group by placement.plot_id
           ), calling as (
               select placement.plot_id, count(distinct rule.id) as alarms,
                      min(array_position(array['critical', 'high', 'medium', 'low'],
                                         rule.severity)) as worst
               from alarm
               join alarm_rule as rule on rule.id = alarm.rule_id
               join probe_placement as placement on placement.probe_id = rule.probe_id
                and placement.valid_from <= $2
                and (placement.valid_to is null or placement.valid_to > $2)
               where (alarm.acknowledged_at is null or alarm.cleared_at is null)
                 and not exists (select from alarm_shelving as put
                                 where put.rule_id = rule.id and put.ended_at is null
                                   and put.until > $2)
               group by placement.plot_id
           )
           select plot.id as plot_id, plot.name, plot.name_en, plot.township, plot.area_mu,
                  plot.altitude_m, producer.id as producer_id, producer.name as producer,
                  producer.name_en as producer_en, producer.contact,
                  coalesce(placed.probes, '{}') as "probes!",
                  placed.interval_seconds as "interval_seconds?",
                  coalesce(calling.alarms, 0) as "alarms!", calling.worst as "worst?"
           from plot
           join producer on producer.id = plot.producer_id
           left join placed on placed.plot_id = plot.id
           left join calling on calling.plot_id = plot.id
           where $1::bigint is null or plot.id = $1
           order by plot.township, plot.name, plot.id
           limit $3"#,
        plot_id,
        now,
        LIST_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Farm::from).collect())
}

struct Row {
    plot_id: i64,
    name: String,
    name_en: String,
    township: String,
    area_mu: f32,
    altitude_m: i32,
    producer_id: i64,
    producer: String,
    producer_en: String,
    contact: String,
    probes: Vec<i32>,
    interval_seconds: Option<i32>,
    alarms: i64,
    worst: Option<i32>,
}

impl From<Row> for Farm {
    fn from(row: Row) -> Self {
        let worst = row.worst.map(|place| match place {
            1 => Severity::Critical,
            2 => Severity::High,
            3 => Severity::Medium,
            _ => Severity::Low,
        });
        Self {
            plot_id: row.plot_id,
            name: row.name,
            name_en: row.name_en,
            township: row.township,
            area_mu: row.area_mu,
            altitude_m: row.altitude_m,
            producer_id: row.producer_id,
            producer: row.producer,
            producer_en: row.producer_en,
            contact: row.contact,
            probes: row.probes.into_iter().map(ProbeKey).collect(),
            interval_seconds: row.interval_seconds,
            alarms: row.alarms,
            worst,
        }
    }
}

#[cfg(test)]
mod tests;
