//! `/api/v1/limits`: 最大残留限量, imported as CSV by the laboratory.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::test_method;
use utoipa::{IntoParams, ToSchema};

use crate::act;
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::Asked;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::limit_table::{self, Mistake};
use crate::rule::plausible;
use crate::state::AppState;

/// Most bytes of a table.
pub(crate) const BYTES_MAX: usize = 4 * 1024 * 1024;

/// A residue limit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Limit {
    /// Standard with its year.
    edition: String,
    /// Pesticide or drug.
    substance: String,
    /// Food or group.
    food: String,
    /// Above this a sample fails.
    #[serde(rename = "limit_mg_kg")]
    mg_kg: f32,
    /// First day of sampling that it judges.
    valid_from: String,
}

/// A list of limits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Limits {
    /// By substance and food, the one in force first; at most 500.
    limits: Vec<Limit>,
}

/// Which limits are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only of this substance.
    substance: Option<String>,
    /// Only in this food.
    food: Option<String>,
    /// As of this day, `YYYY-MM-DD`; today where it is missing.
    on: Option<String>,
}

/// How a table is to be taken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// Only look for mistakes.
    #[serde(default)]
    preview: bool,
}

/// What became of a table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    /// Limits in it.
    rows: usize,
    /// Whether they were taken.
    imported: bool,
    /// Mistakes with their lines, at most 100; while there is one, nothing is taken.
    mistakes: Vec<Mistake>,
}

/// Lists residue limits.
#[utoipa::path(
    get, path = "/api/v1/limits", tag = "tests", security(("token" = [])),
    params(Question), responses((status = 200, body = Limits))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Asked(question): Asked<Question>,
) -> Answer<Json<Limits>> {
    let on = question.on.as_deref().map(|day| parse_day("on", day));
    let on = on
        .transpose()?
        .unwrap_or_else(|| plausible::today(state.now()));
    let foods = question.food.map(|food| vec![food]);
    let mut connection = state.store().acquire().await?;
    let substance = question.substance.as_deref();
    let rows = test_method::list_limits(&mut connection, substance, foods.as_deref(), on).await?;
    let limit = |row: test_method::ResidueLimit| Limit {
        edition: row.edition,
        substance: row.substance,
        food: row.food,
        mg_kg: row.limit_mg_kg,
        valid_from: iso(row.valid_from),
    };
    Ok(Json(Limits {
        limits: rows.into_iter().map(limit).collect(),
    }))
}

/// Imports a table: CSV in UTF-8 with the head `edition,substance,food,limit_mg_kg,valid_from`, at
/// most 20,000 rows and 4 MiB, whole or not at all.
#[utoipa::path(
    post, path = "/api/v1/limits", tag = "tests", security(("token" = [])), params(How),
    request_body(content = String, content_type = "text/csv",
        example = "edition,substance,food,limit_mg_kg,valid_from\nGB 2763-2026,吡虫啉,结球甘蓝,1,2026-03-01\n"),
    responses((status = 200, body = Import), (status = 400, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 422, body = Import))
)]
pub(crate) async fn import(
    State(state): State<AppState>,
    caller: Caller,
    Asked(how): Asked<How>,
    body: Bytes,
) -> Answer<(StatusCode, Json<Import>)> {
    let text = std::str::from_utf8(&body)
        .ok()
        .filter(|text| !text.contains('\0'));
    let text = text.ok_or(Problem::told(
        Kind::Malformed,
        "the table is not UTF-8 text",
        "表格须为 UTF-8 文本",
    ))?;
    let limits = match limit_table::parse(text) {
        Ok(limits) => limits,
        Err(mistakes) => {
            let refused = Import {
                rows: 0,
                imported: false,
                mistakes,
            };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(refused)));
        }
    };
    if !how.preview {
        act::test::take_limits(&state, &caller.account, &limits).await?;
    }
    let import = Import {
        rows: limits.len(),
        imported: !how.preview,
        mistakes: Vec::new(),
    };
    Ok((StatusCode::OK, Json(import)))
}
