//! `/producer`: a producer's own lots, searched, sorted and paged, and the form of a new one.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use model::lot::LotState;
use serde::Deserialize;
use store::lot::{self, Filter, Lot};
use store::shipment::{self, Shipment};
use store::{plot, producer, product};
use uuid::Uuid;

use super::words::{day, quantity, sign, words};
use super::{Here, see_other};
use crate::act;
use crate::act::lot::parse_day;
use crate::caller::Caller;
use crate::extract::{Asked, FormBody};
use crate::page::producer::{
    Asked as Question, Awaited, Choice, LotDraft, LotRow, NewLotView, ProducerView, ProductChoice,
    new_lot, page,
};
use crate::page::quantity::short;
use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};

mod check;
mod filing;
mod inputs;
mod labels;
mod life;
mod make;
mod printers;
mod records;
mod runs;

/// Lots on a page of the list.
const LOTS_PAGE: i64 = 50;
/// Most shipments on their way that the first page shows.
const AWAITED_MAX: i64 = 20;

/// The pages of this desk.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/producer", get(show))
        .route("/producer/lots", post(register))
        .route("/producer/lots/new", get(fresh))
        .merge(life::router())
        .merge(check::router())
        .merge(make::router())
        .merge(labels::router())
        .merge(records::router())
        .merge(inputs::router())
        .merge(runs::router())
        .merge(filing::router())
}

/// Which lots are wanted.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    sort: String,
    after: Option<i64>,
}

/// The form of a new lot.
#[derive(Debug, Deserialize)]
struct Form {
    request: Uuid,
    product: String,
    plot: String,
    started: String,
    #[serde(default)]
    harvested: String,
    quantity: String,
}

/// Shows the list of lots.
async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Response> {
    let view = view(&state, &caller, wanted).await?;
    here.answer(page(&here.site, &view))
}

/// Shows the form of a new lot.
async fn fresh(State(state): State<AppState>, caller: Caller, here: Here) -> Answer<Response> {
    let view = fresh_view(&state, &caller).await?;
    here.answer(new_lot(&here.site, &view))
}

/// Registers a lot from the form.
async fn register(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let registered = match form.wanted() {
        Ok(wanted) => act::lot::register(&state, &caller.account, &wanted).await,
        Err(problem) => Err(problem),
    };
    match registered {
        Ok(lot) => Ok(see_other(&format!("/producer/lots/{}", lot.id), "lot")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let request = form.request.to_string();
            let view = NewLotView {
                draft: form.draft(),
                request,
                ..fresh_view(&state, &caller).await?
            };
            here.refuse(&problem, new_lot(&here.site, &view))
        }
    }
}

impl Form {
    fn wanted(&self) -> Answer<act::lot::Wanted> {
        let unknown = |_| Problem::invalid("plot", "there is no such plot", "没有这个地块");
        let harvested = self.harvested.trim();
        Ok(act::lot::Wanted {
            request_id: self.request,
            gtin: self.product.clone(),
            plot_id: self.plot.trim().parse().map_err(unknown)?,
            code: None,
            started_on: parse_day("started", &self.started)?,
            harvested_on: (!harvested.is_empty())
                .then(|| parse_day("harvested", harvested))
                .transpose()?,
            quantity: decimal("quantity", &self.quantity)?,
        })
    }

    fn draft(self) -> LotDraft {
        LotDraft {
            product: self.product,
            plot: self.plot,
            started: self.started,
            harvested: self.harvested,
            quantity: self.quantity,
        }
    }
}

/// A decimal number of a form.
fn decimal(field: &'static str, text: &str) -> Answer<f64> {
    let refuse = |_| Problem::invalid(field, "write a number", "请填写数字");
    text.trim().parse::<f64>().map_err(refuse)
}

/// A text of a form that may be left empty.
fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

