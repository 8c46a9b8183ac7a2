//! Accounts that somebody else's identity service (OpenID Connect) vouches for: which account a
//! subject there is. What a service says is checked elsewhere.

use sqlx::postgres::PgConnection;

use crate::StoreError;

/// Number of the account of a subject, if it is not disabled.
pub async fn find_account(
    connection: &mut PgConnection,
    issuer: &str,
    subject: &str,
) -> Result<Option<i64>, StoreError> {
    let id = sqlx::query_scalar!(
        "select id from account
         where oidc_issuer = $1 and oidc_subject = $2 and disabled_at is null",
        issuer,
        subject
    )
    .fetch_optional(connection)
    .await?;
    Ok(id)
}

/// The subject that an account is linked to: issuer and subject.
pub async fn find_identity(
    connection: &mut PgConnection,
    account_id: i64,
) -> Result<Option<(String, String)>, StoreError> {
    let found = sqlx::query!(
        "select oidc_issuer, oidc_subject from account where id = $1",
        account_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.and_then(|row| row.oidc_issuer.zip(row.oidc_subject)))
}

/// Links an account to a subject, or to none.
pub async fn set_identity(
    connection: &mut PgConnection,
    account_id: i64,
    identity: Option<(&str, &str)>,
) -> Result<(), StoreError> {
    let (issuer, subject) = identity.unzip();
    sqlx::query!(
        "update account set oidc_issuer = $2, oidc_subject = $3 where id = $1",
        account_id,
        issuer,
        subject
    )
    .execute(connection)
    .await?;
    Ok(())
}
