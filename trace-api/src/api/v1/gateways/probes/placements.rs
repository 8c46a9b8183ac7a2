//! `/api/v1/gateways/{gateway}/probes/{probe}/placements`: which plot a probe stands on. Moving it is
//! another placement and never an edit, so that old readings stay where they belong.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::{StoreError, plot};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act;
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
    super::find(&mut connection, (&gateway, &name)).await?;
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
    let since = new.since.unwrap_or_else(|| state.now());
    let mut transaction = act::begin(&state, &caller.account).await?;
    let key = super::find(&mut transaction, (&gateway, &name))
        .await?
        .key
        .0;
    match new.plot_id {
        Some(plot_id) => plot::place_probe(&mut transaction, key, plot_id, since).await?,
        None => plot::end_probe(&mut transaction, key, since).await?,
    }
    let device = ("probe", gateway.as_str(), name.as_str());
    let rows = plot::list_placements(&mut transaction, Some(device), None).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok((StatusCode::CREATED, Json(rows.into())))
}
