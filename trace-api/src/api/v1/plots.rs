//! `/api/v1/plots`: where something grows or is made; a producer's staff see their own.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::plot;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::problem::Answer;
use crate::state::AppState;

/// A plot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plot {
    id: i64,
    /// Whose it is.
    producer_id: i64,
    /// Name, Chinese.
    name: String,
    /// Name for English pages.
    name_en: String,
    /// 乡镇: the finest place that a public page shows.
    township: String,
    /// Area in mu (1/15 hectare).
    area_mu: f32,
    /// Metres above sea level.
    altitude_m: i32,
    /// WGS-84 degrees; never in public.
    latitude: f64,
    /// WGS-84 degrees; never in public.
    longitude: f64,
}

/// A list of plots.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plots {
    /// By name.
    plots: Vec<Plot>,
}

/// Lists plots.
#[utoipa::path(
    get, path = "/api/v1/plots", tag = "register", security(("token" = [])),
    responses((status = 200, body = Plots))
)]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Answer<Json<Plots>> {
    let mut connection = state.store().acquire().await?;
    let rows = plot::list(&mut connection, caller.scope().producer()).await?;
    Ok(Json(Plots {
        plots: rows.into_iter().map(Plot::from).collect(),
    }))
}

impl From<plot::Plot> for Plot {
    fn from(row: plot::Plot) -> Self {
        Self {
            id: row.id,
            producer_id: row.producer_id,
            name: row.name,
            name_en: row.name_en,
            township: row.township,
            area_mu: row.area_mu,
            altitude_m: row.altitude_m,
            latitude: row.latitude,
            longitude: row.longitude,
        }
    }
}
