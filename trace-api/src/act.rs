//! What people do here, each in one transaction with its event: the API and the pages call the
//! same functions. A request that is sent again changes nothing and gets the same answer.

pub(crate) mod account;
pub(crate) mod alarm;
pub(crate) mod binding;
pub(crate) mod certificate;
pub(crate) mod certificate_file;
pub(crate) mod credential;
pub(crate) mod dead_letter;
pub(crate) mod export;
pub(crate) mod farm;
pub(crate) mod filing;
pub(crate) mod gateway;
pub(crate) mod harvest;
pub(crate) mod import;
pub(crate) mod input;
mod judge;
pub(crate) mod label;
pub(crate) mod life;
pub(crate) mod look;
pub(crate) mod lot;
pub(crate) mod own_account;
pub(crate) mod print;
pub(crate) mod printer;
pub(crate) mod probe;
pub(crate) mod processing;
pub(crate) mod profile;
pub(crate) mod recall;
pub(crate) mod recall_call;
pub(crate) mod record_picture;
pub(crate) mod relief;
pub(crate) mod report;
pub(crate) mod run_file;
pub(crate) mod seal;
pub(crate) mod shipment;
pub(crate) mod stock;
pub(crate) mod template;
pub(crate) mod test;
pub(crate) mod test_page;
pub(crate) mod test_sheet;
pub(crate) mod upload;

use store::account::Account;
use store::lot::{self as lots, Lot};
use store::{AnyConnection, Transaction, audit};

use crate::authority::Scope;
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// A transaction in which everything that changes is this account's doing.
pub(crate) async fn begin(state: &AppState, account: &Account) -> Answer<Transaction> {
    let mut transaction = state.store().begin().await?;
    audit::sign(&mut transaction, account.id, state.now()).await?;
    Ok(transaction)
}

/// The lot of this number, if this account may see it; one that it may not see is not there.
pub(crate) async fn find_lot(
    connection: &mut AnyConnection,
    account: &Account,
    id: i64,
) -> Answer<Lot> {
    let lot = lots::find(connection, id).await?;
    let seen = lot.filter(|lot| Scope::of(account).holds(lot.producer_id));
    seen.ok_or(Problem::told(
        Kind::NotFound,
        "there is no such lot",
        "没有这个批次",
    ))
}
