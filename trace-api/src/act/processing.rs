//! 加工: lots go in, lots come out, in one transaction with their event. What goes in has to be
//! there, free, and this producer's; what comes out cannot be more than that gives.

use model::event::Step;
use model::event::life::Part;
use model::gs1::{Gtin, LotCode};
use model::lot::LotState;
use store::account::Account;
use store::lot::{self as lots, Lot, NewLot};
use store::processing::{self, Flow, NewProcessing, Processing};
use store::product::Product;
use store::{AnyConnection, StoreError, Transaction, event, party, shipment};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::filing::gate;
use super::lot::{check_plot, own_product, request_used};
use super::stock;
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::handover::suffices;
use crate::rule::mass::{self, Balance};
use crate::rule::{lot_code, plausible};
use crate::state::AppState;

/// Most lots on one side of a processing.
pub(crate) const LOTS_MAX: usize = 100;
/// How far the clock of whoever enters it may be ahead of ours.
const CLOCK_AHEAD: Duration = Duration::minutes(5);

/// A processing as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// The workshop.
    pub(crate) plot_id: i64,
    /// What was done.
    pub(crate) kind: String,
    /// When; now where it is missing.
    pub(crate) done_at: Option<OffsetDateTime>,
    /// Lots that went in, with how much of each.
    pub(crate) inputs: Vec<(i64, f64)>,
    /// Products that came out.
    pub(crate) outputs: Vec<Output>,
    /// Declared waste.
    pub(crate) loss: f64,
}

/// A lot that comes out.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// GTIN-14 of its product.
    pub(crate) gtin: String,
    /// Its code; `None` takes our proposal.
    pub(crate) code: Option<LotCode>,
    /// In the product's unit.
    pub(crate) quantity: f64,
}

/// A processing that was noted.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// Without its lots.
    pub(crate) processing: Processing,
    /// Its lots.
    pub(crate) flows: Vec<Flow>,
}

