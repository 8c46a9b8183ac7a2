//! `/supervisor`: alarms, live. Farms, lots, recalls, statistics and the audit log have a file
//! each.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use model::alarm::Severity;
use model::unit::Quantity;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::AnyConnection;
use store::alarm::{self, Alarm, Filter};

use super::Here;
use super::words::words;
use crate::act;
use crate::caller::Caller;
use crate::extract::{Asked, FormBody, Named};
use crate::page::Words;
use crate::page::supervisor::{AlarmRow, AlarmState, Colleagues, Show, SupervisorView, page};
use crate::problem::Answer;
use crate::state::{AppState, timestamp};

mod audit;
mod farm;
mod farms;
mod filings;
mod lot;
mod lots;
mod readings;
mod recall;
mod recalls;
mod statistics;
mod stream;

/// Most alarms on a page.
const ALARMS_MAX: i64 = 50;

/// The pages of this desk.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/supervisor", get(show))
        .route("/supervisor/alarms/stream", get(stream::stream))
        .route("/supervisor/alarms/{id}/acknowledge", post(acknowledge))
        .route("/supervisor/alarms/{id}/shelve", post(shelve))
        .route("/supervisor/alarms/{id}/unshelve", post(unshelve))
        .route("/supervisor/alarms/{id}/assign", post(assign))
        .merge(farms::router())
        .merge(lots::router())
        .merge(recalls::router())
        .merge(statistics::router())
        .merge(audit::router())
        .merge(filings::router())
}

/// Which alarms are asked for.
#[derive(Debug, Default, Deserialize)]
struct Question {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    severity: String,
    after: Option<i64>,
}

/// The forms below an alarm: each uses what is its own.
#[derive(Debug, Default, Deserialize)]
struct Form {
    #[serde(default)]
    show: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    minutes: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    account: String,
}

/// Shows the supervisor's alarms.
async fn show(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let view = view(&state, &question).await?;
    here.answer(page(&here.site, &view))
}

/// Takes note of an alarm and of its repeats.
async fn acknowledge(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let said = (form.note.as_str(), true);
    let done = act::alarm::acknowledge(&state, &caller.account, id, said).await;
    after(&state, here, &form, ("acknowledged", done)).await
}

/// Puts an alarm on the shelf.
async fn shelve(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let minutes = form.minutes.trim().parse().unwrap_or_default();
    let wanted = (minutes, form.reason.as_str());
    let done = act::alarm::shelve(&state, &caller.account, id, wanted).await;
    after(&state, here, &form, ("shelved", done)).await
}

/// Takes an alarm off the shelf.
async fn unshelve(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let done = act::alarm::unshelve(&state, &caller.account, id).await;
    after(&state, here, &form, ("unshelved", done)).await
}

/// Names who looks after an alarm.
async fn assign(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let login = Some(form.account.as_str()).filter(|login| !login.is_empty());
    let done = act::alarm::assign(&state, &caller.account, id, login).await;
    after(&state, here, &form, ("assigned", done)).await
}

/// Back to the list that the form stood in, or that list with the reason of a refusal.
async fn after(
    state: &AppState,
    here: Here,
    form: &Form,
    (word, done): (&str, Answer<Alarm>),
) -> Answer<Response> {
    let show = Show::from_code(&form.show);
    match done {
        Ok(_) if show == Show::Open => Ok(super::see_other("/supervisor", word)),
        Ok(_) => {
            let path = format!("/supervisor?show={}&done={word}", show.code());
            Ok(Redirect::to(&path).into_response())
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let question = Question {
                show: form.show.clone(),
                ..Question::default()
            };
            let view = view(state, &question).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

async fn view(state: &AppState, question: &Question) -> Answer<SupervisorView> {
    let show = Show::from_code(&question.show);
    let words = question.q.trim().to_owned();
    let severity = Severity::from_code(&question.severity);
    let filter = Filter {
        open: show == Show::Open,
        grouped: show != Show::All,
        shelved: match show {
            Show::Open => Some(false),
            Show::Shelved => Some(true),
            Show::All => None,
        },
        severity,
        words: Some(words.clone()).filter(|words| !words.is_empty()),
        after: question.after,
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let alarms = alarm::list(&mut connection, &filter, state.now(), ALARMS_MAX + 1).await?;
    let colleagues = colleagues(&mut connection).await?;
    let silent = farms::count_silent(&mut connection, state.now()).await?;
    drop(connection);
    let shown = &alarms[..alarms.len().min(ALARMS_MAX as usize)];
    let goes_on = alarms.len() > shown.len();
    let next = shown.last().filter(|_| goes_on).map(|last| {
        let severity = severity.map(Severity::code).unwrap_or_default();
        let (show, q) = (show.code(), encoded(&words));
        format!(
            "/supervisor?show={show}&q={q}&severity={severity}&after={}",
            last.id
        )
    });
    Ok(SupervisorView {
        show,
        words,
        severity,
        alarms: shown.iter().map(alarm_row).collect(),
        next,
        colleagues,
        silent,
    })
}

/// A text as a part of an address.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Who may look after alarms.
async fn colleagues(connection: &mut AnyConnection) -> Answer<Colleagues> {
    let accounts = act::alarm::list_assignable(connection).await?;
    let named = accounts
        .into_iter()
        .map(|account| (account.login, account.display_name));
    Ok(named.collect())
}

/// One alarm as the page and the stream show it.
fn alarm_row(alarm: &Alarm) -> AlarmRow {
    let state = match (alarm.cleared_at, alarm.acknowledged_at) {
        (None, None) => AlarmState::Active,
        (Some(_), None) => AlarmState::Returned,
        (None, Some(_)) => AlarmState::Acknowledged,
        (Some(_), Some(_)) => AlarmState::Closed,
    };
    let by = alarm.acknowledged_by.clone().unwrap_or_default();
    let shelved = alarm.shelving.clone();
    AlarmRow {
        id: alarm.id.to_string(),
        rule: alarm.rule_id.to_string(),
        severity: alarm.severity,
        title: words(&alarm.rule, &alarm.rule_en),
        place: place(alarm),
        farm: alarm
            .plot_id
            .map(|plot| format!("/supervisor/farms/{plot}")),
        probe: format!("{} / {}", alarm.gateway, alarm.probe),
        quantity: match alarm.quantity {
            Quantity::Other => alarm.channel.clone(),
            known => known.code().to_owned(),
        },
        value: f64::from(alarm.extreme),
        bound: alarm.bound,
        limit: f64::from(alarm.limit),
        unit: alarm.unit.clone(),
        since: timestamp(alarm.raised_at),
        last_seen: timestamp(alarm.last_at),
        last: f64::from(alarm.last_value),
        until: alarm.cleared_at.map(timestamp),
        state,
        repeats: alarm.repeats,
        acknowledged: alarm.acknowledged_at.map(|at| (by, timestamp(at))),
        note: Some(alarm.note.clone()).filter(|note| !note.is_empty()),
        assigned: alarm.assigned_to.clone(),
        shelved: shelved.map(|put| (timestamp(put.until), put.by, put.reason)),
    }
}

fn place(alarm: &Alarm) -> Words {
    let township = alarm.township.as_deref().unwrap_or_default();
    let zh = [alarm.plot.as_deref().unwrap_or_default(), township];
    let en = [alarm.plot_en.as_deref().unwrap_or_default(), township];
    let join = |parts: [&str; 2]| {
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
    };
    words(&join(zh), &join(en))
}
