//! 生产记录: what was done on plots. A record has an id made by its client and a version; an edit
//! is taken only from somebody who saw the version that it changes.

use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::StoreError;

/// Most records that one list holds.
pub const LIST_MAX: i64 = 500;

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    /// Where.
    pub plot_id: i64,
    /// For which lot; `None` for everything on the plot.
    pub lot_id: Option<i64>,
    /// `sowing`, `irrigation`, `fertiliser`, `pesticide`, `feeding`, `medication` or `other`.
    pub kind: String,
    /// When.
    pub done_on: Date,
    /// What was used.
    pub input_id: Option<Uuid>,
    /// How much of it, in the unit of its stock.
    pub dose: Option<f64>,
    /// That unit; empty where nothing was used.
    pub dose_unit: String,
    /// On how much land, mu.
    pub area_mu: Option<f64>,
    /// Days that have to pass until a harvest, as on the label when it was used.
    pub interval_days: Option<i32>,
    /// Pest, disease or purpose.
    pub target: String,
    /// Who did it; never shown in public.
    pub person: String,
    /// More.
    pub note: String,
    /// Entered by mistake: kept, counts for nothing.
    pub voided: bool,
}

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub struct FarmRecord {
    /// Made by the client.
    pub id: Uuid,
    /// Whose it is.
    pub producer_id: i64,
    /// What was done.
    pub deed: Deed,
    /// From 1.
    pub version: i32,
    /// When this version was written down.
    pub updated_at: OffsetDateTime,
    /// Name of what was used; empty where nothing was.
    pub input: String,
    /// Registration number of what was used.
    pub registration: String,
}

/// The use of something that has an interval, as far as a harvest looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    /// What was used.
    pub input: String,
    /// When.
    pub done_on: Date,
    /// Days that have to pass until a harvest.
    pub interval_days: i32,
}

/// Which records to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this one.
    pub id: Option<Uuid>,
    /// Only this producer's.
    pub producer_id: Option<i64>,
    /// Only on this plot.
    pub plot_id: Option<i64>,
    /// Only what was done in this span, both days included.
    pub days: Option<(Date, Date)>,
    /// Only what was done for this lot, or for its whole plot.
    pub lot_id: Option<i64>,
    /// Only work of this kind.
    pub kind: Option<String>,
    /// Only those after the record of this id, in the order of the list.
    pub after: Option<Uuid>,
}

