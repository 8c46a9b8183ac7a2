//! `/api/v1/audit`: who changed what, when, before and after.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::audit::{self, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{Limit, parse_time};
use crate::extract::Asked;
use crate::problem::Answer;
use crate::state::AppState;

/// A change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditChange)]
pub(crate) struct Change {
    /// Its number, growing.
    id: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Sign-in name of who; null for the platform itself.
    account: Option<String>,
    /// Which table.
    table: String,
    /// Which row.
    row: String,
    /// What it was; null of an insertion.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// What it became; null of a deletion.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

/// A part of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changes {
    /// Newest first.
    changes: Vec<Change>,
}

/// Which changes are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only this table, such as `lot`.
    table: Option<String>,
    /// Only the row of this key.
    row: Option<String>,
    /// Only changes by this account.
    account: Option<String>,
    /// Only where what it was or became has this text in it.
    q: Option<String>,
    /// Only from this time on, RFC 3339.
    from: Option<String>,
    /// Only before this time, RFC 3339.
    to: Option<String>,
    /// Only changes before this number: the next page.
    before: Option<i64>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// Lists changes, newest first. The log is appended to by the database itself and never changed.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "accounts", security(("token" = [])),
    params(Question), responses((status = 200, body = Changes))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Asked(question): Asked<Question>,
) -> Answer<Json<Changes>> {
    let filter = Filter {
        table: question.table,
        row: question.row,
        login: question.account,
        words: question.q,
        from: parse_time("from", question.from.as_deref())?,
        to: parse_time("to", question.to.as_deref())?,
        before_id: question.before,
    };
    let mut connection = state.store().acquire().await?;
    let rows = audit::list(&mut connection, &filter, question.limit.get()).await?;
    let change = |row: audit::Change| Change {
        id: row.id,
        at: row.at,
        account: row.login,
        table: row.table,
        row: row.row,
        before: row.before,
        after: row.after,
    };
    Ok(Json(Changes {
        changes: rows.into_iter().map(change).collect(),
    }))
}
