//! 召回: a lot and everything that came of it is called back at once, or a drill computes and
//! times the same and changes nothing.

use std::collections::BTreeSet;

use model::event::Step;
use model::event::life::Turn;
use model::lot::LotState;
use serde_json::json;
use store::account::Account;
use store::certificate;
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
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::plausible;
use crate::rule::recall::{Figures, figures};
use crate::state::AppState;

/// Most characters of a notice.
const NOTICE_CHARS_MAX: usize = 2_000;

/// A recall as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// Why; public.
    pub(crate) reason: String,
    /// Whether it is a drill.
    pub(crate) drill: bool,
    /// The notice in Chinese and English; where one is empty, it is worded from the lot and the
    /// reason.
    pub(crate) notice: (String, String),
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
    for (field, text) in [
        ("notice", &wanted.notice.0),
        ("notice_en", &wanted.notice.1),
    ] {
        if !text.trim().is_empty() {
            plausible::text(field, text, NOTICE_CHARS_MAX)?;
        }
    }
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
    let nodes = if wanted.drill {
        closure::list(&mut transaction, lot_id, Way::Down).await?
    } else {
        hold_still(&mut transaction, lot_id).await?
    };
    let spread = gather(&mut transaction, nodes).await?;
    if !wanted.drill {
        let deed = Deed {
            at: started,
            now: started,
            account_id: account.id,
        };
        call_back(state, &mut transaction, &spread.nodes, wanted, deed).await?;
    }
    let took_ms = (state.now() - started).as_seconds_f64() * 1_000.0;
    let lots = spread.nodes.len();
    tracing::info!(
        lot = lot_id,
        drill = wanted.drill,
        lots,
        took_ms,
        "recalled"
    );
    let id = keep(
        &mut transaction,
        account,
        (&lot, wanted, started, took_ms),
        &spread,
    )
    .await?;
    let made = recall::list(&mut transaction, Some(id), None).await?.pop();
    transaction.commit().await.map_err(StoreError::from)?;
    made.ok_or_else(request_used)
}

