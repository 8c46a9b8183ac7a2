//! `/producer/filing/import`: tables of products and lots, looked at before they are taken.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::own;
use crate::act::import::{How, Imported, What, import};
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::page::Lang;
use crate::page::filing::import::{PreviewRow, PreviewView, page, preview};
use crate::problem::{Answer, Kind, Problem};
use crate::rule::import::Mistake;
use crate::state::AppState;
use crate::web::{Here, fragment};

/// Rows that are shown where nothing is wrong with them.
const ROWS_SHOWN: usize = 20;

/// Shows where a table is chosen.
pub(super) async fn show(here: Here) -> Answer<Response> {
    here.answer(page(&here.site))
}

/// How a table is to be taken.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    submit: bool,
    #[serde(default)]
    preview: bool,
    request_id: Option<Uuid>,
}

/// Looks at a table, or imports it.
pub(super) async fn take(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(kind): Named<String>,
    Asked(question): Asked<Question>,
    body: Bytes,
) -> Answer<Response> {
    let what = What::parse(&kind).filter(|what| *what != What::Producers);
    let what = what.ok_or(Problem::of(Kind::NotFound))?;
    // Without a key nothing is imported: it could not be told from the same sent again.
    let is_preview = question.preview || question.request_id.is_none();
    let how = How {
        request_id: question.request_id.unwrap_or_else(|| state.draw_uuid()),
        preview: is_preview,
        submit: question.submit,
        producer_id: Some(own(&caller)?),
    };
    let asked = PreviewView {
        kind,
        submit: question.submit,
        request: state.draw_uuid().to_string(),
        ..PreviewView::default()
    };
    match import(&state, &caller.account, (what, how), body).await {
        Ok(found) => {
            let is_good = found.mistakes.is_empty();
            let view = PreviewView {
                is_imported: is_good && !is_preview,
                ..filled(asked, what, found, here.site.lang)
            };
            fragment(&here, preview(&here.site, &view))
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let refusal = here.site.flash.as_ref().map(|flash| flash.text.clone());
            let view = PreviewView { refusal, ..asked };
            let mut response = fragment(&here, preview(&here.site, &view))?;
            *response.status_mut() = problem.kind.status();
            Ok(response)
        }
    }
}

/// The table as the page shows it: its first rows, and every row with a mistake.
fn filled(asked: PreviewView, what: What, found: Imported, lang: Lang) -> PreviewView {
    let Imported { table, mistakes } = found;
    let is_wrong = |row: usize, title: Option<&String>| {
        mistakes.iter().any(|mistake| {
            mistake.row == row && title.is_none_or(|title| is_of(what, mistake, title))
        })
    };
    let rows = table.rows.iter().enumerate();
    let shown = rows.filter(|(place, (number, _))| *place < ROWS_SHOWN || is_wrong(*number, None));
    let row = |(_, (number, cells)): (usize, &(usize, Vec<String>))| {
        let cell = |(place, title): (usize, &String)| {
            let text = cells.get(place).cloned().unwrap_or_default();
            (text, is_wrong(*number, Some(title)))
        };
        PreviewRow {
            number: *number,
            cells: table.head.iter().enumerate().map(cell).collect(),
        }
    };
    PreviewView {
        rows: shown.map(row).collect(),
        count: table.rows.len(),
        mistakes: mistakes.iter().map(|mistake| told(mistake, lang)).collect(),
        head: table.head,
        ..asked
    }
}

/// Whether a mistake is about the column of this title.
fn is_of(what: What, mistake: &Mistake, title: &str) -> bool {
    let column = what.columns().iter().find(|column| column.is_named(title));
    column.is_some_and(|column| column.zh == mistake.column)
}

fn told(mistake: &Mistake, lang: Lang) -> (usize, String, String) {
    let text = if lang == Lang::Zh {
        &mistake.text
    } else {
        &mistake.text_en
    };
    (mistake.row, mistake.column.clone(), text.clone())
}
