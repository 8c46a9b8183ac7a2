//! `/api/v1/label-runs`: a run of labels as a whole: its ledger, its jobs, and the file with all
//! its labels.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use store::label::binding;
use store::label_ledger::{self as ledger, Fate};
use store::print_job as jobs;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::print_jobs::JobBody;
use crate::act::print::{Told, Wanted, find_run, start, tell};
use crate::act::run_file;
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

pub(crate) mod ahead;

/// A run of labels and what became of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunBody {
    /// Its number.
    id: i64,
    /// Number of the lot that it was issued for; null where ranges are bound to lots later.
    lot_id: Option<i64>,
    /// GTIN-14 of the product.
    gtin: String,
    /// Label size.
    size: String,
    /// Whether its codes wait until they are activated.
    on_activation: bool,
    /// Serials that were drawn.
    issued: i64,
    /// Labels that a printer took at least once, or that were printed elsewhere.
    printed: i64,
    /// Labels that were lost on paper at least once.
    spoiled: i64,
    /// Labels that are not valid any more.
    voided: i64,
    /// Labels that were activated, of a run that waits for it.
    activated: i64,
    /// Labels that are bound to a lot.
    bound: i64,
    /// Which labels are of which lot, in order, at most 1,000 ranges.
    bindings: Vec<BindingBody>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// What people said about its labels, newest first, at most 500.
    ledger: Vec<LineBody>,
    /// Its print jobs, newest first, at most 500.
    jobs: Vec<JobBody>,
}

/// Labels of a run and their lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BindingBody {
    /// First label, by its place in the run.
    first: i32,
    /// Last label.
    last: i32,
    /// Number of the lot.
    lot_id: i64,
    /// Code of the lot.
    lot: String,
    /// When they were bound.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl From<binding::Binding> for BindingBody {
    fn from(row: binding::Binding) -> Self {
        Self {
            first: row.first,
            last: row.last,
            lot_id: row.lot_id,
            lot: row.lot,
            at: row.at,
        }
    }
}

/// A line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineBody {
    /// `printed`, `spoiled`, `activated` or `voided`.
    kind: String,
    /// First label, by its place in the run.
    first: i32,
    /// Last label.
    last: i32,
    /// Why.
    reason: String,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl From<ledger::Line> for LineBody {
    fn from(line: ledger::Line) -> Self {
        Self {
            kind: line.fate,
            first: line.first,
            last: line.last,
            reason: line.reason,
            at: line.at,
        }
    }
}

/// Shows a run.
#[utoipa::path(
    get, path = "/api/v1/label-runs/{id}", tag = "labels", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the run")),
    responses((status = 200, body = RunBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<RunBody>> {
    let mut connection = state.store().acquire().await?;
    let (run, goods) = find_run(&mut connection, &caller.account, id).await?;
    let counts = ledger::count(&mut connection, id).await?;
    let lines = ledger::list(&mut connection, id).await?;
    let jobs = jobs::list(&mut connection, id).await?;
    let bindings = binding::list(&mut connection, id, (1, run.count)).await?;
    Ok(Json(RunBody {
        id,
        lot_id: run.lot_id,
        gtin: goods.gtin().to_owned(),
        size: run.size,
        on_activation: run.on_activation,
        issued: counts.issued,
        printed: counts.printed,
        spoiled: counts.spoiled,
        voided: counts.voided,
        activated: counts.activated,
        bound: counts.bound,
        bindings: bindings.into_iter().map(BindingBody::from).collect(),
        created_at: run.created_at,
        ledger: lines.into_iter().map(LineBody::from).collect(),
        jobs: jobs.into_iter().map(JobBody::from).collect(),
    }))
}

/// A line for the ledger.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewLine {
    /// Made by the client: sent again, it stands once.
    request_id: Uuid,
    /// `printed` elsewhere, `spoiled` on paper, or `voided`: not valid any more.
    kind: Kind,
    /// First label, by its place in the run; the first of all where it is missing.
    first: Option<i32>,
    /// Last label; the last of all where it is missing.
    last: Option<i32>,
    /// Why; must be said but for labels that were printed.
    #[serde(default)]
    reason: String,
}

/// What became of labels.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Printed elsewhere.
    Printed,
    /// Lost on paper.
    Spoiled,
    /// Not valid any more.
    Voided,
}

/// Tells the ledger what became of labels.
#[utoipa::path(
    post, path = "/api/v1/label-runs/{id}/ledger", tag = "labels", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the run")),
    request_body = NewLine,
    responses((status = 204), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn write(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(line): JsonBody<NewLine>,
) -> Answer<StatusCode> {
    let told = Told {
        request_id: line.request_id,
        fate: match line.kind {
            Kind::Printed => Fate::Printed,
            Kind::Spoiled => Fate::Spoiled,
            Kind::Voided => Fate::Voided,
        },
        first: line.first,
        last: line.last,
        reason: line.reason,
    };
    tell(&state, &caller.account, id, &told).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Labels to print.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewJob {
    /// Made by the client: sent again, it prints nothing more and gets the same answer.
    request_id: Uuid,
    /// Number of the printer.
    printer_id: i64,
    /// First label, by its place in the run; the first of all where it is missing.
    first: Option<i32>,
    /// Last label; the last of all where it is missing.
    last: Option<i32>,
    /// Why labels are printed again; must be said where some were printed before.
    reason: Option<String>,
}

/// Makes a print job; the printer begins as soon as it is free.
#[utoipa::path(
    post, path = "/api/v1/label-runs/{id}/jobs", tag = "printing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the run")),
    request_body = NewJob,
    responses((status = 201, body = JobBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn print(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewJob>,
) -> Answer<(StatusCode, Json<JobBody>)> {
    let wanted = Wanted {
        request_id: new.request_id,
        printer_id: new.printer_id,
        first: new.first,
        last: new.last,
        reason: new.reason,
    };
    let job = start(&state, &caller.account, id, &wanted).await?;
    Ok((StatusCode::CREATED, Json(job.into())))
}

/// Which file is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// `pdf`, `tspl`, `zpl`, `escpos`, or `png` and `svg` in one zip archive.
    format: String,
    /// Template; the run's own size where it is missing. `a4-3x8` for sheets of labels.
    template: Option<String>,
    /// First free label of a half-used sheet, counted line by line from 1.
    #[serde(default = "first")]
    #[param(minimum = 1)]
    start_at: u32,
    /// First label, by its place in the run.
    first: Option<i32>,
    /// Last label; a PDF has at most 10,000.
    last: Option<i32>,
    /// Number of a printer whose resolution, offset, scale and gap are used.
    printer: Option<i64>,
}

const fn first() -> u32 {
    1
}

/// The labels of a run as one file, as they are drawn; voided ones are left out.
#[utoipa::path(
    get, path = "/api/v1/label-runs/{id}/file", tag = "labels", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the run"), Question),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn file(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let wanted = run_file::Wanted {
        format: question.format,
        template: question.template,
        start_at: question.start_at,
        first: question.first,
        last: question.last,
        printer: question.printer,
    };
    run_file::answer(&state, &caller.account, id, &wanted).await
}