/// Notes a processing.
pub(crate) async fn process(state: &AppState, account: &Account, wanted: &Wanted) -> Answer<Made> {
    let now = state.now();
    let done_at = check(wanted, now)?;
    let mut transaction = super::begin(state, account).await?;
    let producer = account.producer_id.ok_or(Problem::of(Kind::Forbidden))?;
    if let Some(made) = resent(&mut transaction, producer, wanted.request_id).await? {
        return Ok(made);
    }
    check_plot(&mut transaction, producer, wanted.plot_id).await?;
    let inputs = take(&mut transaction, producer, wanted, now).await?;
    let mut products = Vec::with_capacity(wanted.outputs.len());
    for output in &wanted.outputs {
        let product = own_product(&mut transaction, account, &output.gtin).await?;
        gate::check(&mut transaction, product.id).await?;
        products.push(product);
    }
    let balance = balance(wanted, &inputs, &products)?;
    let mut outputs = Vec::with_capacity(products.len());
    for (output, product) in wanted.outputs.iter().zip(&products) {
        let made = (output, product, done_at);
        outputs.push(register(state, &mut transaction, account, wanted.plot_id, made).await?);
    }
    let ids: Vec<i64> = outputs.iter().map(|lot| lot.id).collect();
    let new = NewProcessing {
        producer_id: producer,
        plot_id: wanted.plot_id,
        kind: &wanted.kind,
        done_at,
        unit: &balance.unit,
        loss: wanted.loss,
        inputs: &wanted.inputs,
        outputs: &ids,
        request_id: wanted.request_id,
        account_id: Some(account.id),
    };
    processing::insert(&mut transaction, &new, now).await?;
    let deed = Deed {
        at: done_at,
        now,
        account_id: account.id,
    };
    tell(&mut transaction, wanted, (&inputs, &outputs), deed).await?;
    let made = resent(&mut transaction, producer, wanted.request_id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    made.ok_or_else(request_used)
}

fn check(wanted: &Wanted, now: OffsetDateTime) -> Answer<OffsetDateTime> {
    for (field, count) in [
        ("inputs", wanted.inputs.len()),
        ("outputs", wanted.outputs.len()),
    ] {
        if !(1..=LOTS_MAX).contains(&count) {
            let en = format!("1 to {LOTS_MAX} lots");
            return Err(Problem::invalid(
                field,
                en,
                format!("须为 1 至 {LOTS_MAX} 个批次"),
            ));
        }
    }
    for (_, quantity) in &wanted.inputs {
        plausible::quantity(*quantity)?;
    }
    for output in &wanted.outputs {
        plausible::quantity(output.quantity)?;
    }
    let mut seen: Vec<i64> = wanted.inputs.iter().map(|(lot, _)| *lot).collect();
    seen.sort_unstable();
    if seen.windows(2).any(|pair| pair[0] == pair[1]) {
        let (en, zh) = ("a lot is named twice", "同一批次重复");
        return Err(Problem::invalid("inputs", en, zh));
    }
    let done_at = wanted.done_at.unwrap_or(now);
    if done_at > now + CLOCK_AHEAD {
        let (en, zh) = ("it lies in the future", "时间在将来");
        return Err(Problem::invalid("done_at", en, zh));
    }
    Ok(done_at)
}

/// What this request made before, if it did.
async fn resent(
    connection: &mut AnyConnection,
    producer: i64,
    request_id: Uuid,
) -> Answer<Option<Made>> {
    let Some(processing) = processing::find_by_request(connection, request_id).await? else {
        return Ok(None);
    };
    if processing.producer_id != producer {
        return Err(request_used());
    }
    let flows = processing::list_flows(connection, &[processing.id]).await?;
    Ok(Some(Made { processing, flows }))
}

/// Locks the lots that go in, in the order of their numbers, and sees that they may.
async fn take(
    transaction: &mut Transaction,
    producer: i64,
    wanted: &Wanted,
    now: OffsetDateTime,
) -> Answer<Vec<(Lot, f64)>> {
    let ids: Vec<i64> = wanted.inputs.iter().map(|(lot, _)| *lot).collect();
    store::recall::lock_lots(transaction, &ids).await?;
    let own_party = party::of_producer(transaction, producer, now).await?;
    let mut taken = Vec::with_capacity(ids.len());
    for (id, quantity) in &wanted.inputs {
        let unknown = || Problem::invalid("inputs", "you have no such lot", "没有这个批次");
        let lot = lots::find(transaction, *id).await?.ok_or_else(unknown)?;
        let left = if lot.producer_id == producer {
            stock::left(transaction, &lot).await?
        } else {
            let got = shipment::stock_of(transaction, lot.id, own_party).await?;
            got - processing::processed_by(transaction, lot.id, producer).await?
        };
        if lot.producer_id != producer && left <= 0.0 {
            return Err(unknown());
        }
        if !may_go_in(lot.state) {
            let en = format!("lot {} is {}", lot.code, lot.state);
            let zh = format!("批次 {} 当前状态不能投入加工", lot.code);
            return Err(Problem::told(Kind::RuleBroken, en, zh));
        }
        if !suffices(left, *quantity) {
            let left = left.max(0.0);
            let en = format!("lot {} has {left} {} left", lot.code, lot.unit);
            let zh = format!("批次 {} 仅余 {left}", lot.code);
            return Err(Problem::invalid("inputs", en, zh));
        }
        taken.push((lot, *quantity));
    }
    Ok(taken)
}

/// Whether a lot may be made into something: not in the ground, not waiting for a result, not
/// stopped, not gone.
const fn may_go_in(state: LotState) -> bool {
    matches!(
        state,
        LotState::Harvested | LotState::Released | LotState::Shipped
    )
}

fn balance(wanted: &Wanted, inputs: &[(Lot, f64)], products: &[Product]) -> Answer<Balance> {
    let inputs: Vec<_> = inputs
        .iter()
        .map(|(lot, quantity)| (*quantity, lot.unit.as_str()))
        .collect();
    let outputs: Vec<_> = wanted
        .outputs
        .iter()
        .zip(products)
        .map(|(output, product)| (output.quantity, product.unit.as_str()))
        .collect();
    mass::balance(&wanted.kind, &inputs, &outputs, wanted.loss)
}

/// Registers a lot that came out; it is made, and waits for its test or release.
async fn register(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    plot_id: i64,
    (output, product, done_at): (&Output, &Product, OffsetDateTime),
) -> Answer<Lot> {
    let day = done_at.to_offset(plausible::china()).date();
    let code = if let Some(code) = output.code {
        code
    } else {
        let prefix = lot_code::prefix(day);
        let taken = lots::list_codes(transaction, product.id, &prefix).await?;
        lot_code::propose(day, &taken).map_err(Problem::internal)?
    };
    let new = NewLot {
        product_id: product.id,
        plot_id,
        code: code.as_str(),
        state: LotState::Harvested,
        started_on: day,
        harvested_on: Some(day),
        quantity: output.quantity,
        recall_reason: None,
        request_id: state.draw_uuid(),
        account_id: Some(account.id),
    };
    let id = lots::insert(transaction, &new, state.now()).await?;
    super::find_lot(transaction, account, id).await
}

/// The event, told of every lot that went in or came out.
async fn tell(
    transaction: &mut Transaction,
    wanted: &Wanted,
    (inputs, outputs): (&[(Lot, f64)], &[Lot]),
    deed: Deed,
) -> Answer<()> {
    let went_in = inputs.iter().map(|(lot, quantity)| part(lot, *quantity));
    let came_out = outputs.iter().map(|lot| part(lot, lot.quantity));
    let request = wanted.request_id.to_string();
    let step = Step::Transformed {
        inputs: &went_in.collect::<Answer<Vec<_>>>()?,
        outputs: &came_out.collect::<Answer<Vec<_>>>()?,
        kind: &wanted.kind,
        request: &request,
    };
    let Some(first) = outputs.first() else {
        return Ok(());
    };
    let event_id = record::append(transaction, first, &step, deed).await?;
    let inputs = inputs.iter().map(|(lot, _)| lot.id);
    let all: Vec<i64> = inputs.chain(outputs.iter().map(|lot| lot.id)).collect();
    Ok(event::tell_of(transaction, &event_id, &all).await?)
}

fn part(lot: &Lot, quantity: f64) -> Answer<Part> {
    Ok(Part {
        gtin: Gtin::parse(&lot.gtin).map_err(Problem::internal)?,
        lot: LotCode::parse(&lot.code).map_err(Problem::internal)?,
        quantity,
        unit: lot.unit.clone(),
    })
}
