//! `/api/v1/print-jobs`: how far a job came; pausing, resuming and cancelling it.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::print_job::Job;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::act::print::{Command, command, find_job};
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// A print job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobBody {
    /// Its number.
    id: i64,
    /// Number of the run of labels.
    run: i64,
    /// Number of the printer.
    printer_id: i64,
    /// Name of the printer.
    printer: String,
    /// First label, by its place in the run.
    first: i32,
    /// Last label.
    last: i32,
    /// The label that is sent next: those before it were taken by the printer.
    next: i32,
    /// `waiting`, `printing`, `paused`, `done` or `cancelled`.
    state: &'static str,
    /// Why it was paused; absent where a person did it.
    problem: Option<String>,
    /// Why labels are printed again.
    reason: Option<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    changed_at: OffsetDateTime,
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            run: job.run_id,
            printer_id: job.printer_id,
            printer: job.printer,
            first: job.first,
            last: job.last,
            next: job.next,
            state: job.state.word(),
            problem: job.problem,
            reason: job.reason,
            created_at: job.created_at,
            changed_at: job.changed_at,
        }
    }
}

/// What is to be done with a job.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    /// Stop after the labels that are being sent.
    Pause,
    /// Go on.
    Resume,
    /// Give up.
    Cancel,
}

/// A command for a job.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct JobCommand {
    /// `pause`, `resume` or `cancel`.
    #[serde(rename = "do")]
    word: Word,
    /// For `resume`: the label to go on with, after a jam for example; those that are printed again
    /// count as spoiled.
    from: Option<i32>,
}

/// Shows a job.
#[utoipa::path(
    get, path = "/api/v1/print-jobs/{id}", tag = "printing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the job")),
    responses((status = 200, body = JobBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<JobBody>> {
    let mut connection = state.store().acquire().await?;
    let job = find_job(&mut connection, &caller.account, id).await?;
    Ok(Json(job.into()))
}

/// Pauses, resumes or cancels a job.
#[utoipa::path(
    post, path = "/api/v1/print-jobs/{id}/command", tag = "printing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the job")),
    request_body = JobCommand,
    responses((status = 200, body = JobBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody))
)]
pub(crate) async fn act(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(wanted): JsonBody<JobCommand>,
) -> Answer<Json<JobBody>> {
    let wanted = match wanted.word {
        Word::Pause => Command::Pause,
        Word::Resume => Command::Resume(wanted.from),
        Word::Cancel => Command::Cancel,
    };
    Ok(Json(
        command(&state, &caller.account, id, wanted).await?.into(),
    ))
}
