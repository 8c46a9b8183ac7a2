//! `/api/v1/pictures/{sha256}`: a picture exactly as it arrived, for those who must be able to
//! show that its hash is the one on record. Its metadata may name the place; it is never public.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use store::picture;

use crate::extract::Named;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::AppState;

/// Sends a picture as it arrived, metadata included.
#[utoipa::path(
    get, path = "/api/v1/pictures/{sha256}", tag = "pictures", security(("token" = [])),
    params(("sha256" = String, Path, description = "64 lower-case hexadecimal digits")),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>),
        (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Named(sha256): Named<String>,
) -> Answer<Response> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such picture", "没有这张照片");
    let sha256 = sha256.parse().map_err(|_| nothing())?;
    let mut connection = state.store().acquire().await?;
    let is_there = picture::is_seen_by(&mut connection, &sha256, None).await?;
    drop(connection);
    let read = state
        .album()
        .read(&sha256)
        .await
        .map_err(Problem::internal)?;
    let jpeg = read.filter(|_| is_there).ok_or_else(nothing)?;
    let headers = [(header::CONTENT_TYPE, "image/jpeg")];
    Ok((headers, jpeg).into_response())
}
