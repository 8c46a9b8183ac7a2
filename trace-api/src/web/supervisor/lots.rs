//! `/supervisor/lots`: every lot of the county, searched, sorted and page by page along an index:
//! the list has no total, which would have to be counted.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use model::lot::LotState;
use serde::Deserialize;
use store::lot::{self, Filter, Lot, Order};

use super::{encoded, lot as one, recall};
use crate::extract::Asked;
use crate::page::supervisor::lots::{LotLine, LotOrder, LotsView, page};
use crate::problem::Answer;
use crate::state::AppState;
use crate::web::Here;
use crate::web::words::{day, quantity, words};

/// Lots of one page.
const PAGE_MAX: i64 = 50;

/// The pages of lots.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/supervisor/lots", get(list))
        .route("/supervisor/lots/{id}", get(one::show))
        .route("/supervisor/lots/{id}/hold", post(one::hold))
        .route("/supervisor/lots/{id}/release", post(one::release))
        .route("/supervisor/lots/{id}/waive", post(one::waive))
        .route(
            "/supervisor/lots/{id}/recall",
            get(recall::plan).post(recall::start),
        )
}

/// Which lots are asked for.
#[derive(Debug, Default, Deserialize)]
struct Question {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    sort: String,
    after: Option<i64>,
}

/// Lists lots.
async fn list(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let words = question.q.trim().to_owned();
    let wanted = LotState::from_code(&question.state);
    let order = LotOrder::from_code(&question.sort);
    let filter = Filter {
        state: wanted,
        words: Some(words.clone()).filter(|words| !words.is_empty()),
        order: match order {
            LotOrder::Newest => Order::Newest,
            LotOrder::Code => Order::Code,
            LotOrder::Harvested => Order::Harvested,
        },
        after: question.after,
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let lots = lot::list(&mut connection, &filter, PAGE_MAX + 1).await?;
    drop(connection);
    let shown = &lots[..lots.len().min(PAGE_MAX as usize)];
    let href = |after: Option<i64>| {
        let state = wanted.map(LotState::code).unwrap_or_default();
        let after = after.map(|id| format!("&after={id}")).unwrap_or_default();
        let (q, sort) = (encoded(&words), order.code());
        format!("/supervisor/lots?q={q}&state={state}&sort={sort}{after}")
    };
    let last = shown.last().filter(|_| lots.len() > shown.len());
    let view = LotsView {
        lots: shown.iter().map(line).collect(),
        first: question.after.map(|_| href(None)),
        next: last.map(|lot| href(Some(lot.id))),
        state: wanted,
        order,
        words: words.clone(),
    };
    here.answer(page(&here.site, &view))
}

/// One lot of the list.
pub(super) fn line(lot: &Lot) -> LotLine {
    let harvested = lot.harvested_on.filter(|_| lot.state != LotState::Growing);
    LotLine {
        href: format!("/supervisor/lots/{}", lot.id),
        code: lot.code.clone(),
        product: words(&lot.product, &lot.product_en),
        producer: words(&lot.producer, &lot.producer_en),
        state: lot.state,
        quantity: quantity(lot.quantity, &lot.unit),
        harvested: harvested.map(day),
        tests: lot.tests,
        labels: lot.labels,
    }
}
