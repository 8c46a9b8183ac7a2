//! `/supervisor/recalls`: the recalls and drills there were; one with whom to call, whom somebody
//! reached, its notice and where its goods are now.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use store::closure::{self, Way};
use store::recall::{self, Recall};
use store::recall_call::{self, Call, HolderKind};
use uuid::Uuid;

use super::recall::{closure as gather, one_line};
use crate::act;
use crate::act::recall_call::Wanted;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::supervisor::recalls::{
    Closure, RecallLine, RecallView, notice, page, recall as draw,
};
use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};
use crate::web::{Here, see_other};

/// The pages of recalls.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/supervisor/recalls", get(list))
        .route("/supervisor/recalls/{id}", get(show))
        .route("/supervisor/recalls/{id}/calls", post(call))
        .route("/supervisor/recalls/{id}/notice", get(poster).post(word))
}

/// A call that was made.
#[derive(Debug, Deserialize)]
struct CallForm {
    request: Uuid,
    kind: String,
    holder: i64,
    #[serde(default)]
    note: String,
}

/// A notice in new words.
#[derive(Debug, Deserialize)]
struct NoticeForm {
    version: i32,
    notice: String,
    notice_en: String,
}

/// Lists recalls and drills.
async fn list(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let rows = recall::list(&mut connection, None, None).await?;
    let lines: Vec<_> = rows.iter().map(line).collect();
    here.answer(page(&here.site, &lines))
}

/// Shows one.
async fn show(
    State(state): State<AppState>,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, id).await?;
    here.answer(draw(&here.site, &view))
}

/// Shows its notice as it is hung up.
async fn poster(
    State(state): State<AppState>,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, id).await?;
    here.answer(notice(&here.site, &view))
}

/// Notes that somebody was reached.
async fn call(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<CallForm>,
) -> Answer<Response> {
    let unknown = || Problem::invalid("kind", "it is producer or party", "单位类别有误");
    let done = match HolderKind::from_code(&form.kind).ok_or_else(unknown) {
        Ok(kind) => {
            let wanted = Wanted {
                request_id: form.request,
                holder: (kind, form.holder),
                note: form.note,
            };
            act::recall_call::note(&state, &caller.account, id, &wanted)
                .await
                .map(|_| ())
        }
        Err(problem) => Err(problem),
    };
    after(&state, here, (id, None), ("called", done)).await
}

/// Words the notice anew; who edits an older wording is told, and keeps what was typed.
async fn word(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<NoticeForm>,
) -> Answer<Response> {
    let (zh, en) = (one_line(&form.notice), one_line(&form.notice_en));
    let wording = (form.version, zh.as_str(), en.as_str());
    let done = act::recall::word_notice(&state, &caller.account, id, wording).await;
    let typed = Some((form.notice, form.notice_en));
    after(&state, here, (id, typed), ("worded", done.map(|_| ()))).await
}

/// Back to the recall, or its page with the reason of a refusal.
async fn after(
    state: &AppState,
    here: Here,
    (id, typed): (i64, Option<(String, String)>),
    (word, done): (&str, Answer<()>),
) -> Answer<Response> {
    match done {
        Ok(()) => Ok(see_other(&format!("/supervisor/recalls/{id}"), word)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = RecallView {
                typed,
                ..view(state, id).await?
            };
            here.refuse(&problem, draw(&here.site, &view))
        }
    }
}

async fn view(state: &AppState, id: i64) -> Answer<RecallView> {
    let mut connection = state.store().acquire().await?;
    let found = recall::list(&mut connection, Some(id), None).await?.pop();
    let found = found.ok_or_else(act::recall::no_recall)?;
    let down = closure::list(&mut connection, found.lot_id, Way::Down).await?;
    let mut closure = gather(&mut connection, (&[], down), state).await?;
    let calls = recall_call::list(&mut connection, id).await?;
    drop(connection);
    put_calls(&mut closure, &calls);
    Ok(RecallView {
        line: line(&found),
        id,
        lot_href: format!("/supervisor/lots/{}", found.lot_id),
        notice: found.notice_zh,
        notice_en: found.notice_en,
        version: found.notice_version,
        typed: None,
        closure,
    })
}

/// Notes at each holder the last call; those who are still to be called come first.
fn put_calls(closure: &mut Closure, calls: &[Call]) {
    for holder in &mut closure.holders {
        let own = |call: &&Call| call.holder.0.code() == holder.kind && call.holder.1 == holder.id;
        let last = calls.iter().rev().find(own);
        holder.call = last.map(|call| (call.by.clone(), timestamp(call.at), call.note.clone()));
    }
    closure.holders.sort_by_key(|holder| holder.call.is_some());
}

fn line(row: &Recall) -> RecallLine {
    RecallLine {
        href: format!("/supervisor/recalls/{}", row.id),
        drill: row.drill,
        code: row.lot.clone(),
        product: row.product.clone(),
        reason: row.reason.clone(),
        at: timestamp(row.started_at),
        took_ms: (row.took_ms * 10.0).round() / 10.0,
        lots: row.lots,
    }
}
