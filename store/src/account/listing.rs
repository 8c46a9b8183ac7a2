//! Accounts as an operator looks them up: found by a part of a name, a page at a time, with what
//! stands beside the account.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use super::{Account, Role, Row};
use crate::StoreError;

/// Most accounts of one page.
pub const PAGE_MAX: i64 = 200;

/// Which accounts to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those whose sign-in name, name or producer has this part, whatever its case.
    pub part: Option<String>,
    /// Only this role.
    pub role: Option<Role>,
    /// Only those whose sign-in name sorts after this one: the last of the page before.
    pub after: Option<String>,
    /// Only the one of this number.
    pub id: Option<i64>,
}

/// An account with what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The account.
    pub account: Account,
    /// Whether nobody can sign in with it.
    pub disabled: bool,
    /// Name of the producer whose staff it is.
    pub producer: Option<String>,
    /// Who it is at the identity service, where it is linked to one.
    pub subject: Option<String>,
    /// Sign-ins that are worth something now.
    pub sessions: i64,
}

/// Accounts by sign-in name, at most `limit` and at most [`PAGE_MAX`].
pub async fn search(
    connection: &mut PgConnection,
    filter: &Filter,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    let rows = sqlx::query!(
        r#"select account.id, login, display_name, role, producer_id, oidc_subject,
                  disabled_at is not null as "disabled!", producer.name as "producer?",
                  (select count(*) from session
                   where account_id = account.id and expires_at > $1) as "sessions!"
           from account
           left join producer on producer.id = account.producer_id
           where ($2::text is null
                  or position(lower($2) in lower(concat_ws(' ', login, display_name, producer.name))) > 0)
             and ($3::text is null or role = $3)
             and ($4::text is null or login > $4)
             and ($5::bigint is null or account.id = $5)
           order by login
           limit $6"#,
        now,
        filter.part,
        filter.role.map(Role::code),
        filter.after,
        filter.id,
        limit.clamp(1, PAGE_MAX)
    )
    .fetch_all(connection)
    .await?;
    let listed = rows.into_iter().map(|found| {
        let row = Row {
            id: found.id,
            login: found.login,
            display_name: found.display_name,
            role: found.role,
            producer_id: found.producer_id,
        };
        Ok(Listed {
            account: row.try_into()?,
            disabled: found.disabled,
            producer: found.producer,
            subject: found.oidc_subject,
            sessions: found.sessions,
        })
    });
    listed.collect()
}
