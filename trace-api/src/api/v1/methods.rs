//! `/api/v1/methods`: methods of testing by edition.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::test_method::{self, NewMethod};
use utoipa::ToSchema;

use crate::act;
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::plausible;
use crate::state::AppState;

/// Most crops of one method.
const CROPS_MAX: usize = 50;

/// An edition of a method.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Method {
    /// Standard; a result's method begins with it.
    #[schema(example = "GB/T 5009.199-2003")]
    code: String,
    /// What it looks for; empty for a method that has one item.
    #[serde(default)]
    item: String,
    /// `inhibition`, `colloidal_gold` or `laboratory`.
    #[schema(example = "inhibition")]
    principle: String,
    /// Unit of result and limit; empty for cards.
    #[serde(default)]
    #[schema(example = "%")]
    unit: String,
    /// At or above this a sample is positive.
    #[schema(example = 50)]
    limit: f32,
    /// Limit of quantification.
    quantification: Option<f32>,
    /// Crops that are known to give false positives.
    #[serde(default)]
    false_positives: Vec<String>,
    /// Where limit and crops are from.
    #[schema(example = "GB/T 5009.199-2003")]
    source: String,
    /// First day of sampling that it judges, `YYYY-MM-DD`.
    #[schema(example = "2026-06-01")]
    valid_from: String,
}

/// A list of methods.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Methods {
    /// By code and item, newest edition first.
    methods: Vec<Method>,
}

/// Lists every edition of every method.
#[utoipa::path(
    get, path = "/api/v1/methods", tag = "tests", security(("token" = [])),
    responses((status = 200, body = Methods))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Methods>> {
    let mut connection = state.store().acquire().await?;
    let rows = test_method::list(&mut connection).await?;
    let method = |row: test_method::Method| Method {
        code: row.code,
        item: row.item,
        principle: row.principle,
        unit: row.unit,
        limit: row.limit,
        quantification: row.quantification,
        false_positives: row.false_positives,
        source: row.source,
        valid_from: iso(row.valid_from),
    };
    Ok(Json(Methods {
        methods: rows.into_iter().map(method).collect(),
    }))
}

/// Files an edition. Results of samples taken before its day are judged by the edition before it.
#[utoipa::path(
    post, path = "/api/v1/methods", tag = "tests", security(("token" = [])),
    request_body = Method,
    responses((status = 201, body = Method), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<Method>,
) -> Answer<(StatusCode, Json<Method>)> {
    check(&new)?;
    let row = NewMethod {
        code: new.code.trim(),
        item: new.item.trim(),
        principle: &new.principle,
        unit: new.unit.trim(),
        limit: new.limit,
        quantification: new.quantification,
        false_positives: &new.false_positives,
        source: new.source.trim(),
        valid_from: parse_day("valid_from", &new.valid_from)?,
    };
    let mut transaction = act::begin(&state, &caller.account).await?;
    test_method::insert(&mut transaction, &row).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    Ok((StatusCode::CREATED, Json(new)))
}

fn check(new: &Method) -> Answer<()> {
    plausible::text("code", &new.code, 60)?;
    plausible::text("source", &new.source, 200)?;
    if !new.item.trim().is_empty() {
        plausible::text("item", &new.item, 100)?;
    }
    let is_card = match new.principle.as_str() {
        "colloidal_gold" => true,
        "inhibition" | "laboratory" => false,
        _ => {
            let en = "it is inhibition, colloidal_gold or laboratory";
            return Err(Problem::invalid("principle", en, "没有这种检测原理"));
        }
    };
    if !is_card {
        plausible::text("unit", &new.unit, 20)?;
    }
    if !(new.limit.is_finite() && new.limit > 0.0) {
        let (en, zh) = ("it must be above 0", "限值须大于 0");
        return Err(Problem::invalid("limit", en, zh));
    }
    if new.false_positives.len() > CROPS_MAX {
        let en = format!("at most {CROPS_MAX} crops");
        let zh = format!("最多 {CROPS_MAX} 种作物");
        return Err(Problem::invalid("false_positives", en, zh));
    }
    for crop in &new.false_positives {
        plausible::text("false_positives", crop, 20)?;
    }
    Ok(())
}
