//! `/api/v1/gateways/{gateway}/probes/{probe}/placements`: which plot a probe stands on. Moving it is
//! another placement and never an edit, so that old readings stay where they belong.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::plot;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act::probe::{find, place};
use crate::api::v1::plots::placements::DevicePlacements;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Where a probe stands from a time on.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ProbePlacement {
    /// The plot; null where it stands nowhere from then on.
    plot_id: Option<i64>,
    /// Since when, RFC 3339; now where it is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    since: Option<OffsetDateTime>,
}

/// Lists where a probe stood, oldest first.
#[utoipa::path(
    get, path = "/api/v1/gateways/{gateway}/probes/{probe}/placements", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe")),
    responses((status = 200, body = DevicePlacements), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Named((gateway, name)): Named<(String, String)>,
) -> Answer<Json<DevicePlacements>> {
    let mut connection = state.store().acquire().await?;
    find(&mut connection, (&gateway, &name)).await?;
    let device = ("probe", gateway.as_str(), name.as_str());
    let rows = plot::list_placements(&mut connection, Some(device), None).await?;
    Ok(Json(rows.into()))
}

/// Notes that a probe stands on another plot, or nowhere, from a time on. Where it stood then ends
/// there; where it stands later on stays. Sent again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/gateways/{gateway}/probes/{probe}/placements", tag = "devices",
    security(("token" = [])),
    params(("gateway" = String, Path, description = "Id of the gateway"),
        ("probe" = String, Path, description = "Name of the probe")),
    request_body = ProbePlacement,
    responses((status = 201, body = DevicePlacements), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named((gateway, name)): Named<(String, String)>,
    JsonBody(new): JsonBody<ProbePlacement>,
) -> Answer<(StatusCode, Json<DevicePlacements>)> {
    let device = (gateway.as_str(), name.as_str());
    let rows = place(&state, &caller.account, device, new.plot_id, new.since).await?;
    Ok((StatusCode::CREATED, Json(rows.into())))
}
