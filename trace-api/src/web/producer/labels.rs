//! `/producer/lots/{id}`: preview, issue and ledger of a lot's labels.

use axum::extract::State;
use axum::response::Response;
use label_printer::{CodeFacts, Correction, Format};
use model::gs1::Serial;
use serde::Deserialize;
use store::label::{self, Filter};
use store::lot::Lot;
use uuid::Uuid;

use super::row;
use crate::act;
use crate::act::label::{parse_size, sizes, sticker, unprintable};
use crate::api::v1::labels::as_file;
use crate::caller::Caller;
use crate::extract::{Asked, FormBody, Named};
use crate::page::producer::{LabelRun, LabelView, Symbol, labels as page};
use crate::press;
use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};
use crate::web::{Here, see_other};

/// Most labels of a run that the page lists.
const LISTED_MAX: i64 = 50;
/// Most runs that the page lists.
const RUNS_MAX: usize = 20;

/// The form of a new run.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Form {
    request: Uuid,
    count: String,
    size: String,
}

/// Which size the preview has.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Question {
    size: Option<String>,
}

/// Shows the label page of a lot.
pub(in crate::web) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller, id).await?;
    here.answer(page(&here.site, &view))
}

/// Issues labels from the form.
pub(in crate::web) async fn issue(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let count = form.count.trim().parse();
    let count = count.map_err(|_| Problem::invalid("count", "write a number", "请填写数字"));
    let issued = match count {
        Ok(count) => {
            let wanted = act::label::Wanted {
                request_id: form.request,
                count,
                size: form.size,
            };
            act::label::issue(&state, &caller.account, id, &wanted).await
        }
        Err(problem) => Err(problem),
    };
    match issued {
        Ok(_) => Ok(see_other(&format!("/producer/lots/{id}"), "labels")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(&state, &caller, id).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

/// Draws a label of the lot with a serial that is never issued.
pub(in crate::web) async fn preview(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, &caller.account, id).await?;
    drop(connection);
    let size = question.size.or_else(|| sizes().next()).unwrap_or_default();
    Ok(as_file(draw_sample(&state, &lot, &size).await?))
}

async fn draw_sample(state: &AppState, lot: &Lot, size: &str) -> Answer<press::Drawn> {
    let sample = sticker(state, lot, Serial::from_random(0))?;
    let drawn = press::draw(state, sample, parse_size(size)?, Format::Png).await;
    drawn.map_err(unprintable)
}

async fn view(state: &AppState, caller: &Caller, id: i64) -> Answer<LabelView> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, &caller.account, id).await?;
    let mut runs = Vec::new();
    for run in label::list_runs(&mut connection, id)
        .await?
        .into_iter()
        .take(RUNS_MAX)
    {
        let filter = Filter {
            run_id: Some(run.id),
            ..Filter::default()
        };
        let listed = label::list(&mut connection, &filter, LISTED_MAX, 0).await?;
        let count = u64::try_from(run.count).unwrap_or_default();
        let href = |serial: &str| format!("/producer/labels/{serial}.png");
        runs.push(LabelRun {
            at: timestamp(run.created_at),
            count,
            size: run.size,
            more: count.saturating_sub(listed.len() as u64),
            labels: listed
                .into_iter()
                .map(|row| (row.serial.clone(), href(&row.serial)))
                .collect(),
        });
    }
    drop(connection);
    let sizes: Vec<String> = sizes().collect();
    let first = sizes.first().cloned().unwrap_or_default();
    // A label that cannot be drawn is told where it is printed; the page shows no measures then.
    let facts = draw_sample(state, &lot, &first)
        .await
        .ok()
        .map(|drawn| drawn.facts);
    Ok(LabelView {
        preview_src: format!("/producer/lots/{id}/preview.png?size={first}"),
        link: act::label::link(state, &lot.gtin, &lot.code, None)?.to_string(),
        symbol: symbol(facts),
        sizes,
        action: format!("/producer/lots/{id}/labels"),
        request: state.draw_uuid().to_string(),
        runs,
        lot: row(&lot),
    })
}

fn symbol(facts: Option<CodeFacts>) -> Symbol {
    let correction = match facts.map(|facts| facts.correction) {
        Some(Correction::Q) => "Q",
        Some(Correction::M) => "M",
        None => "–",
    };
    Symbol {
        edge_mm: facts.map_or(f64::NAN, |facts| f64::from(facts.side_mm)),
        module_mm: facts.map_or(f64::NAN, |facts| f64::from(facts.module_mm)),
        correction: correction.to_owned(),
        quiet_modules: facts.map_or(4, |facts| facts.quiet_modules),
        dpi: 203,
    }
}
