//! `/api/v1/lots/{id}/labels`: issuing labels for a lot.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::api::v1::labels::Label;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Labels to issue.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewLabels {
    /// Made by the client: sent again, it issues nothing more and gets the same answer.
    request_id: Uuid,
    /// How many, 1 to 100,000.
    #[schema(example = 24)]
    count: i32,
    /// Label size.
    #[schema(example = "40x30mm")]
    size: String,
}

/// Labels that were issued together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Issued {
    /// Number of the run.
    run: i64,
    /// Number of the lot.
    lot_id: i64,
    /// Label size.
    size: String,
    /// The first labels, at most 1,000; `/api/v1/labels?run=` has them all.
    labels: Vec<Label>,
}

/// Issues labels; writes the events with them.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/labels", tag = "labels", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    request_body = NewLabels,
    responses((status = 201, body = Issued), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn issue(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewLabels>,
) -> Answer<(StatusCode, Json<Issued>)> {
    let NewLabels {
        request_id,
        count,
        size,
    } = new;
    let wanted = act::label::Wanted {
        request_id,
        count,
        size,
    };
    let issued = act::label::issue(&state, &caller.account, id, &wanted).await?;
    let labels = issued
        .labels
        .into_iter()
        .map(|row| Label::from_row(&state, row));
    let labels = labels.collect::<Answer<_>>()?;
    let run = Issued {
        run: issued.run_id,
        lot_id: issued.lot.id,
        size: issued.size,
        labels,
    };
    Ok((StatusCode::CREATED, Json(run)))
}
