//! `/api/v1/lots/{id}/reports`: reports of other laboratories beside a lot's own tests.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::test_report::{self, Filter};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::act;
use crate::act::lot::parse_day;
use crate::api::v1::reports::Report;
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// The reports of a lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reports {
    /// Oldest first.
    reports: Vec<Report>,
}

/// What is said of a report; the body is its file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Details {
    /// Made by the client: sent again, it files nothing more and gets the same answer.
    request_id: Uuid,
    /// Who issued it.
    #[param(example = "演示农产品质量检测中心")]
    laboratory: String,
    /// Its number there.
    #[param(example = "YS-2026-0417")]
    number: String,
    /// When it was issued, `YYYY-MM-DD`.
    #[param(example = "2026-11-20")]
    issued_on: String,
    /// The result of the lot that it goes with.
    result: Option<i64>,
    /// Whether everybody may read the file; that there is one, and its hash, is public anyway.
    #[serde(default)]
    public: bool,
}

/// Lists the reports of a lot.
#[utoipa::path(
    get, path = "/api/v1/lots/{id}/reports", tag = "tests", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    responses((status = 200, body = Reports), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Reports>> {
    let mut connection = state.store().acquire().await?;
    act::find_lot(&mut connection, &caller.account, id).await?;
    let filter = Filter {
        lot_id: Some(id),
        ..Filter::default()
    };
    let rows = test_report::list(&mut connection, filter).await?;
    Ok(Json(Reports {
        reports: rows.into_iter().map(Report::from).collect(),
    }))
}

/// Files a report: a PDF of at most 8 MiB, known by its content, that does nothing by itself. It
/// gives no verdict; a result that decides is entered.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/reports", tag = "tests", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot"), Details),
    request_body(content = String, content_type = "application/pdf", description = "The file"),
    responses((status = 201, body = Report), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 415, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(details): Asked<Details>,
    pdf: Bytes,
) -> Answer<(StatusCode, Json<Report>)> {
    let wanted = act::report::Wanted {
        request_id: details.request_id,
        laboratory: details.laboratory,
        number: details.number,
        issued_on: parse_day("issued_on", &details.issued_on)?,
        result_id: details.result,
        is_public: details.public,
    };
    let filed = act::report::file(&state, &caller.account, id, (&wanted, &pdf)).await?;
    Ok((StatusCode::CREATED, Json(filed.into())))
}
