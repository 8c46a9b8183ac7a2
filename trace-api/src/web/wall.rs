//! `/wall`: 数据大屏. Public, so it tells numbers and townships and nothing of a single farm. Many
//! screens cost one look at the database every few seconds.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use store::wall::{self, Hour};
use store::{Connection, statistics};
use time::{Duration, OffsetDateTime};

use super::Here;
use super::digital_link::around::township;
use super::words::{day_start, words};
use crate::page::supervisor::AlarmState;
use crate::page::wall::{AlarmLine, HOURS, Line, WallView, page, panels as draw};
use crate::problem::{Answer, Problem};
use crate::rule::plausible::today;
use crate::state::{AppState, timestamp};

/// How old the numbers may be.
const FRESH: Duration = Duration::seconds(3);
/// Over how long reports are averaged.
const RATE_MINUTES: i64 = 10;

/// Shows the wall.
pub(super) async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = recent(&state).await?;
    here.answer(page(&here.site, &view))
}

/// The part that the wall's script puts in anew.
pub(super) async fn panels(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = recent(&state).await?;
    let html = draw(&here.site, &view).map_err(Problem::internal)?;
    Ok(Html(html).into_response())
}

/// The numbers, looked up anew when they are older than [`FRESH`]. Whoever comes while somebody
/// looks waits for that look.
async fn recent(state: &AppState) -> Answer<WallView> {
    let mut kept = state.wall().lock().await;
    let now = state.now();
    let fresh = kept.as_ref().filter(|view| {
        let age = timestamp(now).0 - view.at.0;
        (0..FRESH.whole_microseconds() as i64).contains(&age)
    });
    if let Some(view) = fresh {
        return Ok(view.clone());
    }
    let outline = state.setup().outline.clone();
    let view = WallView {
        outline,
        ..look_up(state.store().acquire().await?, now).await?
    };
    *kept = Some(view.clone());
    Ok(view)
}

async fn look_up(mut connection: Connection, now: OffsetDateTime) -> Answer<WallView> {
    let county = statistics::count(&mut connection).await?;
    let scans = wall::count_scans(&mut connection, day_start(today(now))).await?;
    let recently = now - Duration::minutes(RATE_MINUTES);
    let reports = wall::count_reports(&mut connection, recently, now).await?;
    let from = first_hour(now);
    let hours = wall::list_hours(&mut connection, from, now).await?;
    let townships = wall::list_townships(&mut connection, now).await?;
    let tests = wall::list_tests(&mut connection).await?;
    let newest = wall::list_scans(&mut connection).await?;
    let alarms = wall::list_alarms(&mut connection, now).await?;
    let tested = u64::try_from(county.tests).unwrap_or_default();
    let passed = u64::try_from(county.tests_passed).unwrap_or_default();
    Ok(WallView {
        producers: county.producers,
        products: county.products,
        lots: county.lots,
        tests: county.tests,
        pass_pct: crate::page::quantity::share_pct(passed, tested),
        scanned: scans.labels,
        scanned_today: scans.today,
        probes: county.probes,
        reports_per_minute: (reports as f64 / RATE_MINUTES as f64 * 10.0).round() / 10.0,
        alarms: county.open_alarms,
        hours: every_hour(from, &hours),
        townships: townships.into_iter().map(township).collect(),
        outline: None,
        newest_alarms: alarms.into_iter().map(alarm).collect(),
        newest_tests: tests
            .into_iter()
            .map(|test| Line {
                product: words(&test.product, &test.product_en),
                township: test.township,
                at: timestamp(test.at),
                passed: Some(test.passed),
            })
            .collect(),
        newest_scans: newest
            .into_iter()
            .map(|scan| Line {
                product: words(&scan.product, &scan.product_en),
                township: scan.township,
                at: timestamp(scan.at),
                passed: None,
            })
            .collect(),
        at: timestamp(now),
    })
}

fn alarm(row: wall::OpenAlarm) -> AlarmLine {
    AlarmLine {
        severity: row.severity,
        township: row.township,
        since: timestamp(row.onset),
        state: match (row.is_active, row.is_acknowledged) {
            (true, false) => AlarmState::Active,
            (false, false) => AlarmState::Returned,
            (true, true) => AlarmState::Acknowledged,
            (false, true) => AlarmState::Closed,
        },
    }
}

/// The start of the first of the last whole hours.
fn first_hour(now: OffsetDateTime) -> OffsetDateTime {
    let seconds = now.unix_timestamp().rem_euclid(3_600);
    let hour = now.replace_nanosecond(0).unwrap_or(now) - Duration::seconds(seconds);
    hour - Duration::hours(HOURS as i64 - 1)
}

/// Each hour its place: one in which nothing came is an empty one.
fn every_hour(from: OffsetDateTime, hours: &[Hour]) -> Vec<(i64, i64)> {
    let mut places = vec![(0, 0); HOURS];
    for hour in hours {
        let place = usize::try_from((hour.start - from).whole_hours()).unwrap_or(HOURS);
        if let Some(slot) = places.get_mut(place) {
            *slot = (hour.values, hour.expected);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_hour_without_values_keeps_its_place() {
        let now = datetime!(2026-11-23 12:34:56.5 UTC);
        let from = first_hour(now);
        assert_eq!(from, datetime!(2026-11-22 13:00 UTC));
        let hour = |start, values| Hour {
            start,
            values,
            expected: 10,
        };
        let last = datetime!(2026-11-23 12:00 UTC);
        let places = every_hour(from, &[hour(from, 3), hour(last, 4)]);
        assert_eq!(
            (places.len(), places[0], places[1]),
            (HOURS, (3, 10), (0, 0))
        );
        assert_eq!(places[HOURS - 1], (4, 10));
        assert_eq!(
            every_hour(from, &[hour(now + Duration::DAY, 1)]),
            vec![(0, 0); HOURS]
        );
    }
}
