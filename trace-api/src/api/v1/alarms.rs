//! `/api/v1/alarms`: readings that call for a person, and who took note.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::alarm::{self, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::Limit;
use crate::act;
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::AppState;

/// Most characters of a note.
const NOTE_CHARS_MAX: usize = 1_000;

/// Which alarms are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only this gateway.
    gateway: Option<String>,
    /// Only probes of this name.
    probe: Option<String>,
    /// Only those that nobody acknowledged or that are still active.
    #[serde(default)]
    open: bool,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// An alarm: from the first value beyond the limit to the first one back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alarm {
    id: i64,
    /// Name of the rule, Chinese.
    rule: String,
    /// Name of the rule, English.
    rule_en: String,
    /// `critical`, `high`, `medium` or `low`.
    severity: &'static str,
    /// `below` or `above` the limit.
    bound: &'static str,
    /// The limit, in `unit`.
    limit: f32,
    /// Unit of the channel.
    unit: String,
    /// Name of the channel.
    channel: String,
    /// Gateway of the probe.
    gateway: String,
    /// Name of the probe.
    probe: String,
    /// Plot on which the probe stood.
    plot: Option<String>,
    /// Township of that plot.
    township: Option<String>,
    /// First reading beyond the limit.
    #[serde(with = "time::serde::rfc3339")]
    raised_at: OffsetDateTime,
    /// When the system found it.
    #[serde(with = "time::serde::rfc3339")]
    detected_at: OffsetDateTime,
    /// Farthest value so far.
    extreme: f32,
    /// Newest value while active.
    last_value: f32,
    /// Time of that value.
    #[serde(with = "time::serde::rfc3339")]
    last_at: OffsetDateTime,
    /// First reading back within the limit; null while active.
    #[serde(with = "time::serde::rfc3339::option")]
    cleared_at: Option<OffsetDateTime>,
    /// When somebody took note of it.
    #[serde(with = "time::serde::rfc3339::option")]
    acknowledged_at: Option<OffsetDateTime>,
    /// Who did.
    acknowledged_by: Option<String>,
    /// What they wrote.
    note: String,
}

/// A list of alarms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alarms {
    /// Active ones first, then newest first.
    alarms: Vec<Alarm>,
}

/// What the person who takes note has to say.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct Acknowledgement {
    /// May be empty.
    #[serde(default)]
    note: String,
}

/// Lists alarms.
#[utoipa::path(
    get, path = "/api/v1/alarms", tag = "alarms", security(("token" = [])),
    params(Question), responses((status = 200, body = Alarms))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Asked(question): Asked<Question>,
) -> Answer<Json<Alarms>> {
    let limit = question.limit.get();
    let Question {
        gateway,
        probe,
        open,
        ..
    } = question;
    let filter = Filter {
        id: None,
        gateway,
        probe,
        open,
    };
    let mut connection = state.store().acquire().await?;
    let rows = alarm::list(&mut connection, &filter, limit).await?;
    Ok(Json(Alarms {
        alarms: rows.into_iter().map(Alarm::from).collect(),
    }))
}

/// Takes note of an alarm. The first to do so stays; doing it again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/alarms/{id}/acknowledgement", tag = "alarms", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the alarm")),
    request_body = Acknowledgement,
    responses((status = 200, body = Alarm), (status = 404, body = ProblemBody))
)]
pub(crate) async fn acknowledge(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(body): JsonBody<Acknowledgement>,
) -> Answer<Json<Alarm>> {
    let alarm = take_note(&state, &caller, id, &body.note).await?;
    Ok(Json(alarm.into()))
}

/// Takes note of an alarm; the supervisor's page does the same.
pub(crate) async fn take_note(
    state: &AppState,
    caller: &Caller,
    id: i64,
    note: &str,
) -> Answer<alarm::Alarm> {
    let note = note.trim();
    if note.chars().count() > NOTE_CHARS_MAX || note.contains('\0') {
        let en = format!("at most {NOTE_CHARS_MAX} characters");
        return Err(Problem::invalid("note", en, "备注过长"));
    }
    let nothing = || Problem::told(Kind::NotFound, "there is no such alarm", "没有这条告警");
    let mut transaction = act::begin(state, &caller.account).await?;
    alarm::find(&mut transaction, id)
        .await?
        .ok_or_else(nothing)?;
    let account = caller.account.id;
    alarm::acknowledge(&mut transaction, id, account, note, state.now()).await?;
    let alarm = alarm::find(&mut transaction, id)
        .await?
        .ok_or_else(nothing)?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(alarm)
}

impl From<alarm::Alarm> for Alarm {
    fn from(row: alarm::Alarm) -> Self {
        Self {
            id: row.id,
            rule: row.rule,
            rule_en: row.rule_en,
            severity: row.severity.code(),
            bound: row.bound.code(),
            limit: row.limit,
            unit: row.unit,
            channel: row.channel,
            gateway: row.gateway,
            probe: row.probe,
            plot: row.plot,
            township: row.township,
            raised_at: row.raised_at,
            detected_at: row.detected_at,
            extreme: row.extreme,
            last_value: row.last_value,
            last_at: row.last_at,
            cleared_at: row.cleared_at,
            acknowledged_at: row.acknowledged_at,
            acknowledged_by: row.acknowledged_by,
            note: row.note,
        }
    }
}
