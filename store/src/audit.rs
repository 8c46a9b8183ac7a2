//! The audit log: who changed what, when, before and after. The database's triggers write it; a
//! transaction is signed once at its beginning, and every change in it carries that name.

use serde_json::Value;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{StoreError, plan};

/// Most lines that one list holds.
pub const LIST_MAX: i64 = 500;

/// A change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its number, growing.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// Sign-in name of who; `None` for the platform itself.
    pub login: Option<String>,
    /// Which table.
    pub table: String,
    /// Which row.
    pub row: String,
    /// What it was.
    pub before: Option<Value>,
    /// What it became.
    pub after: Option<Value>,
}

/// Which changes to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this table.
    pub table: Option<String>,
    /// Only this row.
    pub row: Option<String>,
    /// Only changes by this sign-in name.
    pub login: Option<String>,
    /// Only where what it was or became has this text in it.
    pub words: Option<String>,
    /// Only from then on.
    pub from: Option<OffsetDateTime>,
    /// Only before then.
    pub to: Option<OffsetDateTime>,
    /// Only changes older than this number.
    pub before_id: Option<i64>,
}

/// Signs the transaction: every change until its end is this account's, at this time.
pub async fn sign(
    connection: &mut PgConnection,
    account_id: i64,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let now = now
        .format(&Rfc3339)
        .map_err(|error| StoreError::inconsistent("audit.at", error.to_string()))?;
    sqlx::query!(
        r#"select set_config('suyuan.account_id', $1, true) as account,
                  set_config('suyuan.now', $2, true) as now"#,
        account_id.to_string(),
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// The changes of a filter, newest first.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    // Planned for these values: without a name there is no account to look up.
    plan::for_values(connection, true).await?;
    let changes = sqlx::query_as!(
        Change,
        r#"select audit.id, at, account.login as "login?", table_name as "table",
                  row_key as "row", before, after
           from audit left join account on account.id = audit.account_id
           where ($1::text is null or table_name = $1)
             and ($2::text is null or row_key = $2)
             and ($3::text is null
                  or audit.account_id = (select id from account where login = $3))
             and ($4::bigint is null or audit.id < $4)
             and ($6::text is null
                  or strpos(lower(concat_ws(' ', before::text, after::text)), lower($6)) > 0)
             and ($7::timestamptz is null or at >= $7)
             and ($8::timestamptz is null or at < $8)
           order by audit.id desc
           limit $5"#,
        filter.table,
        filter.row,
        filter.login,
        filter.before_id,
        limit.clamp(1, LIST_MAX),
        filter.words.as_deref().map(str::trim),
        filter.from,
        filter.to
    )
    .fetch_all(&mut *connection)
    .await?;
    plan::for_values(connection, false).await?;
    Ok(changes)
}

#[cfg(test)]
mod tests;
