//! `/producer/lots/{id}/process`: 加工、分装、混批. What goes in and what comes out is chosen, and the
//! balance is held by the same rule as everywhere.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use model::lot::LotState;
use store::lot::{self, Filter, Lot};
use store::{AnyConnection, plot, product, shipment};

use super::{decimal, given, plot_choice, product_choice, row};
use crate::act;
use crate::act::processing::{Output, Wanted};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::producer::make::{Goods, MakeView, Typed, page};
use crate::page::quantity::short;
use crate::problem::{Answer, Problem};
use crate::rule::mass::kilograms;
use crate::state::AppState;
use crate::web::words::{quantity, words};
use crate::web::{Here, see_other};

/// Most lots of each state that are on offer.
const LOTS_MAX: i64 = 60;

/// The routes of a processing.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/producer/lots/{id}/process", get(show).post(process))
}

/// The form as its pairs: lots and products repeat, each with its quantity.
type Pairs = Vec<(String, String)>;

async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller, id, None).await?;
    here.answer(page(&here.site, &view))
}

async fn process(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(pairs): FormBody<Pairs>,
) -> Answer<Response> {
    let typed = typed(&pairs);
    let made = match wanted(&pairs, &typed) {
        Ok(wanted) => act::processing::process(&state, &caller.account, &wanted).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(_) => Ok(see_other(&format!("/producer/lots/{id}"), "made")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(&state, &caller, id, Some(typed)).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

/// The first value of a name.
fn one<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    let found = pairs.iter().find(|(key, _)| key == name);
    found.map_or("", |(_, value)| value.as_str())
}

/// The values of a name with those of its quantities, in their order.
fn flows(pairs: &Pairs, name: &str, quantity: &str) -> Vec<(String, String)> {
    let all = |wanted: &str| {
        let of = pairs.iter().filter(move |(key, _)| key == wanted);
        of.map(|(_, value)| value.trim().to_owned())
            .collect::<Vec<_>>()
    };
    let both = all(name).into_iter().zip(all(quantity));
    both.filter(|(value, _)| !value.is_empty()).collect()
}

fn typed(pairs: &Pairs) -> Typed {
    Typed {
        kind: one(pairs, "kind").to_owned(),
        plot: one(pairs, "plot").to_owned(),
        inputs: flows(pairs, "input", "input_quantity"),
        outputs: flows(pairs, "output", "output_quantity"),
        loss: one(pairs, "loss").to_owned(),
    }
}

fn wanted(pairs: &Pairs, typed: &Typed) -> Answer<Wanted> {
    let unknown = |field| move |_| Problem::invalid(field, "there is no such thing", "没有这一项");
    let mut inputs = Vec::new();
    for (lot, quantity) in &typed.inputs {
        let id = lot.parse().map_err(unknown("inputs"))?;
        inputs.push((id, decimal("inputs", quantity)?));
    }
    let mut outputs = Vec::new();
    for (gtin, quantity) in &typed.outputs {
        outputs.push(Output {
            gtin: gtin.clone(),
            code: None,
            quantity: decimal("outputs", quantity)?,
        });
    }
    let request = one(pairs, "request").parse();
    Ok(Wanted {
        request_id: request
            .map_err(|_| Problem::invalid("request", "it is no UUID", "请求编号有误"))?,
        plot_id: typed.plot.trim().parse().map_err(unknown("plot_id"))?,
        kind: typed.kind.clone(),
        done_at: None,
        inputs,
        outputs,
        loss: given(&typed.loss).map_or(Ok(0.0), |loss| decimal("loss", loss))?,
    })
}

async fn view(
    state: &AppState,
    caller: &Caller,
    id: i64,
    typed: Option<Typed>,
) -> Answer<MakeView> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, &caller.account, id).await?;
    let left = act::stock::left(&mut connection, &lot).await?.max(0.0);
    let lots = lots(&mut connection, &lot).await?;
    let products = product::list(&mut connection, Some(lot.producer_id)).await?;
    let plots = plot::list(&mut connection, Some(lot.producer_id)).await?;
    let usual = || Typed {
        plot: lot.plot_id.to_string(),
        inputs: vec![(lot.id.to_string(), short(left))],
        ..Typed::default()
    };
    let typed = typed.unwrap_or_else(usual);
    let product = |row: product::Product| {
        let kilograms = kilograms((1.0, &row.unit));
        let choice = product_choice(row);
        Goods {
            value: choice.value,
            label: choice.label,
            kilograms,
        }
    };
    Ok(MakeView {
        id,
        lots: lots.iter().map(goods).collect(),
        products: products.into_iter().map(product).collect(),
        plots: plots.iter().map(plot_choice).collect(),
        request: state.draw_uuid().to_string(),
        typed,
        lot: row(&lot),
    })
}

/// Lots that may go in: the one that it began from, others of the producer, and what it received.
async fn lots(connection: &mut AnyConnection, first: &Lot) -> Answer<Vec<Lot>> {
    let mut all = vec![first.clone()];
    for state in [LotState::Harvested, LotState::Released, LotState::Shipped] {
        let filter = Filter {
            producer_id: Some(first.producer_id),
            state: Some(state),
            ..Filter::default()
        };
        all.extend(lot::list(connection, &filter, LOTS_MAX).await?);
    }
    let filter = shipment::Filter {
        producer_id: Some(first.producer_id),
        ..shipment::Filter::default()
    };
    let got = shipment::list(connection, &filter, LOTS_MAX).await?;
    let got = got
        .into_iter()
        .filter(|row| row.to_producer_id == Some(first.producer_id) && row.received_at.is_some());
    let got: Vec<i64> = got.map(|row| row.lot_id).collect();
    all.extend(lot::list_of(connection, &got).await?);
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|lot| seen.insert(lot.id));
    Ok(all)
}

fn goods(lot: &Lot) -> Goods {
    let amount = quantity(lot.quantity, &lot.unit);
    let zh = format!("{} {} · {amount}", lot.code, lot.product);
    let en = format!("{} {} · {amount}", lot.code, lot.product_en);
    Goods {
        value: lot.id.to_string(),
        label: words(&zh, &en),
        kilograms: kilograms((1.0, &lot.unit)),
    }
}
