//! `/api/v1/records/{record}/pictures`: pictures of what was done.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::document::RecordPicture;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act::record_picture;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A picture beside a production record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PictureOfRecord)]
pub(crate) struct Picture {
    /// SHA-256 of the picture as it arrived, hexadecimal.
    pub(super) sha256: String,
    /// Size as it arrived.
    pub(super) bytes: i32,
    /// When it arrived.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) uploaded_at: OffsetDateTime,
}

/// Puts a picture beside a record: a whole JPEG of at most 4 MiB and 24 million pixels, at most 12
/// a record. The same picture again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/records/{record}/pictures", tag = "records", security(("token" = [])),
    params(("record" = Uuid, Path, description = "Id of the record")),
    request_body(content = String, content_type = "image/jpeg", description = "The picture"),
    responses((status = 201, body = Picture), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 415, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(record): Named<Uuid>,
    jpeg: Bytes,
) -> Answer<(StatusCode, Json<Picture>)> {
    let kept = record_picture::attach(&state, &caller.account, record, jpeg).await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

/// A picture of a record, without its metadata.
#[utoipa::path(
    get, path = "/api/v1/records/{record}/pictures/{sha256}", tag = "records",
    security(("token" = [])),
    params(("record" = Uuid, Path, description = "Id of the record"),
        ("sha256" = String, Path, description = "Its hash as it arrived")),
    responses(
        (status = 200, description = "The picture", body = String, content_type = "image/jpeg"),
        (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named((record, sha256)): Named<(Uuid, String)>,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let asked = (record, sha256.as_str());
    let jpeg = record_picture::read(&mut connection, &caller.account, asked).await?;
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, "private, max-age=300"),
    ];
    Ok((headers, jpeg).into_response())
}

impl From<RecordPicture> for Picture {
    fn from(row: RecordPicture) -> Self {
        Self {
            sha256: row.sha256.to_string(),
            bytes: row.bytes,
            uploaded_at: row.uploaded_at,
        }
    }
}
