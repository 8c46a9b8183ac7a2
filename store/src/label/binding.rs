//! Which lot a range of labels is of. A label is bound once and for good: the database refuses a
//! second binding of any label, whoever asks and however close together.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

/// The constraint that a second binding of a label breaks.
pub const ONCE: &str = "label_binding_once";

/// A range to bind.
#[derive(Debug, Clone)]
pub struct NewBinding {
    /// Run of labels.
    pub run_id: i64,
    /// First and last label, by their places in the run.
    pub numbers: (i32, i32),
    /// The lot that they are of.
    pub lot_id: i64,
    /// Made by the client, so that a binding sent twice is one.
    pub request_id: Uuid,
    /// Who binds.
    pub account_id: Option<i64>,
}

/// A range and its lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// First label.
    pub first: i32,
    /// Last label.
    pub last: i32,
    /// The lot that they are of.
    pub lot_id: i64,
    /// Code of that lot.
    pub lot: String,
    /// When they were bound.
    pub at: OffsetDateTime,
}

/// Binds a range; a request that was made before changes nothing.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewBinding,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    // A target is named: without one a range that overlaps would be skipped without a word.
    sqlx::query!(
        "insert into label_binding (run_id, first_number, last_number, lot_id, request_id, at,
                                    account_id)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (request_id) do nothing",
        new.run_id,
        new.numbers.0,
        new.numbers.1,
        new.lot_id,
        new.request_id,
        now,
        new.account_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The bindings of a run that touch a range, in order.
pub async fn list(
    connection: &mut PgConnection,
    run_id: i64,
    (first, last): (i32, i32),
) -> Result<Vec<Binding>, StoreError> {
    let bindings = sqlx::query_as!(
        Binding,
        "select first_number as first, last_number as last, lot_id, lot.code as lot, at
         from label_binding
         join lot on lot.id = label_binding.lot_id
         where run_id = $1 and first_number <= $3 and last_number >= $2
         order by first_number limit 1000",
        run_id,
        first,
        last
    )
    .fetch_all(connection)
    .await?;
    Ok(bindings)
}

/// What a request bound before: its run, its range and its lot.
pub async fn find_by_request(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<Option<(i64, (i32, i32), i64)>, StoreError> {
    let found = sqlx::query!(
        "select run_id, first_number, last_number, lot_id from label_binding where request_id = $1",
        request_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|row| (row.run_id, (row.first_number, row.last_number), row.lot_id)))
}
