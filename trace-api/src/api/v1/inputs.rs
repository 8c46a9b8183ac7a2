//! `/api/v1/inputs`: 农业投入品 and what is left of them; a producer's staff see their own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::input;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

pub(crate) mod purchases;

/// An input with what is left of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Input {
    id: Uuid,
    /// Whose it is.
    producer_id: i64,
    /// `pesticide`, `fertiliser`, `seed`, `feed` or `veterinary`.
    kind: String,
    /// Name on the label.
    name: String,
    /// 登记证号 or 批准文号.
    registration: String,
    /// Active ingredient or composition.
    ingredient: String,
    /// 安全间隔期 or 休药期, days.
    interval_days: Option<i32>,
    /// Unit of its stock and of doses.
    unit: String,
    /// What is left; below 0 where more was used than was noted as bought.
    stock: f64,
}

/// A list of inputs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Inputs {
    /// By name.
    inputs: Vec<Input>,
}

/// An input to file.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewInputBody {
    /// Made by the client: sent again, it files nothing more and gets the same answer.
    id: Uuid,
    /// `pesticide`, `fertiliser`, `seed`, `feed` or `veterinary`.
    #[schema(example = "pesticide")]
    kind: String,
    /// Name on the label.
    #[schema(example = "吡虫啉 10% 可湿性粉剂")]
    name: String,
    /// 登记证号 of a pesticide, 批准文号 of a veterinary drug; both need one.
    #[serde(default)]
    #[schema(example = "PD20080000")]
    registration: String,
    /// Active ingredient or composition.
    #[serde(default)]
    ingredient: String,
    /// 安全间隔期 or 休药期 on the label, 0 to 365 days; for pesticides and veterinary drugs.
    #[schema(example = 14)]
    interval_days: Option<i32>,
    /// Unit of its stock.
    #[schema(example = "g")]
    unit: String,
}

/// Lists inputs with their stock.
#[utoipa::path(
    get, path = "/api/v1/inputs", tag = "records", security(("token" = [])),
    responses((status = 200, body = Inputs))
)]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Answer<Json<Inputs>> {
    let mut connection = state.store().acquire().await?;
    let rows = input::list(&mut connection, caller.scope().producer(), None).await?;
    Ok(Json(Inputs {
        inputs: rows.into_iter().map(Input::from).collect(),
    }))
}

/// Files an input. An id that is used again for another input is refused.
#[utoipa::path(
    post, path = "/api/v1/inputs", tag = "records", security(("token" = [])),
    request_body = NewInputBody,
    responses((status = 201, body = Input), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewInputBody>,
) -> Answer<(StatusCode, Json<Input>)> {
    let wanted = act::input::Wanted {
        id: new.id,
        kind: new.kind,
        name: new.name,
        registration: new.registration,
        ingredient: new.ingredient,
        interval_days: new.interval_days,
        unit: new.unit,
    };
    let filed = act::input::file(&state, &caller.account, &wanted).await?;
    Ok((StatusCode::CREATED, Json(filed.into())))
}

impl From<input::Input> for Input {
    fn from(row: input::Input) -> Self {
        Self {
            id: row.id,
            producer_id: row.producer_id,
            kind: row.kind,
            name: row.name,
            registration: row.registration,
            ingredient: row.ingredient,
            interval_days: row.interval_days,
            unit: row.unit,
            stock: row.stock,
        }
    }
}
