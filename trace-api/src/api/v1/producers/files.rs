//! `/api/v1/producers/{id}/files`: licences, pictures and scans of a producer.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use store::attachment::{self, Attachment};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// An uploaded file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadedFile)]
pub(crate) struct File {
    /// SHA-256 of its bytes: what filings and credentials name it by.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: String,
    /// `image/jpeg`, `image/png` or `application/pdf`: by its content.
    #[schema(example = "image/jpeg")]
    media_type: String,
    /// How many.
    bytes: i32,
    /// When it was uploaded.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Where it is.
    href: String,
}

/// A list of files.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadedFiles)]
pub(crate) struct Files {
    /// Newest first.
    files: Vec<File>,
}

/// Lists the files of a producer.
#[utoipa::path(
    get, path = "/api/v1/producers/{id}/files", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the producer")),
    responses((status = 200, body = Files), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Files>> {
    let mut connection = state.store().acquire().await?;
    act::filing::see_producer(&mut connection, &caller.account, id).await?;
    let rows = attachment::list(&mut connection, id).await?;
    Ok(Json(Files {
        files: rows.into_iter().map(File::from).collect(),
    }))
}

/// Uploads a file: the body is the file, a JPEG, PNG or PDF of at most 8 MiB. It is looked at whole,
/// whatever type it is sent with; the same bytes again are the same file.
#[utoipa::path(
    post, path = "/api/v1/producers/{id}/files", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the producer")),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"),
        (Vec<u8> = "application/pdf"))),
    responses((status = 201, body = File), (status = 404, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 415, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    body: Bytes,
) -> Answer<(StatusCode, Json<File>)> {
    let kept = act::upload::keep(&state, &caller.account, id, body).await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

impl From<Attachment> for File {
    fn from(row: Attachment) -> Self {
        Self {
            href: format!("/api/v1/files/{}", row.sha256),
            sha256: row.sha256.to_string(),
            media_type: row.media_type,
            bytes: row.bytes,
            at: row.at,
        }
    }
}
