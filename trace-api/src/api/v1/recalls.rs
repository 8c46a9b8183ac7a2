//! `/api/v1/recalls`: recalls and drills, each with its figures.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use store::recall;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::problem::Answer;
use crate::state::AppState;

pub(crate) mod calls;
pub(crate) mod lots;
pub(crate) mod notice;
pub(crate) mod show;
pub(crate) mod steps;

/// A recall.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Recall {
    id: i64,
    /// Number of the lot that it began with.
    lot_id: i64,
    /// Code of that lot.
    lot: String,
    /// Name of its product.
    product: String,
    /// Why.
    reason: String,
    /// Notice to hang up, Chinese.
    notice: String,
    /// Notice to hang up, English.
    notice_en: String,
    /// How often the notice was worded anew; 0 for the generated one.
    notice_version: i32,
    /// Whether it was a drill.
    drill: bool,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    /// Milliseconds until the list was finished.
    took_ms: f64,
    /// How many lots, the first one included.
    lots: i32,
    /// `in_kg`, `out_kg`, `left_kg`, `lost_kg`, `unaccounted_kg`, `unweighed_lots`, as they stood
    /// when it was made.
    #[schema(value_type = Object)]
    figures: Value,
    /// The lots and who received what, as CSV.
    csv: String,
    /// Every step of every lot, sorted by lot and time, as CSV.
    steps_csv: String,
    /// Both and the figures as XLSX.
    xlsx: String,
}

/// A list of recalls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Recalls {
    /// Newest first.
    recalls: Vec<Recall>,
}

/// Lists recalls and drills, newest first.
#[utoipa::path(
    get, path = "/api/v1/recalls", tag = "lots", security(("token" = [])),
    responses((status = 200, body = Recalls))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Recalls>> {
    let mut connection = state.store().acquire().await?;
    let rows = recall::list(&mut connection, None, None).await?;
    Ok(Json(Recalls {
        recalls: rows.into_iter().map(Recall::from).collect(),
    }))
}

impl From<recall::Recall> for Recall {
    fn from(row: recall::Recall) -> Self {
        Self {
            csv: format!("/api/v1/recalls/{}/lots.csv", row.id),
            steps_csv: format!("/api/v1/recalls/{}/steps.csv", row.id),
            xlsx: format!("/api/v1/recalls/{}/recall.xlsx", row.id),
            id: row.id,
            lot_id: row.lot_id,
            lot: row.lot,
            product: row.product,
            reason: row.reason,
            notice: row.notice_zh,
            notice_en: row.notice_en,
            notice_version: row.notice_version,
            drill: row.drill,
            started_at: row.started_at,
            took_ms: row.took_ms,
            lots: row.lots,
            figures: row.figures,
        }
    }
}
