//! `/api/v1/inputs/{input}/purchases`: something came into stock.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::input::{self, NewMove};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Input, own_producer};
use crate::act;
use crate::act::lot::{parse_day, request_used};
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::handover::suffices;
use crate::rule::{farm, plausible};
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
    farm::amount("amount", Some(new.amount))?;
    farm::note("source", &new.source, 100)?;
    let moved_on = parse_day("bought_on", &new.bought_on)?;
    farm::day(moved_on, plausible::today(state.now()))?;
    let producer = own_producer(&caller)?;
    let mut transaction = act::begin(&state, &caller.account).await?;
    let known = input::list(&mut transaction, Some(producer), Some(id)).await?;
    if known.is_empty() {
        let (en, zh) = ("there is no such input", "没有该投入品");
        return Err(Problem::told(Kind::NotFound, en, zh));
    }
    let row = NewMove {
        id: new.id,
        input_id: id,
        record_id: None,
        amount: new.amount,
        moved_on,
        source: new.source.trim(),
        account_id: Some(caller.account.id),
    };
    if !input::insert_move(&mut transaction, &row, state.now()).await? {
        let kept = input::find_move(&mut transaction, new.id).await?;
        let same = kept.is_some_and(|(input, amount)| {
            input == id && suffices(amount, new.amount) && suffices(new.amount, amount)
        });
        if !same {
            return Err(request_used());
        }
    }
    let mut kept = input::list(&mut transaction, Some(producer), Some(id)).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    let kept = kept.pop().ok_or_else(request_used)?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}
