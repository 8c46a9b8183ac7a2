//! 农事: writing production records down and correcting them, from a field without a connection:
//! the same record twice is one record, and an edit of a version that is gone is told, with both
//! versions, and changes nothing.

use model::event::Step;
use model::event::life::Turn;
use model::lot::LotState;
use serde_json::{Value, json};
use store::account::{Account, Role};
use store::farm_record::{self, Deed, FarmRecord, Filter};
use store::input::{self, Input, NewMove};
use store::lot_step::{self, NewStep};
use store::message::{self, NewMessage};
use store::{AnyConnection, StoreError, Transaction, lot as lots, plot};
use time::{Date, Duration};
use uuid::Uuid;

use crate::authority::Scope;
use crate::problem::{Answer, Kind, Problem};
use crate::record;
use crate::rule::{farm, plausible};
use crate::state::AppState;

/// A record as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) id: Uuid,
    /// What was done; unit and interval are filled in from the input.
    pub(crate) deed: Deed,
    /// The version that an edit saw; `None` for a new record.
    pub(crate) base: Option<i32>,
}

/// Writes a record down or changes it.
pub(crate) async fn write(
    state: &AppState,
    account: &Account,
    wanted: Wanted,
) -> Answer<FarmRecord> {
    let now = state.now();
    check_texts(&wanted.deed)?;
    farm::day(wanted.deed.done_on, plausible::today(now))?;
    let mut transaction = super::begin(state, account).await?;
    let producer = own_plot(&mut transaction, account, wanted.deed.plot_id).await?;
    let mut deed = wanted.deed.clone();
    let used = used(&mut transaction, producer, &deed).await?;
    farm::check_input(&deed.kind, used.as_ref().map(|input| input.kind.as_str()))?;
    fill_in(&mut deed, used.as_ref());
    check_lot(&mut transaction, account, &deed).await?;
    let known = farm_record::lock(&mut transaction, wanted.id).await?;
    let changed = match wanted.base {
        None => {
            let whose = (wanted.id, producer);
            !known
                && farm_record::insert(&mut transaction, whose, &deed, Some(account.id), now)
                    .await?
        }
        Some(_) if !known => return Err(no_record()),
        Some(base) => {
            let edit = (wanted.id, base);
            own_record(&mut transaction, account, wanted.id).await?;
            farm_record::update(&mut transaction, edit, &deed, Some(account.id), now).await?
        }
    };
    if !changed {
        return resent(&mut transaction, account, &wanted, &deed).await;
    }
    set_use(&mut transaction, wanted.id, &deed, account, now).await?;
    if !deed.voided && deed.interval_days.is_some() {
        stop_early_harvests(state, &mut transaction, account, &deed).await?;
    }
    let written = own_record(&mut transaction, account, wanted.id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(written)
}

/// The record of this id, if it is this account's to see.
pub(crate) async fn own_record(
    connection: &mut AnyConnection,
    account: &Account,
    id: Uuid,
) -> Answer<FarmRecord> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let found = farm_record::list(connection, &filter, 1).await?.pop();
    let seen = found.filter(|record| Scope::of(account).holds(record.producer_id));
    seen.ok_or_else(no_record)
}

fn no_record() -> Problem {
    Problem::told(Kind::NotFound, "there is no such record", "没有这条记录")
}

/// What was not changed: it says the same already, or somebody else was faster.
async fn resent(
    transaction: &mut Transaction,
    account: &Account,
    wanted: &Wanted,
    deed: &Deed,
) -> Answer<FarmRecord> {
    let kept = own_record(transaction, account, wanted.id)
        .await
        .map_err(|_| super::lot::request_used())?;
    // An edit that arrives again finds its own work one version on; a label that changed since
    // then is not the client's doing.
    let is_next = kept.version == wanted.base.unwrap_or(0) + 1;
    let same = Deed {
        interval_days: kept.deed.interval_days,
        ..deed.clone()
    };
    if kept.deed == same && (is_next || wanted.base.is_none()) {
        return Ok(kept);
    }
    Err(Problem {
        versions: Some(Box::new([
            version(&kept.deed, Some(kept.version)),
            version(deed, wanted.base),
        ])),
        ..Problem::told(
            Kind::EditConflict,
            "somebody changed this record since; nothing was overwritten",
            "该记录已被他人修改，未作覆盖",
        )
    })
}

/// A version as the refusal shows it.
fn version(deed: &Deed, version: Option<i32>) -> Value {
    json!({ "version": version, "plot_id": deed.plot_id, "lot_id": deed.lot_id,
        "kind": deed.kind, "done_on": super::lot::iso(deed.done_on),
        "input_id": deed.input_id, "dose": deed.dose, "area_mu": deed.area_mu,
        "target": deed.target, "person": deed.person, "note": deed.note,
        "voided": deed.voided })
}

