//! The record: EPCIS events of a lot, appended and never changed. What an event says is put
//! together in `model::event`; here it is kept.

use serde_json::Value;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// An event to append.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// Whose event it is.
    pub lot_id: i64,
    /// CBV event hash id, unique.
    pub event_id: &'a str,
    /// CBV business step.
    pub biz_step: &'a str,
    /// When it happened.
    pub event_time: OffsetDateTime,
    /// Who entered it; `None` for the platform itself.
    pub account_id: Option<i64>,
    /// The whole event.
    pub body: &'a Value,
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number, growing with record time.
    pub id: i64,
    /// CBV event hash id.
    pub event_id: String,
    /// CBV business step.
    pub biz_step: String,
    /// When it happened.
    pub event_time: OffsetDateTime,
    /// When it was written down.
    pub record_time: OffsetDateTime,
    /// Role of who entered it; `None` for the platform itself.
    pub entered_by: Option<String>,
    /// The whole event.
    pub body: Value,
}

/// Appends an event; one that is there already changes nothing.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewEvent<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into event
             (lot_id, event_id, biz_step, event_time, record_time, account_id, body)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (event_id) do nothing",
        new.lot_id,
        new.event_id,
        new.biz_step,
        new.event_time,
        now,
        new.account_id,
        new.body
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Appends many events in one statement; those that are there already change nothing.
pub async fn insert_all(
    connection: &mut PgConnection,
    new: &[NewEvent<'_>],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let lots: Vec<_> = new.iter().map(|event| event.lot_id).collect();
    let ids: Vec<_> = new.iter().map(|event| event.event_id.to_owned()).collect();
    let steps: Vec<_> = new.iter().map(|event| event.biz_step.to_owned()).collect();
    let times: Vec<_> = new.iter().map(|event| event.event_time).collect();
    let accounts: Vec<_> = new.iter().map(|event| event.account_id).collect();
    let bodies: Vec<_> = new.iter().map(|event| event.body.clone()).collect();
    sqlx::query!(
        "insert into event
             (lot_id, event_id, biz_step, event_time, record_time, account_id, body)
         select lot_id, event_id, biz_step, event_time, $5, account_id, body
         from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $6::bigint[],
                     $7::jsonb[])
              as t (lot_id, event_id, biz_step, event_time, account_id, body)
         on conflict (event_id) do nothing",
        &lots,
        &ids,
        &steps,
        &times,
        now,
        &accounts as &[Option<i64>],
        &bodies
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Says that an event tells of further lots.
pub async fn tell_of(
    connection: &mut PgConnection,
    event_id: &str,
    lots: &[i64],
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into event_lot (event_id, lot_id)
         select event.id, t.lot_id from event cross join unnest($2::bigint[]) as t (lot_id)
         where event.event_id = $1 and event.lot_id <> t.lot_id
         on conflict do nothing",
        event_id,
        lots
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The events of a lot in the order in which they happened.
pub async fn list(connection: &mut PgConnection, lot_id: i64) -> Result<Vec<Event>, StoreError> {
    let events = sqlx::query_as!(
        Event,
        r#"select event.id, event_id, biz_step, event_time, record_time,
                  account.role as "entered_by?", body
           from event left join account on account.id = event.account_id
           -- Two lists and not one condition with `or`: that would read every event there is.
           where event.id in (select id from event where lot_id = $1
                              union select event_id from event_lot where lot_id = $1)
           order by event_time, event.id"#,
        lot_id
    )
    .fetch_all(connection)
    .await?;
    Ok(events)
}
