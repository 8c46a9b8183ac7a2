//! `/supervisor`: alarms, live, and the farms with the age of their last reading.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use model::unit::Quantity;
use serde::Deserialize;
use store::alarm::{self, Alarm, Filter};
use store::plot::{self, Plot};
use store::{probe, reading};

use super::words::words;
use super::{Here, cameras, see_other};
use crate::api::v1::alarms::take_note;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::Words;
use crate::page::supervisor::{AlarmRow, AlarmState, FarmRow, SupervisorView, page};
use crate::problem::Answer;
use crate::state::{AppState, timestamp};

mod filings;
mod stream;

/// Most alarms on the page.
const ALARMS_MAX: i64 = 30;

/// The pages of this desk.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/supervisor", get(show))
        .route("/supervisor/alarms/stream", get(stream::stream))
        .route("/supervisor/alarms/{id}/acknowledge", post(acknowledge))
        .merge(filings::router())
}

/// The form below an alarm.
#[derive(Debug, Deserialize)]
struct Form {
    #[serde(default)]
    note: String,
}

/// Shows the supervisor's desk.
async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = view(&state).await?;
    here.answer(page(&here.site, &view))
}

/// Takes note of an alarm.
async fn acknowledge(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    match take_note(&state, &caller, id, &form.note).await {
        Ok(_) => Ok(see_other("/supervisor", "acknowledged")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(&state).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

async fn view(state: &AppState) -> Answer<SupervisorView> {
    let mut connection = state.store().acquire().await?;
    let alarms = alarm::list(&mut connection, &Filter::default(), ALARMS_MAX).await?;
    let plots = plot::list(&mut connection, None).await?;
    let placed = plot::list_placed(&mut connection, state.now()).await?;
    let probes = probe::list(&mut connection, None).await?;
    let latest: HashMap<_, _> = reading::list_latest(&mut connection, state.now())
        .await?
        .into_iter()
        .collect();
    let cameras = cameras::cards(&mut connection, state.now()).await?;
    drop(connection);
    let mut farms: Vec<FarmRow> = Vec::new();
    for plot in &plots {
        let here = placed
            .iter()
            .filter(|(_, on)| *on == plot.id)
            .map(|(probe, _)| *probe);
        let here: Vec<_> = here.collect();
        if here.is_empty() {
            continue;
        }
        let newest = here
            .iter()
            .filter_map(|key| latest.get(key))
            .map(|report| report.time)
            .max();
        let names: Vec<_> = probes
            .iter()
            .filter(|probe| here.contains(&probe.key))
            .collect();
        let open = alarms
            .iter()
            .filter(|alarm| alarm.cleared_at.is_none())
            .filter(|alarm| {
                names.iter().any(|probe| {
                    probe.name.as_str() == alarm.probe && probe.gateway.as_str() == alarm.gateway
                })
            });
        farms.push(farm(plot, here.len(), newest.map(timestamp), open.count()));
    }
    farms.sort_by_key(|farm| farm.last_reading.map(|at| at.0));
    Ok(SupervisorView {
        alarms: alarms.iter().map(alarm_row).collect(),
        farms,
        cameras,
    })
}

fn farm(
    plot: &Plot,
    probes: usize,
    last_reading: Option<model::time::Timestamp>,
    open_alarms: usize,
) -> FarmRow {
    FarmRow {
        name: words(&plot.name, &plot.name_en),
        township: plot.township.as_str().into(),
        probes: probes as u64,
        last_reading,
        open_alarms: open_alarms as u64,
    }
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
    AlarmRow {
        id: alarm.id.to_string(),
        severity: alarm.severity,
        title: words(&alarm.rule, &alarm.rule_en),
        place: place(alarm),
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
        state,
        acknowledged: alarm.acknowledged_at.map(|at| (by, timestamp(at))),
        note: Some(alarm.note.clone()).filter(|note| !note.is_empty()),
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
