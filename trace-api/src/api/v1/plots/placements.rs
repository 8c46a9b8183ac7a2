//! `/api/v1/plots/{id}/placements`: which probes stood on a plot and which cameras looked at it, and
//! when: what decides which readings and pictures belong to its lots.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::plot;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::see;
use crate::caller::Caller;
use crate::extract::Named;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Where and when a device stood.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DevicePlacement {
    /// `probe` or `camera`.
    #[schema(example = "probe")]
    kind: String,
    /// Its gateway.
    gateway: String,
    /// Its name.
    name: String,
    /// Number of the plot.
    plot_id: i64,
    /// Name of the plot.
    plot: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    /// Until when, exclusive; null while it lasts.
    #[serde(with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
}

/// A list of placements.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DevicePlacements {
    /// Oldest first.
    placements: Vec<DevicePlacement>,
}

impl From<Vec<plot::Placement>> for DevicePlacements {
    fn from(rows: Vec<plot::Placement>) -> Self {
        let placement = |row: plot::Placement| DevicePlacement {
            kind: row.kind,
            gateway: row.gateway,
            name: row.name,
            plot_id: row.plot_id,
            plot: row.plot,
            since: row.valid_from,
            until: row.valid_to,
        };
        Self {
            placements: rows.into_iter().map(placement).collect(),
        }
    }
}

/// Lists the devices of a plot, each with its time there, oldest first.
#[utoipa::path(
    get, path = "/api/v1/plots/{id}/placements", tag = "register", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the plot")),
    responses((status = 200, body = DevicePlacements), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<DevicePlacements>> {
    let mut connection = state.store().acquire().await?;
    see(&mut connection, &caller.account, id).await?;
    let rows = plot::list_placements(&mut connection, None, Some(id)).await?;
    Ok(Json(rows.into()))
}
