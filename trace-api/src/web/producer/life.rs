//! `/producer/lots/{id}`: a lot with what comes next, and the forms of its steps: harvest, release,
//! shipment, receipt, sold out.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use model::lot::LotState;
use serde::Deserialize;
use store::lot::Lot;
use store::shipment::Shipment;
use store::test_report::{self, Report};
use store::test_result::{self, TestResult};
use store::{AnyConnection, lot, lot_step, party, processing, shipment};
use uuid::Uuid;

use super::{decimal, row};
use crate::act;
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::producer::Choice;
use crate::page::producer::life::{
    Interval, JournalRow, LotView, MadeRow, Part, ReportRow, ResultRow, ShipmentRow, Typed, Use,
    page,
};
use crate::page::quantity::short;
use crate::problem::Answer;
use crate::rule::interval::free_on;
use crate::rule::mass::kilograms;
use crate::rule::plausible;
use crate::state::{AppState, timestamp};
use crate::web::words::{day, quantity, result, sign, words};
use crate::web::{Here, see_other};

/// Most results of tests on the page.
const RESULTS_MAX: i64 = 20;
/// Most shipments on the page.
const SHIPMENTS_MAX: i64 = 100;

/// The routes of a lot's page.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/producer/lots/{id}", get(show))
        .route("/producer/lots/{id}/harvest", post(harvest))
        .route("/producer/lots/{id}/release", post(release))
        .route("/producer/lots/{id}/shipments", post(ship))
        .route("/producer/lots/{id}/sold-out", post(sell_out))
        .route("/producer/shipments/{id}/receipt", post(receive))
        .route("/producer/reports/{id}", post(publish))
}

/// The form of any step; each has some of the fields.
#[derive(Debug, Default, Deserialize)]
struct Form {
    request: Uuid,
    #[serde(default)]
    day: String,
    #[serde(default)]
    quantity: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    party: String,
}

async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller, id, None).await?;
    here.answer(page(&here.site, &view))
}

