//! Print jobs and the ledger of labels: what was sent to which printer, how far it came, and what
//! became of each label.
//!
//! The one thing to know: labels before `next` were taken by the printer. A job says so itself;
//! the ledger holds what only people know: printed elsewhere, spoiled, voided.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

/// Most jobs, and most ledger rows, that a list holds.
pub const LIST_MAX: i64 = 500;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waits for its printer.
    Waiting,
    /// Is being printed.
    Printing,
    /// Was stopped by a person or a fault.
    Paused,
    /// Came to its end.
    Done,
    /// Will not be gone on with.
    Cancelled,
}

impl JobState {
    const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Printing,
        Self::Paused,
        Self::Done,
        Self::Cancelled,
    ];

    /// The word in the database and in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Printing => "printing",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(word: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|state| state.word() == word);
        found.ok_or_else(|| StoreError::inconsistent("print_job.state", word))
    }
}

/// A job to make.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// Run of labels.
    pub run_id: i64,
    /// Printer.
    pub printer_id: i64,
    /// First and last label, by their places in the run.
    pub numbers: (i32, i32),
    /// Why labels are printed again.
    pub reason: Option<&'a str>,
    /// Made by the client.
    pub request_id: Uuid,
    /// Who makes it.
    pub account_id: Option<i64>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number here.
    pub id: i64,
    /// Run of labels.
    pub run_id: i64,
    /// Lot that the run was issued for, if it was for one.
    pub lot_id: Option<i64>,
    /// Size of the run.
    pub size: String,
    /// Printer.
    pub printer_id: i64,
    /// Name of the printer.
    pub printer: String,
    /// First label.
    pub first: i32,
    /// Last label.
    pub last: i32,
    /// The label that is sent next.
    pub next: i32,
    /// Where it stands.
    pub state: JobState,
    /// Why it was paused.
    pub problem: Option<String>,
    /// Why labels are printed again.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub changed_at: OffsetDateTime,
}

struct Row {
    id: i64,
    run_id: i64,
    lot_id: Option<i64>,
    size: String,
    printer_id: i64,
    printer: String,
    first: i32,
    last: i32,
    next: i32,
    state: String,
    problem: Option<String>,
    reason: Option<String>,
    created_at: OffsetDateTime,
    changed_at: OffsetDateTime,
}

impl TryFrom<Row> for Job {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            state: JobState::parse(&row.state)?,
            id: row.id,
            run_id: row.run_id,
            lot_id: row.lot_id,
            size: row.size,
            printer_id: row.printer_id,
            printer: row.printer,
            first: row.first,
            last: row.last,
            next: row.next,
            problem: row.problem,
            reason: row.reason,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

/// Makes a job that waits. A request that was made before returns the job it made then.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewJob<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        r#"with made as (
             insert into print_job (run_id, printer_id, first_number, last_number, next_number,
                                    state, reason, request_id, created_at, changed_at, created_by)
             values ($1, $2, $3, $4, $3, 'waiting', $5, $6, $7, $7, $8)
             on conflict (request_id) do nothing
             returning id)
           select id as "id!" from made
           union all select id from print_job where request_id = $6
           limit 1"#,
        new.run_id,
        new.printer_id,
        new.numbers.0,
        new.numbers.1,
        new.reason,
        new.request_id,
        now,
        new.account_id
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// One job.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Job>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select job.id, job.run_id, run.lot_id, run.size, job.printer_id,
                  printer.name as printer, job.first_number as first, job.last_number as last,
                  job.next_number as next, job.state, job.problem, job.reason, job.created_at,
                  job.changed_at
           from print_job as job
           join label_run as run on run.id = job.run_id
           join printer on printer.id = job.printer_id
           where job.id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await?;
    row.map(Job::try_from).transpose()
}

/// The job that a request made.
pub async fn find_by_request(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<Option<i64>, StoreError> {
    let id = sqlx::query_scalar!("select id from print_job where request_id = $1", request_id)
        .fetch_optional(connection)
        .await?;
    Ok(id)
}

/// The jobs of a run, newest first.
pub async fn list(connection: &mut PgConnection, run_id: i64) -> Result<Vec<Job>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select job.id, job.run_id, run.lot_id, run.size, job.printer_id,
                  printer.name as printer, job.first_number as first, job.last_number as last,
                  job.next_number as next, job.state, job.problem, job.reason, job.created_at,
                  job.changed_at
           from print_job as job
           join label_run as run on run.id = job.run_id
           join printer on printer.id = job.printer_id
           where job.run_id = $1
           order by job.id desc limit $2"#,
        run_id,
        LIST_MAX
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Job::try_from).collect()
}

