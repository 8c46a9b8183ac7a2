//! `/producer/filing`: what a producer files (备案): its own particulars, products, credentials; and
//! tables in and everything out.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use model::filing::{FilingState, FilingStep};
use serde::Deserialize;
use store::credential::{self, Filter as Credentials};
use store::filing::Subject;
use store::producer::Place;
use store::product::{self, Filter};
use uuid::Uuid;

use crate::act::filing as act;
use crate::act::filing::turn::{Turn, turn};
use crate::caller::Caller;
use crate::extract::Asked;
use crate::page::filing::overview::{OverviewView, ProductRow, page, states};
use crate::problem::{Answer, Kind, Problem};
use crate::rule::{plausible, table, upload};
use crate::state::{AppState, timestamp};
use crate::web::Here;
use crate::web::filing::{credential as credential_row, reasons, standing};

mod credentials;
mod files;
mod import;
mod own;
mod products;
mod typed;

/// Products on a page.
const PAGE: i64 = 50;
/// Where this is.
const HOME: &str = "/producer/filing";

/// The pages of filings.
pub(super) fn router() -> Router<AppState> {
    let upload = post(files::take).layer(DefaultBodyLimit::max(upload::BYTES_MAX + 1));
    let table = post(import::take).layer(DefaultBodyLimit::max(table::BYTES_MAX + 1));
    Router::new()
        .route(HOME, get(show))
        .route("/producer/filing/own", get(own::show).post(own::save))
        .route("/producer/filing/own/submission", post(own::hand_in))
        .route("/producer/filing/products", post(products::file))
        .route("/producer/filing/products/new", get(products::begin))
        .route(
            "/producer/filing/products/{id}",
            get(products::show).post(products::save),
        )
        .route(
            "/producer/filing/products/{id}/submission",
            post(products::hand_in),
        )
        .route("/producer/filing/credentials", post(credentials::file))
        .route("/producer/filing/credentials/new", get(credentials::begin))
        .route(
            "/producer/filing/credentials/{credential}",
            get(credentials::show).post(credentials::save),
        )
        .route(
            "/producer/filing/credentials/{credential}/withdrawal",
            post(credentials::withdraw),
        )
        .route("/producer/filing/files", upload)
        .route("/producer/filing/files/{sha256}", get(files::show))
        .route("/producer/filing/import", get(import::show))
        .route("/producer/filing/import/{kind}", table)
}

/// The producer that whoever works here belongs to.
fn own(caller: &Caller) -> Answer<i64> {
    let own = caller.scope().producer();
    own.ok_or(Problem::of(Kind::Forbidden))
}

/// Which products are looked at.
#[derive(Debug, Deserialize)]
struct Question {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    after: Option<i64>,
}

/// Shows what is filed.
async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let id = own(&caller)?;
    let mut connection = state.store().acquire().await?;
    let producer = act::see_producer(&mut connection, &caller.account, id).await?;
    let filter = Filter {
        producer_id: Some(id),
        words: Some(question.q.trim().to_owned()).filter(|words| !words.is_empty()),
        state: FilingState::from_code(&question.state),
        ..Filter::default()
    };
    let place = Place {
        newest: true,
        after: question.after,
    };
    let products = product::list_page(&mut connection, &filter, place, PAGE).await?;
    let counted = product::count(&mut connection, &filter).await?;
    let of_producer = Credentials {
        producer_id: Some(id),
        ..Credentials::default()
    };
    let papers = credential::list(&mut connection, &of_producer, credential::LIST_MAX).await?;
    let calendar = (plausible::today(state.now()), state.setup().remind_days);
    let path = format!("{HOME}/credentials");
    let papers = papers
        .into_iter()
        .map(|row| credential_row(row, &path, calendar));
    let view = OverviewView {
        reasons: reasons(&mut connection, Subject::Producer(id), producer.standing).await?,
        about: format!(
            "{} · {} · {}",
            producer.credit_code, producer.township, producer.contact
        ),
        standing: standing(producer.standing),
        name: producer.name,
        counts: counts(&counted),
        next: next(&question, &products),
        products: products.into_iter().map(row).collect(),
        q: question.q,
        state: question.state,
        credentials: papers.collect(),
        export: format!("/api/v1/producers/{id}/export"),
    };
    here.answer(page(&here.site, &view))
}

/// How many products stand where.
fn counts(
    counted: &[(FilingState, Option<FilingState>, i64)],
) -> Vec<(&'static str, &'static str, i64)> {
    let count = |code: &str| {
        let own = counted.iter().filter(|(state, ..)| state.code() == code);
        own.map(|(.., count)| count).sum()
    };
    let states = states().into_iter();
    states.map(|(key, code)| (key, code, count(code))).collect()
}

/// Where the next page of a full one is.
fn next(question: &Question, rows: &[product::Product]) -> Option<String> {
    let last = rows.last().filter(|_| rows.len() as i64 == PAGE)?;
    let after = last.id.to_string();
    let pairs = [
        ("q", &question.q),
        ("state", &question.state),
        ("after", &after),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
    Some(format!("{HOME}?{}", query.finish()))
}

fn row(row: product::Product) -> ProductRow {
    ProductRow {
        is_internal: model::gs1::Gtin::parse(&row.gtin).is_ok_and(|gtin| gtin.is_restricted()),
        standing: standing(row.standing),
        at: timestamp(row.updated_at),
        id: row.id,
        name: row.name,
        specification: row.specification,
        gtin: row.gtin,
    }
}

/// The form with which the newest version is handed in as it is.
#[derive(Debug, Deserialize)]
struct Submission {
    request: Uuid,
    version: i32,
}

impl Submission {
    /// Hands it in.
    async fn send(&self, state: &AppState, caller: &Caller, subject: Subject) -> Answer<()> {
        let asked = Turn {
            request_id: self.request,
            version: self.version,
            step: FilingStep::Submit,
            reason: String::new(),
        };
        turn(state, &caller.account, subject, &asked).await
    }
}