async fn view(state: &AppState, caller: &Caller, wanted: Wanted) -> Answer<ProducerView> {
    let producer_id = caller.scope().producer();
    let filter = Filter {
        producer_id,
        state: given(&wanted.state).map(act::lot::state).transpose()?,
        words: given(&wanted.q).map(str::to_owned),
        order: act::lot::order(given(&wanted.sort))?,
        after: wanted.after,
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let lots = lot::list(&mut connection, &filter, LOTS_PAGE).await?;
    let (own, awaited) = match producer_id {
        Some(id) => (
            producer::find(&mut connection, id).await?,
            shipment::list_awaited(&mut connection, id, AWAITED_MAX).await?,
        ),
        None => (None, Vec::new()),
    };
    let last = lots.last().filter(|_| lots.len() as i64 == LOTS_PAGE);
    let asked = Question {
        q: wanted.q.trim().to_owned(),
        state: wanted.state,
        sort: wanted.sort,
    };
    Ok(ProducerView {
        organisation: own
            .map(|own| words(&own.name, &own.name_en))
            .unwrap_or_default(),
        next: last.map(|lot| list_href(&asked, Some(lot.id))),
        first: wanted.after.map(|_| list_href(&asked, None)),
        lots: lots.iter().map(row).collect(),
        awaited: awaited.into_iter().map(|row| coming(state, row)).collect(),
        asked,
    })
}

/// The address of a page of the list.
fn list_href(asked: &Question, after: Option<i64>) -> String {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let pairs = [
        ("q", asked.q.as_str()),
        ("state", &asked.state),
        ("sort", &asked.sort),
        ("after", &after),
    ];
    address("/producer", &pairs)
}

/// A path with those of the pairs that say something as its query.
fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    let join = if query.is_empty() { "" } else { "?" };
    format!("{path}{join}{query}")
}

/// A shipment on its way, with the key of its receipt.
fn coming(state: &AppState, row: Shipment) -> Awaited {
    Awaited {
        id: row.id,
        lot: row.lot,
        from: row.from_name,
        quantity: short(row.quantity),
        unit: sign(&row.unit).to_owned(),
        shipped: timestamp(row.shipped_at),
        request: state.draw_uuid().to_string(),
    }
}

async fn fresh_view(state: &AppState, caller: &Caller) -> Answer<NewLotView> {
    let producer_id = caller.scope().producer();
    let mut connection = state.store().acquire().await?;
    let products = product::list(&mut connection, producer_id).await?;
    let plots = plot::list(&mut connection, producer_id).await?;
    Ok(NewLotView {
        products: products.into_iter().map(product_choice).collect(),
        plots: plots.iter().map(plot_choice).collect(),
        request: state.draw_uuid().to_string(),
        draft: LotDraft::default(),
    })
}

fn plot_choice(row: &plot::Plot) -> Choice {
    Choice {
        value: row.id.to_string(),
        label: words(&row.name, &row.name_en),
    }
}

fn product_choice(row: product::Product) -> ProductChoice {
    let zh = format!("{} {}", row.name, row.specification);
    let en = format!("{} {}", row.name_en, row.specification);
    ProductChoice {
        value: row.gtin,
        label: words(zh.trim(), en.trim()),
        unit: row.unit,
    }
}

/// One lot of the list.
fn row(lot: &Lot) -> LotRow {
    LotRow {
        code: lot.code.clone(),
        product: words(&lot.product, &lot.product_en),
        plot: Some(words(&lot.plot, &lot.plot_en)),
        stage: lot.state,
        quantity: Some(quantity(lot.quantity, &lot.unit)),
        harvested: lot
            .harvested_on
            .filter(|_| lot.state != LotState::Growing)
            .map(day),
        labels: u64::try_from(lot.labels).unwrap_or_default(),
        href: format!("/producer/lots/{}", lot.id),
        labels_href: format!("/producer/lots/{}/labels", lot.id),
        trace_href: format!("/01/{}/10/{}", lot.gtin, lot.code),
    }
}