/// Jobs of all runs, newest first: those before a number, where one is given, and only those that
/// are not at their end, where that is asked.
pub async fn list_all(
    connection: &mut PgConnection,
    before: Option<i64>,
    unfinished: bool,
    limit: i64,
) -> Result<Vec<Job>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select job.id, job.run_id, run.lot_id, run.size, job.printer_id,
                  printer.name as printer, job.first_number as first, job.last_number as last,
                  job.next_number as next, job.state, job.problem, job.reason, job.created_at,
                  job.changed_at
           from print_job as job
           join label_run as run on run.id = job.run_id
           join printer on printer.id = job.printer_id
           where ($1::bigint is null or job.id < $1)
             and (not $2 or job.state in ('waiting', 'printing', 'paused'))
           order by job.id desc limit $3"#,
        before,
        unfinished,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Job::try_from).collect()
}

/// How many jobs stand still because of a fault or a person.
pub async fn count_paused(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let paused =
        sqlx::query_scalar!(r#"select count(*) as "n!" from print_job where state = 'paused'"#)
            .fetch_one(connection)
            .await?;
    Ok(paused)
}

/// Takes the oldest waiting job whose printer has nothing to do, and leases it.
pub async fn claim(
    connection: &mut PgConnection,
    now: OffsetDateTime,
    leased_until: OffsetDateTime,
) -> Result<Option<i64>, StoreError> {
    let id = sqlx::query_scalar!(
        "update print_job set state = 'printing', leased_until = $2, changed_at = $1, problem = null
         where id = (
             select job.id from print_job as job
             where job.state = 'waiting'
               and not exists (select from print_job as other
                               where other.printer_id = job.printer_id
                                 and other.state = 'printing')
             order by job.id limit 1
             for update skip locked)
         returning id",
        now,
        leased_until
    )
    .fetch_optional(connection)
    .await?;
    Ok(id)
}

/// Writes down how far a job came and renews its lease; `false` if somebody paused or cancelled
/// it, which then keeps its count all the same.
pub async fn advance(
    connection: &mut PgConnection,
    id: i64,
    next: i32,
    now: OffsetDateTime,
    leased_until: OffsetDateTime,
) -> Result<bool, StoreError> {
    let going_on = sqlx::query_scalar!(
        r#"update print_job
           set next_number = greatest(next_number, $2), changed_at = $3,
               leased_until = case when state = 'printing' then $4::timestamptz end
           where id = $1
           returning state = 'printing' as "going_on!""#,
        id,
        next,
        now,
        leased_until
    )
    .fetch_optional(connection)
    .await?;
    Ok(going_on.unwrap_or_default())
}

/// Ends a printing job: done when all labels were taken, else paused with what went wrong.
pub async fn end(
    connection: &mut PgConnection,
    id: i64,
    problem: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update print_job
         set state = case when next_number > last_number then 'done' else 'paused' end,
             problem = $2, leased_until = null, changed_at = $3
         where id = $1 and state = 'printing'",
        id,
        problem,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Pauses the jobs whose server is gone; returns how many.
pub async fn pause_lost(
    connection: &mut PgConnection,
    problem: &str,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "update print_job
         set state = case when next_number > last_number then 'done' else 'paused' end,
             problem = $1, leased_until = null, changed_at = $2
         where state = 'printing' and leased_until < $2",
        problem,
        now
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Pauses a waiting or printing job; `false` if it was neither.
pub async fn pause(
    connection: &mut PgConnection,
    id: i64,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update print_job set state = 'paused', leased_until = null, changed_at = $2
         where id = $1 and state in ('waiting', 'printing')",
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a paused job wait for its printer again, from a label on; `false` if it was not paused or
/// has no such label.
pub async fn resume(
    connection: &mut PgConnection,
    id: i64,
    next: i32,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update print_job set state = 'waiting', next_number = $2, problem = null, changed_at = $3
         where id = $1 and state = 'paused' and $2 between first_number and last_number",
        id,
        next,
        now
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a job up; `false` if it had ended.
pub async fn cancel(
    connection: &mut PgConnection,
    id: i64,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update print_job set state = 'cancelled', leased_until = null, changed_at = $2
         where id = $1 and state in ('waiting', 'printing', 'paused')",
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[cfg(test)]
mod tests;
