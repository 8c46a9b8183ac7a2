//! `/operator/dead-letters`: what was refused, by reason, and trying it again.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::dead_letter::{self, Filter, Kept, Tally, replay as wish};

use super::count;
use crate::act::dead_letter as acts;
use crate::caller::Caller;
use crate::extract::{Asked, FormBody, Named};
use crate::page::operator::dead_letter::{
    LetterRow, LetterView, LettersView, ReasonRow, list as list_page, page,
};
use crate::page::operator::{Typed, encoded};
use crate::problem::{Answer, Kind};
use crate::state::{AppState, timestamp};
use crate::web::{Here, see_other};

/// Letters of one page.
const ROWS: usize = 50;
/// Most bytes of a payload that are shown.
const SHOWN_BYTES: usize = 8 * 1024;
/// Bytes of a line in hexadecimal.
const LINE_BYTES: usize = 16;

/// Which letters.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    q: String,
    before: Option<i64>,
}

/// Lists letters.
pub(super) async fn list(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let view = list_view(&state, &question).await?;
    here.answer(list_page(&here.site, &view))
}

async fn list_view(state: &AppState, question: &Question) -> Answer<LettersView> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = Filter {
        reason: some(&question.reason),
        part: some(&question.q),
        before: question.before,
        gateway: None,
    };
    let mut connection = state.store().acquire().await?;
    let tally = dead_letter::tally(&mut connection).await?;
    let mut found = dead_letter::list(&mut connection, &filter, ROWS as i64 + 1).await?;
    drop(connection);
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| more).map(|last| {
        format!(
            "/operator/dead-letters?reason={}&q={}&before={}",
            encoded(&question.reason),
            encoded(&question.q),
            last.id
        )
    });
    Ok(LettersView {
        reasons: tally.into_iter().map(reason_row).collect(),
        reason: question.reason.clone(),
        part: question.q.clone(),
        rows: found.into_iter().map(letter_row).collect(),
        next,
    })
}

fn reason_row(row: Tally) -> ReasonRow {
    ReasonRow {
        reason: row.reason,
        letters: count(row.letters),
        open: count(row.open),
        untried: count(row.untried),
        waiting: count(row.waiting),
    }
}

fn letter_row(row: Kept) -> LetterRow {
    let done = row.replay.as_ref().map(|replay| replay.done.as_ref());
    let replay = match done {
        None => "",
        Some(None) => "waiting",
        Some(Some(done)) => done.outcome.code(),
    };
    LetterRow {
        id: row.id,
        replayable: row.is_whole() && !matches!(replay, "waiting" | "stored"),
        replay,
        at: timestamp(row.arrived_at),
        gateway: row.gateway.unwrap_or_default(),
        topic: row.topic,
        reason: row.reason,
        detail: row.detail,
        bytes: u64::try_from(row.payload_bytes).unwrap_or_default(),
    }
}

/// Shows a letter with what it said.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, id).await?;
    here.answer(page(&here.site, &view))
}

async fn view(state: &AppState, id: i64) -> Answer<LetterView> {
    let mut connection = state.store().acquire().await?;
    let letter = dead_letter::find(&mut connection, id).await?;
    let letter = letter.ok_or_else(acts::no_letter)?;
    let shown = &letter.payload[..letter.payload.len().min(SHOWN_BYTES)];
    let done = letter
        .replay
        .as_ref()
        .and_then(|replay| replay.done.as_ref());
    Ok(LetterView {
        text: text(shown),
        hex: hex(shown),
        cut: usize::try_from(letter.payload_bytes) != Ok(shown.len()),
        replayed: done.map(|done| {
            let why = [done.reason.as_deref(), done.detail.as_deref()];
            let why: Vec<_> = why.into_iter().flatten().collect();
            (timestamp(done.at), why.join(" · "))
        }),
        row: letter_row(letter),
    })
}

/// Bytes as text; what is none, or would move the text about, is replaced.
fn text(bytes: &[u8]) -> String {
    let plain = |c: char| match c {
        '\n' | '\t' => c,
        // Directions turned around make a text look like another one.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    String::from_utf8_lossy(bytes).chars().map(plain).collect()
}

/// Bytes in hexadecimal with their place, and beside them those that are letters.
fn hex(bytes: &[u8]) -> String {
    let mut lines = String::new();
    for (at, line) in bytes.chunks(LINE_BYTES).enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(lines, "{:06x} ", at * LINE_BYTES);
        for byte in line {
            let _ = write!(lines, " {byte:02x}");
        }
        let pad = "   ".repeat(LINE_BYTES - line.len());
        let letter = |byte: &u8| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        };
        let letters: String = line.iter().map(letter).collect();
        let _ = writeln!(lines, "{pad}  {letters}");
    }
    lines
}

/// Has a letter tried again, and shows it.
pub(super) async fn replay(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    match acts::replay(&state, &caller.account, id).await {
        Ok(_) => Ok(see_other(&format!("/operator/dead-letters/{id}"), "replay")),
        Err(problem) if problem.kind == Kind::NotFound => Err(problem),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(&state, id).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

/// Has the letters of a reason tried again that nobody tried yet.
pub(super) async fn replay_all(
    State(state): State<AppState>,
    caller: Caller,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let selection = wish::Selection {
        reason: typed.get("reason").to_owned(),
        gateway: None,
        before: None,
    };
    acts::replay_all(&state, &caller.account, &selection, wish::REQUEST_MAX).await?;
    let reason = encoded(&selection.reason);
    let path = format!("/operator/dead-letters?reason={reason}&done=replay");
    Ok(axum::response::IntoResponse::into_response(
        axum::response::Redirect::to(&path),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_shown_as_text_that_stays_where_it_is() {
        assert_eq!(text(b"[{\"n\":\"t\"}]\n"), "[{\"n\":\"t\"}]\n");
        assert_eq!(text(b"\x00\xff\x1b[31m"), "\u{fffd}\u{fffd}\u{fffd}[31m");
        assert_eq!(text("a\u{202e}b".as_bytes()), "a\u{fffd}b");
    }

    #[test]
    fn bytes_stand_beside_their_letters() {
        let lines = hex(b"0123456789abcdef\x00<");
        let lines: Vec<_> = lines.lines().collect();
        assert!(lines[0].starts_with("000000  30 31") && lines[0].ends_with("0123456789abcdef"));
        assert!(lines[1].starts_with("000010  00 3c ") && lines[1].ends_with("  .<"));
    }
}
