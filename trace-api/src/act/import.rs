//! Importing a table of producers, products or lots: all of its rows in one transaction or none. A
//! preview does everything and takes it back, so what it says is what an import would say.

use axum::body::Bytes;
use sha2::{Digest as _, Sha256};
use store::account::{Account, Role};
use store::message::{self, NewMessage};
use store::producer::{self, Place};
use store::{AnyConnection, StoreError, Transaction, plot};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::filing::{self, Added, Wanted};
use super::lot;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::import::{Column, LOT, MISTAKES_MAX, Mistake, PRODUCER, PRODUCT, Row, rows};
use crate::rule::table::{self, Table, Unread};
use crate::state::AppState;

/// What a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Producers.
    Producers,
    /// Products.
    Products,
    /// Lots.
    Lots,
}

impl What {
    /// The kind of a word of the address.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "producers" => Some(Self::Producers),
            "products" => Some(Self::Products),
            "lots" => Some(Self::Lots),
            _ => None,
        }
    }

    /// Its columns.
    pub(crate) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Producers => &PRODUCER,
            Self::Products => &PRODUCT,
            Self::Lots => &LOT,
        }
    }
}

/// How a table is to be taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    /// Made by the client: the rows get ids that follow from it, so that a table sent twice is
    /// imported once.
    pub(crate) request_id: Uuid,
    /// Only look for mistakes.
    pub(crate) preview: bool,
    /// Whether what is filed is handed in at once.
    pub(crate) submit: bool,
    /// Whose the products are, where the rows do not say.
    pub(crate) producer_id: Option<i64>,
}

/// What became of a table.
#[derive(Debug, Clone)]
pub(crate) struct Imported {
    /// What was read.
    pub(crate) table: Table,
    /// Mistakes, at most [`MISTAKES_MAX`]; while there is one, nothing is taken.
    pub(crate) mistakes: Vec<Mistake>,
}

/// Imports a table, or previews it.
pub(crate) async fn import(
    state: &AppState,
    account: &Account,
    (what, how): (What, How),
    file: Bytes,
) -> Answer<Imported> {
    let read = spawn_blocking(move || table::read(&file)).await;
    let table = read.map_err(Problem::internal)?.map_err(unread)?;
    let mistakes = match rows(&table, what.columns()) {
        Ok(rows) => take_all(state, account, (what, how), &rows).await?,
        Err(mistakes) => mistakes,
    };
    Ok(Imported { table, mistakes })
}

