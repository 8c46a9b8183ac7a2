//! Poverty relief: which producers are or work with households of the programme, and the free quick
//! tests that the plan gives them. Never shown in public, nor to other producers: no public query
//! of this crate names the table.

use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};

use crate::StoreError;

/// A marked producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relief {
    /// Number of the producer.
    pub producer_id: i64,
    /// Its name.
    pub producer: String,
    /// 乡镇.
    pub township: String,
    /// Households linked to it; 0 where the producer itself is one.
    pub households: i32,
    /// Free quick tests a calendar year.
    pub free_tests: i32,
    /// First day.
    pub since: Date,
    /// Last day.
    pub until: Option<Date>,
    /// More.
    pub note: String,
    /// From 1; an edit names the one that it saw, 0 for the first.
    pub version: i32,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
    /// Samples taken of its lots in the year while it was marked.
    pub used: i64,
}

impl Relief {
    /// Whether the mark holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.since <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Free tests that are left on a day; none where the mark does not hold.
    #[must_use]
    pub fn left_on(&self, day: Date) -> i64 {
        let left = (i64::from(self.free_tests) - self.used).max(0);
        if self.holds_on(day) { left } else { 0 }
    }
}

/// What a mark says.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    /// See [`Relief::households`].
    pub households: i32,
    /// See [`Relief::free_tests`].
    pub free_tests: i32,
    /// First day.
    pub since: Date,
    /// Last day.
    pub until: Option<Date>,
    /// More.
    pub note: &'a str,
}

/// Marks a producer, or changes its mark if it is still of the version that was seen.
pub async fn put(
    connection: &mut PgConnection,
    (producer_id, base): (i64, i32),
    words: &Words<'_>,
    (account_id, now): (i64, OffsetDateTime),
) -> Result<bool, StoreError> {
    let put = sqlx::query!(
        "insert into relief (producer_id, households, free_tests, since, until, note, version,
                             updated_at, account_id)
         select $1, $3, $4, $5, $6, $7, 1, $8, $9 where $2 = 0
            or exists (select from relief where producer_id = $1 and version = $2)
         on conflict (producer_id) do update
         set households = $3, free_tests = $4, since = $5, until = $6, note = $7,
             version = relief.version + 1, updated_at = $8, account_id = $9
         where relief.version = $2",
        producer_id,
        base,
        words.households,
        words.free_tests,
        words.since,
        words.until,
        words.note,
        now,
        account_id
    )
    .execute(connection)
    .await?;
    Ok(put.rows_affected() == 1)
}

/// The marks of one producer or of all, with the free tests that were used in a year, by township
/// and name.
pub async fn list(
    connection: &mut PgConnection,
    producer_id: Option<i64>,
    (first, last): (Date, Date),
) -> Result<Vec<Relief>, StoreError> {
    let rows = sqlx::query_as!(
        Relief,
        r#"select relief.producer_id, producer.name as producer, producer.township,
                  relief.households, relief.free_tests, relief.since, relief.until, relief.note,
                  relief.version, relief.updated_at,
                  (select count(*) from lot_step
                   join lot on lot.id = lot_step.lot_id
                   join product on product.id = lot.product_id
                   where product.producer_id = relief.producer_id
                     and lot_step.step = 'sample'
                     and (lot_step.at at time zone 'Asia/Shanghai')::date
                         between greatest($2::date, relief.since)
                             and least($3::date, relief.until)) as "used!"
           from relief join producer on producer.id = relief.producer_id
           where $1::bigint is null or relief.producer_id = $1
           order by producer.township, producer.name, relief.producer_id
           limit 1000"#,
        producer_id,
        first,
        last
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
