//! `/api/v1/gateways/{gateway}/cameras/{camera}/placements`: which plot a camera looks at. Moving
//! it is another placement and never an edit, so that old pictures stay where they belong.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::plot;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act::gateway::{find_camera, place_camera};
use crate::api::v1::plots::placements::DevicePlacements;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Where a camera looks from now on.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewPlacement {
    /// The plot.
    plot_id: i64,
    /// Since when, RFC 3339; now where it is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    since: Option<OffsetDateTime>,
}

/// Where a camera looks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Placement {
    /// The plot.
    plot_id: i64,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
}

/// Lists what a camera looked at, oldest first.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/cameras/{camera}/placements", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("camera" = String, Path, description = "Name of the camera")),
    responses((status = 200, body = DevicePlacements), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Named((gateway, name)): Named<(String, String)>,
) -> Answer<Json<DevicePlacements>> {
    let mut connection = state.store().acquire().await?;
    find_camera(&mut connection, (&gateway, &name)).await?;
    let device = ("camera", gateway.as_str(), name.as_str());
    let rows = plot::list_placements(&mut connection, Some(device), None).await?;
    Ok(Json(rows.into()))
}

/// Notes that a camera looks at another plot.
#[utoipa::path(
    post, path = "/api/v1/gateways/{gateway}/cameras/{camera}/placements", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("camera" = String, Path, description = "Name of the camera")),
    request_body = NewPlacement,
    responses((status = 201, body = Placement), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named((gateway, name)): Named<(String, String)>,
    JsonBody(new): JsonBody<NewPlacement>,
) -> Answer<(StatusCode, Json<Placement>)> {
    let device = (gateway.as_str(), name.as_str());
    let since = place_camera(&state, &caller.account, device, new.plot_id, new.since).await?;
    let placement = Placement {
        plot_id: new.plot_id,
        since,
    };
    Ok((StatusCode::CREATED, Json(placement)))
}
