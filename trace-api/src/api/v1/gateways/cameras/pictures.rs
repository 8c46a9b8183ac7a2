//! `/api/v1/gateways/{gateway}/cameras/{camera}/pictures`: what a camera took.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::picture::{self, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::{Limit, parse_time};
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Which pictures are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Taken at this time or later, RFC 3339.
    from: Option<String>,
    /// Taken before this time, RFC 3339.
    to: Option<String>,
    /// At most so many, 100 where it is missing, 500 at most.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1, maximum = 500)]
    limit: Limit<100>,
}

/// A picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Picture {
    /// SHA-256 of the file as it arrived.
    sha256: String,
    /// When it was taken.
    #[serde(with = "time::serde::rfc3339")]
    taken_at: OffsetDateTime,
    /// How that is known: `exif`, `property` or `arrival`.
    #[schema(example = "exif")]
    time_source: &'static str,
    /// When it arrived for the first time.
    #[serde(with = "time::serde::rfc3339")]
    arrived_at: OffsetDateTime,
    /// Size of the file as it arrived.
    bytes: i32,
    /// Pixels, as stored.
    width: i32,
    /// Pixels, as stored.
    height: i32,
    /// Address of the picture without metadata.
    #[schema(example = "/pictures/0123….jpg")]
    jpg: String,
    /// Address of a small rendition.
    #[schema(example = "/pictures/0123…-480.jpg")]
    small: String,
}

/// The pictures of a camera.
#[expect(
    clippy::struct_field_names,
    reason = "the contract's member is called so"
)]
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Pictures {
    /// Gateway of the camera.
    gateway: String,
    /// The camera.
    camera: String,
    /// Newest first.
    pictures: Vec<Picture>,
}

/// Lists the pictures of a camera, newest first; a producer's staff see those of their own plots.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/cameras/{camera}/pictures", tag = "pictures",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("camera" = String, Path, description = "Name of the camera"), Question),
    responses((status = 200, body = Pictures), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named((gateway, camera)): Named<(String, String)>,
    Asked(question): Asked<Question>,
) -> Answer<Json<Pictures>> {
    let filter = Filter {
        from: parse_time("from", question.from.as_deref())?,
        to: parse_time("to", question.to.as_deref())?,
        producer: caller.scope().producer(),
    };
    let mut connection = state.store().acquire().await?;
    let key = crate::act::gateway::find_camera(&mut connection, (&gateway, &camera)).await?;
    let limit = question.limit.get();
    let rows = picture::list(&mut connection, key, &filter, limit).await?;
    Ok(Json(Pictures {
        gateway,
        camera,
        pictures: rows.into_iter().map(Picture::from).collect(),
    }))
}

impl From<picture::Picture> for Picture {
    fn from(row: picture::Picture) -> Self {
        Self {
            jpg: crate::web::pictures::whole_href(&row.sha256),
            small: crate::web::pictures::small_href(&row.sha256),
            sha256: row.sha256.to_string(),
            taken_at: row.taken_at,
            time_source: row.time_source.code(),
            arrived_at: row.arrived_at,
            bytes: row.bytes,
            width: row.width,
            height: row.height,
        }
    }
}
