//! Sign-ins of an account as it sees them: what is open, since when, until when. A token itself is
//! never here; what a sign-in is checked with stands in [`crate::account`].

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// Most sign-ins that one list holds.
pub const LIST_MAX: i64 = 200;

/// A sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names it; worth nothing to sign in with.
    pub id: i64,
    /// What a program's token is for; empty for a person's sign-in.
    pub name: String,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// After this it is worth nothing.
    pub expires_at: OffsetDateTime,
    /// Whether it is the one that was asked with.
    pub is_current: bool,
}

/// A program's token to make.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    /// Hash of the token.
    pub token_hash: &'a [u8],
    /// Whose it is.
    pub account_id: i64,
    /// What it is for.
    pub name: &'a str,
    /// After this it is worth nothing.
    pub expires_at: OffsetDateTime,
}

/// Makes a token; returns its number.
pub async fn insert(
    connection: &mut PgConnection,
    new: NewToken<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into session (token_hash, account_id, created_at, expires_at, name)
         values ($1, $2, $3, $4, $5) returning id",
        new.token_hash,
        new.account_id,
        now,
        new.expires_at,
        new.name
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// The sign-ins of an account that are still worth something, oldest first, at most [`LIST_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    account_id: i64,
    current: &[u8],
    now: OffsetDateTime,
) -> Result<Vec<Session>, StoreError> {
    let sessions = sqlx::query_as!(
        Session,
        r#"select id, name, created_at, expires_at, token_hash = $2 as "is_current!"
           from session where account_id = $1 and expires_at > $3 order by token_hash <> $2, id limit $4"#,
        account_id,
        current,
        now,
        LIST_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(sessions)
}

/// How many tokens for programs an account has that are still worth something.
pub async fn count_tokens(
    connection: &mut PgConnection,
    account_id: i64,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from session
           where account_id = $1 and expires_at > $2 and name <> ''"#,
        account_id,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(count)
}

/// Ends a sign-in of an account; returns whether there was one.
pub async fn delete(
    connection: &mut PgConnection,
    account_id: i64,
    id: i64,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query!(
        "delete from session where id = $2 and account_id = $1",
        account_id,
        id
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() == 1)
}
