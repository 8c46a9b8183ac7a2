//! Binding labels that were printed ahead to their lot, and activating labels. Each label is bound
//! once; what is bound and activated is written down as commissioned.

use model::gs1::Serial;
use store::account::Account;
use store::label::{Run, binding};
use store::label_ledger::{self as ledger, Fate, NewLine};
use store::lot::{self as lots, Lot};
use store::{AnyConnection, StoreError};
use uuid::Uuid;

use super::label::{check_state, commission};
use super::lot::request_used;
use super::print::{lock_run, range};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// A range to bind.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// The lot that the labels are of.
    pub(crate) lot_id: i64,
    /// First label, by its place in the run.
    pub(crate) first: Option<i32>,
    /// Last label.
    pub(crate) last: Option<i32>,
    /// Whether their codes answer at once.
    pub(crate) activate: bool,
}

/// Binds labels of a run to a lot of its product.
pub(crate) async fn bind(
    state: &AppState,
    account: &Account,
    run_id: i64,
    wanted: &Wanted,
) -> Answer<()> {
    let mut transaction = super::begin(state, account).await?;
    let run = lock_run(&mut transaction, account, run_id).await?.0;
    let numbers = range(run.count, wanted.first, wanted.last)?;
    if let Some(made) = binding::find_by_request(&mut transaction, wanted.request_id).await? {
        let same = made == (run_id, numbers, wanted.lot_id);
        return if same { Ok(()) } else { Err(request_used()) };
    }
    let lot = super::find_lot(&mut transaction, account, wanted.lot_id).await?;
    let at = lots::lock_state(&mut transaction, lot.id).await?;
    check_state(at.unwrap_or(lot.state))?;
    check_free(&mut transaction, (&run, numbers), &lot).await?;
    let new = binding::NewBinding {
        run_id,
        numbers,
        lot_id: lot.id,
        request_id: wanted.request_id,
        account_id: Some(account.id),
    };
    binding::insert(&mut transaction, &new, state.now()).await?;
    if wanted.activate {
        wake(
            state,
            &mut transaction,
            account,
            (&run, numbers),
            state.draw_uuid(),
        )
        .await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// A label is bound once, and to a lot of the product that is printed on it.
async fn check_free(
    connection: &mut AnyConnection,
    (run, numbers): (&Run, (i32, i32)),
    lot: &Lot,
) -> Answer<()> {
    if lot.product_id != run.product_id {
        return Err(Problem::invalid(
            "lot_id",
            "the labels were printed for another product",
            "标签是为另一产品印制的",
        ));
    }
    let bound = binding::list(connection, run.id, numbers).await?;
    let Some(taken) = bound.first() else {
        return Ok(());
    };
    let (first, last, lot) = (taken.first, taken.last, &taken.lot);
    Err(Problem::told(
        Kind::Conflict,
        format!("labels {first} to {last} are bound to lot {lot}; a label is bound once"),
        format!("第 {first} 至 {last} 枚已关联批次 {lot}，标签只能关联一次"),
    ))
}

/// Activates labels of a run; all of them have to be bound.
pub(crate) async fn activate(
    state: &AppState,
    account: &Account,
    run_id: i64,
    (request_id, first, last): (Uuid, Option<i32>, Option<i32>),
) -> Answer<()> {
    let mut transaction = super::begin(state, account).await?;
    let run = lock_run(&mut transaction, account, run_id).await?.0;
    let numbers = range(run.count, first, last)?;
    if ledger::is_written(&mut transaction, request_id).await? {
        return Ok(());
    }
    let bound = binding::list(&mut transaction, run_id, numbers).await?;
    let inside = |b: &binding::Binding| b.last.min(numbers.1) - b.first.max(numbers.0) + 1;
    let bound_count: i32 = bound.iter().map(inside).sum();
    if bound_count < numbers.1 - numbers.0 + 1 {
        return Err(Problem::told(
            Kind::RuleBroken,
            "some of these labels are not bound to a lot yet",
            "其中有尚未关联批次的标签，请先关联",
        ));
    }
    wake(
        state,
        &mut transaction,
        account,
        (&run, numbers),
        request_id,
    )
    .await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Notes that labels are in use, and writes the events of those that were not before.
async fn wake(
    state: &AppState,
    connection: &mut AnyConnection,
    account: &Account,
    (run, numbers): (&Run, (i32, i32)),
    request_id: Uuid,
) -> Answer<()> {
    let now = state.now();
    let dormant = if run.on_activation {
        ledger::list_dormant(connection, run.id, numbers).await?
    } else {
        Vec::new()
    };
    for of_lot in dormant.chunk_by(|one, next| one.0 == next.0) {
        let Some((lot_id, _)) = of_lot.first() else {
            continue;
        };
        let lot = super::find_lot(connection, account, *lot_id).await?;
        check_state(lot.state)?;
        let serials = of_lot.iter().map(|(_, serial)| Serial::parse(serial));
        let serials = serials.collect::<Result<Vec<_>, _>>();
        let serials = serials.map_err(Problem::internal)?;
        commission(connection, &lot, &serials, (account, now)).await?;
    }
    let line = NewLine {
        run_id: run.id,
        numbers,
        fate: Fate::Activated,
        reason: "",
        request_id,
        account_id: Some(account.id),
    };
    ledger::insert(connection, &line, now).await?;
    Ok(())
}
