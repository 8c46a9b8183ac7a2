//! 备案: the versions of what is filed and the journal of what people did with them, for producers
//! and products alike. Which step is legal is `model::filing`'s to say; what the words of a version
//! are is the caller's, who also puts them into the row that stands.

use model::filing::{FilingState, FilingStep};
use serde_json::Value;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

use self::standing::Row;
pub use self::standing::{Count, Standing};
pub(crate) use self::standing::{counted, parse_state};

mod standing;

/// What is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A producer, by its number.
    Producer(i64),
    /// A product, by its number.
    Product(i64),
}

impl Subject {
    /// The word of the database.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Producer(_) => "producer",
            Self::Product(_) => "product",
        }
    }

    /// Its number.
    #[must_use]
    pub const fn id(self) -> i64 {
        match self {
            Self::Producer(id) | Self::Product(id) => id,
        }
    }
}

/// Who does something, when, and with which request.
#[derive(Debug, Clone, Copy)]
pub struct Hand {
    /// Who; `None` for the platform itself.
    pub account_id: Option<i64>,
    /// Made by the client.
    pub request_id: Uuid,
    /// When.
    pub now: OffsetDateTime,
}

/// One version.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// From 1.
    pub version: i32,
    /// What it says.
    pub body: Value,
    /// When it was written.
    pub at: OffsetDateTime,
    /// Sign-in name of who wrote it; `None` for the platform itself.
    pub login: Option<String>,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Of which version.
    pub version: i32,
    /// `write`, `submit`, `return`, `approve`, `suspend` or `resume`.
    pub step: String,
    /// Where it was.
    pub from_state: String,
    /// Where it is after.
    pub to_state: String,
    /// Why; may be empty.
    pub reason: String,
    /// When.
    pub at: OffsetDateTime,
    /// Sign-in name of who; `None` for the platform itself.
    pub login: Option<String>,
}

/// What a request did before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// To what.
    pub subject: Subject,
    /// Which step.
    pub step: String,
    /// Of which version.
    pub version: i32,
}

/// Where a filing stands, locked until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    subject: Subject,
) -> Result<Option<Standing>, StoreError> {
    let row = match subject {
        Subject::Producer(id) => {
            sqlx::query_as!(
                Row,
                "select state, version, standing_version, pending, suspended_at
                 from producer where id = $1 for update",
                id
            )
            .fetch_optional(connection)
            .await?
        }
        Subject::Product(id) => {
            sqlx::query_as!(
                Row,
                "select state, version, standing_version, pending, suspended_at
                 from product where id = $1 for update",
                id
            )
            .fetch_optional(connection)
            .await?
        }
    };
    row.map(Standing::try_from).transpose()
}

/// States of a product and of its producer, kept from changing until the transaction ends: what
/// comes of an approved product comes while it is approved.
pub async fn lock_gate(
    connection: &mut PgConnection,
    product_id: i64,
) -> Result<Option<(FilingState, FilingState)>, StoreError> {
    let row = sqlx::query!(
        r#"select product.state as product, producer.state as producer
           from product join producer on producer.id = product.producer_id
           where product.id = $1
           for share"#,
        product_id
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok((parse_state(row.product)?, parse_state(row.producer)?)))
        .transpose()
}

/// What this request did before, if anything. The same request sent twice at once waits here.
pub async fn find_done(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<Option<Done>, StoreError> {
    let key = request_id.as_u64_pair().0 as i64;
    sqlx::query!("select pg_advisory_xact_lock($1)", key)
        .execute(&mut *connection)
        .await?;
    let row = sqlx::query!(
        "select kind, subject_id, step, version from filing_step where request_id = $1",
        request_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Done {
        subject: if row.kind == "product" {
            Subject::Product(row.subject_id)
        } else {
            Subject::Producer(row.subject_id)
        },
        step: row.step,
        version: row.version,
    }))
}

/// Keeps the first version of a filing whose row was just made in `state`, draft or submitted.
pub async fn begin(
    connection: &mut PgConnection,
    subject: Subject,
    (body, state): (&Value, FilingState),
    hand: Hand,
) -> Result<(), StoreError> {
    insert_version(connection, subject, (1, body), hand).await?;
    let step = ("write", "", state.code(), "");
    insert_step(connection, subject, 1, step, hand).await
}

/// Keeps another version, locked by the caller: it is the newest from now on and waits in `state`.
pub async fn write(
    connection: &mut PgConnection,
    subject: Subject,
    was: Standing,
    (body, state): (&Value, FilingState),
    hand: Hand,
) -> Result<Standing, StoreError> {
    let version = was.version + 1;
    insert_version(connection, subject, (version, body), hand).await?;
    let from = was.pending.unwrap_or(was.state);
    let step = ("write", from.code(), state.code(), "");
    insert_step(connection, subject, version, step, hand).await?;
    let stands = was.standing_version.is_some();
    let is = Standing {
        state: if stands { was.state } else { state },
        version,
        pending: Some(state),
        ..was
    };
    set(connection, subject, is, hand.now).await?;
    Ok(is)
}

