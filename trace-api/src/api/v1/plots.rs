//! `/api/v1/plots`: where something grows or is made; a producer's staff see and register their own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::StoreError;
use store::account::Account;
use store::plot::{self, NewPlot};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::act::lot::request_used;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::{farm, plausible};
use crate::state::AppState;

pub(crate) mod placements;

/// What a plot is.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PlotBody {
    /// Name, unique for its producer.
    #[schema(example = "莓茶 3 号地")]
    name: String,
    /// Name for English pages.
    #[serde(default)]
    name_en: String,
    /// 乡镇: the finest place that a public page shows.
    #[schema(example = "毛坝乡")]
    township: String,
    /// Area in mu (1/15 hectare).
    #[schema(example = 12.5)]
    area_mu: f32,
    /// Metres above sea level.
    #[schema(example = 620)]
    altitude_m: i32,
    /// WGS-84 degrees; never in public.
    #[schema(example = 29.0)]
    latitude: f64,
    /// WGS-84 degrees; never in public.
    #[schema(example = 109.9)]
    longitude: f64,
}

/// A plot to register.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewPlotBody {
    /// Made by the client: sent again, it registers nothing more and gets the same answer.
    request_id: Uuid,
    /// Whose it is; one's own producer where it is missing.
    producer_id: Option<i64>,
    #[serde(flatten)]
    plot: PlotBody,
}

/// A plot to change.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PlotEdit {
    /// The version that the client saw.
    #[schema(example = 1)]
    base_version: i32,
    #[serde(flatten)]
    plot: PlotBody,
}

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
    /// From 1; an edit names the one that it saw.
    version: i32,
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

/// Registers a plot.
#[utoipa::path(
    post, path = "/api/v1/plots", tag = "register", security(("token" = [])),
    request_body = NewPlotBody,
    responses((status = 201, body = Plot), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewPlotBody>,
) -> Answer<(StatusCode, Json<Plot>)> {
    let producer = new.producer_id.or(caller.scope().producer());
    let producer = producer
        .ok_or_else(|| Problem::invalid("producer_id", "say whose it is", "请指明生产主体"))?;
    new.plot.check()?;
    let row = new.plot.row(producer);
    let mut transaction = act::begin(&state, &caller.account).await?;
    let owner = act::filing::see_producer(&mut transaction, &caller.account, producer).await;
    owner.map_err(|_| {
        Problem::invalid(
            "producer_id",
            "there is no such producer",
            "没有这个生产主体",
        )
    })?;
    let id = plot::insert_once(&mut transaction, &row, new.request_id).await?;
    let kept = see(&mut transaction, &caller.account, id).await;
    let kept = kept.map_err(|_| request_used())?;
    if kept.producer_id != producer || kept.name != row.name {
        return Err(request_used());
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

/// Changes what is said of a plot. If somebody changed it since `base_version`, nothing is
/// overwritten.
#[utoipa::path(
    put, path = "/api/v1/plots/{id}", tag = "register", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the plot")), request_body = PlotEdit,
    responses((status = 200, body = Plot), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(edit): JsonBody<PlotEdit>,
) -> Answer<Json<Plot>> {
    edit.plot.check()?;
    let mut transaction = act::begin(&state, &caller.account).await?;
    let was = see(&mut transaction, &caller.account, id).await?;
    let row = edit.plot.row(was.producer_id);
    let base = (id, edit.base_version);
    let changed = plot::update(&mut transaction, base, &row).await?;
    let kept = see(&mut transaction, &caller.account, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    // An edit that arrives again finds its own work one version on.
    if changed || (kept.version == edit.base_version + 1 && edit.plot.says(&kept)) {
        return Ok(Json(kept.into()));
    }
    Err(Problem {
        versions: Some(Box::new([
            json!(Plot::from(kept)),
            json!({ "version": edit.base_version, "name": row.name, "township": row.township,
                "area_mu": row.area_mu }),
        ])),
        ..Problem::told(
            Kind::EditConflict,
            "somebody changed this plot since; nothing was overwritten",
            "该地块已被他人修改，未作覆盖",
        )
    })
}

/// The plot of this number, if this account may see it.
async fn see(
    connection: &mut store::AnyConnection,
    account: &Account,
    id: i64,
) -> Answer<plot::Plot> {
    let found = plot::find(connection, id).await?;
    let seen = found.filter(|row| crate::authority::Scope::of(account).holds(row.producer_id));
    seen.ok_or(Problem::told(
        Kind::NotFound,
        "there is no such plot",
        "没有这个地块",
    ))
}

impl PlotBody {
    fn check(&self) -> Answer<()> {
        plausible::text("name", &self.name, 60)?;
        farm::note("name_en", &self.name_en, 100)?;
        plausible::text("township", &self.township, 40)?;
        if !(self.area_mu > 0.0 && self.area_mu <= 1e6) {
            let en = "it must be above 0 and at most 1e6";
            return Err(Problem::invalid("area_mu", en, "面积须大于 0"));
        }
        if !(-500..=9_000).contains(&self.altitude_m) {
            let en = "it must be -500 to 9000 metres";
            return Err(Problem::invalid(
                "altitude_m",
                en,
                "海拔须为 -500 至 9000 米",
            ));
        }
        for (field, degrees, most) in [
            ("latitude", self.latitude, 90.0),
            ("longitude", self.longitude, 180.0),
        ] {
            if !(degrees.is_finite() && degrees.abs() <= most) {
                return Err(Problem::invalid(field, "no such place", "经纬度有误"));
            }
        }
        Ok(())
    }

    fn row(&self, producer_id: i64) -> NewPlot<'_> {
        NewPlot {
            producer_id,
            name: self.name.trim(),
            name_en: self.name_en.trim(),
            township: self.township.trim(),
            area_mu: self.area_mu,
            altitude_m: self.altitude_m,
            latitude: self.latitude,
            longitude: self.longitude,
        }
    }

    fn says(&self, kept: &plot::Plot) -> bool {
        let row = self.row(kept.producer_id);
        row.name == kept.name
            && row.name_en == kept.name_en
            && row.township == kept.township
            && row.altitude_m == kept.altitude_m
            && (row.area_mu - kept.area_mu).abs() < f32::EPSILON
    }
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
            version: row.version,
        }
    }
}
