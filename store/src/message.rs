//! Messages to a role, written in the transaction of the fact that they tell.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// A message to write.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// Whom it is for: `operator`, `supervisor` or `lab`; producers have a function of their own.
    pub to_role: &'a str,
    /// What it is about, for example `test_failed`.
    pub kind: &'a str,
    /// Which lot.
    pub lot_id: Option<i64>,
    /// In Chinese.
    pub text_zh: &'a str,
    /// In English.
    pub text_en: &'a str,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number, growing.
    pub id: i64,
    /// What it is about.
    pub kind: String,
    /// Which lot.
    pub lot_id: Option<i64>,
    /// In Chinese.
    pub text_zh: String,
    /// In English.
    pub text_en: String,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Writes a message.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewMessage<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into message (to_role, kind, lot_id, text_zh, text_en, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        new.to_role,
        new.kind,
        new.lot_id,
        new.text_zh,
        new.text_en,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a message to the staff of a producer: what it is about, in Chinese and in English.
pub async fn insert_to_producer(
    connection: &mut PgConnection,
    producer_id: i64,
    (kind, text_zh, text_en): (&str, &str, &str),
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into message (to_role, producer_id, kind, text_zh, text_en, created_at)
         values ('producer', $1, $2, $3, $4, $5)",
        producer_id,
        kind,
        text_zh,
        text_en,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The messages to a role, newest first; of those to producers only the ones to this one.
pub async fn list(
    connection: &mut PgConnection,
    (to_role, producer_id): (&str, Option<i64>),
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let messages = sqlx::query_as!(
        Message,
        "select id, kind, lot_id, text_zh, text_en, created_at
         from message
         where to_role = $1 and producer_id is not distinct from $2
         order by id desc limit $3",
        to_role,
        producer_id,
        limit.clamp(1, 500)
    )
    .fetch_all(connection)
    .await?;
    Ok(messages)
}
