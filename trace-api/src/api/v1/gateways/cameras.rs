//! `/api/v1/gateways/{gateway}/cameras`: what takes pictures, and what it looks at.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::camera::{self, Filter};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
use crate::act::gateway::parse;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

pub(crate) mod pictures;
pub(crate) mod placements;

use pictures::Picture;

/// A camera.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Camera {
    /// Topic level.
    name: String,
    /// Expected seconds between two pictures.
    interval_seconds: i32,
    /// The plot that it looks at now.
    plot_id: Option<i64>,
    /// Name of that plot.
    plot: Option<String>,
    /// The newest picture.
    latest: Option<Picture>,
}

/// The cameras of a gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cameras {
    /// The gateway.
    gateway: String,
    /// By name.
    cameras: Vec<Camera>,
}

/// A camera to register.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewCamera {
    /// Topic level: 1 to 64 letters, digits, `.`, `_` and `-`; other than every probe's of the
    /// gateway is wise and not demanded.
    #[schema(example = "cam1")]
    name: String,
    /// Expected seconds between two pictures, 1 to 2678400; what a gap is measured by.
    #[schema(example = 86400)]
    interval_seconds: i32,
    /// The plot that it looks at.
    plot_id: Option<i64>,
    /// Since when it looks there, RFC 3339; now where it is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    since: Option<OffsetDateTime>,
}

/// Lists the cameras of a gateway; a producer's staff see those that look at their own plots.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/cameras", tag = "devices", security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway")),
    responses((status = 200, body = Cameras))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<Cameras>> {
    let gateway = parse(&id)?;
    let filter = Filter {
        gateway: Some(gateway.to_string()),
        producer: caller.scope().producer(),
    };
    let mut connection = state.store().acquire().await?;
    let rows = camera::list(&mut connection, &filter, state.now()).await?;
    Ok(Json(Cameras {
        gateway: id,
        cameras: rows.into_iter().map(Camera::from).collect(),
    }))
}

/// Registers a camera.
#[utoipa::path(
    post, path = "/api/v1/gateways/{gateway}/cameras", tag = "devices", security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway")),
    request_body = NewCamera,
    responses((status = 201, body = Camera), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<String>,
    JsonBody(new): JsonBody<NewCamera>,
) -> Answer<(StatusCode, Json<Camera>)> {
    let camera = (new.name.as_str(), new.interval_seconds);
    let looks = (new.plot_id, new.since);
    act::gateway::register_camera(&state, &caller.account, &id, camera, looks).await?;
    let camera = Camera {
        name: new.name,
        interval_seconds: new.interval_seconds,
        plot_id: new.plot_id,
        plot: None,
        latest: None,
    };
    Ok((StatusCode::CREATED, Json(camera)))
}

impl From<camera::Camera> for Camera {
    fn from(row: camera::Camera) -> Self {
        Self {
            name: row.name,
            interval_seconds: row.interval_seconds,
            plot_id: row.plot_id,
            plot: row.plot,
            latest: row.latest.map(Picture::from),
        }
    }
}
