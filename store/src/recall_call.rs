//! Whom of a recall somebody has reached: calls are noted one after another and stay.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

/// Who has of the goods of a recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HolderKind {
    /// A producer of one of its lots.
    Producer,
    /// Somebody who received of them.
    Party,
}

impl HolderKind {
    /// The word that the database and the API use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::Party => "party",
        }
    }

    /// The kind of a word, `None` for any other.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Producer, Self::Party]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// A call to note.
#[derive(Debug, Clone, Copy)]
pub struct NewCall<'a> {
    /// Of which recall.
    pub recall_id: i64,
    /// Who was called.
    pub holder: (HolderKind, i64),
    /// What they said; may be empty.
    pub note: &'a str,
    /// Who called.
    pub account_id: i64,
    /// Made by the client.
    pub request_id: Uuid,
}

/// A call as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who was called.
    pub holder: (HolderKind, i64),
    /// What they said.
    pub note: String,
    /// When.
    pub at: OffsetDateTime,
    /// Who called.
    pub by: String,
    /// The request that noted it.
    pub request_id: Uuid,
}

/// Notes a call, once however often its request is sent.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewCall<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into recall_call (recall_id, kind, holder_id, note, at, account_id, request_id)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (request_id) do nothing",
        new.recall_id,
        new.holder.0.code(),
        new.holder.1,
        new.note,
        now,
        new.account_id,
        new.request_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The calls of a recall, oldest first.
pub async fn list(connection: &mut PgConnection, recall_id: i64) -> Result<Vec<Call>, StoreError> {
    let rows = sqlx::query!(
        "select kind, holder_id, note, at, account.display_name as by, request_id
         from recall_call join account on account.id = recall_call.account_id
         where recall_id = $1 order by recall_call.id",
        recall_id
    )
    .fetch_all(connection)
    .await?;
    let call = |kind: String, holder_id, note, at, by, request_id| {
        let kind = HolderKind::from_code(&kind)
            .ok_or_else(|| StoreError::inconsistent("recall_call.kind", kind))?;
        Ok(Call {
            holder: (kind, holder_id),
            note,
            at,
            by,
            request_id,
        })
    };
    rows.into_iter()
        .map(|row| {
            call(
                row.kind,
                row.holder_id,
                row.note,
                row.at,
                row.by,
                row.request_id,
            )
        })
        .collect()
}
