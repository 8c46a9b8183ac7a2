//! The county in numbers, for the desks' heads and the start page.

use sqlx::postgres::PgConnection;

use crate::StoreError;

/// How much there is of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct County {
    /// Filed producers.
    pub producers: i64,
    /// Filed products.
    pub products: i64,
    /// Registered lots.
    pub lots: i64,
    /// Entered test results.
    pub tests: i64,
    /// Those that passed.
    pub tests_passed: i64,
    /// Issued labels.
    pub labels: i64,
    /// Registered probes.
    pub probes: i64,
    /// Alarms that are active or not acknowledged.
    pub open_alarms: i64,
}

/// Counts the county.
pub async fn count(connection: &mut PgConnection) -> Result<County, StoreError> {
    let county = sqlx::query_as!(
        County,
        r#"select (select count(*) from producer where state = 'approved') as "producers!",
                  (select count(*) from product where state = 'approved') as "products!",
                  (select count(*) from lot) as "lots!",
                  (select count(*) from test_result) as "tests!",
                  (select count(*) from test_result where verdict = 'pass') as "tests_passed!",
                  (select coalesce(sum(count), 0)::bigint from label_run) as "labels!",
                  (select count(*) from probe) as "probes!",
                  (select count(*) from alarm
                   where acknowledged_at is null or cleared_at is null) as "open_alarms!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(county)
}
