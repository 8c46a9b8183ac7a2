//! `/api/v1/recalls/{id}/calls`: whom of a recall somebody has reached.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::recall;
use store::recall_call::{self, HolderKind};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::act::recall_call::Wanted;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

/// A call to note.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewCall {
    /// Made by the client: sent again, it changes nothing and gets the same answer.
    request_id: Uuid,
    /// `producer` or `party`.
    #[schema(example = "producer")]
    kind: String,
    /// Number of the producer or of the party.
    holder_id: i64,
    /// What they said, at most 500 characters; may be empty.
    #[serde(default)]
    #[schema(example = "已下架 12 盒，等待退回")]
    note: String,
}

/// A call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallCall)]
pub(crate) struct Call {
    /// `producer` or `party`.
    kind: &'static str,
    /// Number of the producer or of the party.
    holder_id: i64,
    /// What they said.
    note: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Who called.
    by: String,
}

/// The calls of a recall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallCalls)]
pub(crate) struct Calls {
    /// Oldest first.
    calls: Vec<Call>,
}

/// Lists whom of a recall somebody has reached.
#[utoipa::path(
    get, path = "/api/v1/recalls/{id}/calls", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the recall")),
    responses((status = 200, body = Calls), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Named(id): Named<i64>,
) -> Answer<Json<Calls>> {
    let mut connection = state.store().acquire().await?;
    let found = recall::list(&mut connection, Some(id), None).await?;
    found.first().ok_or_else(act::recall::no_recall)?;
    Ok(Json(recall_call::list(&mut connection, id).await?.into()))
}

/// Notes that somebody who has of the goods was reached.
#[utoipa::path(
    post, path = "/api/v1/recalls/{id}/calls", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the recall")), request_body = NewCall,
    responses((status = 201, body = Calls), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewCall>,
) -> Answer<(StatusCode, Json<Calls>)> {
    let unknown = || Problem::invalid("kind", "it is producer or party", "须为 producer 或 party");
    let kind = HolderKind::from_code(&new.kind).ok_or_else(unknown)?;
    let wanted = Wanted {
        request_id: new.request_id,
        holder: (kind, new.holder_id),
        note: new.note,
    };
    let calls = act::recall_call::note(&state, &caller.account, id, &wanted).await?;
    Ok((StatusCode::CREATED, Json(calls.into())))
}

impl From<Vec<recall_call::Call>> for Calls {
    fn from(rows: Vec<recall_call::Call>) -> Self {
        let call = |row: recall_call::Call| Call {
            kind: row.holder.0.code(),
            holder_id: row.holder.1,
            note: row.note,
            at: row.at,
            by: row.by,
        };
        Self {
            calls: rows.into_iter().map(call).collect(),
        }
    }
}
