//! The ledger of labels: how many of a run were issued, printed, spoiled and voided, and why.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;
use crate::label::Run;

/// Most rows that a list holds.
pub const LIST_MAX: i64 = 500;

/// What became of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Printed, but not by a job of ours.
    Printed,
    /// Lost on paper: jammed, torn, smeared. The code may be printed again.
    Spoiled,
    /// Not valid any more: its page says so.
    Voided,
    /// Its code answers from now on.
    Activated,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Printed, Self::Spoiled, Self::Voided, Self::Activated];

    /// The word in the database and in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Printed => "printed",
            Self::Spoiled => "spoiled",
            Self::Voided => "voided",
            Self::Activated => "activated",
        }
    }
}

/// A line to write.
#[derive(Debug, Clone)]
pub struct NewLine<'a> {
    /// Run of labels.
    pub run_id: i64,
    /// First and last label, by their places in the run.
    pub numbers: (i32, i32),
    /// What became of them.
    pub fate: Fate,
    /// Why.
    pub reason: &'a str,
    /// Made by the client, so that a line sent twice stands once.
    pub request_id: Uuid,
    /// Who says so.
    pub account_id: Option<i64>,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// First label.
    pub first: i32,
    /// Last label.
    pub last: i32,
    /// See [`Fate::word`].
    pub fate: String,
    /// Why.
    pub reason: String,
    /// When it was written.
    pub at: OffsetDateTime,
}

/// How many labels of a run there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Serials that were drawn.
    pub issued: i64,
    /// Labels that a printer took at least once, or that were printed elsewhere.
    pub printed: i64,
    /// Labels that were lost on paper at least once.
    pub spoiled: i64,
    /// Labels that are not valid any more.
    pub voided: i64,
    /// Labels whose codes answer because they were activated.
    pub activated: i64,
    /// Labels that are bound to a lot.
    pub bound: i64,
}

/// Locks a run, so that jobs, bindings and lines about it are judged one after the other; `None` if
/// there is none.
pub async fn lock_run(
    connection: &mut PgConnection,
    run_id: i64,
) -> Result<Option<Run>, StoreError> {
    let run = sqlx::query_as!(
        Run,
        "select id, lot_id, product_id, size, count, on_activation, created_at
         from label_run where id = $1 for update",
        run_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(run)
}

/// Whether this request wrote a line already.
pub async fn is_written(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from label_ledger where request_id = $1) as "found!""#,
        request_id
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// The serials of a range that are bound, not voided and not activated yet, in order, with their
/// lots.
pub async fn list_dormant(
    connection: &mut PgConnection,
    run_id: i64,
    (first, last): (i32, i32),
) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = sqlx::query!(
        "select binding.lot_id, label.serial
         from label
         join label_binding as binding
           on binding.run_id = label.run_id
          and label.number between binding.first_number and binding.last_number
         where label.run_id = $1 and label.number between $2 and $3
           and not exists (select from label_ledger as ledger
                           where ledger.run_id = label.run_id
                             and ledger.kind in ('activated', 'voided')
                             and label.number between ledger.first_number and ledger.last_number)
         order by label.number",
        run_id,
        first,
        last
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.lot_id, row.serial))
        .collect())
}

/// Writes a line; one that was written before stays as it is.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewLine<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into label_ledger (run_id, first_number, last_number, kind, reason, request_id,
                                   at, account_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (request_id) do nothing",
        new.run_id,
        new.numbers.0,
        new.numbers.1,
        new.fate.word(),
        new.reason,
        new.request_id,
        now,
        new.account_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The lines of a run, newest first.
pub async fn list(connection: &mut PgConnection, run_id: i64) -> Result<Vec<Line>, StoreError> {
    let lines = sqlx::query_as!(
        Line,
        "select first_number as first, last_number as last, kind as fate, reason, at
         from label_ledger where run_id = $1 order by id desc limit $2",
        run_id,
        LIST_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(lines)
}

/// Counts a run's labels.
pub async fn count(connection: &mut PgConnection, run_id: i64) -> Result<Counts, StoreError> {
    let counts = sqlx::query_as!(
        Counts,
        r#"with fate as (
             select 'printed' as kind, number
             from print_job, generate_series(first_number, next_number - 1) as number
             where run_id = $1
             union
             select kind, number
             from label_ledger, generate_series(first_number, last_number) as number
             where run_id = $1)
           select (select count(*) from label where run_id = $1) as "issued!",
                  (select coalesce(sum(last_number - first_number + 1), 0)::bigint
                   from label_binding where run_id = $1) as "bound!",
                  count(*) filter (where kind = 'activated') as "activated!",
                  count(*) filter (where kind = 'printed') as "printed!",
                  count(*) filter (where kind = 'spoiled') as "spoiled!",
                  count(*) filter (where kind = 'voided') as "voided!"
           from fate"#,
        run_id
    )
    .fetch_one(connection)
    .await?;
    Ok(counts)
}

/// Whether some of these labels were printed before, and whether some are voided.
pub async fn touched(
    connection: &mut PgConnection,
    run_id: i64,
    (first, last): (i32, i32),
) -> Result<(bool, bool), StoreError> {
    let found = sqlx::query!(
        r#"select exists (select from print_job
                          where run_id = $1 and state <> 'cancelled'
                            and first_number <= $3 and last_number >= $2)
                  or exists (select from print_job
                             where run_id = $1 and first_number <= $3 and next_number > $2)
                  or exists (select from label_ledger
                             where run_id = $1 and kind = 'printed'
                               and first_number <= $3 and last_number >= $2) as "printed!",
                  exists (select from label_ledger
                          where run_id = $1 and kind = 'voided'
                            and first_number <= $3 and last_number >= $2) as "voided!""#,
        run_id,
        first,
        last
    )
    .fetch_one(connection)
    .await?;
    Ok((found.printed, found.voided))
}

/// Why a label is not valid any more; `None` for one that is, and for one that nobody issued.
pub async fn find_void(
    connection: &mut PgConnection,
    serial: &str,
) -> Result<Option<Line>, StoreError> {
    let line = sqlx::query_as!(
        Line,
        "select ledger.first_number as first, ledger.last_number as last, ledger.kind as fate,
                ledger.reason, ledger.at
         from label
         join label_ledger as ledger
           on ledger.run_id = label.run_id and ledger.kind = 'voided'
          and label.number between ledger.first_number and ledger.last_number
         where label.serial = $1
         order by ledger.id limit 1",
        serial
    )
    .fetch_optional(connection)
    .await?;
    Ok(line)
}