/// Takes all rows, or none of them where one is wrong.
async fn take_all(
    state: &AppState,
    account: &Account,
    (what, how): (What, How),
    rows: &[Row<'_>],
) -> Answer<Vec<Mistake>> {
    let mut transaction = super::begin(state, account).await?;
    store::import::take_turn(&mut transaction).await?;
    let (mut mistakes, mut added) = (Vec::new(), 0);
    for row in rows {
        store::import::begin_row(&mut transaction).await?;
        match take(state, &mut transaction, account, (what, how), row).await {
            Ok(is_new) => {
                store::import::keep_row(&mut transaction).await?;
                added += usize::from(is_new);
            }
            Err(found) => {
                store::import::undo_row(&mut transaction).await?;
                mistakes.extend(found?);
            }
        }
        if mistakes.len() >= MISTAKES_MAX {
            mistakes.truncate(MISTAKES_MAX);
            break;
        }
    }
    if mistakes.is_empty() && !how.preview {
        if how.submit && what != What::Lots && added > 0 {
            tell(state, &mut transaction, (what, added)).await?;
        }
        transaction.commit().await.map_err(StoreError::from)?;
    }
    Ok(mistakes)
}

fn unread(why: Unread) -> Problem {
    let kind = match why {
        Unread::TooLarge => Kind::TooLarge,
        Unread::Unreadable => Kind::Malformed,
        _ => Kind::Invalid,
    };
    Problem::told(kind, why.to_string(), why.zh())
}

/// What is wrong with a row, or a failure of ours.
type Found = Result<Vec<Mistake>, Problem>;

fn failed(error: StoreError) -> Found {
    Err(error.into())
}

/// Takes one row; whether it is new, and not the same request's from before.
async fn take(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    (what, how): (What, How),
    row: &Row<'_>,
) -> Result<bool, Found> {
    let request_id = request_of(how.request_id, row.number);
    let wrong = |problem| wrong(row, problem);
    match what {
        What::Producers => {
            let wanted = Wanted {
                request_id,
                base: None,
                submit: how.submit,
                body: row.producer().map_err(Ok)?,
            };
            let added = filing::add_producer(state, transaction, account, &wanted).await;
            added.map(|added: Added| added.is_new).map_err(wrong)
        }
        What::Products => {
            let wanted = Wanted {
                request_id,
                base: None,
                submit: how.submit,
                body: row.product().map_err(Ok)?,
            };
            let owner = owner(transaction, account, (how, row)).await?;
            let new = (owner, &wanted);
            let added = filing::add_product(state, transaction, account, new).await;
            added.map(|added: Added| added.is_new).map_err(wrong)
        }
        What::Lots => {
            let said = row.lot().map_err(Ok)?;
            let plot_id = plot_of(transaction, account, row).await?;
            let wanted = lot::Wanted {
                request_id,
                gtin: said.gtin,
                plot_id,
                code: said.code,
                started_on: said.started_on,
                harvested_on: said.harvested_on,
                quantity: said.quantity,
            };
            let added = lot::add(state, transaction, account, &wanted).await;
            added.map(|_| true).map_err(wrong)
        }
    }
}

/// A refusal as a mistake of the row; a failure of ours stays one.
fn wrong(row: &Row<'_>, problem: Problem) -> Found {
    if problem.kind.status().is_server_error() {
        return Err(problem);
    }
    let field = match problem.field.unwrap_or_default() {
        "plot_id" => "plot",
        "producer_id" => "producer",
        other => other,
    };
    let zh = problem.words(true).unwrap_or_default();
    let en = problem.words(false).unwrap_or_default();
    Ok(vec![row.mistake(field, (&zh, &en))])
}

/// Whose product a row is: the one that it names, or the one that the whole table is of.
async fn owner(
    connection: &mut AnyConnection,
    account: &Account,
    (how, row): (How, &Row<'_>),
) -> Result<i64, Found> {
    let own = account.producer_id.or(how.producer_id);
    let code = row.text("producer");
    if code.is_empty() {
        let told = (
            "请填写生产主体的信用代码",
            "name the producer by its credit code",
        );
        return own.ok_or_else(|| Ok(vec![row.mistake("producer", told)]));
    }
    let filter = producer::Filter {
        id: account.producer_id,
        words: Some(code.to_owned()),
        ..producer::Filter::default()
    };
    let found = producer::list_page(connection, &filter, Place::default(), 10).await;
    let found = found.map_err(failed)?;
    let named = found
        .into_iter()
        .find(|producer| producer.credit_code == code);
    let told = ("没有这个生产主体", "there is no such producer");
    named
        .map(|producer| producer.id)
        .ok_or_else(|| Ok(vec![row.mistake("producer", told)]))
}

/// The plot of one's own that a row names.
async fn plot_of(
    connection: &mut AnyConnection,
    account: &Account,
    row: &Row<'_>,
) -> Result<i64, Found> {
    let plots = plot::list(connection, account.producer_id).await;
    let plots = plots.map_err(failed)?;
    let named = plots.into_iter().find(|plot| plot.name == row.text("plot"));
    let told = ("没有这个地块", "you have no such plot");
    named
        .map(|plot| plot.id)
        .ok_or_else(|| Ok(vec![row.mistake("plot", told)]))
}

/// The id of a row, the same whenever the table is sent with the same id.
fn request_of(request_id: Uuid, row: usize) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(request_id.as_bytes());
    hash.update(row.to_be_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// One message for all that was handed in.
async fn tell(
    state: &AppState,
    transaction: &mut Transaction,
    (what, count): (What, usize),
) -> Answer<()> {
    let (zh, en) = if what == What::Producers {
        ("个生产主体", "producers")
    } else {
        ("个产品", "products")
    };
    let new = NewMessage {
        to_role: Role::Supervisor.code(),
        kind: "filing_submitted",
        lot_id: None,
        text_zh: &format!("批量导入 {count} {zh}提交备案，待审核"),
        text_en: &format!("{count} {en} were imported and submitted for filing"),
    };
    Ok(message::insert(transaction, &new, state.now()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_sent_again_has_the_same_id_and_no_other_row_has_it() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(request_of(one, 2), request_of(one, 2));
        assert_ne!(request_of(one, 2), request_of(one, 3));
        assert_ne!(request_of(one, 2), request_of(other, 2));
    }
}
