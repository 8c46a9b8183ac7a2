//! `/api/v1/dead-letters`: what was refused on its way in, and why.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use store::dead_letter::{self, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

pub(crate) mod replay;

use super::Limit;
use crate::extract::Asked;
use crate::problem::Answer;
use crate::state::AppState;

/// Most characters of a payload's preview.
const PREVIEW_CHARS_MAX: usize = 200;

/// Which dead letters are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only this reason.
    reason: Option<String>,
    /// Only this gateway.
    gateway: Option<String>,
    /// Only those before this id: the last one of the page before.
    before: Option<i64>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// Something that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetter {
    /// Grows with time.
    id: i64,
    /// When it arrived.
    #[serde(with = "time::serde::rfc3339")]
    arrived_at: OffsetDateTime,
    /// User name that it came with.
    gateway: Option<String>,
    /// Its topic.
    topic: String,
    /// Why, in a word for programs.
    reason: String,
    /// Why, for a person.
    detail: String,
    /// The bytes, base64; empty where they were not read.
    payload: String,
    /// The beginning as text, unprintable characters replaced.
    preview: String,
    /// How many bytes there were.
    payload_bytes: i32,
    /// What came of trying it again, where somebody asked for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Replay>,
}

/// A wish to try a letter again, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replay {
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    requested_at: OffsetDateTime,
    /// Account of who asked.
    requested_by: String,
    /// When it was done; absent while it waits.
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    replayed_at: Option<OffsetDateTime>,
    /// `stored`, `partly` or `refused`; absent while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Why something was refused again, in a word for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The same for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetters {
    /// Newest first.
    dead_letters: Vec<DeadLetter>,
}

/// Lists dead letters, newest first.
#[utoipa::path(
    get, path = "/api/v1/dead-letters", tag = "operation", security(("token" = [])),
    params(Question), responses((status = 200, body = DeadLetters))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Asked(question): Asked<Question>,
) -> Answer<Json<DeadLetters>> {
    let limit = question.limit.get();
    let Question {
        reason,
        gateway,
        before,
        ..
    } = question;
    let filter = Filter {
        reason,
        gateway,
        before,
        part: None,
    };
    let mut connection = state.store().acquire().await?;
    let rows = dead_letter::list(&mut connection, &filter, limit).await?;
    Ok(Json(DeadLetters {
        dead_letters: rows.into_iter().map(DeadLetter::from).collect(),
    }))
}

impl From<dead_letter::Kept> for DeadLetter {
    fn from(row: dead_letter::Kept) -> Self {
        Self {
            id: row.id,
            arrived_at: row.arrived_at,
            gateway: row.gateway,
            topic: row.topic,
            reason: row.reason,
            detail: row.detail,
            preview: preview(&row.payload),
            payload: STANDARD.encode(&row.payload),
            payload_bytes: row.payload_bytes,
            replay: row.replay.map(Replay::from),
        }
    }
}

impl From<dead_letter::replay::Replay> for Replay {
    fn from(row: dead_letter::replay::Replay) -> Self {
        let (mut outcome, mut replayed_at, mut reason, mut detail) = (None, None, None, None);
        if let Some(done) = row.done {
            outcome = Some(done.outcome.code());
            replayed_at = Some(done.at);
            (reason, detail) = (done.reason, done.detail);
        }
        Self {
            requested_at: row.requested_at,
            requested_by: row.requested_by,
            replayed_at,
            outcome,
            reason,
            detail,
        }
    }
}

fn preview(payload: &[u8]) -> String {
    // A character has at most four bytes.
    let beginning = &payload[..payload.len().min(PREVIEW_CHARS_MAX * 4)];
    let text = String::from_utf8_lossy(beginning);
    let replaced = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c });
    replaced.take(PREVIEW_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_short_and_printable() {
        assert_eq!(preview(b"{\"n\":1}"), "{\"n\":1}");
        assert_eq!(preview(b"\x00\xff\n"), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(
            preview("枣".repeat(1_000).as_bytes()).chars().count(),
            PREVIEW_CHARS_MAX
        );
    }
}
