//! `/api/v1/relief`: which producers are or work with households of the poverty relief programme,
//! and the free quick tests that are left of what the plan gives them. For supervisors and the lab;
//! never public, and not for producers.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::relief::{self, Relief};
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;

use crate::act::lot::iso;
use crate::act::relief::year;
use crate::problem::Answer;
use crate::rule::plausible;
use crate::state::AppState;

/// A marked producer with its free tests of this year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReliefMark {
    /// Number of the producer.
    producer_id: i64,
    /// Its name.
    producer: String,
    /// 乡镇.
    township: String,
    /// Households linked to it; 0 where the producer itself is one.
    households: i32,
    /// Free quick tests a calendar year.
    free_tests: i32,
    /// Samples taken of its lots this year.
    used: i64,
    /// Free tests left this year; 0 where the mark does not hold today.
    left: i64,
    /// Whether the mark holds today.
    is_current: bool,
    /// First day.
    since: String,
    /// Last day; null while it lasts.
    until: Option<String>,
    /// More.
    note: String,
    /// From 1; an edit names the one that it saw.
    version: i32,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A list of marked producers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReliefMarks {
    /// By township and name.
    relief: Vec<ReliefMark>,
}

/// Lists the marked producers with the free tests that they used this year and have left.
#[utoipa::path(
    get, path = "/api/v1/relief", tag = "filing", security(("token" = [])),
    responses((status = 200, body = ReliefMarks))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<ReliefMarks>> {
    let today = plausible::today(state.now());
    let mut connection = state.store().acquire().await?;
    let rows = relief::list(&mut connection, None, year(today)).await?;
    Ok(Json(ReliefMarks {
        relief: rows.into_iter().map(|row| mark(row, today)).collect(),
    }))
}

/// A mark as the API says it.
pub(crate) fn mark(row: Relief, today: Date) -> ReliefMark {
    ReliefMark {
        left: row.left_on(today),
        is_current: row.holds_on(today),
        since: iso(row.since),
        until: row.until.map(iso),
        producer_id: row.producer_id,
        producer: row.producer,
        township: row.township,
        households: row.households,
        free_tests: row.free_tests,
        used: row.used,
        note: row.note,
        version: row.version,
        updated_at: row.updated_at,
    }
}
