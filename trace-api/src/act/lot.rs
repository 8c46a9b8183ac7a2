//! Registering a lot: its product and plot are the producer's own, its code is free, and its first
//! event is written with it.

use model::event::Step;
use model::gs1::{Gtin, LotCode};
use model::lot::LotState;
use store::account::Account;
use store::lot::{self as lots, Lot, NewLot, Order};
use store::product::Product;
use store::{StoreError, Transaction, farm_record, plot, product};
use time::{Date, Month, OffsetDateTime, Time};
use uuid::Uuid;

use super::filing::gate;
use crate::authority::Scope;
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::{lot_code, plausible};
use crate::state::AppState;

/// How often a proposed code may turn out to be taken by somebody who was faster.
const PROPOSALS_MAX: u32 = 5;

/// A lot as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client, so that a form sent twice registers once.
    pub(crate) request_id: Uuid,
    /// GTIN-14 of the product.
    pub(crate) gtin: String,
    /// Number of the plot.
    pub(crate) plot_id: i64,
    /// Code; `None` takes our proposal.
    pub(crate) code: Option<LotCode>,
    /// First day.
    pub(crate) started_on: Date,
    /// Last day; `None` while it grows.
    pub(crate) harvested_on: Option<Date>,
    /// In the product's unit.
    pub(crate) quantity: f64,
}

/// Registers a lot.
pub(crate) async fn register(state: &AppState, account: &Account, wanted: &Wanted) -> Answer<Lot> {
    check(state, wanted)?;
    let mut proposals = 0;
    loop {
        proposals += 1;
        let mut transaction = super::begin(state, account).await?;
        match insert(state, &mut transaction, account, wanted).await {
            Err(Failure::CodeTaken) if proposals < PROPOSALS_MAX => {}
            Err(failure) => return Err(failure.problem()),
            Ok(lot) => {
                transaction.commit().await.map_err(StoreError::from)?;
                return Ok(lot);
            }
        }
    }
}

/// Registers a lot in a transaction that holds more than that. A code that we propose may be taken
/// by somebody who is faster: then the whole has to be tried again.
pub(crate) async fn add(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    wanted: &Wanted,
) -> Answer<Lot> {
    check(state, wanted)?;
    let inserted = insert(state, transaction, account, wanted).await;
    inserted.map_err(Failure::problem)
}

fn check(state: &AppState, wanted: &Wanted) -> Answer<()> {
    plausible::quantity(wanted.quantity)?;
    let today = plausible::today(state.now());
    plausible::period(wanted.started_on, wanted.harvested_on, today)
}

/// Why a lot was not registered.
enum Failure {
    /// Somebody took the code that we proposed.
    CodeTaken,
    /// It will not do.
    Refused(Problem),
}

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl Failure {
    fn problem(self) -> Problem {
        match self {
            Self::CodeTaken => {
                let (en, zh) = ("many lots are registered at once", "登记繁忙，请重试");
                Problem::told(Kind::Conflict, en, zh)
            }
            Self::Refused(problem) => problem,
        }
    }
}

async fn insert(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    wanted: &Wanted,
) -> Result<Lot, Failure> {
    let now = state.now();
    let product = own_product(transaction, account, &wanted.gtin).await?;
    // What is sent again was registered while it still could be.
    if !lots::is_registered(transaction, wanted.request_id).await? {
        gate::check(transaction, product.id).await?;
    }
    check_plot(transaction, product.producer_id, wanted.plot_id).await?;
    check_interval(transaction, wanted).await?;
    let code = match wanted.code {
        Some(code) => code,
        None => propose(transaction, &product, wanted, now).await?,
    };
    let harvested = wanted.harvested_on.is_some();
    let new = NewLot {
        product_id: product.id,
        plot_id: wanted.plot_id,
        code: code.as_str(),
        state: if harvested {
            LotState::Harvested
        } else {
            LotState::Growing
        },
        started_on: wanted.started_on,
        harvested_on: wanted.harvested_on,
        quantity: wanted.quantity,
        recall_reason: None,
        request_id: wanted.request_id,
        account_id: Some(account.id),
    };
    let id = match lots::insert(transaction, &new, now).await {
        Err(error) if wanted.code.is_none() && is_code_taken(&error) => {
            return Err(Failure::CodeTaken);
        }
        inserted => inserted?,
    };
    let lot = super::find_lot(transaction, account, id)
        .await
        .map_err(|_| request_used())?;
    write_event(transaction, &lot, account, now).await?;
    Ok(lot)
}

/// The order of lots that a word asks for.
pub(crate) fn order(word: Option<&str>) -> Answer<Order> {
    match word {
        None | Some("newest") => Ok(Order::Newest),
        Some("code") => Ok(Order::Code),
        Some("harvested") => Ok(Order::Harvested),
        Some(_) => Err(Problem {
            field: Some("sort"),
            ..Problem::told(
                Kind::Malformed,
                "sort is newest, code or harvested",
                "排序须为 newest、code 或 harvested",
            )
        }),
    }
}

