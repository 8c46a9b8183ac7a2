//! `/api/v1/products/{id}/versions`: who wrote what when, before and after, and what became of it.

use axum::Json;
use axum::extract::State;
use store::filing::Subject;

use crate::act::filing as act;
use crate::api::v1::filing::{Older, Versions};
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Lists the versions of a product, newest first, each with what it changed and what was done with it.
#[utoipa::path(
    get, path = "/api/v1/products/{id}/versions", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the product"), Older),
    responses((status = 200, body = Versions), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(older): Asked<Older>,
) -> Answer<Json<Versions>> {
    let mut connection = state.store().acquire().await?;
    act::see_product(&mut connection, &caller.account, id).await?;
    let subject = Subject::Product(id);
    Versions::read(&mut connection, subject, &older)
        .await
        .map(Json)
}
