//! 数据大屏: the county at a glance. Places are townships, never plots; people are never named.

use model::alarm::Severity;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// Newest tests and newest scans that the wall names.
pub const NEWEST_MAX: i64 = 8;
/// Alarms that the wall names.
pub const ALARMS_MAX: i64 = 6;

/// Labels that were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scans {
    /// Labels opened at least once, ever.
    pub labels: i64,
    /// Of these, opened for the first time since the day began in China.
    pub today: i64,
}

/// What a township has, for the schematic map.
#[derive(Debug, Clone, PartialEq)]
pub struct Township {
    /// Its name.
    pub name: String,
    /// Mean of its plots, WGS-84 degrees.
    pub latitude: f64,
    /// Mean of its plots, WGS-84 degrees.
    pub longitude: f64,
    /// Plots.
    pub plots: i64,
    /// Probes that stand there now.
    pub probes: i64,
    /// Alarms there that wait for an answer or are still on.
    pub alarms: i64,
}

/// A test, without who entered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTest {
    /// Product, Chinese.
    pub product: String,
    /// Product, English.
    pub product_en: String,
    /// Township of the producer.
    pub township: String,
    /// Whether it passed.
    pub passed: bool,
    /// When.
    pub at: OffsetDateTime,
}

/// A label that was looked at for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewScan {
    /// Product, Chinese.
    pub product: String,
    /// Product, English.
    pub product_en: String,
    /// Township of the producer.
    pub township: String,
    /// When.
    pub at: OffsetDateTime,
}

/// An hour of the county's intake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// Start of the hour, UTC.
    pub start: OffsetDateTime,
    /// Values that came.
    pub values: i64,
    /// Values that were to come.
    pub expected: i64,
}

/// Counts the labels looked at; `day` is the start of today in China.
pub async fn count_scans(
    connection: &mut PgConnection,
    day: OffsetDateTime,
) -> Result<Scans, StoreError> {
    let scans = sqlx::query_as!(
        Scans,
        r#"select count(*) as "labels!",
                  count(*) filter (where first_scanned_at >= $1) as "today!"
           from label where first_scanned_at is not null"#,
        day
    )
    .fetch_one(connection)
    .await?;
    Ok(scans)
}

/// Reports measured since `from`, asked probe by probe so that each is a short walk of the key.
pub async fn count_reports(
    connection: &mut PgConnection,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Result<i64, StoreError> {
    let reports = sqlx::query_scalar!(
        r#"select coalesce(sum(own.reports), 0)::bigint as "reports!"
           from probe
           cross join lateral (
               select count(*) as reports from report
               where report.probe_id = probe.id and report.time >= $1 and report.time < $2
           ) as own"#,
        from,
        to
    )
    .fetch_one(connection)
    .await?;
    Ok(reports)
}

/// The county's intake hour by hour, oldest first. An hour without any value is not there.
pub async fn list_hours(
    connection: &mut PgConnection,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Result<Vec<Hour>, StoreError> {
    let hours = sqlx::query_as!(
        Hour,
        r#"select hour as "start!", sum(n)::bigint as "values!", sum(expected)::bigint as "expected!"
           from probe
           join profile_channel as channel on channel.profile_id = probe.profile_id
           cross join lateral (
               select hour, n, expected from rollup_hour
               where rollup_hour.probe_id = probe.id and rollup_hour.channel = channel.index
                 and hour >= $1 and hour < $2
           ) as own
           group by hour order by hour"#,
        from,
        to
    )
    .fetch_all(connection)
    .await?;
    Ok(hours)
}

/// The townships that have plots, by name.
pub async fn list_townships(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Vec<Township>, StoreError> {
    let townships = sqlx::query_as!(
        Township,
        r#"select plot.township as name, avg(plot.latitude) as "latitude!",
                  avg(plot.longitude) as "longitude!", count(distinct plot.id) as "plots!",
                  count(distinct placement.probe_id) as "probes!",
                  count(distinct alarm.id) as "alarms!"
           from plot
           left join probe_placement as placement
             on placement.plot_id = plot.id and placement.valid_from <= $1
            and (placement.valid_to is null or placement.valid_to > $1)
           left join alarm_rule as rule on rule.probe_id = placement.probe_id
           left join alarm on alarm.rule_id = rule.id
            and (alarm.acknowledged_at is null or alarm.cleared_at is null)
           group by plot.township order by plot.township"#,
        now
    )
    .fetch_all(connection)
    .await?;
    Ok(townships)
}

/// The newest tests.
pub async fn list_tests(connection: &mut PgConnection) -> Result<Vec<NewTest>, StoreError> {
    let tests = sqlx::query_as!(
        NewTest,
        r#"select product.name as product, product.name_en as product_en, producer.township,
                  test_result.verdict = 'pass' as "passed!", test_result.tested_at as at
           from test_result
           join lot on lot.id = test_result.lot_id
           join product on product.id = lot.product_id
           join producer on producer.id = product.producer_id
           order by test_result.id desc limit $1"#,
        NEWEST_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(tests)
}

/// The labels that were first looked at last.
pub async fn list_scans(connection: &mut PgConnection) -> Result<Vec<NewScan>, StoreError> {
    let scans = sqlx::query_as!(
        NewScan,
        r#"select product.name as product, product.name_en as product_en, producer.township,
                  label.first_scanned_at as "at!"
           from label
           join label_run as run on run.id = label.run_id
           join product on product.id = run.product_id
           join producer on producer.id = product.producer_id
           where label.first_scanned_at is not null
           order by label.first_scanned_at desc limit $1"#,
        NEWEST_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(scans)
}

/// An alarm that waits for an answer or is still on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlarm {
    /// How severe.
    pub severity: Severity,
    /// Township of the plot that the probe stands on; empty where it stands on none.
    pub township: String,
    /// From when on the value was beyond its limit.
    pub onset: OffsetDateTime,
    /// Whether it is still on.
    pub is_active: bool,
    /// Whether somebody answered.
    pub is_acknowledged: bool,
}

/// The alarms that wait for an answer or are still on, the newest first.
pub async fn list_alarms(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Vec<OpenAlarm>, StoreError> {
    let rows = sqlx::query!(
        r#"select rule.severity, coalesce(plot.township, '') as "township!", alarm.raised_at as onset,
                  alarm.cleared_at is null as "is_active!",
                  alarm.acknowledged_at is not null as "is_acknowledged!"
           from alarm
           join alarm_rule as rule on rule.id = alarm.rule_id
           left join probe_placement as placement
             on placement.probe_id = rule.probe_id and placement.valid_from <= $2
            and (placement.valid_to is null or placement.valid_to > $2)
           left join plot on plot.id = placement.plot_id
           where alarm.acknowledged_at is null or alarm.cleared_at is null
           order by alarm.raised_at desc, alarm.id desc limit $1"#,
        ALARMS_MAX,
        now
    )
    .fetch_all(connection)
    .await?;
    let alarms = rows.into_iter().map(|row| {
        let severity = Severity::from_code(&row.severity)
            .ok_or_else(|| StoreError::inconsistent("alarm_rule.severity", row.severity))?;
        Ok(OpenAlarm {
            severity,
            township: row.township,
            onset: row.onset,
            is_active: row.is_active,
            is_acknowledged: row.is_acknowledged,
        })
    });
    alarms.collect()
}

#[cfg(test)]
mod tests;
