//! `/api/v1/scans`: how often codes are asked for, by day and place; and the codes whose queries do
//! not look like those of one item. Nothing about who asked is kept, so nothing of it is here.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::scan;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::Limit;
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::Asked;
use crate::problem::Answer;
use crate::rule::copy::{Counted, Sign, signs};
use crate::rule::plausible::today;
use crate::state::AppState;

/// Days that a question without dates is about.
const DAYS: i64 = 30;

/// Queries of a day at a place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScanDay {
    /// Day in China.
    day: String,
    /// A township or a kiosk's place; empty where nothing was said.
    place: String,
    /// Queries.
    count: i64,
    /// Different codes.
    labels: i64,
}

/// Queries by day and place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScanDays {
    /// Newest day first.
    days: Vec<ScanDay>,
}

/// Which days are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// First day, `YYYY-MM-DD`; 30 days ago where it is missing.
    from: Option<String>,
    /// Last day; today where it is missing.
    to: Option<String>,
    /// At most so many rows, 500 where it is missing, at most 1,000.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<500>,
}

/// Lists queries by day and place.
#[utoipa::path(
    get, path = "/api/v1/scans", tag = "labels", security(("token" = [])),
    params(Question), responses((status = 200, body = ScanDays))
)]
pub(crate) async fn days(
    State(state): State<AppState>,
    Asked(question): Asked<Question>,
) -> Answer<Json<ScanDays>> {
    let today = today(state.now());
    let first = match &question.from {
        Some(day) => parse_day("from", day)?,
        None => today.saturating_sub(time::Duration::days(DAYS)),
    };
    let last = match &question.to {
        Some(day) => parse_day("to", day)?,
        None => today,
    };
    let mut connection = state.store().acquire().await?;
    let rows = scan::list_days(&mut connection, (first, last), question.limit.get()).await?;
    let days = rows.into_iter().map(|row| ScanDay {
        day: iso(row.day),
        place: row.place,
        count: row.count,
        labels: row.labels,
    });
    Ok(Json(ScanDays {
        days: days.collect(),
    }))
}

/// A code whose queries do not look like those of one item. That proves nothing: a label may have
/// been copied, or many people scanned the same item.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Suspect {
    /// GS1 AI 21.
    serial: String,
    /// GTIN-14 of the product.
    gtin: String,
    /// Name of the product.
    product: String,
    /// Number of the lot.
    lot_id: Option<i64>,
    /// Code of the lot.
    lot: Option<String>,
    /// First query.
    #[serde(with = "time::serde::rfc3339::option")]
    first_scanned_at: Option<OffsetDateTime>,
    /// Queries in all.
    count: i32,
    /// Days with queries.
    days: i64,
    /// Named places with queries.
    places: i64,
    /// Queries of the day that had the most.
    busiest_day: i64,
    /// What is uncommon about them: `queries` (more than 20), `day` (more than 12 in a day), `days`
    /// (on more than 10), `places` (in more than 3).
    signs: Vec<&'static str>,
    /// When that was first so.
    #[serde(with = "time::serde::rfc3339")]
    suspected_at: OffsetDateTime,
}

/// Codes with uncommon queries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Suspects {
    /// Newest first.
    suspects: Vec<Suspect>,
}

/// How many are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuspectQuestion {
    /// At most so many, 100 where it is missing, at most 1,000.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// Lists codes with uncommon queries; a producer's staff see their own.
#[utoipa::path(
    get, path = "/api/v1/scans/suspects", tag = "labels", security(("token" = [])),
    params(SuspectQuestion), responses((status = 200, body = Suspects))
)]
pub(crate) async fn suspects(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<SuspectQuestion>,
) -> Answer<Json<Suspects>> {
    let mut connection = state.store().acquire().await?;
    let producer = caller.scope().producer();
    let rows = scan::list_suspects(&mut connection, producer, question.limit.get()).await?;
    Ok(Json(Suspects {
        suspects: rows.into_iter().map(Suspect::from).collect(),
    }))
}

impl From<scan::Suspect> for Suspect {
    fn from(row: scan::Suspect) -> Self {
        let counted = Counted {
            count: i64::from(row.count),
            days: row.days,
            places: row.places,
            busiest: row.busiest,
        };
        Self {
            signs: signs(counted).into_iter().map(Sign::word).collect(),
            serial: row.serial,
            gtin: row.gtin,
            product: row.product,
            lot_id: row.lot_id,
            lot: row.lot,
            first_scanned_at: row.first,
            count: row.count,
            days: row.days,
            places: row.places,
            busiest_day: row.busiest,
            suspected_at: row.suspected_at,
        }
    }
}
