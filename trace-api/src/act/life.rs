//! Turns of a lot's life: each is asked for once, legal from where the lot stands, noted in the
//! journal, and written as an event, in one transaction.

use model::event::Step;
use model::event::life::Turn;
use model::lot::LotState;
use store::account::Account;
use store::lot::{self as lots, Lot};
use store::lot_step::{self, NewStep};
use store::{StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::lot::request_used;
use super::{seal, test};
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::plausible;
use crate::rule::release::{self, Refused};
use crate::state::AppState;

/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// A lot held for one act of one account.
pub(crate) struct Opened<'a> {
    /// Signed; the lot is locked in it.
    pub(crate) transaction: Transaction,
    /// The lot as it stands.
    pub(crate) lot: Lot,
    /// When it is done.
    pub(crate) now: OffsetDateTime,
    /// This request was done before: nothing is left to do.
    pub(crate) is_done: bool,
    account: &'a Account,
    request_id: Uuid,
    step: &'static str,
}

/// Holds a lot for a step; sees whether this request took it before.
pub(crate) async fn open<'a>(
    state: &AppState,
    account: &'a Account,
    lot_id: i64,
    (step, request_id): (&'static str, Uuid),
) -> Answer<Opened<'a>> {
    let mut transaction = super::begin(state, account).await?;
    lots::lock_state(&mut transaction, lot_id).await?;
    let lot = super::find_lot(&mut transaction, account, lot_id).await?;
    let taken = lot_step::find_by_request(&mut transaction, request_id).await?;
    let is_done = match taken {
        None => false,
        Some((lot, taken)) if lot == lot_id && taken == step => true,
        Some(_) => return Err(request_used()),
    };
    Ok(Opened {
        transaction,
        lot,
        now: state.now(),
        is_done,
        account,
        request_id,
        step,
    })
}

impl Opened<'_> {
    /// The request as events name it.
    pub(crate) fn request(&self) -> String {
        self.request_id.to_string()
    }

    /// Who and when, as events keep it.
    pub(crate) const fn deed(&self) -> Deed {
        Deed {
            at: self.now,
            now: self.now,
            account_id: self.account.id,
        }
    }

    /// Takes the steps to where the lot goes, and notes the act in its journal.
    pub(crate) async fn step(&mut self, steps: &[LotState], reason: &str) -> Answer<()> {
        let from = self.lot.state;
        for to in steps {
            lots::step(&mut self.transaction, self.lot.id, *to).await?;
        }
        let to = steps.last().copied().unwrap_or(from);
        let new = NewStep {
            lot_id: self.lot.id,
            step: self.step,
            from_state: from.code(),
            to_state: to.code(),
            reason,
            request_id: self.request_id,
            account_id: Some(self.account.id),
        };
        lot_step::insert(&mut self.transaction, &new, self.now).await?;
        Ok(())
    }

    /// Writes an event of the lot.
    pub(crate) async fn tell(&mut self, step: &Step<'_>) -> Answer<()> {
        let deed = self.deed();
        record::append(&mut self.transaction, &self.lot, step, deed).await?;
        Ok(())
    }

    /// Ends the act; the lot as it stands then.
    pub(crate) async fn close(mut self) -> Answer<Lot> {
        let lot = super::find_lot(&mut self.transaction, self.account, self.lot.id).await?;
        self.transaction.commit().await.map_err(StoreError::from)?;
        Ok(lot)
    }
}

/// 抽样: a sample goes to the lab.
pub(crate) async fn sample(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    (request_id, code): (Uuid, &str),
) -> Answer<Lot> {
    plausible::text("code", code, 64)?;
    let mut opened = open(state, account, lot_id, ("sample", request_id)).await?;
    if opened.is_done {
        return opened.close().await;
    }
    match opened.lot.state {
        LotState::Harvested => opened.step(&[LotState::InTest], code).await?,
        LotState::InTest | LotState::Released | LotState::Held | LotState::Shipped => {
            // A further sample of a lot that had one changes no state.
            opened.step(&[], code).await?;
        }
        from => return Err(illegal(from, LotState::InTest)),
    }
    let request = opened.request();
    let turn = Step::Turned(Turn::Sampled(code), &request);
    opened.tell(&turn).await?;
    opened.close().await
}

/// Sets a lot free and seals its growing period.
pub(crate) async fn release(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    (request_id, reason): (Uuid, &str),
) -> Answer<Lot> {
    plausible::text("reason", reason, REASON_CHARS_MAX)?;
    let mut opened = open(state, account, lot_id, ("release", request_id)).await?;
    if opened.is_done {
        return opened.close().await;
    }
    let against = test::standing(&mut opened.transaction, lot_id)
        .await?
        .against;
    let steps = release::steps(account.role, opened.lot.state, against)
        .map_err(|refused| refuse_release(refused, opened.lot.state))?;
    opened.step(steps, reason).await?;
    let request = opened.request();
    opened.tell(&Step::Turned(Turn::Released, &request)).await?;
    let deed = opened.deed();
    seal::take(&mut opened.transaction, &opened.lot, deed, &request).await?;
    opened.close().await
}

/// 冻结: stops a lot.
pub(crate) async fn hold(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    (request_id, reason): (Uuid, &str),
) -> Answer<Lot> {
    plausible::text("reason", reason, REASON_CHARS_MAX)?;
    let mut opened = open(state, account, lot_id, ("hold", request_id)).await?;
    if opened.is_done {
        return opened.close().await;
    }
    opened.step(&[LotState::Held], reason).await?;
    let request = opened.request();
    opened.tell(&Step::Turned(Turn::Held, &request)).await?;
    opened.close().await
}

/// Notes that nothing is left of a lot.
pub(crate) async fn sell_out(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    request_id: Uuid,
) -> Answer<Lot> {
    let mut opened = open(state, account, lot_id, ("sell_out", request_id)).await?;
    if opened.is_done {
        return opened.close().await;
    }
    opened.step(&[LotState::SoldOut], "").await?;
    let request = opened.request();
    opened.tell(&Step::Turned(Turn::SoldOut, &request)).await?;
    opened.close().await
}

fn refuse_release(refused: Refused, from: LotState) -> Problem {
    match refused {
        Refused::Failed => Problem::told(
            Kind::RuleBroken,
            "a failed result stands: after a positive only a laboratory's confirmation clears it",
            "有不合格结果未解除：阳性之后须经实验室确证合格",
        ),
        Refused::SupervisorsAlone => Problem::told(
            Kind::RuleBroken,
            "a held lot is set free by a supervisor",
            "已冻结的批次只能由监管人员解除",
        ),
        Refused::NotFromHere => illegal(from, LotState::Released),
    }
}

/// A step that the life of a lot does not have.
pub(crate) fn illegal(from: LotState, to: LotState) -> Problem {
    StoreError::IllegalStep(model::lot::IllegalStep { from, to }).into()
}
