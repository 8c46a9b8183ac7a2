//! Asking for dead letters to be tried again. Whichever process takes readings does it, usually
//! within a second; the letter keeps what came of it.

use store::StoreError;
use store::account::Account;
use store::dead_letter::{self, Kept, replay};

use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// Asks for one letter to be tried again. Asking for one that waits or is stored changes nothing.
pub(crate) async fn replay(state: &AppState, by: &Account, id: i64) -> Answer<Kept> {
    let mut transaction = state.store().begin().await?;
    let letter = dead_letter::find(&mut transaction, id)
        .await?
        .ok_or_else(no_letter)?;
    if !letter.is_whole() {
        return Err(Problem::told(
            Kind::Conflict,
            "its bytes were not kept, so there is nothing to try again",
            "未保留原始数据，无法重新处理",
        ));
    }
    replay::request(&mut transaction, id, by.id, state.now()).await?;
    let letter = dead_letter::find(&mut transaction, id)
        .await?
        .ok_or_else(no_letter)?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(letter)
}

/// Asks for the letters of a selection, newest first, at most `limit`; returns their numbers.
pub(crate) async fn replay_all(
    state: &AppState,
    by: &Account,
    selection: &replay::Selection,
    limit: i64,
) -> Answer<Vec<i64>> {
    if !(1..=replay::REQUEST_MAX).contains(&limit) {
        let en = format!("from 1 to {}", replay::REQUEST_MAX);
        return Err(Problem::invalid("limit", en, "数量超出范围"));
    }
    let now = state.now();
    let mut transaction = state.store().begin().await?;
    let requested = replay::request_all(&mut transaction, selection, limit, by.id, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(requested)
}

/// There is no letter of this number.
pub(crate) fn no_letter() -> Problem {
    Problem::told(Kind::NotFound, "there is no such letter", "没有这条记录")
}
