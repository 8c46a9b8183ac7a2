//! Monthly partitions of `report` on plain PostgreSQL, made before the first row of a month
//! arrives. Where TimescaleDB is, it makes its own chunks and this file does nothing.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use time::{Date, Month, OffsetDateTime};

use crate::{Flavour, StoreError};

/// Remembers which months have their partition, so that a batch asks the database only once a
/// month.
#[derive(Debug)]
pub(crate) struct Months {
    flavour: Flavour,
    made: BTreeSet<(i32, u8)>,
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
        let wanted: BTreeSet<_> = times.map(|t| (t.year(), u8::from(t.month()))).collect();
        for month in wanted.difference(&self.made.clone()) {
            make(connection, *month).await?;
            self.made.insert(*month);
        }
        Ok(())
    }
}

/// Makes the partition of one month if it is missing. Two processes may try at once: the loser
/// finds the table there.
async fn make(connection: &mut PgConnection, (year, month): (i32, u8)) -> Result<(), StoreError> {
    let start = first_day(year, month)?;
    let end = if month == 12 {
        first_day(year + 1, 1)?
    } else {
        first_day(year, month + 1)?
    };
    // Built from numbers only: nothing foreign gets into the text.
    let sql = format!(
        "create table if not exists report_{year:04}_{month:02} partition of report \
         for values from ('{start} 00:00:00+00') to ('{end} 00:00:00+00')"
    );
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

fn first_day(year: i32, month: u8) -> Result<Date, StoreError> {
    Month::try_from(month)
        .and_then(|month| Date::from_calendar_date(year, month, 1))
        .map_err(|_| StoreError::inconsistent("report.time", format!("{year}-{month}")))
}
