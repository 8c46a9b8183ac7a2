//! `/api/v1/reports`: reports of other laboratories by their rows, and `/reports/{sha256}.pdf`, the
//! files that everybody may read.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::picture::PictureHash;
use store::{document, test_report};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::act::lot::iso;
use crate::act::report::{find_own, unknown};
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

/// A report of another laboratory.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Report {
    id: i64,
    /// Number of the lot.
    lot_id: i64,
    /// The result that it goes with; null where none was named.
    result_id: Option<i64>,
    /// Who issued it.
    laboratory: String,
    /// Its number there.
    number: String,
    /// When it was issued, `YYYY-MM-DD`.
    issued_on: String,
    /// SHA-256 of its file, hexadecimal.
    sha256: String,
    /// Size of its file.
    bytes: i32,
    /// Whether everybody may read the file, at `/reports/{sha256}.pdf`, while the lot is on sale or
    /// sold.
    public: bool,
    /// When it was filed.
    #[serde(with = "time::serde::rfc3339")]
    uploaded_at: OffsetDateTime,
    /// Role of who filed it.
    by_role: Option<String>,
}

/// Who may read a report.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Visibility {
    /// Whether everybody may.
    #[schema(example = true)]
    public: bool,
}

/// Says whether everybody may read the file of a report.
#[utoipa::path(
    put, path = "/api/v1/reports/{id}", tag = "tests", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the report")), request_body = Visibility,
    responses((status = 200, body = Report), (status = 404, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(wanted): JsonBody<Visibility>,
) -> Answer<Json<Report>> {
    let kept = act::report::publish(&state, &caller.account, id, wanted.public).await?;
    Ok(Json(kept.into()))
}

/// The file of a report, as it arrived.
#[utoipa::path(
    get, path = "/api/v1/reports/{id}/file", tag = "tests", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the report")),
    responses(
        (status = 200, description = "The report", body = String, content_type = "application/pdf"),
        (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let found = find_own(&mut connection, &caller.account, id).await?;
    let file = document::find(&mut connection, &found.sha256).await?;
    send(
        &found.sha256,
        file.ok_or_else(unknown)?,
        "private, no-store",
    )
}

/// The file of a report that everybody may read; any other is not there.
pub(crate) async fn public(
    State(state): State<AppState>,
    Named(file): Named<String>,
) -> Answer<Response> {
    let stem = file.strip_suffix(".pdf").ok_or_else(unknown)?;
    let sha256: PictureHash = stem.parse().map_err(|_| unknown())?;
    let mut connection = state.store().acquire().await?;
    if !test_report::is_public(&mut connection, &sha256).await? {
        return Err(unknown());
    }
    let file = document::find(&mut connection, &sha256).await?;
    // The right to read it may end: nobody keeps it for long.
    send(&sha256, file.ok_or_else(unknown)?, "public, max-age=300")
}

/// Somebody else's file, as a download and never as a page of ours.
fn send(sha256: &PictureHash, file: document::Document, cache: &'static str) -> Answer<Response> {
    let name = format!("attachment; filename=\"{sha256}.pdf\"");
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/pdf"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(Problem::internal)?,
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox"),
        ),
    ];
    Ok((headers, file.content).into_response())
}

impl From<test_report::Report> for Report {
    fn from(row: test_report::Report) -> Self {
        Self {
            id: row.id,
            lot_id: row.lot_id,
            result_id: row.result_id,
            laboratory: row.laboratory,
            number: row.number,
            issued_on: iso(row.issued_on),
            sha256: row.sha256.to_string(),
            bytes: row.bytes,
            public: row.is_public,
            uploaded_at: row.uploaded_at,
            by_role: row.by_role,
        }
    }
}
