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
    /// Whether their codes answer at once; else `/api/v1/label-runs/{id}/activation` says when.
    #[serde(default = "at_once")]
    activate: bool,
}

const fn at_once() -> bool {
    true
}

/// Labels that were issued together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Issued {
    /// Number of the run.
    run: i64,
    /// Number of the lot; null for labels that are bound to one later.
    lot_id: Option<i64>,
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
        activate,
    } = new;
    let wanted = act::label::Wanted {
        request_id,
        count,
        size,
        on_activation: !activate,
    };
    let issued = act::label::issue(&state, &caller.account, id, &wanted).await?;
    Ok((StatusCode::CREATED, Json(Issued::of(&state, issued)?)))
}

impl Issued {
    pub(crate) fn of(state: &AppState, issued: act::label::Issued) -> Answer<Self> {
        let labels = issued.labels.into_iter();
        let labels = labels.map(|row| Label::from_row(state, row));
        Ok(Self {
            run: issued.run_id,
            lot_id: issued.lot_id,
            size: issued.size,
            labels: labels.collect::<Answer<_>>()?,
        })
    }
}
