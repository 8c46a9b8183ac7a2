//! Entering a result: the verdict is computed here, the lot takes the steps that follow from it,
//! and the event is written, all in one transaction.

use model::event::{Finding, Step};
use model::lot::LotState;
use store::StoreError;
use store::account::{Account, Role};
use store::lot as lots;
use store::message::{self, NewMessage};
use store::test_result::{self, NewTestResult, TestResult};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::lot::request_used;
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::plausible;
use crate::rule::result::{Reading, steps};
use crate::state::AppState;

/// How far a laboratory's clock may be ahead of ours.
const CLOCK_AHEAD: Duration = Duration::minutes(5);
/// Most results of one lot that are looked through for the one just entered.
const RESULTS_MAX: i64 = 500;

/// A result as it is entered.
#[derive(Debug, Clone)]
pub(crate) struct Entered {
    /// Made by the client, so that a form sent twice enters once.
    pub(crate) request_id: Uuid,
    /// The lab's code of the sample.
    pub(crate) sample_code: String,
    /// What was looked for.
    pub(crate) item: String,
    /// Standard or method.
    pub(crate) method: String,
    /// The result.
    pub(crate) reading: Reading,
    /// Unit of result and limit.
    pub(crate) unit: String,
    /// At or above this the sample fails.
    pub(crate) limit: f32,
    /// When it was tested; `None` for now.
    pub(crate) tested_at: Option<OffsetDateTime>,
}

impl Entered {
    fn check(&self, now: OffsetDateTime) -> Answer<()> {
        plausible::text("sample_code", &self.sample_code, 64)?;
        plausible::text("item", &self.item, 100)?;
        plausible::text("method", &self.method, 100)?;
        plausible::text("unit", &self.unit, 20)?;
        self.reading.check(&self.unit)?;
        if !(self.limit.is_finite() && self.limit > 0.0) {
            return Err(Problem::invalid(
                "limit",
                "it must be above 0",
                "限值须大于 0",
            ));
        }
        if self.tested_at.is_some_and(|at| at > now + CLOCK_AHEAD) {
            return Err(Problem::invalid(
                "tested_at",
                "it lies in the future",
                "检测时间在将来",
            ));
        }
        Ok(())
    }
}

/// Enters a result for a lot.
pub(crate) async fn enter(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    entered: &Entered,
) -> Answer<TestResult> {
    let now = state.now();
    entered.check(now)?;
    let passed = entered.reading.meets(entered.limit);
    let tested_at = entered.tested_at.unwrap_or(now);
    let mut transaction = super::begin(state, account).await?;
    // Two results of one lot come one after the other, so that both see the true state.
    let nothing = || Problem::told(Kind::NotFound, "there is no such lot", "没有这个批次");
    let at = lots::lock_state(&mut transaction, lot_id)
        .await?
        .ok_or_else(nothing)?;
    let new = new_result(lot_id, entered, passed, tested_at, account.id);
    let inserted = test_result::insert(&mut transaction, &new, now).await?;
    let Some(id) = inserted else {
        let made = test_result::find_by_request(&mut transaction, entered.request_id).await?;
        let (id, _) = made
            .filter(|(_, lot)| *lot == lot_id)
            .ok_or_else(request_used)?;
        return find(&mut transaction, lot_id, id).await;
    };
    let steps = steps(at, passed).ok_or_else(|| {
        let (en, zh) = ("the lot is still growing", "批次尚未采收，不能录入检测结果");
        Problem::told(Kind::IllegalStep, en, zh)
    })?;
    for step in steps {
        lots::step(&mut transaction, lot_id, *step).await?;
    }
    let lot = super::find_lot(&mut transaction, account, lot_id).await?;
    let request = entered.request_id.to_string();
    let step = Step::Inspected(finding(entered, passed, &request));
    let deed = Deed {
        at: tested_at,
        now,
        account_id: account.id,
    };
    record::append(&mut transaction, &lot, &step, deed).await?;
    if steps.contains(&LotState::Released) {
        super::seal::take(&mut transaction, &lot, Deed { at: now, ..deed }, &request).await?;
    }
    if !passed {
        tell_supervisors(&mut transaction, &lot, entered, now).await?;
    }
    let result = find(&mut transaction, lot_id, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(result)
}

/// A failure is told in the transaction that stops the lot.
async fn tell_supervisors(
    connection: &mut store::AnyConnection,
    lot: &lots::Lot,
    entered: &Entered,
    now: OffsetDateTime,
) -> Answer<()> {
    let (item, method) = (entered.item.trim(), entered.method.trim());
    let new = NewMessage {
        to_role: Role::Supervisor.code(),
        kind: "test_failed",
        lot_id: Some(lot.id),
        text_zh: &format!("批次 {} 检测不合格：{item}（{method}）", lot.code),
        text_en: &format!("Lot {} failed a test: {item} ({method})", lot.code),
    };
    Ok(message::insert(connection, &new, now).await?)
}

fn new_result(
    lot_id: i64,
    entered: &Entered,
    passed: bool,
    tested_at: OffsetDateTime,
    account_id: i64,
) -> NewTestResult<'_> {
    NewTestResult {
        lot_id,
        sample_code: entered.sample_code.trim(),
        item: entered.item.trim(),
        method: entered.method.trim(),
        qualifier: if entered.reading.below { "<" } else { "" },
        value: entered.reading.value,
        unit: entered.unit.trim(),
        limit: entered.limit,
        passed,
        tested_at,
        request_id: entered.request_id,
        account_id: Some(account_id),
    }
}

fn finding<'a>(entered: &'a Entered, passed: bool, request: &'a str) -> Finding<'a> {
    Finding {
        passed,
        below: entered.reading.below,
        // The shortest decimal of the f32, not its binary neighbour.
        value: entered
            .reading
            .value
            .to_string()
            .parse()
            .unwrap_or_default(),
        unit: entered.unit.trim(),
        item: entered.item.trim(),
        method: entered.method.trim(),
        request,
    }
}

async fn find(connection: &mut store::AnyConnection, lot_id: i64, id: i64) -> Answer<TestResult> {
    let results = test_result::list(connection, Some(lot_id), RESULTS_MAX).await?;
    let found = results.into_iter().find(|result| result.id == id);
    found.ok_or_else(|| Problem::internal(Vanished))
}

#[derive(Debug, thiserror::Error)]
#[error("a result that was just written is not among those of its lot")]
struct Vanished;
