//! Calling those who have of the goods of a recall: whom somebody reached is noted, the rest is
//! still to be called.

use store::account::Account;
use store::closure::{self, Way};
use store::recall_call::{self, Call, HolderKind, NewCall};
use store::{StoreError, recall, shipment};
use uuid::Uuid;

use super::recall::no_recall;
use crate::problem::{Answer, Problem};
use crate::rule::plausible;
use crate::state::AppState;

/// Most characters of what they said.
const NOTE_CHARS_MAX: usize = 500;

/// A call as it is to be noted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// Who was called.
    pub(crate) holder: (HolderKind, i64),
    /// What they said; may be empty.
    pub(crate) note: String,
}

/// Notes that somebody was reached who has of the goods of a recall; returns all its calls.
pub(crate) async fn note(
    state: &AppState,
    account: &Account,
    recall_id: i64,
    wanted: &Wanted,
) -> Answer<Vec<Call>> {
    let note = wanted.note.trim();
    if !note.is_empty() {
        plausible::text("note", note, NOTE_CHARS_MAX)?;
    }
    let mut transaction = super::begin(state, account).await?;
    let found = recall::list(&mut transaction, Some(recall_id), None).await?;
    let lot_id = found.first().ok_or_else(no_recall)?.lot_id;
    let nodes = closure::list(&mut transaction, lot_id, Way::Down).await?;
    let (kind, id) = wanted.holder;
    let is_holder = match kind {
        HolderKind::Producer => nodes.iter().any(|node| node.producer_id == id),
        HolderKind::Party => {
            let lots: Vec<i64> = nodes.iter().map(|node| node.lot_id).collect();
            let sent = shipment::list_of_lots(&mut transaction, &lots).await?;
            sent.iter().any(|sent| sent.to_party_id == id)
        }
    };
    if !is_holder {
        let en = "they have none of the goods of this recall";
        return Err(Problem::invalid("holder_id", en, "该单位与本次召回无关"));
    }
    let new = NewCall {
        recall_id,
        holder: wanted.holder,
        note,
        account_id: account.id,
        request_id: wanted.request_id,
    };
    recall_call::insert(&mut transaction, &new, state.now()).await?;
    let calls = recall_call::list(&mut transaction, recall_id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(calls)
}
