//! `/api/v1/lots/{id}/certificates`: 承诺达标合格证 of a lot; checked before it is issued.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::certificate;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::act;
use crate::api::v1::certificates::Certificate;
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::rule::certificate::Reason;
use crate::state::AppState;

/// The certificates of a lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Certificates {
    /// Oldest first, voided ones too.
    certificates: Vec<Certificate>,
}

/// A certificate to issue.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewCertificate {
    /// Made by the client: sent again, it issues nothing more and gets the same answer.
    request_id: Uuid,
    /// `quality_control`, `own_test` or `commissioned_test`.
    #[schema(example = "own_test")]
    basis: String,
    /// How much it covers, in the product's unit; all that has none where it is missing.
    quantity: Option<f64>,
}

/// What is to be checked.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// `quality_control`, `own_test` or `commissioned_test`.
    basis: String,
    /// How much it would cover.
    quantity: Option<f64>,
}

/// Whether a certificate would be issued.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CertificateCheck)]
pub(crate) struct Check {
    /// Whether nothing stands against it.
    ok: bool,
    /// Everything that does.
    reasons: Vec<Reason>,
    /// How much of the lot has no certificate yet.
    uncovered: f64,
}

/// Lists the certificates of a lot.
#[utoipa::path(
    get, path = "/api/v1/lots/{id}/certificates", tag = "certificates", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    responses((status = 200, body = Certificates), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Certificates>> {
    let mut connection = state.store().acquire().await?;
    act::find_lot(&mut connection, &caller.account, id).await?;
    let rows = certificate::list(&mut connection, &[id]).await?;
    Ok(Json(Certificates {
        certificates: rows.into_iter().map(Certificate::from).collect(),
    }))
}

/// Tells everything that stands against a certificate, before anybody asks for one.
#[utoipa::path(
    get, path = "/api/v1/lots/{id}/certificates/check", tag = "certificates",
    security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot"), Question),
    responses((status = 200, body = Check), (status = 404, body = ProblemBody))
)]
pub(crate) async fn check(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<Json<Check>> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, &caller.account, id).await?;
    let asked = (question.basis.as_str(), question.quantity);
    let (reasons, uncovered) = act::certificate::examine(&mut connection, &lot, asked).await?;
    Ok(Json(Check {
        ok: reasons.is_empty(),
        reasons,
        uncovered,
    }))
}

/// Issues a certificate, if nothing stands against it.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/certificates", tag = "certificates", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")), request_body = NewCertificate,
    responses((status = 201, body = Certificate), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn issue(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewCertificate>,
) -> Answer<(StatusCode, Json<Certificate>)> {
    let wanted = act::certificate::Wanted {
        request_id: new.request_id,
        basis: new.basis,
        quantity: new.quantity,
    };
    let made = act::certificate::issue(&state, &caller.account, id, &wanted).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
