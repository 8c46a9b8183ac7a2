//! `/supervisor/statistics`: the county by month and township, and how often codes are asked for.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use store::county::{self, TownshipMonth};
use store::scan::{self, Day, Suspect};
use time::{Date, Duration};

use crate::extract::Asked;
use crate::page::supervisor::statistics::{Counted, StatisticsView, SuspectRow, page};
use crate::problem::{Answer, Kind};
use crate::rule::copy::{self, Sign, signs};
use crate::rule::month;
use crate::rule::plausible::today;
use crate::state::{AppState, timestamp};
use crate::web::Here;

/// Days whose queries are shown.
const SCAN_DAYS: i64 = 30;
/// Most places that are named.
const PLACES_MAX: usize = 20;
/// Most codes with uncommon queries.
const SUSPECTS_MAX: i64 = 50;

/// The page of statistics.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/supervisor/statistics", get(show))
}

/// Which months.
#[derive(Debug, Default, Deserialize)]
struct Question {
    from: Option<String>,
    to: Option<String>,
}

/// Shows the county in numbers.
async fn show(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let today = today(state.now());
    let asked = (question.from.as_deref(), question.to.as_deref());
    let (here, span) = match month::span(asked, today) {
        Ok(span) => (here, span),
        // The page of the last year with the reason above it.
        Err(problem) if problem.kind == Kind::Invalid => {
            let (here, _) = here.with_refusal(problem)?;
            (here, month::span((None, None), today)?)
        }
        Err(problem) => return Err(problem),
    };
    let first = today.saturating_sub(Duration::days(SCAN_DAYS - 1));
    let mut connection = state.store().acquire().await?;
    let months = county::list_months(&mut connection, span).await?;
    let days = scan::list_days(&mut connection, (first, today), scan::LIST_MAX).await?;
    let suspects = scan::list_suspects(&mut connection, None, SUSPECTS_MAX).await?;
    drop(connection);
    let mut total = Counted::default();
    for row in &months {
        total.add(&counted(row, String::new()));
    }
    let view = StatisticsView {
        months: (month::iso(span.0), month::iso(span.1)),
        by_month: by_month(&months, span),
        by_township: by_township(&months),
        total,
        scan_days: by_day(&days, first),
        scan_places: by_place(&days),
        suspects: suspects.into_iter().map(suspect).collect(),
    };
    here.answer(page(&here.site, &view))
}

fn counted(row: &TownshipMonth, name: String) -> Counted {
    Counted {
        name,
        producers: row.producers,
        products: row.products,
        lots: row.lots,
        tests: row.tests,
        passed: row.tests_passed,
        labels: row.labels,
        scanned: row.scanned_labels,
    }
}

/// Every month of the span: one in which nothing was is an empty one.
fn by_month(rows: &[TownshipMonth], (from, to): (Date, Date)) -> Vec<Counted> {
    let mut months = Vec::new();
    let mut first = from;
    while first <= to {
        let mut sum = Counted {
            name: month::iso(first),
            ..Counted::default()
        };
        for row in rows.iter().filter(|row| row.month == first) {
            sum.add(&counted(row, String::new()));
        }
        months.push(sum);
        first = month::back(first, -1);
    }
    months
}

fn by_township(rows: &[TownshipMonth]) -> Vec<Counted> {
    let mut sums: BTreeMap<&str, Counted> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(&row.township).or_insert_with(|| Counted {
            name: row.township.clone(),
            ..Counted::default()
        });
        sum.add(&counted(row, String::new()));
    }
    sums.into_values().collect()
}

/// Every day from `first` on, with its queries.
fn by_day(days: &[Day], first: Date) -> Vec<(String, i64)> {
    let every = (0..SCAN_DAYS).map(|n| first.saturating_add(Duration::days(n)));
    every
        .map(|day| {
            let own = days.iter().filter(|row| row.day == day);
            let label = format!("{}/{}", u8::from(day.month()), day.day());
            (label, own.map(|row| row.count).sum())
        })
        .collect()
}

fn by_place(days: &[Day]) -> Vec<(String, i64)> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for row in days {
        *sums.entry(&row.place).or_default() += row.count;
    }
    let mut places: Vec<_> = sums
        .into_iter()
        .map(|(place, n)| (place.to_owned(), n))
        .collect();
    places.sort_by_key(|(_, count)| -count);
    places.truncate(PLACES_MAX);
    places
}

fn suspect(row: Suspect) -> SuspectRow {
    let counted = copy::Counted {
        count: i64::from(row.count),
        days: row.days,
        places: row.places,
        busiest: row.busiest,
    };
    let lot = row
        .lot
        .as_deref()
        .map(|code| format!("/10/{code}"))
        .unwrap_or_default();
    SuspectRow {
        trace: format!("/01/{}{lot}/21/{}", row.gtin, row.serial),
        lot: row
            .lot
            .zip(row.lot_id.map(|id| format!("/supervisor/lots/{id}"))),
        serial: row.serial,
        product: row.product,
        counts: [counted.count, row.days, row.places, row.busiest],
        signs: signs(counted).into_iter().map(Sign::word).collect(),
        since: timestamp(row.suspected_at),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn row(month: Date, township: &str, lots: i64) -> TownshipMonth {
        TownshipMonth {
            month,
            township: township.to_owned(),
            producers: 0,
            products: 0,
            lots,
            tests: 0,
            tests_passed: 0,
            labels: 0,
            scanned_labels: 0,
            scans: 0,
        }
    }

    #[test]
    fn a_month_without_anything_keeps_its_place() {
        let rows = [
            row(date!(2025 - 12 - 01), "毛坝乡", 2),
            row(date!(2025 - 12 - 01), "万坪镇", 3),
            row(date!(2026 - 02 - 01), "毛坝乡", 1),
        ];
        let months = by_month(&rows, (date!(2025 - 12 - 01), date!(2026 - 02 - 01)));
        let told: Vec<_> = months
            .iter()
            .map(|one| (one.name.as_str(), one.lots))
            .collect();
        assert_eq!(told, [("2025-12", 5), ("2026-01", 0), ("2026-02", 1)]);
        let places: Vec<_> = by_township(&rows).iter().map(|one| one.lots).collect();
        assert_eq!(places, [3, 3]);
    }

    #[test]
    fn queries_are_counted_by_day_and_by_place() {
        let day = |day, place: &str, count| Day {
            day,
            place: place.to_owned(),
            count,
            labels: 1,
        };
        let days = [
            day(date!(2026 - 11 - 02), "毛坝乡", 4),
            day(date!(2026 - 11 - 02), "", 1),
            day(date!(2026 - 11 - 01), "毛坝乡", 2),
        ];
        let by_day = by_day(&days, date!(2026 - 11 - 01));
        assert_eq!(by_day.len(), 30);
        assert_eq!((by_day[0].1, by_day[1].1, by_day[2].1), (2, 5, 0));
        assert_eq!(by_place(&days)[0], ("毛坝乡".to_owned(), 6));
    }
}