/// The page of a lot again with what was done, or with why not and what was typed.
async fn done(
    (state, caller, here): (&AppState, &Caller, Here),
    (id, form): (i64, Form),
    (outcome, word): (Answer<()>, &str),
) -> Answer<Response> {
    match outcome {
        Ok(()) => Ok(see_other(&format!("/producer/lots/{id}"), word)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(state, caller, id, Some(form)).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

async fn harvest(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let harvested = async {
        let wanted = act::harvest::Wanted {
            request_id: form.request,
            harvested_on: parse_day("day", &form.day)?,
            quantity: decimal("quantity", &form.quantity)?,
        };
        let lot = act::harvest::harvest(&state, &caller.account, id, wanted);
        lot.await.map(drop)
    };
    let outcome = (harvested.await, "harvest");
    done((&state, &caller, here), (id, form), outcome).await
}

async fn release(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let why = (form.request, form.reason.as_str());
    let released = act::life::release(&state, &caller.account, id, why).await;
    let outcome = (released.map(drop), "release");
    done((&state, &caller, here), (id, form), outcome).await
}

async fn ship(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let shipped = async {
        let wanted = act::shipment::Wanted {
            request_id: form.request,
            from_party_id: None,
            to_party_id: form.party.trim().parse().unwrap_or_default(),
            quantity: decimal("quantity", &form.quantity)?,
            shipped_at: None,
        };
        let made = act::shipment::ship(&state, &caller.account, id, wanted);
        made.await.map(drop)
    };
    let outcome = (shipped.await, "ship");
    done((&state, &caller, here), (id, form), outcome).await
}

async fn sell_out(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let sold = act::life::sell_out(&state, &caller.account, id, form.request).await;
    let outcome = (sold.map(drop), "sold-out");
    done((&state, &caller, here), (id, form), outcome).await
}

/// Notes that a shipment to this producer arrived; the list of lots is where it waited.
async fn receive(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let quantity = decimal("quantity", &form.quantity)?;
    let receipt = (form.request, quantity, None);
    act::shipment::receive(&state, &caller.account, id, receipt).await?;
    Ok(see_other("/producer", "receive"))
}

/// Who may read a report.
#[derive(Debug, Deserialize)]
struct Visibility {
    public: String,
}

async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Visibility>,
) -> Answer<Response> {
    let is_public = form.public == "yes";
    let kept = act::report::publish(&state, &caller.account, id, is_public).await?;
    Ok(see_other(
        &format!("/producer/lots/{}", kept.lot_id),
        "report",
    ))
}

async fn view(state: &AppState, caller: &Caller, id: i64, typed: Option<Form>) -> Answer<LotView> {
    let mut connection = state.store().acquire().await?;
    let found = act::find_lot(&mut connection, &caller.account, id).await?;
    let today = plausible::today(state.now());
    let standing = act::harvest::standing(&mut connection, &found).await?;
    let left = act::stock::left(&mut connection, &found).await?.max(0.0);
    let parties = if is_on_sale(&found) {
        party::list(&mut connection).await?
    } else {
        Vec::new()
    };
    let shipments = shipments(&mut connection, id).await?;
    let results = test_result::list(&mut connection, Some(id), RESULTS_MAX).await?;
    let reports = reports(&mut connection, id).await?;
    let journal = lot_step::list(&mut connection, id).await?;
    let last = standing.treatments.iter().map(free_on).max();
    Ok(LotView {
        id,
        started: day(found.started_on),
        unit: sign(&found.unit).to_owned(),
        left: short(left),
        recall: found.recall_reason.clone(),
        interval: Interval {
            free_on: last.filter(|day| *day > today).map(iso),
            waived: standing.is_waived,
            uses: standing.treatments.iter().map(used).collect(),
        },
        parties: parties
            .iter()
            .filter(|party| party.producer_id != Some(found.producer_id))
            .map(choice)
            .collect(),
        typed: typed.map_or_else(|| usual(&found, &iso(today), left), typed_again),
        requests: [state.draw_uuid().to_string(), state.draw_uuid().to_string()],
        journal: journal.into_iter().map(step).collect(),
        shipments: shipments.into_iter().map(sent).collect(),
        made: made(&mut connection, id).await?,
        results: results.into_iter().map(result_row).collect(),
        reports: reports.into_iter().map(report).collect(),
        lot: row(&found),
    })
}

const fn is_on_sale(lot: &Lot) -> bool {
    matches!(lot.state, LotState::Released | LotState::Shipped)
}

/// What the forms begin with: a harvest of today, and everything that is left.
fn usual(lot: &Lot, today: &str, left: f64) -> Typed {
    let quantity = if is_on_sale(lot) { left } else { lot.quantity };
    Typed {
        day: today.to_owned(),
        quantity: short(quantity),
        ..Typed::default()
    }
}

fn typed_again(form: Form) -> Typed {
    Typed {
        day: form.day,
        quantity: form.quantity,
        reason: form.reason,
        party: form.party,
    }
}

async fn shipments(connection: &mut AnyConnection, id: i64) -> Answer<Vec<Shipment>> {
    let filter = shipment::Filter {
        lots: Some(vec![id]),
        ..shipment::Filter::default()
    };
    Ok(shipment::list(connection, &filter, SHIPMENTS_MAX).await?)
}

async fn reports(connection: &mut AnyConnection, id: i64) -> Answer<Vec<Report>> {
    let filter = test_report::Filter {
        lot_id: Some(id),
        ..test_report::Filter::default()
    };
    Ok(test_report::list(connection, filter).await?)
}

/// The processings that a lot went into or came out of, with their balances.
async fn made(connection: &mut AnyConnection, id: i64) -> Answer<Vec<MadeRow>> {
    let mut ids = processing::list_of_outputs(connection, &[id]).await?;
    ids.extend(processing::list_of_inputs(connection, &[id]).await?);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let done = processing::list(connection, &ids).await?;
    let flows = processing::list_flows(connection, &ids).await?;
    let lots: Vec<i64> = flows.iter().map(|flow| flow.lot_id).collect();
    let lots = lot::list_of(connection, &lots).await?;
    let rows = done.into_iter().map(|row| made_row(row, &flows, &lots));
    Ok(rows.collect())
}

fn made_row(row: processing::Processing, flows: &[processing::Flow], lots: &[Lot]) -> MadeRow {
    let side = |is_input: bool| {
        let own = move |flow: &&processing::Flow| {
            flow.processing_id == row.id && flow.is_input == is_input
        };
        flows.iter().filter(own)
    };
    let sum = |is_input: bool| -> f64 {
        let amount = |flow: &processing::Flow| {
            kilograms((flow.quantity, &flow.unit)).unwrap_or(flow.quantity)
        };
        side(is_input).map(amount).sum()
    };
    let part = |flow: &processing::Flow| {
        let lot = lots.iter().find(|lot| lot.id == flow.lot_id);
        // What somebody else sent has no page here.
        let own = lot.filter(|lot| lot.producer_id == row.producer_id);
        Part {
            code: lot.map(|lot| lot.code.clone()).unwrap_or_default(),
            href: own.map(|lot| format!("/producer/lots/{}", lot.id)),
            quantity: quantity(flow.quantity, &flow.unit),
        }
    };
    let (went_in, came_out) = (sum(true), sum(false));
    // To the gram: sums of decimal numbers leave dust behind.
    let rest = ((went_in - came_out - row.loss) * 1_000.0).round() / 1_000.0;
    let amounts = [went_in, came_out, row.loss, rest];
    MadeRow {
        at: timestamp(row.done_at),
        inputs: side(true).map(part).collect(),
        outputs: side(false).map(part).collect(),
        balance: amounts.map(|amount| quantity(amount, &row.unit)),
        kind: row.kind,
    }
}

fn used(treatment: &store::farm_record::Treatment) -> Use {
    Use {
        input: treatment.input.clone(),
        done_on: iso(treatment.done_on),
        days: treatment.interval_days,
        free_on: iso(free_on(treatment)),
    }
}

fn choice(row: &party::Party) -> Choice {
    let zh = format!("{} {}", row.name, row.township);
    let en = format!("{} {}", row.name_en, row.township);
    Choice {
        value: row.id.to_string(),
        label: words(&zh, if row.name_en.is_empty() { "" } else { &en }),
    }
}

fn step(row: lot_step::Step) -> JournalRow {
    JournalRow {
        step: row.step,
        at: timestamp(row.at),
        by: row.by_role,
        reason: row.reason,
    }
}

fn sent(row: Shipment) -> ShipmentRow {
    let arrived = row.received_at.map(timestamp);
    let amount = quantity(row.received_quantity.unwrap_or_default(), &row.unit);
    ShipmentRow {
        to: row.to_name,
        quantity: quantity(row.quantity, &row.unit),
        shipped: timestamp(row.shipped_at),
        received: arrived.map(|at| (at, amount)),
    }
}

fn result_row(row: TestResult) -> ResultRow {
    ResultRow {
        value: format!("{} {}", result(&row.qualifier, row.value), row.unit),
        passed: (!row.invalid).then_some(row.passed),
        at: timestamp(row.tested_at),
        item: row.item,
    }
}

fn report(row: Report) -> ReportRow {
    ReportRow {
        id: row.id,
        laboratory: row.laboratory,
        number: row.number,
        issued_on: iso(row.issued_on),
        public: row.is_public,
    }
}