/// Takes a step, locked by the caller, if it is legal from where the version, or what stands, is.
pub async fn turn(
    connection: &mut PgConnection,
    subject: Subject,
    was: Standing,
    (step, reason): (FilingStep, &str),
    hand: Hand,
) -> Result<Standing, StoreError> {
    let from = if step.is_of_version() {
        was.pending.unwrap_or(was.state)
    } else {
        was.state
    };
    let to = from.after(step)?;
    let mut is = was;
    match step {
        FilingStep::Submit | FilingStep::Return => {
            is.pending = Some(to);
            if is.standing_version.is_none() {
                is.state = to;
            }
        }
        FilingStep::Approve => {
            is.pending = None;
            is.standing_version = Some(is.version);
            // A suspension outlives a new version: only a supervisor's `resume` ends it.
            if is.state != FilingState::Suspended {
                is.state = to;
            }
        }
        FilingStep::Suspend | FilingStep::Resume => {
            is.state = to;
            is.suspended_at = (to == FilingState::Suspended).then_some(hand.now);
        }
    }
    let line = (step.code(), from.code(), to.code(), reason);
    let version = if step.is_of_version() {
        is.version
    } else {
        is.standing_version.unwrap_or(is.version)
    };
    insert_step(connection, subject, version, line, hand).await?;
    set(connection, subject, is, hand.now).await?;
    Ok(is)
}

/// One version.
pub async fn find_version(
    connection: &mut PgConnection,
    subject: Subject,
    version: i32,
) -> Result<Option<Version>, StoreError> {
    let found = sqlx::query_as!(
        Version,
        r#"select version, body, at, account.login as "login?"
           from filing_version left join account on account.id = filing_version.account_id
           where kind = $1 and subject_id = $2 and version = $3"#,
        subject.kind(),
        subject.id(),
        version
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// Versions before `before`, newest first.
pub async fn list_versions(
    connection: &mut PgConnection,
    subject: Subject,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Version>, StoreError> {
    let found = sqlx::query_as!(
        Version,
        r#"select version, body, at, account.login as "login?"
           from filing_version left join account on account.id = filing_version.account_id
           where kind = $1 and subject_id = $2 and ($3::integer is null or version < $3)
           order by version desc limit $4"#,
        subject.kind(),
        subject.id(),
        before,
        limit.clamp(1, 200)
    )
    .fetch_all(connection)
    .await?;
    Ok(found)
}

/// The journal of a filing from the version `since` on, oldest first.
pub async fn list_steps(
    connection: &mut PgConnection,
    subject: Subject,
    since: i32,
) -> Result<Vec<Step>, StoreError> {
    let found = sqlx::query_as!(
        Step,
        r#"select version, step, from_state, to_state, reason, at, account.login as "login?"
           from filing_step left join account on account.id = filing_step.account_id
           where kind = $1 and subject_id = $2 and version >= $3
           order by filing_step.id limit 2000"#,
        subject.kind(),
        subject.id(),
        since
    )
    .fetch_all(connection)
    .await?;
    Ok(found)
}

/// The line that sent the newest version back, while it is back.
pub async fn find_reason(
    connection: &mut PgConnection,
    subject: Subject,
    step: FilingStep,
) -> Result<Option<String>, StoreError> {
    let found = sqlx::query_scalar!(
        "select reason from filing_step
         where kind = $1 and subject_id = $2 and step = $3
         order by id desc limit 1",
        subject.kind(),
        subject.id(),
        step.code()
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

pub(crate) async fn insert_version(
    connection: &mut PgConnection,
    subject: Subject,
    (version, body): (i32, &Value),
    hand: Hand,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into filing_version (kind, subject_id, version, body, at, account_id)
         values ($1, $2, $3, $4, $5, $6)",
        subject.kind(),
        subject.id(),
        version,
        body,
        hand.now,
        hand.account_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_step(
    connection: &mut PgConnection,
    subject: Subject,
    version: i32,
    (step, from, to, reason): (&str, &str, &str, &str),
    hand: Hand,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into filing_step (kind, subject_id, version, step, from_state, to_state, reason,
                                  at, account_id, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        subject.kind(),
        subject.id(),
        version,
        step,
        from,
        to,
        reason,
        hand.now,
        hand.account_id,
        hand.request_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn set(
    connection: &mut PgConnection,
    subject: Subject,
    is: Standing,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let (state, pending) = (is.state.code(), is.pending.map(FilingState::code));
    match subject {
        Subject::Producer(id) => {
            sqlx::query!(
                "update producer set state = $2, version = $3, standing_version = $4, pending = $5,
                                     suspended_at = $6, updated_at = $7
                 where id = $1",
                id,
                state,
                is.version,
                is.standing_version,
                pending,
                is.suspended_at,
                now
            )
            .execute(connection)
            .await?
        }
        Subject::Product(id) => {
            sqlx::query!(
                "update product set state = $2, version = $3, standing_version = $4, pending = $5,
                                    suspended_at = $6, updated_at = $7
                 where id = $1",
                id,
                state,
                is.version,
                is.standing_version,
                pending,
                is.suspended_at,
                now
            )
            .execute(connection)
            .await?
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests;
