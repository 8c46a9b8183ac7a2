//! Entering a result: the edition of the method that was in force on the day of sampling judges it,
//! the lot takes the steps that follow, supervisors are told of a failure, and the event is
//! written, all in one transaction.

use model::event::life::Turn;
use model::event::{Finding, Step};
use model::lot::LotState;
use store::account::{Account, Role};
use store::lot::{self as lots, Lot};
use store::message::{self, NewMessage};
use store::test_method::{self, ResidueLimit};
use store::test_result::{self, Details, Filter, NewTestResult, TestResult};
use store::{AnyConnection, StoreError, Transaction, lot_step, notice};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

use super::judge::{Judged, judge};
use super::lot::request_used;
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::plausible;
use crate::rule::quick_test::{self, Outcome, Round, Standing};
use crate::rule::result::{Reading, steps};
use crate::state::AppState;

/// How far a laboratory's clock may be ahead of ours.
const CLOCK_AHEAD: Duration = Duration::minutes(5);
/// Most characters of the reason of a correction.
const REASON_CHARS_MAX: usize = 200;
/// Most results of one lot that are looked through.
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
    /// The result; `None` for a card.
    pub(crate) reading: Option<Reading>,
    /// Unit of result and limit; the method's where it is missing.
    pub(crate) unit: Option<String>,
    /// At or above this the sample fails; the method's where it is missing.
    pub(crate) limit: Option<f32>,
    /// Lines C and T of a card.
    pub(crate) lines: Option<(bool, bool)>,
    /// Which determination it is.
    pub(crate) round: Round,
    /// When the sample was taken; what the lot's journal says of it, or the day of the test, where
    /// it is missing.
    pub(crate) sampled_on: Option<Date>,
    /// When it was tested; `None` for now.
    pub(crate) tested_at: Option<OffsetDateTime>,
    /// Instrument and its own number of the result.
    pub(crate) record: Option<(String, String)>,
    /// The result that it corrects, and why.
    pub(crate) corrects: Option<(i64, String)>,
}

/// Where the results of a lot leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Results {
    /// Something stands against it.
    pub(crate) against: bool,
    /// Something passed.
    pub(crate) passed: bool,
    /// A laboratory's determination passed.
    pub(crate) confirmed: bool,
}

