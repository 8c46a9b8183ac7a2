//! `/`: what this is, and the way to the desks.

use axum::extract::State;
use axum::response::Response;

use super::Here;
use crate::page::home::{HomeView, page};
use crate::problem::Answer;
use crate::state::AppState;

/// Shows the start page.
pub(super) async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    here.with_camera(page(&here.site, &view(&state, None)))
}

/// The start page; with a code that led nowhere, if one did.
pub(super) fn view(state: &AppState, refused_code: Option<String>) -> HomeView {
    let samples = state
        .setup()
        .demo_samples
        .iter()
        .filter(|_| state.setup().demo);
    HomeView {
        samples: samples
            .map(|(zh, en, path)| (super::words::words(zh, en), path.clone()))
            .collect(),
        refused_code,
    }
}
