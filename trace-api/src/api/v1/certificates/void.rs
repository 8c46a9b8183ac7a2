//! `/api/v1/certificates/{id}/void`: voiding a certificate; it is kept, with the reason.

use axum::Json;
use axum::extract::State;

use super::Certificate;
use crate::act;
use crate::api::v1::lots::Reasoned;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// Voids a certificate. Voiding it again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/certificates/{id}/void", tag = "certificates", security(("token" = [])),
    params(("id" = i64, Path, description = "Row of the certificate")), request_body = Reasoned,
    responses((status = 200, body = Certificate), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<Reasoned>,
) -> Answer<Json<Certificate>> {
    let why = (asked.request_id, asked.reason.as_str());
    let kept = act::certificate::void(&state, &caller.account, id, why).await?;
    Ok(Json(kept.into()))
}
