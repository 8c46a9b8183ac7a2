//! `/api/v1/recalls/{id}/steps.csv` and `/recall.xlsx`: every step of every lot of a recall with the
//! key data elements of FSMA 204, and the whole recall as one workbook.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use store::closure::Node;
use store::recall;
use time::format_description::well_known::Rfc3339;

use super::lots;
use crate::act;
use crate::act::lot::iso;
use crate::act::recall::Spread;
use crate::extract::Named;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::kde::{HEAD, Step, Story, steps};
use crate::rule::sheet::Sheet;
use crate::state::AppState;
use crate::workbook::{self, Cell, Leaf};

/// Where the columns of numbers stand in the list of lots.
const LOT_NUMBERS: [usize; 7] = [0, 8, 9, 10, 11, 14, 16];

/// Lists every step of every lot of a recall, of what it came of too, as CSV: sorted by lot code
/// and time.
#[utoipa::path(
    get, path = "/api/v1/recalls/{id}/steps.csv", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the recall")),
    responses((status = 200, content((String = "text/csv"))), (status = 404, body = ProblemBody))
)]
pub(crate) async fn csv(State(state): State<AppState>, Named(id): Named<i64>) -> Answer<Response> {
    let (_, up, spread) = gather(&state, id).await?;
    let mut sheet = Sheet::new(&HEAD);
    for step in steps(&story(&up, &spread)) {
        let cells = cells(&step).map(|cell| match cell {
            Cell::Text(text) => text,
            Cell::Number(number) => number.to_string(),
            Cell::Day(day) => day.map(iso).unwrap_or_default(),
        });
        sheet.row(&cells);
    }
    let name = format!("attachment; filename=\"recall-{id}-steps.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, sheet.finish()).into_response())
}

/// The whole recall as a workbook: its steps, its lots with who received them, its figures.
#[utoipa::path(
    get, path = "/api/v1/recalls/{id}/recall.xlsx", tag = "lots", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the recall")),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, body = ProblemBody))
)]
pub(crate) async fn xlsx(State(state): State<AppState>, Named(id): Named<i64>) -> Answer<Response> {
    let (found, up, spread) = gather(&state, id).await?;
    let written = tokio::task::spawn_blocking(move || {
        let leaves = [of_steps(&up, &spread), of_lots(&spread), of_figures(&found)];
        workbook::write(&leaves)
    });
    let bytes = written.await.map_err(Problem::internal)?;
    let bytes = bytes.map_err(Problem::internal)?;
    let name = format!("attachment; filename=\"recall-{id}.xlsx\"");
    let headers = [
        (header::CONTENT_TYPE, workbook::MEDIA_TYPE.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}

async fn gather(state: &AppState, id: i64) -> Answer<(recall::Recall, Vec<Node>, Spread)> {
    let mut connection = state.store().acquire().await?;
    let found = recall::list(&mut connection, Some(id), None).await?.pop();
    let found = found.ok_or_else(act::recall::no_recall)?;
    let (up, spread) = act::recall::gather_story(&mut connection, found.lot_id).await?;
    Ok((found, up, spread))
}

fn story<'a>(up: &'a [Node], spread: &'a Spread) -> Story<'a> {
    Story {
        up,
        down: &spread.nodes,
        processings: &spread.processings,
        flows: &spread.flows,
        shipments: &spread.shipments,
    }
}

fn cells(step: &Step<'_>) -> [Cell; HEAD.len()] {
    let node = step.node;
    let at = step.at.and_then(|at| at.format(&Rfc3339).ok());
    [
        node.code.as_str().into(),
        Cell::Day(step.day),
        step.event.into(),
        Cell::Number(step.quantity),
        node.unit.as_str().into(),
        node.gtin.as_str().into(),
        node.product.as_str().into(),
        step.location.into(),
        step.by.into(),
        step.by_contact.into(),
        step.to.into(),
        step.to_contact.into(),
        step.reference.as_str().into(),
        at.unwrap_or_default().as_str().into(),
        step.direction.into(),
        Cell::Number(f64::from(node.level)),
    ]
}

fn of_steps(up: &[Node], spread: &Spread) -> Leaf<'static> {
    let rows = steps(&story(up, spread));
    Leaf {
        name: "steps",
        head: HEAD.to_vec(),
        rows: rows.iter().map(|step| cells(step).to_vec()).collect(),
    }
}

fn of_lots(spread: &Spread) -> Leaf<'static> {
    let rows = lots::lines(spread).into_iter().map(|line| {
        let cells = line.into_iter().enumerate().map(|(place, text)| {
            let number = text.parse().ok().filter(|_| LOT_NUMBERS.contains(&place));
            number.map_or(Cell::Text(text), Cell::Number)
        });
        cells.collect()
    });
    Leaf {
        name: "lots",
        head: lots::HEAD.to_vec(),
        rows: rows.collect(),
    }
}

fn of_figures(found: &recall::Recall) -> Leaf<'static> {
    let mut rows: Vec<Vec<Cell>> = vec![
        vec!["lot".into(), found.lot.as_str().into()],
        vec!["product".into(), found.product.as_str().into()],
        vec!["reason".into(), found.reason.as_str().into()],
        vec!["notice".into(), found.notice_zh.as_str().into()],
        vec!["notice_en".into(), found.notice_en.as_str().into()],
        vec!["drill".into(), found.drill.to_string().as_str().into()],
        vec!["took_ms".into(), Cell::Number(found.took_ms)],
        vec!["lots".into(), Cell::Number(f64::from(found.lots))],
    ];
    let figures = found.figures.as_object().into_iter().flatten();
    rows.extend(figures.map(|(name, value)| {
        let number = value.as_f64().unwrap_or_default();
        vec![name.as_str().into(), Cell::Number(number)]
    }));
    Leaf {
        name: "recall",
        head: vec!["what", "value"],
        rows,
    }
}
