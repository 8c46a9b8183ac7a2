//! `/api/v1/certificates/{id}/file`: a 承诺达标合格证 to print.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::act::certificate_file::{Wanted, draw};
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

/// What it is wanted as.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// `pdf` or `png`; `pdf` where it is missing.
    #[param(example = "pdf")]
    format: Option<String>,
    /// `a4`, `a6` or `label` (60 x 40 mm); `a6` where it is missing.
    #[param(example = "a6")]
    size: Option<String>,
}

/// Draws a certificate that stands: what it said when it was issued, and a code that leads to the
/// lot's page. One that was voided is not drawn.
#[utoipa::path(
    get, path = "/api/v1/certificates/{id}/file", tag = "certificates", security(("token" = [])),
    params(("id" = i64, Path, description = "Row of the certificate"), Question),
    responses(
        (status = 200, description = "The certificate", body = String, content_type = "application/pdf"),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let wanted = Wanted {
        format: question.format.unwrap_or_else(|| "pdf".to_owned()),
        size: question.size.unwrap_or_else(|| "a6".to_owned()),
    };
    let drawn = draw(&state, &caller.account, id, &wanted).await?;
    let name = format!("inline; filename=\"{}.{}\"", drawn.number, drawn.format);
    let name = HeaderValue::from_str(&name).map_err(Problem::internal)?;
    let media_type = HeaderValue::from_static(drawn.format.media_type());
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, drawn.bytes).into_response())
}
