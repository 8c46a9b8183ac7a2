//! `/lab/results/{id}/report.pdf`: the report of a result's sample.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::act::test_sheet;
use crate::extract::Named;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Draws the report.
pub(super) async fn file(State(state): State<AppState>, Named(id): Named<i64>) -> Answer<Response> {
    let drawn = test_sheet::draw(&state, id).await?;
    // What a laboratory calls its samples may have any sign; a file's name may not.
    let name: String = drawn
        .sample
        .chars()
        .map(|sign| {
            if sign.is_ascii_alphanumeric() {
                sign
            } else {
                '-'
            }
        })
        .collect();
    let shown = format!("inline; filename=\"report-{name}.pdf\"");
    let shown = HeaderValue::from_str(&shown).map_err(Problem::internal)?;
    let media = HeaderValue::from_static("application/pdf");
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_DISPOSITION, shown),
    ];
    Ok((headers, drawn.bytes).into_response())
}
