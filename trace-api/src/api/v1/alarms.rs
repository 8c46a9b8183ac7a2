//! `/api/v1/alarms`: readings that call for a person, and who took note.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::alarm::{self, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::Limit;
use crate::act;
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

pub(crate) mod assignment;
pub(crate) mod shelving;

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
    /// Only those that are on the shelf (`true`), or only those that are not (`false`).
    shelved: Option<bool>,
    /// Of each rule only its newest alarm: repeats stand under it.
    #[serde(default)]
    grouped: bool,
    /// Only where rule, probe, gateway, plot or township has these words in it.
    q: Option<String>,
    /// Only those after the alarm of this number: the `next` of the page before.
    after: Option<i64>,
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
    /// Sign-in name of who looks after it; null while nobody was named.
    assigned_to: Option<String>,
    /// Alarms of its rule in the week that ends with it, itself included.
    repeats: i64,
    /// Present while it is on the shelf.
    shelving: Option<Shelving>,
}

/// An alarm put aside for a while (ISA-18.2 shelving). It returns by itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlarmShelving)]
pub(crate) struct Shelving {
    /// When it returns.
    #[serde(with = "time::serde::rfc3339")]
    until: OffsetDateTime,
    /// Why.
    reason: String,
    /// Who put it there.
    by: String,
}

/// A list of alarms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alarms {
    /// Active ones first, then newest first.
    alarms: Vec<Alarm>,
    /// Where the list goes on, for `after`; null where it ends.
    next: Option<i64>,
}

/// What the person who takes note has to say.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct Acknowledgement {
    /// May be empty.
    #[serde(default)]
    note: String,
    /// Whether the earlier alarms of its rule that still wait are meant, too.
    #[serde(default)]
    repeats: bool,
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
    let filter = Filter {
        gateway: question.gateway,
        probe: question.probe,
        open: question.open,
        shelved: question.shelved,
        grouped: question.grouped,
        words: question.q,
        after: question.after,
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let rows = alarm::list(&mut connection, &filter, state.now(), limit).await?;
    let is_full = rows.len() as i64 >= limit;
    Ok(Json(Alarms {
        next: rows.last().filter(|_| is_full).map(|row| row.id),
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
    let said = (body.note.as_str(), body.repeats);
    let alarm = act::alarm::acknowledge(&state, &caller.account, id, said).await?;
    Ok(Json(alarm.into()))
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
            assigned_to: row.assigned_to.map(|(login, _)| login),
            repeats: row.repeats,
            shelving: row.shelving.map(|shelving| Shelving {
                until: shelving.until,
                reason: shelving.reason,
                by: shelving.by,
            }),
        }
    }
}
