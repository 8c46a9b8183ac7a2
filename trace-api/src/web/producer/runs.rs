//! `/producer/runs/{id}`: printing a run of labels on a printer or on sheets, its jobs and its
//! ledger.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use label_printer::{Format, Template};
use serde::Deserialize;
use store::label;
use store::label_ledger::{self as ledger, Fate, Line};
use store::print_job::{self as jobs, Job, JobState};
use store::printer::{self, Printer};
use uuid::Uuid;

use super::labels::{media, title};
use super::{printers, row};
use crate::act::label::template;
use crate::act::print::{Command, Told, Wanted, command, find_job, no_run, start, tell};
use crate::act::{self, run_file};
use crate::caller::Caller;
use crate::extract::{Asked, FormBody, Named};
use crate::page::label_run::{
    JobRow, JobStage, LabelFate, LineRow, RunView, SheetPlaces, run as page,
};
use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};
use crate::web::{Here, see_other};

/// The sheet that is shown where none is chosen.
const USUAL_SHEET: &str = "a4-3x8";
/// Most jobs and lines on the page.
const ROWS_MAX: usize = 50;

/// The routes of runs, jobs and printers.
pub(in crate::web) fn router() -> Router<AppState> {
    Router::new()
        .route("/producer/runs/{id}", get(show))
        .route("/producer/runs/{id}/jobs", post(print))
        .route("/producer/runs/{id}/ledger", post(write))
        .route("/producer/runs/{id}/labels.pdf", get(file))
        .route("/producer/jobs/{id}", post(act_on_job))
        .route(
            "/producer/printers/{id}",
            get(printers::show).post(printers::save),
        )
        .route("/producer/printers/{id}/test-page", post(printers::test))
}

/// Which sheet is shown.
#[derive(Debug, Default, Deserialize)]
struct Question {
    sheet: Option<String>,
}

async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let view = view(&state, &caller, id, &question).await?;
    here.answer(page(&here.site, &view))
}