/// Writes a record down; one of this id changes nothing. Returns whether it was new.
pub async fn insert(
    connection: &mut PgConnection,
    (id, producer_id): (Uuid, i64),
    deed: &Deed,
    account_id: Option<i64>,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        "insert into farm_record
             (id, producer_id, plot_id, lot_id, kind, done_on, input_id, dose, dose_unit, area_mu,
              interval_days, target, person, note, voided, version, updated_at, account_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1, $16, $17)
         on conflict (id) do nothing",
        id,
        producer_id,
        deed.plot_id,
        deed.lot_id,
        deed.kind,
        deed.done_on,
        deed.input_id,
        deed.dose,
        deed.dose_unit,
        deed.area_mu,
        deed.interval_days,
        deed.target,
        deed.person,
        deed.note,
        deed.voided,
        now,
        account_id
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Changes a record that stands at `version`; returns whether it did.
pub async fn update(
    connection: &mut PgConnection,
    (id, version): (Uuid, i32),
    deed: &Deed,
    account_id: Option<i64>,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update farm_record
         set plot_id = $3, lot_id = $4, kind = $5, done_on = $6, input_id = $7, dose = $8,
             dose_unit = $9, area_mu = $10, interval_days = $11, target = $12, person = $13,
             note = $14, voided = $15, version = version + 1, updated_at = $16, account_id = $17
         where id = $1 and version = $2",
        id,
        version,
        deed.plot_id,
        deed.lot_id,
        deed.kind,
        deed.done_on,
        deed.input_id,
        deed.dose,
        deed.dose_unit,
        deed.area_mu,
        deed.interval_days,
        deed.target,
        deed.person,
        deed.note,
        deed.voided,
        now,
        account_id
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Holds a record until the transaction ends; two edits of it come one after the other.
pub async fn lock(connection: &mut PgConnection, id: Uuid) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!("select id from farm_record where id = $1 for update", id)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// The records of a filter, newest first.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<FarmRecord>, StoreError> {
    let (first, last) = filter.days.unzip();
    let after = match filter.after {
        Some(id) => find_day(&mut *connection, id).await?.map(|day| (day, id)),
        None => None,
    };
    let (after_day, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select record.id, record.producer_id, plot_id, lot_id, record.kind, done_on, input_id,
                  dose, dose_unit, area_mu, record.interval_days, target, person, note, voided,
                  version, updated_at, coalesce(input.name, '') as "input!",
                  coalesce(input.registration, '') as "registration!"
           from farm_record as record
           left join input on input.id = record.input_id
           where ($1::uuid is null or record.id = $1)
             and ($2::bigint is null or record.producer_id = $2)
             and ($3::bigint is null or plot_id = $3)
             and ($4::date is null or done_on >= $4)
             and ($5::date is null or done_on <= $5)
             and ($6::bigint is null or lot_id is null or lot_id = $6)
             and ($8::text is null or record.kind = $8)
             and ($9::date is null or done_on < $9 or (done_on = $9 and record.id > $10::uuid))
           order by done_on desc, record.id
           limit $7"#,
        filter.id,
        filter.producer_id,
        filter.plot_id,
        first,
        last,
        filter.lot_id,
        limit.clamp(1, LIST_MAX),
        filter.kind,
        after_day,
        after_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(FarmRecord::from).collect())
}

async fn find_day(connection: &mut PgConnection, id: Uuid) -> Result<Option<Date>, StoreError> {
    let day = sqlx::query_scalar!("select done_on from farm_record where id = $1", id)
        .fetch_optional(connection)
        .await?;
    Ok(day)
}

/// What was used on a plot since `first` that has an interval, and was not for another lot.
pub async fn list_treatments(
    connection: &mut PgConnection,
    plot_id: i64,
    lot_id: Option<i64>,
    first: Date,
) -> Result<Vec<Treatment>, StoreError> {
    let treatments = sqlx::query_as!(
        Treatment,
        r#"select input.name as input, done_on, record.interval_days as "interval_days!"
           from farm_record as record join input on input.id = record.input_id
           where plot_id = $1 and (lot_id is null or lot_id = $2)
             and done_on + record.interval_days >= $3
             and record.interval_days is not null and not voided
           order by done_on desc"#,
        plot_id,
        lot_id,
        first
    )
    .fetch_all(connection)
    .await?;
    Ok(treatments)
}

struct Row {
    id: Uuid,
    producer_id: i64,
    plot_id: i64,
    lot_id: Option<i64>,
    kind: String,
    done_on: Date,
    input_id: Option<Uuid>,
    dose: Option<f64>,
    dose_unit: String,
    area_mu: Option<f64>,
    interval_days: Option<i32>,
    target: String,
    person: String,
    note: String,
    voided: bool,
    version: i32,
    updated_at: OffsetDateTime,
    input: String,
    registration: String,
}

impl From<Row> for FarmRecord {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            producer_id: row.producer_id,
            deed: Deed {
                plot_id: row.plot_id,
                lot_id: row.lot_id,
                kind: row.kind,
                done_on: row.done_on,
                input_id: row.input_id,
                dose: row.dose,
                dose_unit: row.dose_unit,
                area_mu: row.area_mu,
                interval_days: row.interval_days,
                target: row.target,
                person: row.person,
                note: row.note,
                voided: row.voided,
            },
            version: row.version,
            updated_at: row.updated_at,
            input: row.input,
            registration: row.registration,
        }
    }
}

#[cfg(test)]
mod tests;
