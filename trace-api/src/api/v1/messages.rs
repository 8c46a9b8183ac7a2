//! `/api/v1/messages`: what one's role, or one's producer, was told of.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::message;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::Limit;
use crate::caller::Caller;
use crate::extract::Asked;
use crate::problem::Answer;
use crate::state::AppState;

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    id: i64,
    /// `test_failed`, `interval_broken`, `short_receipt`, `filing_submitted`, `filing_returned`,
    /// `filing_approved`, `filing_suspended` or `filing_resumed`.
    kind: String,
    /// Number of the lot.
    lot_id: Option<i64>,
    /// In Chinese.
    text: String,
    /// In English.
    text_en: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A list of messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Messages {
    /// Newest first.
    messages: Vec<Message>,
}

/// How many messages are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// Lists messages to the role of whoever asks, newest first; a producer's staff get those to it.
#[utoipa::path(
    get, path = "/api/v1/messages", tag = "lots", security(("token" = [])),
    params(Question), responses((status = 200, body = Messages))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<Messages>> {
    let to = (caller.account.role.code(), caller.scope().producer());
    let mut connection = state.store().acquire().await?;
    let rows = message::list(&mut connection, to, question.limit.get()).await?;
    let message = |row: message::Message| Message {
        id: row.id,
        kind: row.kind,
        lot_id: row.lot_id,
        text: row.text_zh,
        text_en: row.text_en,
        created_at: row.created_at,
    };
    Ok(Json(Messages {
        messages: rows.into_iter().map(message).collect(),
    }))
}
