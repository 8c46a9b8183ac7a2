//! `/operator/jobs`: work that takes long.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::print_job::{self, Job};
use store::{dead_letter, settle};

use super::count;
use crate::extract::Asked;
use crate::page::operator::job::{JobRow, JobsView, page, rows as row_page};
use crate::problem::Answer;
use crate::state::{AppState, timestamp};
use crate::web::Here;

/// Jobs of one page.
const ROWS: usize = 30;

/// Which jobs.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    all: Option<String>,
    before: Option<i64>,
}

/// Shows what is under way.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let view = view(&state, &question).await?;
    here.answer(page(&here.site, &view))
}

/// The same, for the page that is open.
pub(super) async fn rows(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let view = view(&state, &question).await?;
    here.answer(row_page(&here.site, &view))
}

async fn view(state: &AppState, question: &Question) -> Answer<JobsView> {
    let all = question.all.is_some();
    let mut connection = state.store().acquire().await?;
    let limit = ROWS as i64 + 1;
    let mut jobs = print_job::list_all(&mut connection, question.before, !all, limit).await?;
    let tally = dead_letter::tally(&mut connection).await?;
    let behind = settle::count_waiting(&mut connection).await?;
    let more = jobs.len() > ROWS;
    jobs.truncate(ROWS);
    let last = jobs.last().filter(|_| more);
    let all_too = if all { "all=1&" } else { "" };
    let backups = state.setup().upkeep.backups.as_ref();
    Ok(JobsView {
        next: last.map(|last| format!("/operator/jobs?{all_too}before={}", last.id)),
        rows: jobs.into_iter().map(row).collect(),
        all,
        replaying: tally.iter().map(|row| count(row.waiting)).sum(),
        behind: count(behind),
        backing_up: backups.is_some_and(|backups| backups.running().is_some()),
    })
}

fn row(job: Job) -> JobRow {
    JobRow {
        id: job.id,
        printer: job.printer,
        size: job.size,
        state: job.state.word(),
        labels: job.last - job.first + 1,
        done: job.next - job.first,
        problem: job.problem,
        changed: timestamp(job.changed_at),
    }
}
