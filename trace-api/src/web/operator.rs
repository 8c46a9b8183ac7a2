//! `/operator`: what was refused, and which gateways are there.

use axum::Router;
use axum::extract::State;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use store::dead_letter::{self, Filter};
use store::gateway;

use super::{Here, cameras};
use crate::api::v1::dead_letters::replay::ask_for;
use crate::caller::Caller;
use crate::extract::Named;
use crate::page::operator::{DeadLetterRow, GatewayRow, OperatorView, page};
use crate::problem::Answer;
use crate::state::{AppState, timestamp};

/// Most dead letters on the page.
const DEAD_LETTERS_MAX: i64 = 100;

/// The pages of this desk.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/operator", get(show))
        .route("/operator/dead-letters/{id}/replay", post(replay))
}

/// Shows the operator's desk.
async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let letters = dead_letter::list(&mut connection, &Filter::default(), DEAD_LETTERS_MAX).await?;
    let mut gateways = gateway::list(&mut connection).await?;
    let cameras = cameras::cards(&mut connection, state.now()).await?;
    gateways.sort_by_key(|gateway| gateway.last_seen_at);
    let view = OperatorView {
        dead_letters: letters.into_iter().map(letter_row).collect(),
        gateways: gateways.into_iter().map(gateway_row).collect(),
        cameras,
    };
    here.answer(page(&here.site, &view))
}

/// Has a letter tried again, and shows the desk, where its state can be read.
async fn replay(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Redirect> {
    ask_for(&state, &caller, id).await?;
    Ok(Redirect::to("/operator"))
}

fn letter_row(row: dead_letter::Kept) -> DeadLetterRow {
    let done = row.replay.as_ref().map(|replay| replay.done.as_ref());
    let replay = match done {
        None => "",
        Some(None) => "waiting",
        Some(Some(done)) => done.outcome.code(),
    };
    let may = row.is_whole() && !matches!(replay, "waiting" | "stored");
    DeadLetterRow {
        replayable: may.then_some(row.id),
        replay,
        at: timestamp(row.arrived_at),
        gateway: row.gateway.unwrap_or_default(),
        topic: row.topic,
        reason: row.reason,
        detail: row.detail,
        bytes: u64::try_from(row.payload_bytes).unwrap_or_default(),
    }
}

fn gateway_row(row: gateway::Gateway) -> GatewayRow {
    GatewayRow {
        id: row.id,
        online: row.online,
        last_seen: row.last_seen_at.map(timestamp),
        probes: u64::try_from(row.probes).unwrap_or_default(),
    }
}
