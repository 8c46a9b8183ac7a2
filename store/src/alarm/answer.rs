//! What people do about alarms: take note, put aside for a while (ISA-18.2 shelving), name who
//! looks after it. Each tells the open pages.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::{StoreError, notice};

/// An alarm to put aside.
#[derive(Debug, Clone, Copy)]
pub struct NewShelving<'a> {
    /// From now.
    pub at: OffsetDateTime,
    /// When it returns by itself.
    pub until: OffsetDateTime,
    /// Why.
    pub reason: &'a str,
    /// Who.
    pub account_id: i64,
}

/// Notes who took note of an alarm; the first one stays. Returns whether this call was the first.
pub async fn acknowledge(
    connection: &mut PgConnection,
    id: i64,
    account_id: i64,
    note: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update alarm set acknowledged_at = $3, acknowledged_by = $2, note = $4
         where id = $1 and acknowledged_at is null",
        id,
        account_id,
        now,
        note
    )
    .execute(&mut *connection)
    .await?;
    notice::alarm_changed(connection, id).await?;
    Ok(updated.rows_affected() > 0)
}

/// Takes note, with the same words, of the earlier alarms of its rule that still wait.
pub async fn acknowledge_repeats(
    connection: &mut PgConnection,
    id: i64,
    account_id: i64,
    note: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let earlier = sqlx::query_scalar!(
        "update alarm set acknowledged_at = $3, acknowledged_by = $2, note = $4
         from alarm as newest
         where newest.id = $1 and alarm.rule_id = newest.rule_id
           and alarm.raised_at < newest.raised_at and alarm.acknowledged_at is null
         returning alarm.id",
        id,
        account_id,
        now,
        note
    )
    .fetch_all(&mut *connection)
    .await?;
    for id in earlier {
        notice::alarm_changed(connection, id).await?;
    }
    Ok(())
}

/// Puts an alarm aside, with all that its rule raises until then; what was said before about it
/// ends.
pub async fn shelve(
    connection: &mut PgConnection,
    id: i64,
    new: NewShelving<'_>,
) -> Result<(), StoreError> {
    unshelve(&mut *connection, id, (new.account_id, new.at)).await?;
    sqlx::query!(
        "insert into alarm_shelving (rule_id, shelved_at, until, reason, shelved_by)
         select rule_id, $2, $3, $4, $5 from alarm where id = $1",
        id,
        new.at,
        new.until,
        new.reason,
        new.account_id
    )
    .execute(&mut *connection)
    .await?;
    notice::alarm_changed(connection, id).await
}

/// Takes an alarm off the shelf; returns whether it was there.
pub async fn unshelve(
    connection: &mut PgConnection,
    id: i64,
    (account_id, now): (i64, OffsetDateTime),
) -> Result<bool, StoreError> {
    let ended = sqlx::query!(
        "update alarm_shelving set ended_at = $3, ended_by = $2
         where rule_id = (select rule_id from alarm where id = $1)
           and ended_at is null and until > $3",
        id,
        account_id,
        now
    )
    .execute(&mut *connection)
    .await?;
    notice::alarm_changed(connection, id).await?;
    Ok(ended.rows_affected() > 0)
}

/// Names who looks after an alarm, or nobody.
pub async fn assign(
    connection: &mut PgConnection,
    id: i64,
    account_id: Option<i64>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update alarm set assigned_to = $2,
                          assigned_at = case when $2::bigint is null then null else $3::timestamptz end
         where id = $1 and assigned_to is distinct from $2",
        id,
        account_id,
        now
    )
    .execute(&mut *connection)
    .await?;
    notice::alarm_changed(connection, id).await
}

/// The open alarms whose time on the shelf ended by itself after `from` and not after `to`: the
/// newest of each rule.
pub async fn list_returned(
    connection: &mut PgConnection,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Result<Vec<i64>, StoreError> {
    let returned = sqlx::query_scalar!(
        r#"select max(alarm.id) as "id!"
           from alarm_shelving as put
           join alarm on alarm.rule_id = put.rule_id
            and (alarm.acknowledged_at is null or alarm.cleared_at is null)
           where put.until > $1 and put.until <= $2 and put.ended_at is null
           group by put.rule_id"#,
        from,
        to
    )
    .fetch_all(connection)
    .await?;
    Ok(returned)
}