/// The page of a run again, or with why not.
async fn done(
    (state, caller, here): (&AppState, &Caller, Here),
    run_id: i64,
    outcome: Answer<()>,
    word: &str,
) -> Answer<Response> {
    match outcome {
        Ok(()) => Ok(see_other(&format!("/producer/runs/{run_id}"), word)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(state, caller, run_id, &Question::default()).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

/// The form of a print job.
#[derive(Debug, Deserialize)]
struct JobForm {
    request: Uuid,
    printer: i64,
    first: String,
    last: String,
    #[serde(default)]
    reason: String,
}

async fn print(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<JobForm>,
) -> Answer<Response> {
    let started = async {
        let wanted = Wanted {
            request_id: form.request,
            printer_id: form.printer,
            first: number("first", &form.first)?,
            last: number("last", &form.last)?,
            reason: Some(form.reason).filter(|reason| !reason.trim().is_empty()),
        };
        start(&state, &caller.account, id, &wanted).await.map(drop)
    };
    let outcome = started.await;
    done((&state, &caller, here), id, outcome, "printing").await
}

/// The form of a line of the ledger.
#[derive(Debug, Deserialize)]
struct LineForm {
    request: Uuid,
    kind: String,
    first: String,
    last: String,
    #[serde(default)]
    reason: String,
}

async fn write(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<LineForm>,
) -> Answer<Response> {
    let written = async {
        let fate = Fate::ALL.into_iter().find(|fate| fate.word() == form.kind);
        let unknown = || Problem::invalid("kind", "there is no such kind", "没有这种记录");
        let told = Told {
            request_id: form.request,
            fate: fate.ok_or_else(unknown)?,
            first: number("first", &form.first)?,
            last: number("last", &form.last)?,
            reason: form.reason,
        };
        tell(&state, &caller.account, id, &told).await
    };
    let outcome = written.await;
    done((&state, &caller, here), id, outcome, "ledger").await
}

/// The form of a job's buttons.
#[derive(Debug, Deserialize)]
struct CommandForm {
    #[serde(rename = "do")]
    word: String,
    #[serde(default)]
    from: String,
}

async fn act_on_job(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<CommandForm>,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let job = find_job(&mut connection, &caller.account, id).await?;
    drop(connection);
    let acted = async {
        let wanted = match form.word.as_str() {
            "pause" => Command::Pause,
            "cancel" => Command::Cancel,
            "resume" => Command::Resume(number("from", &form.from)?),
            _ => {
                return Err(Problem::invalid(
                    "do",
                    "there is no such command",
                    "没有这种操作",
                ));
            }
        };
        command(&state, &caller.account, id, wanted).await.map(drop)
    };
    let outcome = acted.await;
    done((&state, &caller, here), job.run_id, outcome, "job").await
}

/// Which PDF is wanted, as the form sends it.
#[derive(Debug, Deserialize)]
struct FileForm {
    template: String,
    #[serde(default)]
    start_at: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
    #[serde(default)]
    printer: String,
}

async fn file(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(form): Asked<FileForm>,
) -> Answer<Response> {
    let wanted = run_file::Wanted {
        format: Format::Pdf.name().to_owned(),
        template: Some(form.template),
        start_at: number("start_at", &form.start_at)?.unwrap_or(1),
        first: number("first", &form.first)?,
        last: number("last", &form.last)?,
        printer: number("printer", &form.printer)?,
    };
    run_file::answer(&state, &caller.account, id, &wanted).await
}

/// A number of a form; none where nothing was written.
fn number<T: std::str::FromStr>(field: &'static str, text: &str) -> Answer<Option<T>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let refuse = |_| Problem::invalid(field, "write a number", "请填写数字");
    text.parse().map(Some).map_err(refuse)
}

async fn view(state: &AppState, caller: &Caller, id: i64, question: &Question) -> Answer<RunView> {
    let mut connection = state.store().acquire().await?;
    let found = label::find_run(&mut connection, id)
        .await?
        .ok_or_else(no_run)?;
    // A run that was made ahead has no lot of its own; it is looked after over the API.
    let lot = act::find_lot(
        &mut connection,
        &caller.account,
        found.lot_id.unwrap_or_default(),
    )
    .await
    .map_err(|_| no_run())?;
    let counts = ledger::count(&mut connection, id).await?;
    let lines = ledger::list(&mut connection, id).await?;
    let jobs = jobs::list(&mut connection, id).await?;
    let printers = printer::list(&mut connection, caller.scope().producer()).await?;
    drop(connection);
    let is_office = |printer: &Printer| printer.settings.language == Format::Pdf.name();
    let (office, printers): (Vec<_>, Vec<_>) = printers.into_iter().partition(is_office);
    let own = template(state, "size", &found.size).ok();
    let sheet = sheet(state, question, own.as_ref());
    let chosen = sheet.as_ref().map_or("", |sheet| sheet.name.as_str());
    Ok(RunView {
        id,
        lot: row(&lot),
        at: timestamp(found.created_at),
        medium: own.as_ref().map_or(found.size, title),
        counts: [counts.issued, counts.printed, counts.spoiled, counts.voided],
        next: next(&jobs, found.count),
        printers: printers.iter().map(printers::row).collect(),
        office: office.iter().map(printers::row).collect(),
        sheets: media(state, chosen, |template| template.sheet.is_some()),
        sheet,
        jobs: jobs.into_iter().take(ROWS_MAX).map(job_row).collect(),
        lines: lines.into_iter().take(ROWS_MAX).map(line_row).collect(),
        requests: [state.draw_uuid().to_string(), state.draw_uuid().to_string()],
    })
}

/// The sheet that is asked for, or the run's own, or the usual one.
fn sheet(state: &AppState, question: &Question, own: Option<&Template>) -> Option<SheetPlaces> {
    let own = own.filter(|template| template.sheet.is_some());
    let own = own.map_or(USUAL_SHEET, |template| template.name.as_str());
    let asked = question.sheet.as_deref().unwrap_or(own);
    let found = template(state, "sheet", asked).ok()?;
    let sheet = found.sheet?;
    let columns = u32::from(sheet.columns);
    let places = |row: u32| (row * columns + 1..=(row + 1) * columns).collect();
    Some(SheetPlaces {
        name: found.name,
        rows: (0..u32::from(sheet.rows)).map(places).collect(),
    })
}

/// The first label that no job has printed; 1 where all were.
fn next(jobs: &[Job], count: i32) -> i32 {
    let next = jobs.iter().map(|job| job.next).max().unwrap_or(1);
    if next > count { 1 } else { next }
}

fn job_row(job: Job) -> JobRow {
    JobRow {
        id: job.id,
        printer: job.printer,
        first: job.first,
        last: job.last,
        next: job.next,
        state: match job.state {
            JobState::Waiting => JobStage::Waiting,
            JobState::Printing => JobStage::Printing,
            JobState::Paused => JobStage::Paused,
            JobState::Done => JobStage::Done,
            JobState::Cancelled => JobStage::Cancelled,
        },
        problem: job.problem,
        reason: job.reason,
    }
}

fn line_row(line: Line) -> LineRow {
    LineRow {
        at: timestamp(line.at),
        fate: match line.fate.as_str() {
            "printed" => LabelFate::Printed,
            "spoiled" => LabelFate::Spoiled,
            _ => LabelFate::Voided,
        },
        first: line.first,
        last: line.last,
        reason: line.reason,
    }
}
