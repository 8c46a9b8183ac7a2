//! The trace as an EPCIS document: the public events of a lot, as they were written.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::event::{document, rfc3339};
use model::time::Timestamp;
use serde_json::Value;
use store::event::{self, Event};
use store::lot::Lot;

use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};

/// The events of a lot as an answer.
pub(super) async fn answer(state: &AppState, lot: &Lot) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let events = event::list(&mut connection, lot.id).await?;
    drop(connection);
    let document = of_events(events, timestamp(state.now()));
    let media_type = [(header::CONTENT_TYPE, "application/ld+json")];
    let body = serde_json::to_vec(&document).map_err(Problem::internal)?;
    Ok((media_type, body).into_response())
}

/// Events as a document made at some time.
pub(crate) fn of_events(events: Vec<Event>, at: Timestamp) -> Value {
    let events: Vec<_> = events.into_iter().map(complete).collect();
    document(at, &events)
}

/// The event with what the store keeps beside it.
fn complete(event: Event) -> Value {
    let mut body = event.body;
    if let Some(members) = body.as_object_mut() {
        members.insert("eventID".to_owned(), event.event_id.into());
        let recorded = rfc3339(timestamp(event.record_time));
        members.insert("recordTime".to_owned(), recorded.into());
    }
    body
}
