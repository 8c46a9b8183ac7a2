//! Dead letters that are tried again: an operator asks, a process that takes readings does it. The
//! request stands in the letter's row, so it survives whoever dies in between. Doing it twice
//! would do no harm: a reading is stored once.

use model::time::Timestamp;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::{StoreError, from_db, notice, to_db};

/// Most letters that one request may ask for.
pub const REQUEST_MAX: i64 = 1_000;

/// A wish to try a letter again, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
    /// Login of who asked.
    pub requested_by: String,
    /// What came of it; `None` while it waits.
    pub done: Option<Done>,
}

/// A letter that was tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: OffsetDateTime,
    /// How it ended.
    pub outcome: Outcome,
    /// Why something was refused again, a word for machines.
    pub reason: Option<String>,
    /// The same for a person.
    pub detail: Option<String>,
}

/// How trying again ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is in the database now.
    Stored,
    /// Some of it is.
    Partly,
    /// Nothing of it is.
    Refused,
}

impl Outcome {
    /// The word in the database, the API and the metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Partly => "partly",
            Self::Refused => "refused",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, StoreError> {
        let known = [Self::Stored, Self::Partly, Self::Refused];
        known
            .into_iter()
            .find(|outcome| outcome.code() == word)
            .ok_or_else(|| StoreError::inconsistent("dead_letter.replay_outcome", word))
    }
}

/// Asks to try one letter again. What waits already, is stored already, or lacks bytes stays as it
/// is; `true` where it is asked for now.
pub async fn request(
    connection: &mut PgConnection,
    id: i64,
    account: i64,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let asked = sqlx::query!(
        "update dead_letter
         set replay_requested_at = $3, replay_requested_by = $2,
             replayed_at = null, replay_outcome = null, replay_reason = null, replay_detail = null
         where id = $1
           and payload_bytes > 0 and length(payload) = payload_bytes
           and (replay_requested_at is null or replay_outcome in ('partly', 'refused'))",
        id,
        account,
        now,
    )
    .execute(&mut *connection)
    .await?
    .rows_affected()
        > 0;
    if asked {
        notice::replay_requested(connection).await?;
    }
    Ok(asked)
}

/// Which letters to try again together.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Of this reason.
    pub reason: String,
    /// Only of this gateway.
    pub gateway: Option<String>,
    /// Only those before this number: where an earlier request stopped.
    pub before: Option<i64>,
}

/// Asks to try all letters of a reason again, the newest first, at most `limit` and at most
/// [`REQUEST_MAX`]. Letters that were tried before are left out: what was refused twice is asked
/// for by its number. Returns their numbers.
pub async fn request_all(
    connection: &mut PgConnection,
    selection: &Selection,
    limit: i64,
    account: i64,
    now: OffsetDateTime,
) -> Result<Vec<i64>, StoreError> {
    let mut asked = sqlx::query_scalar!(
        "update dead_letter
         set replay_requested_at = $5, replay_requested_by = $4
         where id in (
             select id from dead_letter
             where reason = $1
               and ($2::text is null or gateway = $2)
               and ($3::bigint is null or id < $3)
               and replay_requested_at is null
               and payload_bytes > 0 and length(payload) = payload_bytes
             order by id desc
             limit $6)
         returning id",
        selection.reason,
        selection.gateway,
        selection.before,
        account,
        now,
        limit.clamp(1, REQUEST_MAX),
    )
    .fetch_all(&mut *connection)
    .await?;
    asked.sort_unstable_by(|a, b| b.cmp(a));
    if !asked.is_empty() {
        notice::replay_requested(connection).await?;
    }
    Ok(asked)
}

/// A letter to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub id: i64,
    /// When it arrived: relative times in it count from then.
    pub arrived: Timestamp,
    /// User name that it came with.
    pub gateway: Option<String>,
    /// Topic.
    pub topic: String,
    /// The bytes.
    pub payload: Vec<u8>,
}

/// Takes the next letter that waits and no other process has taken. It is given back when the
/// transaction ends without [`note`]: when its process dies, another one does it.
pub async fn take(transaction: &mut PgConnection) -> Result<Option<Waiting>, StoreError> {
    let row = sqlx::query!(
        "select id, arrived_at, gateway, topic, payload from dead_letter
         where replay_requested_at is not null and replayed_at is null
         order by id
         limit 1
         for update skip locked",
    )
    .fetch_optional(transaction)
    .await?;
    Ok(row.map(|row| Waiting {
        id: row.id,
        arrived: from_db(row.arrived_at),
        gateway: row.gateway,
        topic: row.topic,
        payload: row.payload,
    }))
}

/// Writes down what came of a letter: why something was refused again is word and detail.
pub async fn note(
    transaction: &mut PgConnection,
    id: i64,
    outcome: Outcome,
    refused: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update dead_letter
         set replayed_at = $2, replay_outcome = $3, replay_reason = $4, replay_detail = $5
         where id = $1",
        id,
        to_db(now),
        outcome.code(),
        refused.map(|(reason, _)| reason),
        refused.map(|(_, detail)| detail.replace('\0', "\u{fffd}")),
    )
    .execute(transaction)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
