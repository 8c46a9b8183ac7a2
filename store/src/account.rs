//! People who sign in at a desk, and their sessions. Passwords are hashed by the caller: this file
//! sees the hash alone, and of a session's token the hash alone.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

pub mod listing;

/// What a person may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Runs the platform: gateways, accounts, dead letters.
    Operator,
    /// Watches over the county: alarms, filings, recalls.
    Supervisor,
    /// Staff of one producer.
    Producer,
    /// Staff of the quick-test lab.
    Lab,
    /// A device that uploads signed results; it never signs in.
    Instrument,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Operator,
        Self::Supervisor,
        Self::Producer,
        Self::Lab,
        Self::Instrument,
    ];

    /// The word that the database and the API use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::Producer => "producer",
            Self::Lab => "lab",
            Self::Instrument => "instrument",
        }
    }

    /// The role of a code, `None` for any other word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// An account without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number here.
    pub id: i64,
    /// Name to sign in with.
    pub login: String,
    /// Name to show.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// Whose staff, for [`Role::Producer`].
    pub producer_id: Option<i64>,
}

/// An account to make.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    /// Name to sign in with, unique.
    pub login: &'a str,
    /// Name to show.
    pub display_name: &'a str,
    /// What it may do.
    pub role: Role,
    /// Whose staff; present exactly for [`Role::Producer`].
    pub producer_id: Option<i64>,
    /// `Argon2id` in PHC string form.
    pub password_hash: &'a str,
}

struct Row {
    id: i64,
    login: String,
    display_name: String,
    role: String,
    producer_id: Option<i64>,
}

impl TryFrom<Row> for Account {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let role = Role::from_code(&row.role)
            .ok_or_else(|| StoreError::inconsistent("account.role", row.role))?;
        let Row {
            id,
            login,
            display_name,
            producer_id,
            ..
        } = row;
        Ok(Self {
            id,
            login,
            display_name,
            role,
            producer_id,
        })
    }
}

/// Makes an account; returns its number.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewAccount<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into account (login, display_name, role, producer_id, password_hash, created_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
        new.login,
        new.display_name,
        new.role.code(),
        new.producer_id,
        new.password_hash,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Makes the first account of an installation; `None` where there is one already. Whoever comes
/// second waits for the first one to commit, and then finds its account.
pub async fn insert_first(
    connection: &mut PgConnection,
    new: &NewAccount<'_>,
    now: OffsetDateTime,
) -> Result<Option<Account>, StoreError> {
    sqlx::query!("lock table account in share row exclusive mode")
        .execute(&mut *connection)
        .await?;
    if count(connection).await? > 0 {
        return Ok(None);
    }
    let id = insert(connection, new, now).await?;
    Ok(find(connection, id).await?.map(|(account, _)| account))
}

/// The account of this sign-in name that is not disabled, with its password's hash.
pub async fn find_by_login(
    connection: &mut PgConnection,
    login: &str,
) -> Result<Option<(Account, String)>, StoreError> {
    let found = sqlx::query!(
        "select id, login, display_name, role, producer_id, password_hash
         from account where login = $1 and disabled_at is null",
        login
    )
    .fetch_optional(connection)
    .await?;
    found
        .map(|row| {
            let hash = row.password_hash;
            let (id, login, display_name) = (row.id, row.login, row.display_name);
            let (role, producer_id) = (row.role, row.producer_id);
            let account = Row {
                id,
                login,
                display_name,
                role,
                producer_id,
            }
            .try_into()?;
            Ok((account, hash))
        })
        .transpose()
}

/// How many accounts there are: none means that the first one is still to be made.
pub async fn count(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let n = sqlx::query_scalar!(r#"select count(*) as "n!" from account"#)
        .fetch_one(connection)
        .await?;
    Ok(n)
}

/// Every account, by sign-in name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Account>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, login, display_name, role, producer_id from account order by login"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Account::try_from).collect()
}

/// Every account with whether it is disabled, by sign-in name.
pub async fn list_with_state(
    connection: &mut PgConnection,
) -> Result<Vec<(Account, bool)>, StoreError> {
    list_where(connection, None).await
}

/// The account of this number with whether it is disabled.
pub async fn find(
    connection: &mut PgConnection,
    id: i64,
) -> Result<Option<(Account, bool)>, StoreError> {
    Ok(list_where(connection, Some(id)).await?.pop())
}

async fn list_where(
    connection: &mut PgConnection,
    id: Option<i64>,
) -> Result<Vec<(Account, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, login, display_name, role, producer_id,
                  disabled_at is not null as "disabled!"
           from account where $1::bigint is null or id = $1 order by login"#,
        id
    )
    .fetch_all(connection)
    .await?;
    let account = |row: Row, disabled| Ok((row.try_into()?, disabled));
    rows.into_iter()
        .map(|found| {
            let row = Row {
                id: found.id,
                login: found.login,
                display_name: found.display_name,
                role: found.role,
                producer_id: found.producer_id,
            };
            account(row, found.disabled)
        })
        .collect()
}

/// Disables an account, or lets it be used again; one that is so already stays as it is.
pub async fn set_disabled(
    connection: &mut PgConnection,
    id: i64,
    disabled_at: Option<OffsetDateTime>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update account set disabled_at = $2
         where id = $1 and (disabled_at is null) <> ($2::timestamptz is null)",
        id,
        disabled_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Changes the password of an account.
pub async fn set_password(
    connection: &mut PgConnection,
    id: i64,
    password_hash: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update account set password_hash = $2, password_changed_at = $3 where id = $1",
        id,
        password_hash,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the sessions of an account, but for the one of this token; returns how many.
pub async fn delete_sessions(
    connection: &mut PgConnection,
    id: i64,
    keep: Option<&[u8]>,
) -> Result<u64, StoreError> {
    let deleted = sqlx::query!(
        "delete from session where account_id = $1
         and ($2::bytea is null or token_hash <> $2)",
        id,
        keep
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Notes a sign-in.
pub async fn insert_session(
    connection: &mut PgConnection,
    token_hash: &[u8],
    account_id: i64,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into session (token_hash, account_id, created_at, expires_at)
         values ($1, $2, $3, $4)",
        token_hash,
        account_id,
        now,
        expires_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose session this is, unless it has expired at `now`.
pub async fn find_by_session(
    connection: &mut PgConnection,
    token_hash: &[u8],
    now: OffsetDateTime,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "select account.id, login, display_name, role, producer_id
         from session join account on account.id = session.account_id
         where token_hash = $1 and expires_at > $2 and disabled_at is null",
        token_hash,
        now
    )
    .fetch_optional(connection)
    .await?;
    row.map(Account::try_from).transpose()
}

/// Ends a session; returns whether there was one.
pub async fn delete_session(
    connection: &mut PgConnection,
    token_hash: &[u8],
) -> Result<bool, StoreError> {
    let deleted = sqlx::query!("delete from session where token_hash = $1", token_hash)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Forgets sessions that expired before `now`; returns how many.
pub async fn delete_expired_sessions(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    let deleted = sqlx::query!("delete from session where expires_at <= $1", now)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected())
}

#[cfg(test)]
mod tests;
