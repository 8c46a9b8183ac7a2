//! 农业投入品: what producers keep in store to use on their plots, and how much is left of it.

use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::StoreError;

/// An input with what is left of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Made by the client.
    pub id: Uuid,
    /// Whose it is.
    pub producer_id: i64,
    /// `pesticide`, `fertiliser`, `seed`, `feed` or `veterinary`.
    pub kind: String,
    /// Name on the label.
    pub name: String,
    /// 登记证号 or 批准文号; empty for what needs none.
    pub registration: String,
    /// Active ingredient or composition.
    pub ingredient: String,
    /// 安全间隔期 or 休药期, days; for pesticides and veterinary drugs.
    pub interval_days: Option<i32>,
    /// Unit of its stock.
    pub unit: String,
    /// What is left; below 0 where more was used than was ever noted as bought.
    pub stock: f64,
}

/// An input to file; the fields are those of [`Input`].
#[derive(Debug, Clone)]
pub struct NewInput<'a> {
    /// Made by the client.
    pub id: Uuid,
    /// Whose it is.
    pub producer_id: i64,
    /// See [`Input::kind`].
    pub kind: &'a str,
    /// Name on the label.
    pub name: &'a str,
    /// 登记证号 or 批准文号.
    pub registration: &'a str,
    /// Active ingredient or composition.
    pub ingredient: &'a str,
    /// Days.
    pub interval_days: Option<i32>,
    /// Unit of its stock.
    pub unit: &'a str,
    /// Who files it; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// Something that came into stock or was used.
#[derive(Debug, Clone)]
pub struct NewMove<'a> {
    /// Made by the client; of a use, the id of its record.
    pub id: Uuid,
    /// Of which input.
    pub input_id: Uuid,
    /// The record of the use.
    pub record_id: Option<Uuid>,
    /// Above 0 what came in, below 0 what was used.
    pub amount: f64,
    /// When.
    pub moved_on: Date,
    /// Where it was bought; empty for a use.
    pub source: &'a str,
    /// Who notes it; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// Files an input; one of this id changes nothing. Returns whether it was filed now.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewInput<'_>,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        "insert into input (id, producer_id, kind, name, registration, ingredient, interval_days,
                            unit, created_at, account_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do nothing",
        new.id,
        new.producer_id,
        new.kind,
        new.name,
        new.registration,
        new.ingredient,
        new.interval_days,
        new.unit,
        now,
        new.account_id
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Notes that something came in; the same id again changes nothing. Returns whether it was new.
pub async fn insert_move(
    connection: &mut PgConnection,
    new: &NewMove<'_>,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        "insert into input_move
             (id, input_id, record_id, amount, moved_on, source, created_at, account_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (id) do nothing",
        new.id,
        new.input_id,
        new.record_id,
        new.amount,
        new.moved_on,
        new.source,
        now,
        new.account_id
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The move of this id, as its input and its amount.
pub async fn find_move(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<(Uuid, f64)>, StoreError> {
    let found = sqlx::query!("select input_id, amount from input_move where id = $1", id)
        .fetch_optional(connection)
        .await?;
    Ok(found.map(|row| (row.input_id, row.amount)))
}

/// Makes the use of a record what the record says now: an edit changes it, a void ends it.
pub async fn set_use(
    connection: &mut PgConnection,
    new: &NewMove<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into input_move
             (id, input_id, record_id, amount, moved_on, source, created_at, account_id)
         values ($1, $2, $3, $4, $5, '', $6, $7)
         on conflict (id) do update
         set input_id = excluded.input_id, amount = excluded.amount, moved_on = excluded.moved_on",
        new.id,
        new.input_id,
        new.record_id,
        new.amount,
        new.moved_on,
        now,
        new.account_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the use of a record: it used nothing after all.
pub async fn delete_use(connection: &mut PgConnection, record_id: Uuid) -> Result<(), StoreError> {
    sqlx::query!("delete from input_move where record_id = $1", record_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The inputs of one producer, or of all, or the one of this id; by name.
pub async fn list(
    connection: &mut PgConnection,
    producer_id: Option<i64>,
    id: Option<Uuid>,
) -> Result<Vec<Input>, StoreError> {
    let inputs = sqlx::query_as!(
        Input,
        r#"select id, producer_id, kind, name, registration, ingredient, interval_days, unit,
                  (select coalesce(sum(amount), 0) from input_move where input_id = input.id)
                      as "stock!"
           from input
           where ($1::bigint is null or producer_id = $1) and ($2::uuid is null or id = $2)
           order by name, registration, id limit 500"#,
        producer_id,
        id
    )
    .fetch_all(connection)
    .await?;
    Ok(inputs)
}
