//! `/supervisor/filings`: what waits for a supervisor, and the marks of the poverty relief programme.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use model::filing::FilingState;
use serde::Deserialize;
use store::producer::{self, Place};
use store::{AnyConnection, credential, product, relief};
use time::Date;

use crate::act::relief::year;
use crate::extract::Asked;
use crate::page::filing::approval::{FilingRow, ReliefRow, WaitingView, page};
use crate::page::filing::overview::CredentialRow;
use crate::problem::Answer;
use crate::rule::plausible;
use crate::state::{AppState, timestamp};
use crate::web::Here;
use crate::web::filing::{credential as credential_row, standing};

mod credentials;
mod look;
mod marks;

/// Where this is.
const HOME: &str = "/supervisor/filings";
/// Most filings of a kind on the page.
const LISTED_MAX: i64 = 200;
/// Most filings of a kind that a search shows.
const FOUND_MAX: i64 = 50;

/// The pages of approvals.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route(HOME, get(show))
        .route(
            "/supervisor/filings/producers/{id}",
            get(look::producer).post(look::decide_producer),
        )
        .route(
            "/supervisor/filings/producers/{id}/relief",
            post(marks::put),
        )
        .route(
            "/supervisor/filings/products/{id}",
            get(look::product).post(look::decide_product),
        )
        .route(
            "/supervisor/filings/credentials/{credential}",
            get(credentials::show).post(credentials::decide),
        )
}

/// What is searched for.
#[derive(Debug, Deserialize)]
struct Question {
    #[serde(default)]
    q: String,
}

/// Shows what waits.
async fn show(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let today = plausible::today(state.now());
    let mut connection = state.store().acquire().await?;
    let waiting = (Some(FilingState::Submitted), None);
    let mut rows = list(&mut connection, waiting, LISTED_MAX).await?;
    // Whoever waits longest comes first.
    rows.sort_by_key(|row| row.at);
    let words = Some(question.q.trim().to_owned()).filter(|words| !words.is_empty());
    let found = match words {
        Some(words) => Some(list(&mut connection, (None, Some(words)), FOUND_MAX).await?),
        None => None,
    };
    let view = WaitingView {
        waiting: rows,
        credentials: credentials(&state, &mut connection, today).await?,
        q: question.q,
        found,
        relief: marks(&mut connection, today).await?,
    };
    here.answer(page(&here.site, &view))
}

/// Producers and products in a state that waits, or with these words.
async fn list(
    connection: &mut AnyConnection,
    (pending, words): (Option<FilingState>, Option<String>),
    limit: i64,
) -> Answer<Vec<FilingRow>> {
    let place = Place {
        newest: pending.is_some(),
        after: None,
    };
    let of_producers = producer::Filter {
        pending,
        words: words.clone(),
        ..producer::Filter::default()
    };
    let of_products = product::Filter {
        pending,
        words,
        ..product::Filter::default()
    };
    let producers = producer::list_page(connection, &of_producers, place, limit).await?;
    let products = product::list_page(connection, &of_products, place, limit).await?;
    let producers = producers.into_iter().map(|row| FilingRow {
        href: format!("{HOME}/producers/{}", row.id),
        is_product: false,
        about: format!("{} · {}", row.township, row.credit_code),
        standing: standing(row.standing),
        at: timestamp(row.updated_at),
        name: row.name,
    });
    let products = products.into_iter().map(|row| FilingRow {
        href: format!("{HOME}/products/{}", row.id),
        is_product: true,
        name: format!("{} {}", row.name, row.specification),
        standing: standing(row.standing),
        at: timestamp(row.updated_at),
        about: row.producer,
    });
    Ok(producers.chain(products).collect())
}

/// The credentials that wait.
async fn credentials(
    state: &AppState,
    connection: &mut AnyConnection,
    today: Date,
) -> Answer<Vec<CredentialRow>> {
    let filter = credential::Filter {
        state: Some("submitted".to_owned()),
        ..credential::Filter::default()
    };
    let rows = credential::list(connection, &filter, LISTED_MAX).await?;
    let path = format!("{HOME}/credentials");
    let calendar = (today, state.setup().remind_days);
    let row = |row: credential::Credential| {
        let producer = row.producer.clone();
        CredentialRow {
            producer: Some(producer),
            ..credential_row(row, &path, calendar)
        }
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The marked producers.
async fn marks(connection: &mut AnyConnection, today: Date) -> Answer<Vec<ReliefRow>> {
    let rows = relief::list(connection, None, year(today)).await?;
    let row = |row: relief::Relief| {
        let is_current = row.holds_on(today);
        let free = i64::from(row.free_tests);
        ReliefRow {
            href: format!("{HOME}/producers/{}#relief", row.producer_id),
            households: row.households,
            tests: [free, row.used, row.left_on(today)],
            is_current,
            producer: row.producer,
            township: row.township,
        }
    };
    Ok(rows.into_iter().map(row).collect())
}
