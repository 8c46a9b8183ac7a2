//! `/producer`: a producer's own lots and the form for a new one.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use model::lot::LotState;
use serde::Deserialize;
use store::lot::{self, Filter, Lot};
use store::{plot, producer, product};
use uuid::Uuid;

use super::words::{day, quantity, words};
use super::{Here, see_other};
use crate::act;
use crate::act::lot::parse_day;
use crate::caller::Caller;
use crate::extract::FormBody;
use crate::page::producer::{Choice, LotDraft, LotRow, ProducerView, page};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

mod filing;
mod labels;
mod printers;
mod runs;

/// Most lots on the page.
const LOTS_MAX: i64 = 100;

/// The pages of this desk.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/producer", get(show))
        .route("/producer/lots", post(register))
        .route("/producer/lots/{id}", get(labels::show))
        .route("/producer/lots/{id}/labels", post(labels::issue))
        .route("/producer/lots/{id}/preview.png", get(labels::preview))
        .route("/producer/lots/{id}/preview.svg", get(labels::preview_svg))
        .merge(runs::router())
        .merge(filing::router())
        .route(
            "/producer/labels/{file}",
            get(crate::api::v1::labels::picture),
        )
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
    #[serde(default)]
    unit: String,
}

/// Shows the producer's desk.
async fn show(State(state): State<AppState>, caller: Caller, here: Here) -> Answer<Response> {
    let view = view(&state, &caller).await?;
    here.answer(page(&here.site, &view))
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
            let view = ProducerView {
                draft: form.draft(),
                request,
                ..view(&state, &caller).await?
            };
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

impl Form {
    fn wanted(&self) -> Answer<act::lot::Wanted> {
        let number = |field, text: &str| {
            let refuse = |_| Problem::invalid(field, "write a number", "请填写数字");
            text.trim().parse::<f64>().map_err(refuse)
        };
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
            quantity: number("quantity", &self.quantity)?,
        })
    }

    fn draft(self) -> LotDraft {
        LotDraft {
            product: self.product,
            plot: self.plot,
            started: self.started,
            harvested: self.harvested,
            quantity: self.quantity,
            unit: self.unit,
        }
    }
}

async fn view(state: &AppState, caller: &Caller) -> Answer<ProducerView> {
    let producer_id = caller.scope().producer();
    let mut connection = state.store().acquire().await?;
    let filter = Filter {
        producer_id,
        ..Filter::default()
    };
    let lots = lot::list(&mut connection, &filter, LOTS_MAX).await?;
    let products = product::list(&mut connection, producer_id).await?;
    let plots = plot::list(&mut connection, producer_id).await?;
    let own = match producer_id {
        Some(id) => producer::find(&mut connection, id).await?,
        None => None,
    };
    Ok(ProducerView {
        organisation: own
            .map(|own| words(&own.name, &own.name_en))
            .unwrap_or_default(),
        lots: lots.iter().map(row).collect(),
        products: products.into_iter().map(product_choice).collect(),
        plots: plots
            .into_iter()
            .map(|plot| Choice {
                value: plot.id.to_string(),
                label: words(&plot.name, &plot.name_en),
            })
            .collect(),
        request: state.draw_uuid().to_string(),
        draft: LotDraft::default(),
    })
}

fn product_choice(row: product::Product) -> Choice {
    let zh = format!("{} {}", row.name, row.specification);
    let en = format!("{} {}", row.name_en, row.specification);
    Choice {
        value: row.gtin,
        label: words(zh.trim(), en.trim()),
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
        labels_href: format!("/producer/lots/{}", lot.id),
        trace_href: format!("/01/{}/10/{}", lot.gtin, lot.code),
    }
}
