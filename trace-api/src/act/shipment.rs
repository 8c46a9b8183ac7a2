//! 出库与收货: a part of a lot leaves one registered party and arrives at another.

use model::event::Step;
use model::event::life::Handover;
use model::lot::LotState;
use store::account::{Account, Role};
use store::party::Party;
use store::shipment::{self, Filter, NewShipment, Receipt, Shipment};
use store::{AnyConnection, Transaction, message, party};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::life::{Opened, illegal, open};
use super::lot::request_used;
use super::stock;
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::handover::suffices;
use crate::rule::plausible;
use crate::state::AppState;

/// How far the clock of whoever enters it may be ahead of ours.
const CLOCK_AHEAD: Duration = Duration::minutes(5);

/// A shipment as it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// Who sends; the producer itself where it is missing.
    pub(crate) from_party_id: Option<i64>,
    /// Who is to receive.
    pub(crate) to_party_id: i64,
    /// In the product's unit.
    pub(crate) quantity: f64,
    /// When it left; now where it is missing.
    pub(crate) shipped_at: Option<OffsetDateTime>,
}

/// Ships a part of a lot.
pub(crate) async fn ship(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    wanted: Wanted,
) -> Answer<Shipment> {
    plausible::quantity(wanted.quantity)?;
    let mut opened = open(state, account, lot_id, ("ship", wanted.request_id)).await?;
    if opened.is_done {
        return by_request(&mut opened.transaction, wanted.request_id).await;
    }
    let shipped_at = past("shipped_at", wanted.shipped_at, opened.now)?;
    let steps: &[LotState] = match opened.lot.state {
        LotState::Released => &[LotState::Shipped],
        LotState::Shipped => &[],
        from => return Err(illegal(from, LotState::Shipped)),
    };
    let from = sender(&mut opened, account, wanted.from_party_id).await?;
    let to = find_party(&mut opened.transaction, "to_party_id", wanted.to_party_id).await?;
    if from.id == to.id {
        let (en, zh) = ("sender and receiver are the same", "发货方与收货方相同");
        return Err(Problem::invalid("to_party_id", en, zh));
    }
    check_stock(&mut opened, &from, wanted.quantity).await?;
    opened.step(steps, "").await?;
    let new = NewShipment {
        lot_id,
        from_party_id: from.id,
        to_party_id: to.id,
        quantity: wanted.quantity,
        shipped_at,
        request_id: wanted.request_id,
        account_id: Some(account.id),
    };
    let number = shipment::insert(&mut opened.transaction, &new).await?;
    let handed = Handover {
        received: false,
        shipment: number,
        from: from.id,
        to: to.id,
    };
    let request = opened.request();
    let mut deed = opened.deed();
    deed.at = shipped_at;
    opened.lot.quantity = wanted.quantity;
    let step = Step::Handed(handed, &request);
    record::append(&mut opened.transaction, &opened.lot, &step, deed).await?;
    let made = find(&mut opened.transaction, number).await?;
    opened.close().await?;
    made.ok_or_else(|| Problem::internal(Vanished))
}

/// Notes that a shipment arrived, whole or in part; a missing part is told to the supervisors.
pub(crate) async fn receive(
    state: &AppState,
    account: &Account,
    number: i64,
    (request_id, quantity, received_at): (Uuid, f64, Option<OffsetDateTime>),
) -> Answer<Shipment> {
    let now = state.now();
    let received_at = past("received_at", received_at, now)?;
    let mut transaction = super::begin(state, account).await?;
    let shipped = receivable(&mut transaction, account, number).await?;
    let in_bounds = quantity.is_finite() && quantity >= 0.0 && quantity <= shipped.quantity;
    if !in_bounds {
        let en = format!("0 to {} {} were shipped", shipped.quantity, shipped.unit);
        let zh = format!("实收数量须为 0 至 {}", shipped.quantity);
        return Err(Problem::invalid("quantity", en, zh));
    }
    if received_at < shipped.shipped_at {
        let (en, zh) = ("it arrived before it left", "收货时间早于发货时间");
        return Err(Problem::invalid("received_at", en, zh));
    }
    let receipt = Receipt {
        received_at,
        quantity,
        request_id,
        account_id: Some(account.id),
    };
    if !shipment::receive(&mut transaction, number, receipt).await? {
        let kept = find(&mut transaction, number).await?;
        return match kept {
            Some(kept) if kept.receipt_request_id == Some(request_id) => Ok(kept),
            _ => Err(Problem::told(
                Kind::Conflict,
                "it was received before",
                "该批货已收货",
            )),
        };
    }
    tell_receipt(
        &mut transaction,
        &shipped,
        (request_id, quantity),
        Deed {
            at: received_at,
            now,
            account_id: account.id,
        },
    )
    .await?;
    let made = find(&mut transaction, number).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    made.ok_or_else(|| Problem::internal(Vanished))
}

