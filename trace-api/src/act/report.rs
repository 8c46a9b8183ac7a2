//! Reports of other laboratories beside a lot's own tests: a PDF is kept by its hash, and what is
//! public of it is that there is one. It gives no verdict: a result that decides is entered.

use store::account::Account;
use store::document;
use store::picture::PictureHash;
use store::test_report::{self, Filter, NewReport, Report};
use store::{AnyConnection, StoreError, test_result};
use time::Date;
use uuid::Uuid;

use super::lot::request_used;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::{attachment, plausible};
use crate::state::AppState;

/// Most results of a lot that are looked through for the one that a report goes with.
const RESULTS_MAX: i64 = 500;

/// A report as it is filed.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// Who issued it.
    pub(crate) laboratory: String,
    /// Its number there.
    pub(crate) number: String,
    /// When.
    pub(crate) issued_on: Date,
    /// The result that it goes with.
    pub(crate) result_id: Option<i64>,
    /// Whether everybody may read it.
    pub(crate) is_public: bool,
}

/// Files a report for a lot.
pub(crate) async fn file(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    (wanted, pdf): (&Wanted, &[u8]),
) -> Answer<Report> {
    plausible::text("laboratory", &wanted.laboratory, 100)?;
    plausible::text("number", &wanted.number, 64)?;
    let now = state.now();
    if wanted.issued_on > plausible::today(now) {
        let (en, zh) = ("it lies in the future", "日期在将来");
        return Err(Problem::invalid("issued_on", en, zh));
    }
    attachment::pdf(pdf)?;
    let sha256 = PictureHash::of(pdf);
    let mut transaction = super::begin(state, account).await?;
    store::lot::lock_state(&mut transaction, lot_id).await?;
    super::find_lot(&mut transaction, account, lot_id).await?;
    let asked = (lot_id, wanted.request_id);
    if let Some(filed) = resent(&mut transaction, asked, &sha256).await? {
        return Ok(filed);
    }
    check_result(&mut transaction, lot_id, wanted.result_id).await?;
    let file = ("application/pdf", pdf);
    document::insert(&mut transaction, &sha256, file, now).await?;
    let new = NewReport {
        lot_id,
        result_id: wanted.result_id,
        laboratory: wanted.laboratory.trim(),
        number: wanted.number.trim(),
        issued_on: wanted.issued_on,
        sha256,
        bytes: i32::try_from(pdf.len()).unwrap_or(i32::MAX),
        is_public: wanted.is_public,
        account_id: account.id,
        request_id: wanted.request_id,
    };
    let id = test_report::insert(&mut transaction, &new, now).await?;
    let filed = one(&mut transaction, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(filed)
}

/// What this request filed before, if it did.
async fn resent(
    connection: &mut AnyConnection,
    (lot_id, request_id): (i64, Uuid),
    sha256: &PictureHash,
) -> Answer<Option<Report>> {
    let filter = Filter {
        request_id: Some(request_id),
        ..Filter::default()
    };
    let filed = test_report::list(connection, filter).await?.pop();
    match filed {
        Some(filed) if filed.lot_id == lot_id && filed.sha256 == *sha256 => Ok(Some(filed)),
        Some(_) => Err(request_used()),
        None => Ok(None),
    }
}

async fn check_result(
    connection: &mut AnyConnection,
    lot_id: i64,
    result_id: Option<i64>,
) -> Answer<()> {
    let Some(id) = result_id else { return Ok(()) };
    let results = test_result::list(connection, Some(lot_id), RESULTS_MAX).await?;
    if results.iter().any(|result| result.id == id) {
        return Ok(());
    }
    let (en, zh) = ("the lot has no such result", "该批次没有这条检测结果");
    Err(Problem::invalid("result", en, zh))
}

/// Says whether everybody may read a report.
pub(crate) async fn publish(
    state: &AppState,
    account: &Account,
    id: i64,
    is_public: bool,
) -> Answer<Report> {
    let mut transaction = super::begin(state, account).await?;
    find_own(&mut transaction, account, id).await?;
    test_report::set_public(&mut transaction, id, is_public).await?;
    let kept = one(&mut transaction, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(kept)
}

/// The report of this number, if this account may see its lot.
pub(crate) async fn find_own(
    connection: &mut AnyConnection,
    account: &Account,
    id: i64,
) -> Answer<Report> {
    let found = one(connection, id).await?;
    let lot = super::find_lot(connection, account, found.lot_id).await;
    lot.map(|_| found).map_err(|_| unknown())
}

async fn one(connection: &mut AnyConnection, id: i64) -> Answer<Report> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let found = test_report::list(connection, filter).await?.pop();
    found.ok_or_else(unknown)
}

/// There is no report of this number.
pub(crate) fn unknown() -> Problem {
    Problem::told(Kind::NotFound, "there is no such report", "没有这份报告")
}
