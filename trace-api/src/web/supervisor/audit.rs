//! `/supervisor/audit`: who changed what, when, before and after, searched and page by page.

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use store::account;
use store::audit::{self, Change, Filter};
use time::Duration;

use super::encoded;
use crate::act::lot::parse_day;
use crate::extract;
use crate::page::supervisor::audit::{Asked, AuditView, ChangeRow, Column, page};
use crate::problem::Answer;
use crate::state::{AppState, timestamp};
use crate::web::Here;
use crate::web::words::day_start;

/// Changes of one page.
const PAGE_MAX: i64 = 30;
/// Most characters of a value on the page.
const VALUE_CHARS_MAX: usize = 600;

/// The page of the audit log.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/supervisor/audit", get(list))
}

/// Which changes are asked for.
#[derive(Debug, Default, Deserialize)]
struct Question {
    #[serde(default)]
    account: String,
    #[serde(default)]
    table: String,
    #[serde(default)]
    row: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    before: Option<i64>,
}

/// Lists changes.
async fn list(
    State(state): State<AppState>,
    here: Here,
    extract::Asked(question): extract::Asked<Question>,
) -> Answer<Response> {
    let filter = question.filter()?;
    let mut connection = state.store().acquire().await?;
    let changes = audit::list(&mut connection, &filter, PAGE_MAX + 1).await?;
    let accounts = account::list(&mut connection).await?;
    drop(connection);
    let shown = &changes[..changes.len().min(PAGE_MAX as usize)];
    let last = shown.last().filter(|_| changes.len() > shown.len());
    let view = AuditView {
        changes: shown.iter().map(row).collect(),
        logins: accounts.into_iter().map(|account| account.login).collect(),
        first: question.before.map(|_| question.href(None)),
        next: last.map(|change| question.href(Some(change.id))),
        asked: question.asked(),
    };
    here.answer(page(&here.site, &view))
}

impl Question {
    fn filter(&self) -> Answer<Filter> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |field, text: &str| {
            let day = given(text).map(|text| parse_day(field, &text)).transpose();
            Answer::Ok(day?.map(day_start))
        };
        Ok(Filter {
            table: given(&self.table),
            row: given(&self.row),
            login: given(&self.account),
            words: given(&self.q),
            from: day("from", &self.from)?,
            to: day("to", &self.to)?.map(|last| last + Duration::DAY),
            before_id: self.before,
        })
    }

    fn href(&self, before: Option<i64>) -> String {
        let before = before.map(|id| format!("&before={id}")).unwrap_or_default();
        format!(
            "/supervisor/audit?account={}&table={}&row={}&q={}&from={}&to={}{before}",
            encoded(&self.account),
            encoded(&self.table),
            encoded(&self.row),
            encoded(&self.q),
            encoded(&self.from),
            encoded(&self.to)
        )
    }

    fn asked(self) -> Asked {
        Asked {
            login: self.account,
            table: self.table,
            row: self.row,
            words: self.q,
            from: self.from,
            to: self.to,
        }
    }
}

fn row(change: &Change) -> ChangeRow {
    ChangeRow {
        id: change.id,
        at: timestamp(change.at),
        login: change.login.clone(),
        table: change.table.clone(),
        row: change.row.clone(),
        columns: columns(change.before.as_ref(), change.after.as_ref()),
        made: change.before.is_none(),
        removed: change.after.is_none(),
    }
}

/// Every column of either side, with what it was and became.
fn columns(before: Option<&Value>, after: Option<&Value>) -> Vec<Column> {
    let members = |side: Option<&Value>| {
        let members = side.and_then(Value::as_object);
        members
            .map(|side| side.keys().cloned().collect())
            .unwrap_or_default()
    };
    let mut names: BTreeSet<String> = members(before);
    names.extend(members(after));
    let value =
        |side: Option<&Value>, name: &str| side.and_then(|side| side.get(name)).and_then(text);
    let columns = names.into_iter().map(|name| Column {
        before: value(before, &name),
        after: value(after, &name),
        name,
    });
    // A new row has many columns that say nothing.
    columns
        .filter(|column| column.before.is_some() || column.after.is_some())
        .collect()
}

/// A value as a person reads it; `None` for null.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut kept: String = text.chars().take(VALUE_CHARS_MAX).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_column_stands_once_with_what_it_was_and_became() {
        let (before, after) = (
            json!({ "state": "released" }),
            json!({ "state": "held", "n": 2 }),
        );
        let told = columns(Some(&before), Some(&after));
        let told: Vec<_> = told
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.before.as_deref(),
                    one.after.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("n", None, Some("2")),
                ("state", Some("released"), Some("held"))
            ]
        );
        assert!(columns(None, Some(&json!({ "empty": null }))).is_empty());
        let long = "长".repeat(VALUE_CHARS_MAX + 1);
        let cut = text(&Value::String(long)).map(|text| text.chars().count());
        assert_eq!(cut, Some(VALUE_CHARS_MAX + 1));
    }
}