/// The closure of a lot, with every lot of it locked. What was being made of one of them while its
/// lock was waited for is found by looking again, until nothing is new.
async fn hold_still(transaction: &mut Transaction, lot_id: i64) -> Answer<Vec<Node>> {
    let mut nodes = closure::list(transaction, lot_id, Way::Down).await?;
    loop {
        let ids: Vec<i64> = nodes.iter().map(|node| node.lot_id).collect();
        recall::lock_lots(transaction, &ids).await?;
        let again = closure::list(transaction, lot_id, Way::Down).await?;
        let grown = again.len() > nodes.len();
        nodes = again;
        if !grown {
            return Ok(nodes);
        }
    }
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

/// What a recall is about, both ways: for the list of everything that was done with its lots.
pub(crate) async fn gather_story(
    connection: &mut AnyConnection,
    lot_id: i64,
) -> Answer<(Vec<Node>, Spread)> {
    let up = closure::list(connection, lot_id, Way::Up).await?;
    let down = closure::list(connection, lot_id, Way::Down).await?;
    let mut spread = gather(connection, down).await?;
    let above: Vec<i64> = up.iter().map(|node| node.lot_id).collect();
    let numbers = processing::list_of_outputs(connection, &above).await?;
    let made = processing::list(connection, &numbers).await?;
    spread.processings.extend(made);
    spread
        .flows
        .extend(processing::list_flows(connection, &numbers).await?);
    spread
        .shipments
        .extend(shipment::list_of_lots(connection, &above).await?);
    Ok((up, spread))
}

/// Words the notice of a recall anew, over the wording of `version`.
pub(crate) async fn word_notice(
    state: &AppState,
    account: &Account,
    id: i64,
    (version, zh, en): (i32, &str, &str),
) -> Answer<Recall> {
    plausible::text("notice", zh, NOTICE_CHARS_MAX)?;
    plausible::text("notice_en", en, NOTICE_CHARS_MAX)?;
    let mut transaction = super::begin(state, account).await?;
    let before = recall::list(&mut transaction, Some(id), None).await?.pop();
    let before = before.ok_or_else(no_recall)?;
    let wording = (version, zh.trim(), en.trim());
    let by = (Some(account.id), state.now());
    if !recall::word_notice(&mut transaction, id, wording, by).await? {
        let kept = json!({ "version": before.notice_version, "notice": before.notice_zh,
            "notice_en": before.notice_en });
        let sent = json!({ "version": version, "notice": zh, "notice_en": en });
        let told = Problem::told(
            Kind::EditConflict,
            "somebody worded the notice anew since you read it",
            "公告已被他人修改，请重新核对",
        );
        return Err(Problem {
            versions: Some(Box::new([kept, sent])),
            ..told
        });
    }
    let worded = recall::list(&mut transaction, Some(id), None).await?.pop();
    transaction.commit().await.map_err(StoreError::from)?;
    worded.ok_or_else(no_recall)
}

/// There is no such recall.
pub(crate) fn no_recall() -> Problem {
    Problem::told(Kind::NotFound, "there is no such recall", "没有这次召回")
}

/// Takes the step for every lot that is not called back already; nothing of a closure still grows.
/// A statement each for all of them, not for each of them: a closure may have thousands of lots.
async fn call_back(
    state: &AppState,
    transaction: &mut Transaction,
    nodes: &[Node],
    wanted: &Wanted,
    deed: Deed,
) -> Answer<()> {
    let reason = wanted.reason.trim();
    let called: Vec<&Node> = nodes
        .iter()
        .filter(|node| node.state.may_become(LotState::Recalled))
        .collect();
    let ids: Vec<i64> = called.iter().map(|node| node.lot_id).collect();
    recall::mark_all(transaction, &ids, reason).await?;
    let request = |node: &Node| match node.level {
        0 => wanted.request_id,
        _ => state.draw_uuid(),
    };
    let taken: Vec<(i64, &str, Uuid)> = called
        .iter()
        .map(|node| (node.lot_id, node.state.code(), request(node)))
        .collect();
    let like = NewStep {
        lot_id: 0,
        step: "recall",
        from_state: "",
        to_state: LotState::Recalled.code(),
        reason,
        request_id: wanted.request_id,
        account_id: Some(deed.account_id),
    };
    lot_step::insert_all(transaction, &like, &taken, deed.now).await?;
    tell(transaction, &taken, reason, deed).await
}

/// Writes the events of lots that are called back, and voids their certificates.
async fn tell(
    transaction: &mut Transaction,
    taken: &[(i64, &str, Uuid)],
    reason: &str,
    deed: Deed,
) -> Answer<()> {
    let ids: Vec<i64> = taken.iter().map(|(lot, ..)| *lot).collect();
    let lots = lots::list_of(transaction, &ids).await?;
    if lots.len() != ids.len() {
        return Err(Problem::internal(Vanished));
    }
    let requests: Vec<String> = taken.iter().map(|(.., id)| id.to_string()).collect();
    let turned = lots
        .iter()
        .zip(&requests)
        .map(|(lot, request)| (lot, Step::Turned(Turn::Recalled(reason), request)));
    record::append_all(transaction, &turned.collect::<Vec<_>>(), deed).await?;
    let issued = certificate::list(transaction, &ids).await?;
    let certified: BTreeSet<i64> = issued.iter().map(|one| one.lot_id).collect();
    for (lot, request) in lots.iter().zip(&requests) {
        if certified.contains(&lot.id) {
            super::certificate::void_all(transaction, lot, (reason, request), deed).await?;
        }
    }
    Ok(())
}

async fn keep(
    transaction: &mut Transaction,
    account: &Account,
    (lot, wanted, started, took_ms): (&Lot, &Wanted, OffsetDateTime, f64),
    spread: &Spread,
) -> Answer<i64> {
    let figures = serde_json::to_value(spread.figures).map_err(Problem::internal)?;
    let lots: Vec<_> = spread
        .nodes
        .iter()
        .map(|node| (node.lot_id, node.level))
        .collect();
    let worded = notice(lot, wanted.reason.trim(), lots.len(), started);
    let or = |own: &str, worded: String| match own.trim() {
        "" => worded,
        own => own.to_owned(),
    };
    let notice_zh = or(&wanted.notice.0, worded.0);
    let notice_en = or(&wanted.notice.1, worded.1);
    let new = NewRecall {
        lot_id: lot.id,
        reason: wanted.reason.trim(),
        notice_zh: &notice_zh,
        notice_en: &notice_en,
        drill: wanted.drill,
        started_at: started,
        took_ms,
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