/// The event of a receipt, and a word to the supervisors where something is missing.
async fn tell_receipt(
    transaction: &mut Transaction,
    shipped: &Shipment,
    (request_id, quantity): (Uuid, f64),
    deed: Deed,
) -> Answer<()> {
    let found = store::lot::find(transaction, shipped.lot_id).await?;
    let mut lot = found.ok_or_else(|| Problem::internal(Vanished))?;
    lot.quantity = quantity;
    let handed = Handover {
        received: true,
        shipment: shipped.id,
        from: shipped.from_party_id,
        to: shipped.to_party_id,
    };
    let request = request_id.to_string();
    record::append(transaction, &lot, &Step::Handed(handed, &request), deed).await?;
    if suffices(quantity, shipped.quantity) {
        return Ok(());
    }
    let missing = shipped.quantity - quantity;
    let new = message::NewMessage {
        to_role: Role::Supervisor.code(),
        kind: "short_receipt",
        lot_id: Some(lot.id),
        text_zh: &format!("批次 {} 收货短少 {missing} {}", lot.code, lot.unit),
        text_en: &format!(
            "Lot {}: {missing} {} missing on arrival",
            lot.code, lot.unit
        ),
    };
    Ok(message::insert(transaction, &new, deed.now).await?)
}

/// Who sends: a producer's staff for their producer, a supervisor for a party that is none.
async fn sender(opened: &mut Opened<'_>, account: &Account, asked: Option<i64>) -> Answer<Party> {
    let producer = opened.lot.producer_id;
    let own = party::of_producer(&mut opened.transaction, producer, opened.now).await?;
    let id = match (account.role, asked) {
        (Role::Producer, None) => own,
        (Role::Producer, Some(asked)) if asked == own => own,
        (Role::Supervisor, Some(asked)) if asked != own => asked,
        _ => {
            let (en, zh) = (
                "staff of the producer ship its own; a supervisor names another party",
                "生产主体只能发出自己的货；监管人员须指定其他发货方",
            );
            return Err(Problem::invalid("from_party_id", en, zh));
        }
    };
    find_party(&mut opened.transaction, "from_party_id", id).await
}

async fn check_stock(opened: &mut Opened<'_>, from: &Party, wanted: f64) -> Answer<()> {
    let lot = &opened.lot;
    let left = if from.producer_id == Some(lot.producer_id) {
        stock::left(&mut opened.transaction, lot).await?
    } else {
        shipment::stock_of(&mut opened.transaction, lot.id, from.id).await?
    };
    if suffices(left, wanted) {
        return Ok(());
    }
    let left = left.max(0.0);
    let en = format!("{} has {left} {} of it left", from.name, lot.unit);
    Err(Problem::invalid(
        "quantity",
        en,
        format!("{}仅余 {left}", from.name),
    ))
}

/// A shipment that this account may receive: a producer's staff what was sent to it, a supervisor
/// the rest.
async fn receivable(
    transaction: &mut Transaction,
    account: &Account,
    number: i64,
) -> Answer<Shipment> {
    let found = find(transaction, number).await?;
    let own = found.filter(|shipment| {
        account.producer_id.is_none() || shipment.to_producer_id == account.producer_id
    });
    own.ok_or(Problem::told(
        Kind::NotFound,
        "there is no such shipment for you",
        "没有这批货",
    ))
}

async fn find_party(connection: &mut AnyConnection, field: &'static str, id: i64) -> Answer<Party> {
    let found = party::find(connection, id).await?;
    found.ok_or_else(|| Problem::invalid(field, "there is no such party", "没有这个往来方"))
}

async fn find(connection: &mut AnyConnection, number: i64) -> Answer<Option<Shipment>> {
    let filter = Filter {
        id: Some(number),
        ..Filter::default()
    };
    Ok(shipment::list(connection, &filter, 1).await?.pop())
}

async fn by_request(connection: &mut AnyConnection, request_id: Uuid) -> Answer<Shipment> {
    let filter = Filter {
        request_id: Some(request_id),
        ..Filter::default()
    };
    let made = shipment::list(connection, &filter, 1).await?.pop();
    made.ok_or_else(request_used)
}

/// A time that is not ahead; now where it is missing.
fn past(
    field: &'static str,
    at: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Answer<OffsetDateTime> {
    match at {
        Some(at) if at > now + CLOCK_AHEAD => Err(Problem::invalid(
            field,
            "it lies in the future",
            "时间在将来",
        )),
        at => Ok(at.unwrap_or(now)),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a shipment that was just written is not there")]
struct Vanished;
