//! `/api/v1/files/{sha256}`: an uploaded file as it came, for whoever may see its producer.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use store::attachment;
use store::picture::PictureHash;

use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::upload::Media;
use crate::state::AppState;

/// Sends a file with the type that its content has; a browser runs nothing of it.
#[utoipa::path(
    get, path = "/api/v1/files/{sha256}", tag = "filing", security(("token" = [])),
    params(("sha256" = String, Path, description = "SHA-256 of the file, 64 hexadecimal digits")),
    responses((status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"),
        (Vec<u8> = "application/pdf"))), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(sha256): Named<String>,
) -> Answer<Response> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such file", "没有这个文件");
    let hash: PictureHash = sha256.parse().map_err(|_| nothing())?;
    let mut connection = state.store().acquire().await?;
    let found = attachment::find(&mut connection, &hash, caller.scope().producer()).await?;
    drop(connection);
    let file = found.ok_or_else(nothing)?;
    let media = Media::from_code(&file.media_type).ok_or_else(nothing)?;
    let bytes = state
        .album()
        .read_upload(&hash)
        .await
        .map_err(Problem::internal)?;
    let bytes = bytes.ok_or_else(nothing)?;
    let name = format!(
        "inline; filename=\"{}.{}\"",
        &sha256[..12],
        media.extension()
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media.code())),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(Problem::internal)?,
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=300"),
        ),
    ];
    Ok((headers, bytes).into_response())
}
