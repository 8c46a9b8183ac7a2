//! `/api/v1/gateways/{gateway}/cameras`: what takes pictures, and what it looks at.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::id::{GatewayId, ProbeName};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::camera::{self, CameraKey, Filter, NewCamera as NewRow};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::parse;
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::AppState;

pub(crate) mod pictures;
pub(crate) mod placements;

use pictures::Picture;

/// Longest interval between two pictures: 31 days.
const INTERVAL_SECONDS_MAX: i32 = 31 * 86_400;

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
    let gateway = parse(&id)?;
    let name = ProbeName::parse(&new.name).map_err(|error| {
        let zh = "名称须为 1 至 64 个字母、数字或 . _ -";
        Problem::invalid("name", error.to_string(), zh)
    })?;
    if !(1..=INTERVAL_SECONDS_MAX).contains(&new.interval_seconds) {
        let en = format!("1 to {INTERVAL_SECONDS_MAX} seconds");
        let zh = "拍摄间隔须为 1 秒至 31 天";
        return Err(Problem::invalid("interval_seconds", en, zh));
    }
    let now = state.now();
    let row = NewRow {
        gateway: &gateway,
        name: &name,
        interval_seconds: new.interval_seconds,
    };
    let mut transaction = act::begin(&state, &caller.account).await?;
    let key = camera::insert(&mut transaction, &row, now).await?;
    if let Some(plot_id) = new.plot_id {
        let since = new.since.unwrap_or(now);
        camera::place(&mut transaction, key, plot_id, since).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
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

/// The camera of a path.
async fn find(
    connection: &mut store::AnyConnection,
    (gateway, name): (&str, &str),
) -> Answer<CameraKey> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such camera", "没有这个摄像头");
    let gateway = GatewayId::parse(gateway).map_err(|_| nothing())?;
    let name = ProbeName::parse(name).map_err(|_| nothing())?;
    let found = camera::find_key(connection, &gateway, &name).await?;
    found.ok_or_else(nothing)
}
