//! `/producer/filing/files`: a file is uploaded as it is chosen, and comes back as the part of the form
//! that holds it, or with why it was not taken.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::own;
use crate::act;
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::page::filing::Picture;
use crate::page::filing::form;
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;
use crate::web::filing::file;
use crate::web::{Here, fragment};

/// Where it goes.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    /// Whether it is a credential's scan, and no picture.
    #[serde(default)]
    scan: bool,
}

/// Takes a file.
pub(super) async fn take(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Asked(question): Asked<Question>,
    body: Bytes,
) -> Answer<Response> {
    match act::upload::keep(&state, &caller.account, own(&caller)?, body).await {
        Ok(kept) => {
            let file = Picture {
                sha256: kept.sha256.to_string(),
                caption: String::new(),
                is_document: kept.media_type == "application/pdf",
                is_new: true,
            };
            let page = form::file(&here.site, &file, question.scan);
            fragment(&here, page)
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let text = here.site.flash.as_ref().map_or("", |flash| &flash.text);
            let mut response = fragment(&here, form::refused(text))?;
            *response.status_mut() = problem.kind.status();
            Ok(response)
        }
    }
}

/// A file that was uploaded before: a draft in the browser has it.
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(sha256): Named<String>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let found = file(&mut connection, own(&caller)?, &sha256).await?;
    let found = found.ok_or(Problem::of(Kind::NotFound))?;
    fragment(&here, form::file(&here.site, &found, question.scan))
}
