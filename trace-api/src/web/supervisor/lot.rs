//! `/supervisor/lots/{id}`: a lot with what was done, what was found and where it went; holding it,
//! setting it free, waiving an interval.

use axum::extract::State;
use axum::response::Response;
use model::lot::LotState;
use serde::Deserialize;
use store::account::Account;
use store::closure::{self, Way};
use store::lot::Lot;
use store::lot_step::{self, Step};
use store::test_result::{self, TestResult};
use store::{AnyConnection, certificate};
use uuid::Uuid;

use super::{lots, recall};
use crate::act;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::supervisor::lots::{
    IntervalLine, LotView, StepLine, TestLine, Turns, lot as page,
};
use crate::problem::Answer;
use crate::rule::interval::free_on;
use crate::state::{AppState, timestamp};
use crate::web::words::{day, result, words};
use crate::web::{Here, see_other};

/// Most results on the page.
const TESTS_MAX: i64 = 100;

/// A form with its reason.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    request: Uuid,
    reason: String,
}

/// Shows one lot.
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller.account, id).await?;
    here.answer(page(&here.site, &view))
}

/// Stops a lot.
pub(super) async fn hold(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let why = (form.request, form.reason.as_str());
    let done = act::life::hold(&state, &caller.account, id, why).await;
    after((&state, &caller.account), here, (id, &form), ("held", done)).await
}

/// Sets a lot free.
pub(super) async fn release(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let why = (form.request, form.reason.as_str());
    let done = act::life::release(&state, &caller.account, id, why).await;
    after(
        (&state, &caller.account),
        here,
        (id, &form),
        ("released", done),
    )
    .await
}

/// Waives the interval of a growing lot.
pub(super) async fn waive(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let why = (form.request, form.reason.as_str());
    let done = act::harvest::waive(&state, &caller.account, id, why).await;
    after(
        (&state, &caller.account),
        here,
        (id, &form),
        ("waived", done),
    )
    .await
}

/// Back to the lot, or its page with the reason of a refusal and what was typed.
async fn after(
    (state, account): (&AppState, &Account),
    here: Here,
    (id, form): (i64, &Form),
    (word, done): (&str, Answer<Lot>),
) -> Answer<Response> {
    match done {
        Ok(_) => Ok(see_other(&format!("/supervisor/lots/{id}"), word)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = LotView {
                reason: form.reason.clone(),
                ..view(state, account, id).await?
            };
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

async fn view(state: &AppState, account: &Account, id: i64) -> Answer<LotView> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, account, id).await?;
    let steps = lot_step::list(&mut connection, id).await?;
    let tests = test_result::list(&mut connection, Some(id), TESTS_MAX).await?;
    let issued = certificate::list(&mut connection, &[id]).await?;
    let (intervals, waived) = intervals(&mut connection, &lot).await?;
    let up = closure::list(&mut connection, id, Way::Up).await?;
    let down = closure::list(&mut connection, id, Way::Down).await?;
    let closure = recall::closure(&mut connection, (&up, down), state).await?;
    drop(connection);
    let trace = act::label::link(state, &lot.gtin, Some(&lot.code), None)?.to_string();
    Ok(LotView {
        id,
        gtin: lot.gtin.clone(),
        plot: (
            words(&lot.plot, &lot.plot_en),
            format!("/supervisor/farms/{}", lot.plot_id),
        ),
        started: day(lot.started_on),
        registered: timestamp(lot.created_at),
        recall_reason: lot.recall_reason.clone(),
        trace: path_of(&trace),
        steps: steps.into_iter().map(step_line).collect(),
        tests: tests.iter().map(test_line).collect(),
        certificates: issued
            .into_iter()
            .map(|one| (one.number, one.voided_at.is_some()))
            .collect(),
        intervals,
        waived,
        closure,
        turns: turns(lot.state, waived),
        requests: std::array::from_fn(|_| state.draw_uuid().to_string()),
        reason: String::new(),
        lot: lots::line(&lot),
    })
}

/// The path of a link of ours, to stay on the address that one came by.
fn path_of(link: &str) -> String {
    let path = link.find("/01/").and_then(|at| link.get(at..));
    path.unwrap_or(link).to_owned()
}

/// What stands in the way of the harvest of a growing lot, and whether it was waived.
async fn intervals(connection: &mut AnyConnection, lot: &Lot) -> Answer<(Vec<IntervalLine>, bool)> {
    if lot.state != LotState::Growing {
        return Ok((Vec::new(), false));
    }
    let standing = act::harvest::standing(connection, lot).await?;
    let lines = standing.treatments.iter().map(|used| IntervalLine {
        input: used.input.clone(),
        done: day(used.done_on),
        days: used.interval_days,
        free: day(free_on(used)),
    });
    Ok((lines.collect(), standing.is_waived))
}

/// What the life of a lot has from where it stands. Whether it is done is the act's to say.
const fn turns(state: LotState, waived: bool) -> Turns {
    Turns {
        hold: state.may_become(LotState::Held),
        release: state.may_become(LotState::Released),
        waive: matches!(state, LotState::Growing) && !waived,
        recall: state.may_become(LotState::Recalled),
    }
}

fn step_line(step: Step) -> StepLine {
    StepLine {
        at: timestamp(step.at),
        state: LotState::from_code(&step.to_state).filter(|_| step.to_state != step.from_state),
        step: step.step,
        reason: step.reason,
        by: step.by_role.as_deref().map(|role| match role {
            "operator" => "nav.operator",
            "supervisor" => "nav.supervisor",
            "producer" => "nav.producer",
            _ => "nav.lab",
        }),
    }
}

fn test_line(row: &TestResult) -> TestLine {
    TestLine {
        at: timestamp(row.tested_at),
        sample: row.sample_code.clone(),
        item: row.item.clone(),
        result: format!("{} {}", result(&row.qualifier, row.value), row.unit),
        limit: format!("{} {}", row.limit, row.unit),
        passed: (!row.invalid).then_some(row.passed),
    }
}
