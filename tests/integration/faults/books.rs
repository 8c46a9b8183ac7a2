//! What is stored, compared with what was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::ensure;
use model::id::ProbeKey;
use store::Store;
use store::reading::{ROWS_MAX, Span, list_raw};
use time::macros::datetime;

use super::publisher::{START, values};

/// Stored rows of a probe: time in microseconds, and the values.
pub type Rows = Vec<(i64, Vec<Option<f32>>)>;

/// What became of a sender's readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Readings that must be there.
    pub owed: usize,
    /// Rows that are there.
    pub stored: usize,
    /// Owed and not there.
    pub lost: usize,
    /// Rows at a time that no reading has, or with another reading's values.
    pub twice: usize,
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            owed,
            stored,
            lost,
            twice,
        } = self;
        write!(
            out,
            "owed {owed}, stored {stored}, lost {lost}, twice {twice}"
        )
    }
}

/// Every row of a probe.
pub async fn rows(store: &Store, probe: ProbeKey) -> anyhow::Result<Rows> {
    let mut connection = store.acquire().await?;
    let mut found = Rows::new();
    let mut span = Span {
        from: datetime!(2000-01-01 0:00 UTC),
        to: datetime!(2100-01-01 0:00 UTC),
    };
    loop {
        let page = list_raw(&mut connection, probe, span, ROWS_MAX).await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        ensure!(last.time < span.to, "a page that repeats");
        span.to = last.time;
        found.extend(page.into_iter().map(|row| {
            let micros = row.time.unix_timestamp_nanos() / 1_000;
            (micros as i64, row.values)
        }));
    }
}

/// The account of a stock publisher, which owes what was acknowledged to it.
pub fn of_publisher(rows: &Rows, made: i64, acknowledged: &BTreeSet<i64>) -> Account {
    let mut stored = BTreeSet::new();
    let mut twice = 0;
    for (micros, found) in rows {
        let number = micros / 1_000_000 - START;
        let expected = values(number).map(|value| Some(value as f32));
        let is_own = (0..made).contains(&number) && micros % 1_000_000 == 0;
        if is_own && found[..] == expected {
            stored.insert(number);
        } else {
            twice += 1;
        }
    }
    Account {
        owed: acknowledged.len(),
        stored: rows.len(),
        lost: acknowledged.difference(&stored).count(),
        twice,
    }
}

/// The account of a node, which owes all that it sampled.
pub fn of_node(rows: &Rows, sampled: &BTreeSet<i64>) -> Account {
    let stored: BTreeMap<i64, usize> = rows.iter().fold(BTreeMap::new(), |mut count, (at, _)| {
        *count.entry(*at).or_default() += 1;
        count
    });
    let own = stored.keys().filter(|at| sampled.contains(at)).count();
    Account {
        owed: sampled.len(),
        stored: rows.len(),
        lost: sampled.iter().filter(|at| !stored.contains_key(at)).count(),
        twice: rows.len() - own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: i64, like: i64) -> (i64, Vec<Option<f32>>) {
        let values = values(like).map(|value| Some(value as f32));
        ((START + number) * 1_000_000, values.into())
    }

    #[test]
    fn a_lost_and_a_doubled_reading_are_both_found() {
        let acknowledged = BTreeSet::from([0, 1, 2]);
        let good = vec![row(0, 0), row(1, 1), row(2, 2), row(3, 3)];
        let account = of_publisher(&good, 4, &acknowledged);
        assert_eq!((account.lost, account.twice), (0, 0));
        // The second reading is gone, and the first one stands in its place as well.
        let bad = vec![row(0, 0), row(1, 0), row(2, 2), row(9, 9)];
        let account = of_publisher(&bad, 4, &acknowledged);
        assert_eq!((account.lost, account.twice), (1, 2));
    }

    #[test]
    fn a_nodes_readings_are_known_by_their_times() {
        let rows = vec![(10, vec![]), (20, vec![]), (25, vec![])];
        let account = of_node(&rows, &BTreeSet::from([10, 20, 30]));
        assert_eq!((account.owed, account.stored), (3, 3));
        assert_eq!((account.lost, account.twice), (1, 1));
    }
}