/// The state that a word asks for.
pub(crate) fn state(code: &str) -> Answer<LotState> {
    let (en, zh) = ("there is no such state", "没有这个状态");
    LotState::from_code(code).ok_or(Problem {
        field: Some("state"),
        ..Problem::told(Kind::Malformed, en, zh)
    })
}

/// The request id belongs to something else.
pub(crate) fn request_used() -> Problem {
    let (en, zh) = (
        "this request_id was used for something else",
        "请求编号已被使用",
    );
    Problem {
        field: Some("request_id"),
        ..Problem::told(Kind::Conflict, en, zh)
    }
}

fn is_code_taken(error: &StoreError) -> bool {
    error.constraint() == Some("lot_code_key")
}

pub(super) async fn own_product(
    transaction: &mut Transaction,
    account: &Account,
    gtin: &str,
) -> Answer<Product> {
    let unknown = || Problem::invalid("gtin", "you have filed no such product", "没有备案此产品");
    let gtin = Gtin::parse(gtin).map_err(|_| unknown())?;
    let found = product::find_by_gtin(transaction, gtin.as_str()).await?;
    let own = found.filter(|product| Scope::of(account).holds(product.producer_id));
    own.ok_or_else(unknown)
}

pub(super) async fn check_plot(
    transaction: &mut Transaction,
    producer_id: i64,
    plot_id: i64,
) -> Answer<()> {
    let found = plot::find(transaction, plot_id).await?;
    if found.is_some_and(|plot| plot.producer_id == producer_id) {
        return Ok(());
    }
    Err(Problem::invalid(
        "plot_id",
        "the producer has no such plot",
        "没有这个地块",
    ))
}

/// A lot that is registered after its harvest keeps the intervals as any other does; one that was
/// registered by this very request before keeps them already.
async fn check_interval(transaction: &mut Transaction, wanted: &Wanted) -> Answer<()> {
    let Some(harvested_on) = wanted.harvested_on else {
        return Ok(());
    };
    if lots::is_registered(transaction, wanted.request_id).await? {
        return Ok(());
    }
    let first = wanted.started_on;
    let used = farm_record::list_treatments(transaction, wanted.plot_id, None, first).await?;
    super::harvest::check(harvested_on, &used)
}

async fn propose(
    transaction: &mut Transaction,
    product: &Product,
    wanted: &Wanted,
    now: OffsetDateTime,
) -> Answer<LotCode> {
    let day = wanted.harvested_on.unwrap_or_else(|| plausible::today(now));
    let prefix = lot_code::prefix(day);
    let taken = lots::list_codes(transaction, product.id, &prefix).await?;
    lot_code::propose(day, &taken).map_err(Problem::internal)
}

/// The event happened on the last day of the period, or on the first while it lasts: a time that
/// follows from the lot alone, so that a request sent twice gives the same event.
async fn write_event(
    transaction: &mut Transaction,
    lot: &Lot,
    account: &Account,
    now: OffsetDateTime,
) -> Answer<()> {
    let day = lot.harvested_on.unwrap_or(lot.started_on);
    let at = day
        .with_time(Time::MIDNIGHT)
        .assume_offset(plausible::china());
    let harvested = lot.harvested_on.map(iso);
    let step = Step::Registered {
        plot: lot.plot_id,
        started: &iso(lot.started_on),
        harvested: harvested.as_deref(),
    };
    record::append(
        transaction,
        lot,
        &step,
        Deed {
            at,
            now,
            account_id: account.id,
        },
    )
    .await?;
    Ok(())
}

/// `YYYY-MM-DD`.
pub(crate) fn iso(day: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        day.year(),
        u8::from(day.month()),
        day.day()
    )
}

/// Reads `YYYY-MM-DD`.
pub(crate) fn parse_day(field: &'static str, text: &str) -> Answer<Date> {
    let parse = || {
        let mut parts = text.trim().split('-');
        let year = parts.next()?.parse().ok()?;
        let month = Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
        let day = parts.next()?.parse().ok()?;
        parts
            .next()
            .is_none()
            .then(|| Date::from_calendar_date(year, month, day).ok())?
    };
    parse()
        .ok_or_else(|| Problem::invalid(field, "write a day as YYYY-MM-DD", "日期格式为 年-月-日"))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written() {
        let day = date!(2026 - 02 - 03);
        assert_eq!(parse_day("d", &iso(day)).ok(), Some(day));
        for wrong in ["", "2026-02-30", "2026-13-01", "2026-02-03-04", "today"] {
            let refused = parse_day("started_on", wrong)
                .err()
                .and_then(|problem| problem.field);
            assert_eq!(refused, Some("started_on"), "{wrong}");
        }
    }
}
