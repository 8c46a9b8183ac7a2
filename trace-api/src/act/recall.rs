//! 召回: a lot and everything that came of it is called back at once, or a drill computes and
//! times the same and changes nothing.

use model::event::Step;
use model::event::life::Turn;
use model::lot::LotState;
use store::account::Account;
use store::closure::{self, Node, Way};
use store::lot::{self as lots, Lot};
use store::lot_step::{self, NewStep};
use store::processing::{self, Flow, Processing};
use store::recall::{self, NewRecall, Recall};
use store::shipment::{self, Shipment};
use store::{AnyConnection, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::life::illegal;
use super::lot::{iso, request_used};
use crate::problem::{Answer, Problem};
use crate::record::{self, Deed};
use crate::rule::plausible;
use crate::rule::recall::{Figures, figures};
use crate::state::AppState;

/// A recall as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// Why; public.
    pub(crate) reason: String,
    /// Whether it is a drill.
    pub(crate) drill: bool,
}

/// Everything about where the goods of a lot are.
#[derive(Debug, Clone)]
pub(crate) struct Spread {
    /// The lots, nearest first.
    pub(crate) nodes: Vec<Node>,
    /// What was done with them.
    pub(crate) processings: Vec<Processing>,
    /// What flowed there.
    pub(crate) flows: Vec<Flow>,
    /// Who got what.
    pub(crate) shipments: Vec<Shipment>,
    /// Kilograms.
    pub(crate) figures: Figures,
}

/// Calls a lot back with all that came of it, or drills it.
pub(crate) async fn recall(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    wanted: &Wanted,
) -> Answer<Recall> {
    plausible::text("reason", &wanted.reason, 500)?;
    let started = state.now();
    let mut transaction = super::begin(state, account).await?;
    lots::lock_state(&mut transaction, lot_id).await?;
    let lot = super::find_lot(&mut transaction, account, lot_id).await?;
    let before = recall::list(&mut transaction, None, Some(wanted.request_id)).await?;
    if let Some(made) = before.into_iter().next() {
        let same = made.lot_id == lot_id && made.drill == wanted.drill;
        return if same { Ok(made) } else { Err(request_used()) };
    }
    if !lot.state.may_become(LotState::Recalled) {
        return Err(illegal(lot.state, LotState::Recalled));
    }
    let nodes = closure::list(&mut transaction, lot_id, Way::Down).await?;
    let ids: Vec<i64> = nodes.iter().map(|node| node.lot_id).collect();
    if !wanted.drill {
        recall::lock_lots(&mut transaction, &ids).await?;
    }
    let spread = gather(&mut transaction, nodes).await?;
    if !wanted.drill {
        let deed = Deed {
            at: started,
            now: started,
            account_id: account.id,
        };
        call_back(state, &mut transaction, &spread.nodes, wanted, deed).await?;
    }
    let id = keep(
        state,
        &mut transaction,
        account,
        (&lot, wanted, started),
        &spread,
    )
    .await?;
    let made = recall::list(&mut transaction, Some(id), None).await?.pop();
    transaction.commit().await.map_err(StoreError::from)?;
    made.ok_or_else(request_used)
}

/// Where the goods of these lots are.
pub(crate) async fn gather(connection: &mut AnyConnection, nodes: Vec<Node>) -> Answer<Spread> {
    let ids: Vec<i64> = nodes.iter().map(|node| node.lot_id).collect();
    let numbers = processing::list_of_inputs(connection, &ids).await?;
    let processings = processing::list(connection, &numbers).await?;
    let flows = processing::list_flows(connection, &numbers).await?;
    let shipments = shipment::list_of_lots(connection, &ids).await?;
    let figures = figures(&nodes, (&processings, &flows), &shipments);
    Ok(Spread {
        nodes,
        processings,
        flows,
        shipments,
        figures,
    })
}

/// Takes the step for every lot that is not called back already.
async fn call_back(
    state: &AppState,
    transaction: &mut Transaction,
    nodes: &[Node],
    wanted: &Wanted,
    deed: Deed,
) -> Answer<()> {
    for node in nodes {
        // A lot that is called back already stays so; nothing of a closure still grows.
        if !node.state.may_become(LotState::Recalled) {
            continue;
        }
        let reason = wanted.reason.trim();
        recall::mark(transaction, node.lot_id, reason).await?;
        let request_id = if node.level == 0 {
            wanted.request_id
        } else {
            state.draw_uuid()
        };
        let step = NewStep {
            lot_id: node.lot_id,
            step: "recall",
            from_state: node.state.code(),
            to_state: LotState::Recalled.code(),
            reason,
            request_id,
            account_id: Some(deed.account_id),
        };
        lot_step::insert(transaction, &step, deed.now).await?;
        let lot = lots::find(transaction, node.lot_id).await?;
        let lot = lot.ok_or_else(|| Problem::internal(Vanished))?;
        let request = request_id.to_string();
        let turn = Step::Turned(Turn::Recalled(reason), &request);
        record::append(transaction, &lot, &turn, deed).await?;
        super::certificate::void_all(transaction, &lot, (reason, &request), deed).await?;
    }
    Ok(())
}

async fn keep(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    (lot, wanted, started): (&Lot, &Wanted, OffsetDateTime),
    spread: &Spread,
) -> Answer<i64> {
    let figures = serde_json::to_value(spread.figures).map_err(Problem::internal)?;
    let lots: Vec<_> = spread
        .nodes
        .iter()
        .map(|node| (node.lot_id, node.level))
        .collect();
    let (notice_zh, notice_en) = notice(lot, wanted.reason.trim(), lots.len(), started);
    let new = NewRecall {
        lot_id: lot.id,
        reason: wanted.reason.trim(),
        notice_zh: &notice_zh,
        notice_en: &notice_en,
        drill: wanted.drill,
        started_at: started,
        took_ms: (state.now() - started).as_seconds_f64() * 1_000.0,
        figures: &figures,
        lots: &lots,
        request_id: wanted.request_id,
        account_id: Some(account.id),
    };
    Ok(recall::insert(transaction, &new).await?)
}

/// The notice that shops hang up: no person in it.
fn notice(lot: &Lot, reason: &str, lots: usize, at: OffsetDateTime) -> (String, String) {
    let day = iso(plausible::today(at));
    let zh = format!(
        "召回公告：{}的{}（批次 {}）自 {day} 起召回，涉及 {lots} 个批次。原因：{reason}。\
         请立即停止销售和食用，与购买处联系退货。",
        lot.producer, lot.product, lot.code
    );
    let en = format!(
        "Recall: {} of {} (lot {}) is called back from {day} on, {lots} lots in all. \
         Reason: {reason}. Stop selling and eating it, and return it where you bought it.",
        lot.product, lot.producer, lot.code
    );
    (zh, en)
}

#[derive(Debug, thiserror::Error)]
#[error("a lot of the closure is not there")]
struct Vanished;
