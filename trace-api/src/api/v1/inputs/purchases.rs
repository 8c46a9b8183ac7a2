//! `/api/v1/inputs/{input}/purchases`: something came into stock.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Input;
use crate::act;
use crate::act::lot::parse_day;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A purchase.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Purchase {
    /// Made by the client: sent again, it adds nothing more and gets the same answer.
    id: Uuid,
    /// In the unit of the input's stock, above 0.
    #[schema(example = 500)]
    amount: f64,
    /// When, `YYYY-MM-DD`.
    #[schema(example = "2026-09-02")]
    bought_on: String,
    /// Where, with the receipt's number.
    #[serde(default)]
    source: String,
}

/// Notes a purchase; the answer is the input with its stock.
#[utoipa::path(
    post, path = "/api/v1/inputs/{input}/purchases", tag = "records", security(("token" = [])),
    params(("input" = Uuid, Path, description = "Id of the input")), request_body = Purchase,
    responses((status = 201, body = Input), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<Uuid>,
    JsonBody(new): JsonBody<Purchase>,
) -> Answer<(StatusCode, Json<Input>)> {
    let bought = act::input::Purchase {
        id: new.id,
        amount: new.amount,
        bought_on: parse_day("bought_on", &new.bought_on)?,
        source: new.source,
    };
    let kept = act::input::buy(&state, &caller.account, id, &bought).await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}
