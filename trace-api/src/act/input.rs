//! 投入品: filing what a producer keeps in store for its plots, and noting what was bought of it.

use store::account::Account;
use store::input::{self, Input, NewInput, NewMove};
use store::{AnyConnection, StoreError};
use time::Date;
use uuid::Uuid;

use super::lot::request_used;
use crate::authority::Scope;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::handover::suffices;
use crate::rule::{farm, plausible};
use crate::state::AppState;

/// An input as it is filed.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) id: Uuid,
    /// `pesticide`, `fertiliser`, `seed`, `feed` or `veterinary`.
    pub(crate) kind: String,
    /// Name on the label.
    pub(crate) name: String,
    /// 登记证号 or 批准文号.
    pub(crate) registration: String,
    /// Active ingredient or composition.
    pub(crate) ingredient: String,
    /// 安全间隔期 or 休药期, days.
    pub(crate) interval_days: Option<i32>,
    /// Unit of its stock.
    pub(crate) unit: String,
}

/// Something that came into stock.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    /// Made by the client.
    pub(crate) id: Uuid,
    /// In the unit of the input's stock.
    pub(crate) amount: f64,
    /// When.
    pub(crate) bought_on: Date,
    /// Where, with the receipt's number.
    pub(crate) source: String,
}

/// Files an input. An id that was used for another one is refused.
pub(crate) async fn file(state: &AppState, account: &Account, wanted: &Wanted) -> Answer<Input> {
    check(wanted)?;
    let producer_id = own_producer(account)?;
    let mut transaction = super::begin(state, account).await?;
    let row = NewInput {
        id: wanted.id,
        producer_id,
        kind: &wanted.kind,
        name: wanted.name.trim(),
        registration: wanted.registration.trim(),
        ingredient: wanted.ingredient.trim(),
        interval_days: wanted.interval_days,
        unit: wanted.unit.trim(),
        account_id: Some(account.id),
    };
    input::insert(&mut transaction, &row, state.now()).await?;
    let kept = input::list(&mut transaction, Some(producer_id), Some(wanted.id)).await?;
    let same = |kept: &Input| {
        kept.kind == row.kind
            && kept.name == row.name
            && kept.registration == row.registration
            && kept.ingredient == row.ingredient
            && kept.interval_days == row.interval_days
            && kept.unit == row.unit
    };
    let kept = kept.into_iter().find(same).ok_or_else(request_used)?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(kept)
}

/// Notes a purchase; the answer is the input with its stock.
pub(crate) async fn buy(
    state: &AppState,
    account: &Account,
    id: Uuid,
    bought: &Purchase,
) -> Answer<Input> {
    farm::amount("amount", Some(bought.amount))?;
    farm::note("source", &bought.source, 100)?;
    farm::day(bought.bought_on, plausible::today(state.now()))?;
    let producer = own_producer(account)?;
    let mut transaction = super::begin(state, account).await?;
    find(&mut transaction, producer, id).await?;
    let row = NewMove {
        id: bought.id,
        input_id: id,
        record_id: None,
        amount: bought.amount,
        moved_on: bought.bought_on,
        source: bought.source.trim(),
        account_id: Some(account.id),
    };
    if !input::insert_move(&mut transaction, &row, state.now()).await? {
        let kept = input::find_move(&mut transaction, bought.id).await?;
        let same = kept.is_some_and(|(input, amount)| {
            input == id && suffices(amount, bought.amount) && suffices(bought.amount, amount)
        });
        if !same {
            return Err(request_used());
        }
    }
    let kept = find(&mut transaction, producer, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(kept)
}

async fn find(connection: &mut AnyConnection, producer: i64, id: Uuid) -> Answer<Input> {
    let found = input::list(connection, Some(producer), Some(id)).await?;
    let (en, zh) = ("there is no such input", "没有该投入品");
    let unknown = || Problem::told(Kind::NotFound, en, zh);
    found.into_iter().next().ok_or_else(unknown)
}

/// Whose staff it is.
fn own_producer(account: &Account) -> Answer<i64> {
    let own = Scope::of(account).producer();
    own.ok_or(Problem::of(Kind::Forbidden))
}

fn check(new: &Wanted) -> Answer<()> {
    let is_drug = matches!(new.kind.as_str(), "pesticide" | "veterinary");
    if !is_drug && !matches!(new.kind.as_str(), "fertiliser" | "seed" | "feed") {
        let en = "it is pesticide, fertiliser, seed, feed or veterinary";
        return Err(Problem::invalid("kind", en, "没有这种投入品类型"));
    }
    plausible::text("name", &new.name, 100)?;
    plausible::text("unit", &new.unit, 10)?;
    farm::note("registration", &new.registration, 40)?;
    farm::note("ingredient", &new.ingredient, 200)?;
    if is_drug && new.registration.trim().is_empty() {
        let (en, zh) = (
            "it needs its registration number",
            "请填写登记证号或批准文号",
        );
        return Err(Problem::invalid("registration", en, zh));
    }
    let in_range = new
        .interval_days
        .is_some_and(|days| (0..=365).contains(&days));
    if is_drug != new.interval_days.is_some() || (is_drug && !in_range) {
        let en = "0 to 365 days for pesticides and veterinary drugs, and for nothing else";
        let zh = "农药和兽药须填写 0 至 365 天的间隔期，其他投入品不填";
        return Err(Problem::invalid("interval_days", en, zh));
    }
    Ok(())
}
