//! 采收: the end of a lot's growing, kept from coming before the pre-harvest interval has passed
//! unless a supervisor waived it with a reason.

use model::event::Step;
use model::lot::LotState;
use store::account::Account;
use store::farm_record::{self, Treatment};
use store::lot::{self as lots, Lot};
use store::{AnyConnection, lot_step};
use time::{Date, Time};
use uuid::Uuid;

use super::life::{illegal, open};
use super::lot::iso;
use crate::problem::{Answer, Kind, Problem};
use crate::record;
use crate::rule::{interval, plausible};
use crate::state::AppState;

/// A harvest as it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// The lot's last day.
    pub(crate) harvested_on: Date,
    /// What came of it, in the product's unit.
    pub(crate) quantity: f64,
}

/// What an interval says of a lot.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// What was used whose interval reaches into the lot's time.
    pub(crate) treatments: Vec<Treatment>,
    /// Whether a supervisor waived it.
    pub(crate) is_waived: bool,
}

/// Harvests a growing lot.
pub(crate) async fn harvest(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    wanted: Wanted,
) -> Answer<Lot> {
    plausible::quantity(wanted.quantity)?;
    let mut opened = open(state, account, lot_id, ("harvest", wanted.request_id)).await?;
    if opened.is_done {
        return opened.close().await;
    }
    if opened.lot.state != LotState::Growing {
        return Err(illegal(opened.lot.state, LotState::Harvested));
    }
    let (lot, today) = (&opened.lot, plausible::today(opened.now));
    plausible::period(lot.started_on, Some(wanted.harvested_on), today)?;
    let standing = standing(&mut opened.transaction, lot).await?;
    if !standing.is_waived {
        check(wanted.harvested_on, &standing.treatments)?;
    }
    let id = opened.lot.id;
    lots::set_harvest(
        &mut opened.transaction,
        id,
        wanted.harvested_on,
        wanted.quantity,
    )
    .await?;
    opened.step(&[LotState::Harvested], "").await?;
    opened.lot.quantity = wanted.quantity;
    let harvested = iso(wanted.harvested_on);
    let step = Step::Registered {
        plot: opened.lot.plot_id,
        started: &iso(opened.lot.started_on),
        harvested: Some(&harvested),
    };
    let mut deed = opened.deed();
    deed.at = wanted
        .harvested_on
        .with_time(Time::MIDNIGHT)
        .assume_offset(plausible::china());
    record::append(&mut opened.transaction, &opened.lot, &step, deed).await?;
    opened.close().await
}

/// Lets a lot be harvested inside an interval: a supervisor's word, with the reason.
pub(crate) async fn waive(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    (request_id, reason): (Uuid, &str),
) -> Answer<Lot> {
    plausible::text("reason", reason, 500)?;
    let mut opened = open(state, account, lot_id, ("waive_interval", request_id)).await?;
    if opened.is_done {
        return opened.close().await;
    }
    if opened.lot.state != LotState::Growing {
        return Err(illegal(opened.lot.state, LotState::Harvested));
    }
    opened.step(&[], reason).await?;
    opened.close().await
}

/// What intervals say of a lot.
pub(crate) async fn standing(connection: &mut AnyConnection, lot: &Lot) -> Answer<Standing> {
    let treatments =
        farm_record::list_treatments(connection, lot.plot_id, Some(lot.id), lot.started_on).await?;
    let steps = lot_step::list(connection, lot.id).await?;
    Ok(Standing {
        treatments,
        is_waived: steps.iter().any(|step| step.step == "waive_interval"),
    })
}

/// Refuses a harvest inside an interval, naming what was used and the first free day.
pub(crate) fn check(harvested_on: Date, treatments: &[Treatment]) -> Answer<()> {
    interval::check(harvested_on, treatments).map_err(|blocked| {
        let (used, on) = (&blocked.by.input, iso(blocked.by.done_on));
        let (days, free) = (blocked.by.interval_days, iso(blocked.free_on));
        let en = format!(
            "{used} was used on {on} and asks for {days} days: the first free day is {free}; \
             a supervisor may waive the interval of a growing lot"
        );
        let zh = format!(
            "{on} 使用了{used}，安全间隔期 {days} 天：最早可于 {free} 采收；确需提前须由监管人员说明理由并准予"
        );
        Problem {
            field: Some("harvested_on"),
            ..Problem::told(Kind::RuleBroken, en, zh)
        }
    })
}
