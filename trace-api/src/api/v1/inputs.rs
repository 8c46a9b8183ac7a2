//! `/api/v1/inputs`: 农业投入品 and what is left of them; a producer's staff see their own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::input::{self, NewInput};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::act::lot::request_used;
use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::{farm, plausible};
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
    check(&new)?;
    let producer_id = own_producer(&caller)?;
    let mut transaction = act::begin(&state, &caller.account).await?;
    let row = NewInput {
        id: new.id,
        producer_id,
        kind: &new.kind,
        name: new.name.trim(),
        registration: new.registration.trim(),
        ingredient: new.ingredient.trim(),
        interval_days: new.interval_days,
        unit: new.unit.trim(),
        account_id: Some(caller.account.id),
    };
    input::insert(&mut transaction, &row, state.now()).await?;
    let kept = input::list(&mut transaction, Some(producer_id), Some(new.id)).await?;
    let same = |kept: &input::Input| {
        kept.kind == row.kind
            && kept.name == row.name
            && kept.registration == row.registration
            && kept.ingredient == row.ingredient
            && kept.interval_days == row.interval_days
            && kept.unit == row.unit
    };
    let kept = kept.into_iter().find(same).ok_or_else(request_used)?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

/// Whose staff it is.
pub(crate) fn own_producer(caller: &Caller) -> Answer<i64> {
    let own = caller.scope().producer();
    own.ok_or(Problem::of(Kind::Forbidden))
}

fn check(new: &NewInputBody) -> Answer<()> {
    let is_drug = matches!(new.kind.as_str(), "pesticide" | "veterinary");
    if !is_drug && !matches!(new.kind.as_str(), "fertiliser" | "seed" | "feed") {
        let en = "it is pesticide, fertiliser, seed, feed or veterinary";
        return Err(Problem::invalid("kind", en, "没有这种投入品类型"));
    }
    plausible::text("name", &new.name, 100)?;
    plausible::text("unit", &new.unit, 10)?;
    farm::note("registration", &new.registration, 40)?;
    farm::note("ingredient", &new.ingredient, 200)?;
    if is_drug && new.registration.trim().is_empty() {
        let (en, zh) = (
            "it needs its registration number",
            "请填写登记证号或批准文号",
        );
        return Err(Problem::invalid("registration", en, zh));
    }
    let in_range = new
        .interval_days
        .is_some_and(|days| (0..=365).contains(&days));
    if is_drug != new.interval_days.is_some() || (is_drug && !in_range) {
        let en = "0 to 365 days for pesticides and veterinary drugs, and for nothing else";
        let zh = "农药和兽药须填写 0 至 365 天的间隔期，其他投入品不填";
        return Err(Problem::invalid("interval_days", en, zh));
    }
    Ok(())
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
