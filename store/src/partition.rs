//! Monthly partitions of `report` on plain PostgreSQL: made ahead, looked after, dropped when
//! [`crate::retention`] says so. Where TimescaleDB is, it makes its own chunks and nothing here is
//! called.
//!
//! The default partition takes what has no month: a row so late that its month was dropped before,
//! written by a process that remembers the month as made. It is stored there and soon moved.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use time::{Date, Month, OffsetDateTime};

use crate::retention::Piece;
use crate::{Flavour, StoreError, copy};

/// Months after the current one whose partition is made before anybody needs it.
pub const MONTHS_AHEAD: u8 = 2;

/// A month of UTC.
type YearMonth = (i32, u8);

/// Remembers which months have their partition, so that a batch asks the database only once a
/// month.
#[derive(Debug)]
pub(crate) struct Months {
    flavour: Flavour,
    made: BTreeSet<YearMonth>,
}

impl Months {
    pub(crate) const fn new(flavour: Flavour) -> Self {
        Self {
            flavour,
            made: BTreeSet::new(),
        }
    }

    /// Makes the partitions that rows of these times need.
    pub(crate) async fn ensure(
        &mut self,
        connection: &mut PgConnection,
        times: impl Iterator<Item = OffsetDateTime>,
    ) -> Result<(), StoreError> {
        if self.flavour != Flavour::Plain {
            return Ok(());
        }
        let wanted: BTreeSet<_> = times.map(month_of).collect();
        for month in wanted.difference(&self.made.clone()) {
            make(connection, *month).await?;
            self.made.insert(*month);
        }
        Ok(())
    }
}

/// Makes the partitions of this month and the next [`MONTHS_AHEAD`].
pub(crate) async fn make_ahead(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut month = month_of(now);
    for _ in 0..=MONTHS_AHEAD {
        make(connection, month).await?;
        month = following(month);
    }
    Ok(())
}

/// Moves the rows of the default partition to months of their own. Returns how many there were.
pub(crate) async fn rehome_strays(connection: &mut PgConnection) -> Result<u64, StoreError> {
    // Not checked at compile time, like everything below: TimescaleDB has no such table.
    let months: Vec<OffsetDateTime> = sqlx::query_scalar(
        "select distinct date_trunc('month', time, 'UTC') from report_default order by 1",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut moved = 0;
    for month in months {
        moved += rehome(connection, month_of(month)).await?;
    }
    Ok(moved)
}

async fn rehome(connection: &mut PgConnection, month: YearMonth) -> Result<u64, StoreError> {
    let (name, bounds) = (name(month), bounds(month)?);
    let columns = copy::COLUMNS;
    let mut transaction = connection.begin().await?;
    // Numbers and our own words only. The lock keeps new strays out until the month is attached.
    let prepare = format!(
        "lock table report_default in access exclusive mode;
         create table {name} (like report including all)"
    );
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(&mut *transaction)
        .await?;
    let (from, to) = (&bounds.0, &bounds.1);
    let moving = format!(
        "with stray as (
             delete from report_default where time >= '{from}' and time < '{to}' returning {columns}
         )
         insert into {name} ({columns}) select {columns} from stray"
    );
    let moved = sqlx::query(AssertSqlSafe(moving))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    let attach = format!(
        "alter table report attach partition {name} for values from ('{from}') to ('{to}')"
    );
    sqlx::query(AssertSqlSafe(attach))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(moved)
}

/// The months that have a partition, oldest first.
pub(crate) async fn list(connection: &mut PgConnection) -> Result<Vec<Piece>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "select child.relname::text
         from pg_inherits
         join pg_class as child on child.oid = inhrelid
         where inhparent = 'report'::regclass and child.relname ~ '^report_[0-9]{4}_[0-9]{2}$'
         order by 1",
    )
    .fetch_all(connection)
    .await?;
    names.into_iter().map(piece).collect()
}

fn piece(name: String) -> Result<Piece, StoreError> {
    let digits = name.trim_start_matches("report_").split_once('_');
    let parsed = digits.and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)));
    let Some(month) = parsed else {
        return Err(StoreError::inconsistent("pg_class.relname", name));
    };
    let start = |month| first_day(month).map(|day| day.midnight().assume_utc());
    Ok(Piece {
        from: start(month)?,
        to: start(following(month))?,
        name,
    })
}

/// Takes a month out of the table and drops it.
pub(crate) async fn drop_month(
    connection: &mut PgConnection,
    piece: &Piece,
) -> Result<(), StoreError> {
    // The name is one that `list` found, of digits and our own word.
    let name = &piece.name;
    let sql = format!("alter table report detach partition {name}; drop table {name}");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes the partition of one month if it is missing. Two processes may try at once: the loser
/// finds the table there. Where the default partition holds rows of that month PostgreSQL refuses,
/// and the rows go there too until [`rehome_strays`] moves them all.
async fn make(connection: &mut PgConnection, month: YearMonth) -> Result<(), StoreError> {
    let (name, (from, to)) = (name(month), bounds(month)?);
    // Built from numbers only: nothing foreign gets into the text.
    let sql = format!(
        "create table if not exists {name} partition of report \
         for values from ('{from}') to ('{to}')"
    );
    match sqlx::query(AssertSqlSafe(sql)).execute(connection).await {
        Err(error) if !is_there_already(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Check violation: strays of that month. Duplicate table, or its name in the catalogue: another
/// process made it in the same moment.
fn is_there_already(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("23514" | "42P07" | "23505"))
}

fn name((year, month): YearMonth) -> String {
    format!("report_{year:04}_{month:02}")
}

/// First moment of a month, and of the next one, as SQL spells them.
fn bounds(month: YearMonth) -> Result<(String, String), StoreError> {
    let text = |day: Date| format!("{day} 00:00:00+00");
    Ok((text(first_day(month)?), text(first_day(following(month))?)))
}

fn month_of(time: OffsetDateTime) -> YearMonth {
    let time = time.to_offset(time::UtcOffset::UTC);
    (time.year(), u8::from(time.month()))
}

const fn following((year, month): YearMonth) -> YearMonth {
    if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    }
}

fn first_day((year, month): YearMonth) -> Result<Date, StoreError> {
    Month::try_from(month)
        .and_then(|month| Date::from_calendar_date(year, month, 1))
        .map_err(|_| StoreError::inconsistent("report.time", format!("{year}-{month}")))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_month_ends_where_the_next_begins_in_leap_years_and_at_new_year() {
        for (name, from, to) in [
            ("report_2024_02", datetime!(2024-02-01 0:00 UTC), 29),
            ("report_2026_02", datetime!(2026-02-01 0:00 UTC), 28),
            ("report_2026_12", datetime!(2026-12-01 0:00 UTC), 31),
            ("report_2100_02", datetime!(2100-02-01 0:00 UTC), 28),
        ] {
            let piece = piece(name.to_owned()).expect("a month");
            assert_eq!((piece.from, (piece.to - from).whole_days()), (from, to));
        }
        assert!(piece("report_2026_13".to_owned()).is_err());
    }

    #[test]
    fn a_month_is_one_of_utc_wherever_its_time_was_written_down() {
        assert_eq!(month_of(datetime!(2026-03-01 7:59 +8)), (2026, 2));
        assert_eq!(month_of(datetime!(2026-03-01 8:00 +8)), (2026, 3));
    }
}
