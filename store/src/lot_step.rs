//! The journal of lots: each step that a person took, once however often it is sent.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

/// A step to note.
#[derive(Debug, Clone)]
pub struct NewStep<'a> {
    /// Whose life.
    pub lot_id: i64,
    /// What was done, for example `harvest`.
    pub step: &'a str,
    /// Where the lot stood, as its code.
    pub from_state: &'a str,
    /// Where it stands now, as its code.
    pub to_state: &'a str,
    /// Why; may be empty.
    pub reason: &'a str,
    /// Made by the client.
    pub request_id: Uuid,
    /// Who; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// A step as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Whose life.
    pub lot_id: i64,
    /// What was done.
    pub step: String,
    /// Where the lot stood.
    pub from_state: String,
    /// Where it stood after.
    pub to_state: String,
    /// Why; may be empty.
    pub reason: String,
    /// When it was noted.
    pub at: OffsetDateTime,
    /// Role of who did it; `None` for the platform itself.
    pub by_role: Option<String>,
}

/// Notes a step. The caller has looked for its request before, with the lot locked.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewStep<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into lot_step
             (lot_id, step, from_state, to_state, reason, at, account_id, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.lot_id,
        new.step,
        new.from_state,
        new.to_state,
        new.reason,
        now,
        new.account_id,
        new.request_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes the same step of many lots: each with where it stood and its own request id.
pub async fn insert_all(
    connection: &mut PgConnection,
    like: &NewStep<'_>,
    lots: &[(i64, &str, Uuid)],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let ids: Vec<_> = lots.iter().map(|(lot, ..)| *lot).collect();
    let from: Vec<_> = lots.iter().map(|(_, from, _)| (*from).to_owned()).collect();
    let requests: Vec<_> = lots.iter().map(|(.., request)| *request).collect();
    sqlx::query!(
        "insert into lot_step
             (lot_id, step, from_state, to_state, reason, at, account_id, request_id)
         select lot_id, $4, from_state, $5, $6, $7, $8, request_id
         from unnest($1::bigint[], $2::text[], $3::uuid[]) as t (lot_id, from_state, request_id)",
        &ids,
        &from,
        &requests,
        like.step,
        like.to_state,
        like.reason,
        now,
        like.account_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The step that a request took, as its lot and its name.
pub async fn find_by_request(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<Option<(i64, String)>, StoreError> {
    let found = sqlx::query!(
        "select lot_id, step from lot_step where request_id = $1",
        request_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|row| (row.lot_id, row.step)))
}

/// The lot of a sample of this code, the newest where several have it.
pub async fn find_sample(
    connection: &mut PgConnection,
    code: &str,
) -> Result<Option<i64>, StoreError> {
    let lot = sqlx::query_scalar!(
        "select lot_id from lot_step where step = 'sample' and reason = $1
         order by id desc limit 1",
        code
    )
    .fetch_optional(connection)
    .await?;
    Ok(lot)
}

/// The steps of a lot, oldest first.
pub async fn list(connection: &mut PgConnection, lot_id: i64) -> Result<Vec<Step>, StoreError> {
    let steps = sqlx::query_as!(
        Step,
        r#"select lot_id, step, from_state, to_state, reason, at, account.role as "by_role?"
           from lot_step left join account on account.id = lot_step.account_id
           where lot_id = $1 order by lot_step.id"#,
        lot_id
    )
    .fetch_all(connection)
    .await?;
    Ok(steps)
}
