//! `/api/v1/lots`: 批次; a producer's staff see and register their own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::gs1::LotCode;
use serde::{Deserialize, Serialize};
use store::lot::{self, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Limit;
use crate::act;
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

pub(crate) mod certificates;
pub(crate) mod graph;
pub(crate) mod harvest;
pub(crate) mod hold;
pub(crate) mod interval;
pub(crate) mod interval_waiver;
pub(crate) mod labels;
pub(crate) mod recall;
pub(crate) mod release;
pub(crate) mod reports;
pub(crate) mod samples;
pub(crate) mod seals;
pub(crate) mod shipments;
pub(crate) mod sold_out;
pub(crate) mod steps;
pub(crate) mod tests;

/// A step that needs no reason.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Asking {
    /// Made by the client: sent again, it changes nothing and gets the same answer.
    request_id: Uuid,
}

/// A step with its reason.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Reasoned {
    /// Made by the client: sent again, it changes nothing and gets the same answer.
    pub(crate) request_id: Uuid,
    /// Why, 1 to 500 characters; kept in the lot's journal, never shown in public.
    #[schema(example = "复检合格，解除冻结")]
    pub(crate) reason: String,
}

/// A lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lot {
    id: i64,
    /// GS1 AI 10.
    code: String,
    /// GTIN-14 of the product.
    gtin: String,
    /// Name of the product, Chinese.
    product: String,
    /// Name of the product, English.
    product_en: String,
    /// Number of the product.
    product_id: i64,
    /// Name of the producer.
    producer: String,
    /// Number of the producer.
    producer_id: i64,
    /// Name of the plot.
    plot: String,
    /// Number of the plot.
    plot_id: i64,
    /// `growing`, `harvested`, `in_test`, `released`, `held`, `shipped`, `sold_out`, `recalled`.
    state: &'static str,
    /// First day of the growing or making period.
    started_on: String,
    /// Last day of it; null while growing.
    harvested_on: Option<String>,
    /// In `unit`.
    quantity: f64,
    /// UN/ECE Rec 20.
    unit: String,
    /// Why it was recalled.
    recall_reason: Option<String>,
    /// How many tests it has.
    tests: i64,
    /// How many labels it has.
    labels: i64,
    /// Its public page.
    link: String,
    /// When it was registered.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A list of lots.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lots {
    /// In the order that was asked for.
    lots: Vec<Lot>,
    /// Where the list goes on, for `after`; null where it ends.
    next: Option<i64>,
}

/// Which lots are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only this GTIN-14.
    gtin: Option<String>,
    /// Only this code.
    code: Option<String>,
    /// Only this state.
    state: Option<String>,
    /// Only lots whose code begins so, or whose product or producer is named or numbered so.
    q: Option<String>,
    /// `newest`, `code` or `harvested`; the newest first where it is missing.
    sort: Option<String>,
    /// Only those after the lot of this number in that order: the `next` of the page before.
    after: Option<i64>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// A lot to register.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewLot {
    /// Made by the client: sent again, it registers nothing more and gets the same answer.
    request_id: Uuid,
    /// GTIN-14 of one of your products.
    #[schema(example = "02000000000015")]
    gtin: String,
    /// One of your plots.
    plot_id: i64,
    /// 1 to 20 of `A`–`Z`, `0`–`9`, `-`; a code of the day, `YYYYMMDD-NN`, where it is missing.
    code: Option<String>,
    /// First day of the growing or making period, `YYYY-MM-DD`.
    #[schema(example = "2026-08-01")]
    started_on: String,
    /// Last day of it; missing while it grows.
    #[schema(example = "2026-11-01")]
    harvested_on: Option<String>,
    /// In the product's unit, above 0.
    #[schema(example = 320)]
    quantity: f64,
}

/// Lists lots: searched, sorted, page by page.
#[utoipa::path(
    get, path = "/api/v1/lots", tag = "register", security(("token" = [])),
    params(Question), responses((status = 200, body = Lots))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<Lots>> {
    let filter = Filter {
        id: None,
        producer_id: caller.scope().producer(),
        gtin: question.gtin,
        code: question.code,
        state: question.state.as_deref().map(act::lot::state).transpose()?,
        words: question.q.filter(|words| !words.trim().is_empty()),
        order: act::lot::order(question.sort.as_deref())?,
        after: question.after,
    };
    let limit = question.limit.get().min(lot::LIST_MAX);
    let mut connection = state.store().acquire().await?;
    let rows = lot::list(&mut connection, &filter, limit).await?;
    let next = rows.last().map(|last| last.id);
    let next = next.filter(|_| rows.len() as i64 == limit);
    let lots = rows.into_iter().map(|row| Lot::from_row(&state, row));
    Ok(Json(Lots {
        lots: lots.collect::<Answer<_>>()?,
        next,
    }))
}

/// Registers a lot of one's own product; writes the event with it.
#[utoipa::path(
    post, path = "/api/v1/lots", tag = "register", security(("token" = [])),
    request_body = NewLot,
    responses((status = 201, body = Lot), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewLot>,
) -> Answer<(StatusCode, Json<Lot>)> {
    let code = new.code.as_deref().map(LotCode::parse).transpose();
    let code = code.map_err(|error| {
        Problem::invalid(
            "code",
            error.to_string(),
            "批次号须为 1 至 20 个大写字母、数字或 -",
        )
    })?;
    let harvested_on = new
        .harvested_on
        .as_deref()
        .map(|day| parse_day("harvested_on", day))
        .transpose()?;
    let wanted = act::lot::Wanted {
        request_id: new.request_id,
        gtin: new.gtin,
        plot_id: new.plot_id,
        code,
        started_on: parse_day("started_on", &new.started_on)?,
        harvested_on,
        quantity: new.quantity,
    };
    let lot = act::lot::register(&state, &caller.account, &wanted).await?;
    Ok((StatusCode::CREATED, Json(Lot::from_row(&state, lot)?)))
}

/// Shows one lot.
#[utoipa::path(
    get, path = "/api/v1/lots/{id}", tag = "register", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    responses((status = 200, body = Lot), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Lot>> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, &caller.account, id).await?;
    Ok(Json(Lot::from_row(&state, lot)?))
}

impl Lot {
    pub(crate) fn from_row(state: &AppState, row: lot::Lot) -> Answer<Self> {
        let link = act::label::link(state, &row.gtin, Some(&row.code), None)?.to_string();
        Ok(Self {
            id: row.id,
            code: row.code,
            gtin: row.gtin,
            product: row.product,
            product_en: row.product_en,
            product_id: row.product_id,
            producer: row.producer,
            producer_id: row.producer_id,
            plot: row.plot,
            plot_id: row.plot_id,
            state: row.state.code(),
            started_on: iso(row.started_on),
            harvested_on: row.harvested_on.map(iso),
            quantity: row.quantity,
            unit: row.unit,
            recall_reason: row.recall_reason,
            tests: row.tests,
            labels: row.labels,
            link,
            created_at: row.created_at,
        })
    }
}
