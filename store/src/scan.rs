//! The scan record: when a code was first asked for, how often, on which days and from which
//! places.
//!
//! The one thing to know: nothing about who asked is kept. A day, a township where one is known, a
//! number: no address, no browser, no cookie, no hour.

use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};

use crate::StoreError;

/// Most rows that a list holds.
pub const LIST_MAX: i64 = 1_000;

/// A query of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<'a> {
    /// Serial that was asked for.
    pub serial: &'a str,
    /// Day in China.
    pub day: Date,
    /// A place of [`is_place`], or empty.
    pub place: &'a str,
    /// When.
    pub at: OffsetDateTime,
}

/// How often a code was asked for by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// First query.
    pub first: OffsetDateTime,
    /// Queries in all.
    pub count: i32,
    /// Days with queries.
    pub days: i64,
    /// Named places with queries.
    pub places: i64,
    /// Queries of the day that had the most.
    pub busiest: i64,
    /// Whether the rule for copies spoke before.
    pub suspected: bool,
}

/// Counts a query, one by one however many come at once; `None` for a serial that nobody issued.
pub async fn count(
    connection: &mut PgConnection,
    query: &Query<'_>,
) -> Result<Option<Record>, StoreError> {
    let record = sqlx::query_as!(
        Record,
        r#"with counted as (
               update label
               set scan_count = scan_count + 1, first_scanned_at = coalesce(first_scanned_at, $2)
               where serial = $1
               returning serial, first_scanned_at, scan_count, copy_suspected_at
           ), noted as (
               insert into scan_day (serial, day, place, count)
               select serial, $3, $4, 1 from counted
               on conflict (serial, day, place) do update set count = scan_day.count + 1
               returning day, place, count
           ), looks as (
               -- What this statement writes it does not see: its own row comes from `noted`.
               select day, place, count from scan_day
               where serial = $1 and (day, place) <> ($3, $4)
               union all select day, place, count from noted
           )
           select first_scanned_at as "first!", scan_count as count,
                  (select count(distinct day) from looks) as "days!",
                  (select count(distinct place) from looks where place <> '') as "places!",
                  (select max(total)::bigint
                   from (select sum(count) as total from looks group by day) as by_day)
                      as "busiest!",
                  -- Nobody waits for the disk because somebody looked: a crash may lose the looks
                  -- of its last half second, and never more of one look than of another.
                  case when set_config('synchronous_commit', 'off', true) = 'off'
                       then copy_suspected_at is not null else false end as "suspected!"
           from counted"#,
        query.serial,
        query.at,
        query.day,
        query.place
    )
    .fetch_optional(connection)
    .await?;
    Ok(record)
}

/// Notes that the rule for copies spoke; returns whether it did for the first time.
pub async fn suspect(
    connection: &mut PgConnection,
    serial: &str,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update label set copy_suspected_at = $2
         where serial = $1 and copy_suspected_at is null",
        serial,
        at
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Whether a text is a township of the county or the place of a registered party. Nothing else is
/// kept as a place, so that nobody writes about persons there.
pub async fn is_place(connection: &mut PgConnection, text: &str) -> Result<bool, StoreError> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from producer where township = $1)
               or exists (select from party where township = $1
                          or (name = $1 and kind in ('hub', 'station'))) as "known!""#,
        text
    )
    .fetch_one(connection)
    .await?;
    Ok(known)
}

/// A code whose queries do not look like those of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// Serial.
    pub serial: String,
    /// GTIN-14.
    pub gtin: String,
    /// Name of the product.
    pub product: String,
    /// Lot that it is bound to.
    pub lot_id: Option<i64>,
    /// Code of that lot.
    pub lot: Option<String>,
    /// First query.
    pub first: Option<OffsetDateTime>,
    /// Queries in all.
    pub count: i32,
    /// Days with queries.
    pub days: i64,
    /// Named places with queries.
    pub places: i64,
    /// Queries of the day that had the most.
    pub busiest: i64,
    /// When the rule first spoke.
    pub suspected_at: OffsetDateTime,
}

/// The codes that the rule for copies spoke of, the newest first.
pub async fn list_suspects(
    connection: &mut PgConnection,
    producer_id: Option<i64>,
    limit: i64,
) -> Result<Vec<Suspect>, StoreError> {
    let suspects = sqlx::query_as!(
        Suspect,
        r#"select label.serial, product.gtin, product.name as product, lot.id as "lot_id?",
                  lot.code as "lot?", label.first_scanned_at as first, label.scan_count as count,
                  spread.days as "days!", spread.places as "places!", spread.busiest as "busiest!",
                  label.copy_suspected_at as "suspected_at!"
           from label
           join label_run as run on run.id = label.run_id
           join product on product.id = run.product_id
           left join label_binding as binding
             on binding.run_id = label.run_id
            and label.number between binding.first_number and binding.last_number
           left join lot on lot.id = binding.lot_id
           cross join lateral (
               select count(*) as days, coalesce(max(total), 0)::bigint as busiest,
                      (select count(distinct place) from scan_day
                       where serial = label.serial and place <> '') as places
               from (select sum(count) as total from scan_day
                     where serial = label.serial group by day) as by_day
           ) as spread
           where label.copy_suspected_at is not null
             and ($1::bigint is null or product.producer_id = $1)
           order by label.copy_suspected_at desc, label.serial
           limit $2"#,
        producer_id,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    Ok(suspects)
}

/// Queries of a day at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Day in China.
    pub day: Date,
    /// Place; empty where nothing was said.
    pub place: String,
    /// Queries.
    pub count: i64,
    /// Different codes.
    pub labels: i64,
}

/// Queries by day and place, newest day first, both days of the span included.
pub async fn list_days(
    connection: &mut PgConnection,
    (first, last): (Date, Date),
    limit: i64,
) -> Result<Vec<Day>, StoreError> {
    let days = sqlx::query_as!(
        Day,
        r#"select day, place, sum(count)::bigint as "count!", count(*) as "labels!"
           from scan_day where day between $1 and $2
           group by day, place order by day desc, place limit $3"#,
        first,
        last,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    Ok(days)
}

#[cfg(test)]
mod tests;
