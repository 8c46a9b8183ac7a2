//! `/api/v1/products/{id}/decision`: what a supervisor decides of its filing.

use axum::Json;
use axum::extract::State;
use store::filing::Subject;

use super::{Whole, whole};
use crate::act::filing::turn::turn;
use crate::api::v1::filing::Decision;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Returns or approves the newest version of a product, or suspends it, or lets it go on; the producer
/// is told. A suspension outlives an approval: only `resume` ends it.
#[utoipa::path(
    post, path = "/api/v1/products/{id}/decision", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the product")), request_body = Decision,
    responses((status = 200, body = Whole), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<Decision>,
) -> Answer<Json<Whole>> {
    let subject = Subject::Product(id);
    let asked = asked.parse()?;
    turn(&state, &caller.account, subject, &asked).await?;
    whole(&state, &caller, id).await.map(Json)
}
