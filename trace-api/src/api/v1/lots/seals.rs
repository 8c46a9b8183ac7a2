//! `/api/v1/lots/{id}/seals`: the growing period in figures, as it stood at the release.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use store::seal;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Asking;
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A seal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Seal {
    /// 1 at the release; more are addenda for readings that came late.
    number: i32,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    sealed_at: OffsetDateTime,
    /// `channels` with `min`, `mean`, `max`, `deviation`, `expected`, `present`, `hours_outside`;
    /// `alarms` with the role of who answered; `pictures` by camera with the `sha256` of each, and a
    /// `digest` over them, which the event has, too.
    #[schema(value_type = Object)]
    body: Value,
}

/// The seals of a lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Seals {
    /// Oldest first.
    seals: Vec<Seal>,
}

/// Lists the seals of a lot.
#[utoipa::path(
    get, path = "/api/v1/lots/{id}/seals", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    responses((status = 200, body = Seals), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Seals>> {
    let mut connection = state.store().acquire().await?;
    act::find_lot(&mut connection, &caller.account, id).await?;
    let rows = seal::list(&mut connection, id).await?;
    Ok(Json(rows.into()))
}

/// Writes an addendum, where readings came after the last seal; the seals before it stay.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/seals", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")), request_body = Asking,
    responses((status = 200, body = Seals), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody))
)]
pub(crate) async fn renew(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(asked): JsonBody<Asking>,
) -> Answer<Json<Seals>> {
    let rows = act::seal::renew(&state, &caller.account, id, asked.request_id).await?;
    Ok(Json(rows.into()))
}

impl From<Vec<seal::Seal>> for Seals {
    fn from(rows: Vec<seal::Seal>) -> Self {
        let seal = |row: seal::Seal| Seal {
            number: row.number,
            sealed_at: row.sealed_at,
            body: row.body,
        };
        Self {
            seals: rows.into_iter().map(seal).collect(),
        }
    }
}