fn check_texts(deed: &Deed) -> Answer<()> {
    farm::input_kind(&deed.kind)?;
    farm::note("target", &deed.target, 100)?;
    farm::note("person", &deed.person, 40)?;
    farm::note("note", &deed.note, 500)?;
    farm::amount("dose", deed.dose)?;
    farm::amount("area_mu", deed.area_mu)?;
    if deed.dose.is_some() != deed.input_id.is_some() {
        let (en, zh) = ("dose and input go together", "用量与投入品须同时填写");
        return Err(Problem::invalid("dose", en, zh));
    }
    if farm::has_interval(&deed.kind) && deed.person.trim().is_empty() {
        let (en, zh) = ("say who used it", "请填写施用人");
        return Err(Problem::invalid("person", en, zh));
    }
    Ok(())
}

async fn own_plot(connection: &mut AnyConnection, account: &Account, plot_id: i64) -> Answer<i64> {
    let found = plot::find(connection, plot_id).await?;
    let own = found.filter(|plot| Scope::of(account).holds(plot.producer_id));
    own.map(|plot| plot.producer_id)
        .ok_or_else(|| Problem::invalid("plot_id", "you have no such plot", "没有这个地块"))
}

async fn used(connection: &mut AnyConnection, producer: i64, deed: &Deed) -> Answer<Option<Input>> {
    let Some(id) = deed.input_id else {
        return Ok(None);
    };
    let found = input::list(connection, Some(producer), Some(id))
        .await?
        .pop();
    let own = found
        .ok_or_else(|| Problem::invalid("input_id", "you have no such input", "没有该投入品"))?;
    Ok(Some(own))
}

/// Unit and interval are the label's, not the client's.
fn fill_in(deed: &mut Deed, used: Option<&Input>) {
    deed.dose_unit = used.map_or_else(String::new, |input| input.unit.clone());
    deed.interval_days = used
        .filter(|_| farm::has_interval(&deed.kind))
        .and_then(|input| input.interval_days);
}

async fn check_lot(connection: &mut AnyConnection, account: &Account, deed: &Deed) -> Answer<()> {
    let Some(lot_id) = deed.lot_id else {
        return Ok(());
    };
    let lot = super::find_lot(connection, account, lot_id).await;
    let is_there = lot.is_ok_and(|lot| lot.plot_id == deed.plot_id);
    if is_there {
        return Ok(());
    }
    let (en, zh) = ("no such lot grows on this plot", "该地块没有这个批次");
    Err(Problem::invalid("lot_id", en, zh))
}

/// Makes the stock what the record says.
async fn set_use(
    connection: &mut AnyConnection,
    id: Uuid,
    deed: &Deed,
    account: &Account,
    now: time::OffsetDateTime,
) -> Answer<()> {
    let (Some(input_id), Some(dose), false) = (deed.input_id, deed.dose, deed.voided) else {
        return Ok(input::delete_use(connection, id).await?);
    };
    let moved = NewMove {
        id,
        input_id,
        record_id: Some(id),
        amount: -dose,
        moved_on: deed.done_on,
        source: "",
        account_id: Some(account.id),
    };
    Ok(input::set_use(connection, &moved, now).await?)
}

/// A use that is written down after a harvest inside its interval: the lot is stopped where it
/// still can be, and the supervisors are told in any case.
async fn stop_early_harvests(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    deed: &Deed,
) -> Answer<()> {
    let days = i64::from(deed.interval_days.unwrap_or_default());
    let last: Date = deed.done_on.saturating_add(Duration::days(days - 1));
    let harvested = lots::list_harvested(transaction, deed.plot_id, (deed.done_on, last)).await?;
    for id in harvested {
        if deed.lot_id.is_some_and(|lot| lot != id) {
            continue;
        }
        stop(state, transaction, account, id).await?;
    }
    Ok(())
}

async fn stop(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    lot_id: i64,
) -> Answer<()> {
    let now = state.now();
    let at = lots::lock_state(transaction, lot_id).await?;
    let lot = super::find_lot(transaction, account, lot_id).await?;
    let request_id = state.draw_uuid();
    if at.is_some_and(|at| at.may_become(LotState::Held)) {
        lots::step(transaction, lot_id, LotState::Held).await?;
        let step = NewStep {
            lot_id,
            step: "hold",
            from_state: lot.state.code(),
            to_state: LotState::Held.code(),
            reason: "安全间隔期内采收（补录用药）",
            request_id,
            account_id: Some(account.id),
        };
        lot_step::insert(transaction, &step, now).await?;
        let request = request_id.to_string();
        let deed = record::Deed {
            at: now,
            now,
            account_id: account.id,
        };
        let held = Step::Turned(Turn::Held, &request);
        record::append(transaction, &lot, &held, deed).await?;
    }
    let new = NewMessage {
        to_role: Role::Supervisor.code(),
        kind: "interval_broken",
        lot_id: Some(lot_id),
        text_zh: &format!("批次 {} 在安全间隔期内采收（用药为补录）", lot.code),
        text_en: &format!(
            "Lot {} was harvested inside an interval; the use was entered later",
            lot.code
        ),
    };
    Ok(message::insert(transaction, &new, now).await?)
}
