//! `/api/v1/label-runs`: labels that are printed before their lot is known: issuing them for a
//! product, binding ranges to lots, and activating.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::label;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::act;
use crate::api::v1::Limit;
use crate::api::v1::lots::labels::Issued;
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A run of labels whose lot was not known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AheadRun {
    /// Its number.
    id: i64,
    /// Number of the product.
    product_id: i64,
    /// Label size.
    size: String,
    /// How many labels.
    count: i32,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// Runs of labels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AheadRuns {
    /// Newest first.
    runs: Vec<AheadRun>,
}

/// How many are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// At most so many, 100 where it is missing, at most 1,000.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// Lists the runs that were issued for a product, newest first.
#[utoipa::path(
    get, path = "/api/v1/label-runs", tag = "labels", security(("token" = [])),
    params(Question), responses((status = 200, body = AheadRuns))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<AheadRuns>> {
    let producer = caller.scope().producer();
    let mut connection = state.store().acquire().await?;
    let limit = question.limit.get();
    let runs = label::list_product_runs(&mut connection, producer, limit).await?;
    let runs = runs.into_iter().map(|run| AheadRun {
        id: run.id,
        product_id: run.product_id,
        size: run.size,
        count: run.count,
        created_at: run.created_at,
    });
    Ok(Json(AheadRuns {
        runs: runs.collect(),
    }))
}

/// Labels to issue for a product.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewRun {
    /// Made by the client: sent again, it issues nothing more and gets the same answer.
    request_id: Uuid,
    /// GTIN-14 of one of your products.
    #[schema(example = "02000000000015")]
    gtin: String,
    /// How many, 1 to 100,000.
    #[schema(example = 1000)]
    count: i32,
    /// Label size.
    #[schema(example = "40x30mm")]
    size: String,
}

/// Issues labels for a product whose lot is not known yet. Their codes say so until they are bound
/// and activated.
#[utoipa::path(
    post, path = "/api/v1/label-runs", tag = "labels", security(("token" = [])),
    request_body = NewRun,
    responses((status = 201, body = Issued), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewRun>,
) -> Answer<(StatusCode, Json<Issued>)> {
    let wanted = act::label::Wanted {
        request_id: new.request_id,
        count: new.count,
        size: new.size,
        on_activation: true,
    };
    let issued = act::label::issue_ahead(&state, &caller.account, &new.gtin, &wanted).await?;
    Ok((StatusCode::CREATED, Json(Issued::of(&state, issued)?)))
}

/// Labels to bind to a lot.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewBinding {
    /// Made by the client: sent again, it changes nothing and gets the same answer.
    request_id: Uuid,
    /// Number of the lot; of the product that the labels were printed for.
    lot_id: i64,
    /// First label, by its place in the run; the first of all where it is missing.
    first: Option<i32>,
    /// Last label; the last of all where it is missing.
    last: Option<i32>,
    /// Whether their codes answer at once.
    #[serde(default = "at_once")]
    activate: bool,
}

const fn at_once() -> bool {
    true
}

/// Binds labels to a lot. A label is bound once and for good: a second binding is refused.
#[utoipa::path(
    post, path = "/api/v1/label-runs/{id}/bindings", tag = "labels", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the run")),
    request_body = NewBinding,
    responses((status = 204), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn bind(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewBinding>,
) -> Answer<StatusCode> {
    let wanted = act::binding::Wanted {
        request_id: new.request_id,
        lot_id: new.lot_id,
        first: new.first,
        last: new.last,
        activate: new.activate,
    };
    act::binding::bind(&state, &caller.account, id, &wanted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Labels to activate.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewActivation {
    /// Made by the client: sent again, it changes nothing.
    request_id: Uuid,
    /// First label, by its place in the run; the first of all where it is missing.
    first: Option<i32>,
    /// Last label; the last of all where it is missing.
    last: Option<i32>,
}

/// Activates labels that are bound: from now on their codes answer.
#[utoipa::path(
    post, path = "/api/v1/label-runs/{id}/activation", tag = "labels", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the run")),
    request_body = NewActivation,
    responses((status = 204), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn activate(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewActivation>,
) -> Answer<StatusCode> {
    let range = (new.request_id, new.first, new.last);
    act::binding::activate(&state, &caller.account, id, range).await?;
    Ok(StatusCode::NO_CONTENT)
}