impl Entered {
    pub(super) fn check(&self, now: OffsetDateTime) -> Answer<()> {
        plausible::text("sample_code", &self.sample_code, 64)?;
        plausible::text("item", &self.item, 100)?;
        plausible::text("method", &self.method, 100)?;
        if let Some(unit) = &self.unit {
            plausible::text("unit", unit, 20)?;
        }
        if self
            .limit
            .is_some_and(|limit| !(limit.is_finite() && limit > 0.0))
        {
            return Err(Problem::invalid(
                "limit",
                "it must be above 0",
                "限值须大于 0",
            ));
        }
        if let Some((_, reason)) = &self.corrects {
            plausible::text("reason", reason, REASON_CHARS_MAX)?;
        }
        let ahead = |field| Problem::invalid(field, "it lies in the future", "时间在将来");
        if self.tested_at.is_some_and(|at| at > now + CLOCK_AHEAD) {
            return Err(ahead("tested_at"));
        }
        if self
            .sampled_on
            .is_some_and(|day| day > plausible::today(now))
        {
            return Err(ahead("sampled_on"));
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
    let tested_at = entered.tested_at.unwrap_or(now);
    let mut transaction = super::begin(state, account).await?;
    // Two results of one lot come one after the other, so that both see the true state.
    let nothing = || Problem::told(Kind::NotFound, "there is no such lot", "没有这个批次");
    let at = lots::lock_state(&mut transaction, lot_id)
        .await?
        .ok_or_else(nothing)?;
    let made = test_result::find_by_request(&mut transaction, entered.request_id).await?;
    if let Some((id, lot)) = made {
        let own = lot == lot_id;
        return if own {
            find(&mut transaction, lot_id, id).await
        } else {
            Err(request_used())
        };
    }
    let lot = super::find_lot(&mut transaction, account, lot_id).await?;
    let sampled_on = sampled_on(&mut transaction, &lot, entered, tested_at).await?;
    let judged = judge(&mut transaction, &lot, entered, sampled_on).await?;
    let corrected = corrected(&mut transaction, lot_id, entered).await?;
    let new = new_result(
        &lot,
        (entered, &judged),
        (sampled_on, tested_at),
        account.id,
    );
    let inserted = test_result::insert(&mut transaction, &new, now).await?;
    let id = inserted.ok_or_else(request_used)?;
    let deed = Deed {
        at: tested_at,
        now,
        account_id: account.id,
    };
    follow(&mut transaction, &lot, at, (entered, &judged), deed).await?;
    if let Some(corrected) = corrected {
        tell_of_correction(&mut transaction, &lot, (&corrected, entered), now).await?;
    }
    notice::result_entered(&mut transaction, id).await?;
    let result = find(&mut transaction, lot_id, id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(result)
}

/// What a result does to its lot: its steps, its event, its seal, and who is told.
async fn follow(
    transaction: &mut Transaction,
    lot: &Lot,
    at: LotState,
    (entered, judged): (&Entered, &Judged),
    deed: Deed,
) -> Answer<()> {
    let steps = steps(at, judged.outcome).ok_or_else(|| {
        let (en, zh) = ("the lot is still growing", "批次尚未采收，不能录入检测结果");
        Problem::told(Kind::IllegalStep, en, zh)
    })?;
    for step in steps {
        lots::step(transaction, lot.id, *step).await?;
    }
    if judged.outcome == Outcome::Invalid {
        // A card that did not work says nothing of the lot.
        return Ok(());
    }
    let request = entered.request_id.to_string();
    let step = Step::Inspected(finding(entered, judged, &request));
    record::append(transaction, lot, &step, deed).await?;
    if steps.contains(&LotState::Held) {
        let held = Step::Turned(Turn::Held, &request);
        record::append(transaction, lot, &held, deed).await?;
    }
    if steps.contains(&LotState::Released) {
        let sealed = Deed {
            at: deed.now,
            ..deed
        };
        super::seal::take(transaction, lot, sealed, &request).await?;
    }
    if judged.outcome == Outcome::Fail {
        tell_supervisors(transaction, lot, entered, deed.now).await?;
    }
    Ok(())
}

/// Takes residue limits: a limit of the same edition is replaced.
pub(crate) async fn take_limits(
    state: &AppState,
    account: &Account,
    limits: &[ResidueLimit],
) -> Answer<()> {
    let mut transaction = super::begin(state, account).await?;
    test_method::insert_limits(&mut transaction, limits).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Where the results of a lot leave it.
pub(crate) async fn standing(connection: &mut AnyConnection, lot_id: i64) -> Answer<Results> {
    let mut rows = test_result::list(connection, Some(lot_id), RESULTS_MAX).await?;
    rows.sort_by_key(|row| (row.tested_at, row.id));
    let mut results = Results::default();
    let items: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row.item.as_str()).collect();
    for item in items {
        let own = rows.iter().filter(|row| row.item == item);
        let stands = quick_test::standing(own.clone().map(outcome));
        results.against |= stands.stands_against();
        results.passed |= matches!(stands, Standing::Clear | Standing::ConfirmedPass);
        results.confirmed |= own
            .map(outcome)
            .any(|result| result == (Round::Confirm, Outcome::Pass));
    }
    Ok(results)
}

fn outcome(row: &TestResult) -> (Round, Outcome) {
    let round = Round::from_code(&row.round).unwrap_or(Round::First);
    let outcome = match (row.invalid, row.passed) {
        (true, _) => Outcome::Invalid,
        (false, true) => Outcome::Pass,
        (false, false) => Outcome::Fail,
    };
    (round, outcome)
}

/// The day whose edition judges: what was said, else what the journal says of the sample, else
/// the day of the test.
pub(super) async fn sampled_on(
    connection: &mut AnyConnection,
    lot: &Lot,
    entered: &Entered,
    tested_at: OffsetDateTime,
) -> Answer<Date> {
    if let Some(day) = entered.sampled_on {
        return Ok(day);
    }
    let steps = lot_step::list(connection, lot.id).await?;
    let taken = steps
        .into_iter()
        .rev()
        .find(|step| step.step == "sample" && step.reason == entered.sample_code.trim());
    let at = taken.map_or(tested_at, |step| step.at);
    Ok(plausible::today(at))
}

/// The result that is corrected: one of this lot. Of two corrections of one result the database
/// takes the first.
async fn corrected(
    connection: &mut AnyConnection,
    lot_id: i64,
    entered: &Entered,
) -> Answer<Option<TestResult>> {
    let Some((id, _)) = entered.corrects else {
        return Ok(None);
    };
    let filter = Filter {
        id: Some(id),
        lot_id: Some(lot_id),
        ..Filter::default()
    };
    let found = test_result::search(connection, &filter, 1).await?.pop();
    let none = || {
        let en = "the lot has no such result to correct";
        Problem::invalid("corrects", en, "该批次没有要更正的这条结果")
    };
    found.map(Some).ok_or_else(none)
}

/// Supervisors hear of each correction: it may be the reason why a lot stands where it stands.
async fn tell_of_correction(
    connection: &mut AnyConnection,
    lot: &Lot,
    (was, entered): (&TestResult, &Entered),
    now: OffsetDateTime,
) -> Answer<()> {
    let reason = entered.corrects.as_ref().map_or("", |(_, why)| why.trim());
    let new = NewMessage {
        to_role: Role::Supervisor.code(),
        kind: "test_corrected",
        lot_id: Some(lot.id),
        text_zh: &format!(
            "批次 {} 的检测结果已更正：{}，原因：{reason}",
            lot.code, was.item
        ),
        text_en: &format!(
            "A result of lot {} was corrected: {}, because: {reason}",
            lot.code, was.item
        ),
    };
    Ok(message::insert(connection, &new, now).await?)
}

/// A failure is told in the transaction that stops the lot.
async fn tell_supervisors(
    connection: &mut AnyConnection,
    lot: &Lot,
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

fn new_result<'a>(
    lot: &Lot,
    (entered, judged): (&'a Entered, &'a Judged),
    (sampled_on, tested_at): (Date, OffsetDateTime),
    account_id: i64,
) -> NewTestResult<'a> {
    let (record, corrects) = (entered.record.as_ref(), entered.corrects.as_ref());
    NewTestResult {
        lot_id: lot.id,
        sample_code: entered.sample_code.trim(),
        item: entered.item.trim(),
        method: entered.method.trim(),
        qualifier: if judged.below { "<" } else { "" },
        value: judged.value,
        unit: &judged.unit,
        limit: judged.limit,
        passed: judged.outcome == Outcome::Pass,
        tested_at,
        request_id: entered.request_id,
        account_id: Some(account_id),
        details: Details {
            invalid: judged.outcome == Outcome::Invalid,
            round: entered.round.code(),
            sampled_on: Some(sampled_on),
            remarks: &judged.remarks,
            rule: &judged.rule,
            lines: entered.lines,
            record: record.map(|(device, id)| (device.as_str(), id.as_str())),
            corrects: corrects.map(|(id, reason)| (*id, reason.trim())),
        },
    }
}

fn finding<'a>(entered: &'a Entered, judged: &'a Judged, request: &'a str) -> Finding<'a> {
    Finding {
        passed: judged.outcome == Outcome::Pass,
        below: judged.below,
        // The shortest decimal of the f32, not its binary neighbour.
        value: judged.value.to_string().parse().unwrap_or_default(),
        unit: &judged.unit,
        item: entered.item.trim(),
        method: entered.method.trim(),
        request,
    }
}

async fn find(connection: &mut AnyConnection, lot_id: i64, id: i64) -> Answer<TestResult> {
    let results = test_result::list(connection, Some(lot_id), RESULTS_MAX).await?;
    let found = results.into_iter().find(|result| result.id == id);
    found.ok_or_else(|| Problem::internal(Vanished))
}

#[derive(Debug, thiserror::Error)]
#[error("a result that was just written is not among those of its lot")]
struct Vanished;
