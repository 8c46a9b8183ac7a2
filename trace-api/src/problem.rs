//! The one shape of refusals: RFC 9457 problem details. A handler returns a [`Problem`]; the
//! outermost layer writes it down, as JSON for programs and as a page for people, gives failures
//! of ours an id, and logs their cause once.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use store::StoreError;
use utoipa::ToSchema;

use crate::rule::import::Mistake;

mod constraint;
mod kind;

pub use kind::Kind;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What a client reads: RFC 9457 members and two of ours.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemBody {
    /// Names the kind of problem and is the address of its description.
    #[schema(example = "/docs/problems#not-found")]
    pub r#type: String,
    /// The kind in words; the same for every problem of the kind.
    pub title: &'static str,
    /// The HTTP status once more.
    pub status: u16,
    /// What was wrong with this request. Absent where the fault is ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The member of the request that was wrong, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Reference of a failure of ours in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is kept here, where an edit was refused because of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<Value>,
    /// What the edit would have made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub yours: Option<Value>,
    /// What is wrong with a table, by row and column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mistakes: Vec<Mistake>,
}

/// Why a request was refused or failed.
#[derive(Debug, Clone)]
pub struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: Option<Cow<'static, str>>,
    pub(crate) detail_zh: Option<Cow<'static, str>>,
    pub(crate) field: Option<&'static str>,
    pub(crate) retry_after_s: Option<u64>,
    /// Where an edit met another: what is kept, and what was sent.
    pub(crate) versions: Option<Box<[Value; 2]>>,
    /// What is wrong with a table.
    pub(crate) mistakes: Option<Arc<Vec<Mistake>>>,
    /// What went wrong inside; logged, never sent.
    pub(crate) cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// What a handler returns.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    /// A problem of a kind, with nothing more to say.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            detail_zh: None,
            field: None,
            retry_after_s: None,
            versions: None,
            mistakes: None,
            cause: None,
        }
    }

    /// A problem of a kind, with what was wrong in English and Chinese.
    #[must_use]
    pub fn told(
        kind: Kind,
        en: impl Into<Cow<'static, str>>,
        zh: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            detail: Some(en.into()),
            detail_zh: Some(zh.into()),
            ..Self::of(kind)
        }
    }

    /// A member of the request that cannot be accepted.
    #[must_use]
    pub fn invalid(
        field: &'static str,
        en: impl Into<Cow<'static, str>>,
        zh: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: Some(field),
            ..Self::told(Kind::Invalid, en, zh)
        }
    }

    /// A failure of ours.
    #[must_use]
    pub fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Arc::new(cause)),
            ..Self::of(Kind::Internal)
        }
    }

    /// What was wrong, in a page's language.
    pub(crate) fn words(&self, chinese: bool) -> Option<String> {
        let zh = self.detail_zh.as_ref().filter(|_| chinese);
        zh.or(self.detail.as_ref()).map(ToString::to_string)
    }

    /// What the client reads.
    pub(crate) fn body(&self, id: Option<String>) -> ProblemBody {
        let (current, yours) = match self.versions.as_deref() {
            Some([current, yours]) => (Some(current.clone()), Some(yours.clone())),
            None => (None, None),
        };
        ProblemBody {
            current,
            yours,
            mistakes: self.mistakes.as_deref().cloned().unwrap_or_default(),
            r#type: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail.as_ref().map(ToString::to_string),
            field: self.field.map(str::to_owned),
            id,
        }
    }

    /// The causes, outermost first, joined for the log.
    pub(crate) fn chain(&self) -> String {
        let cause = self.cause.as_deref();
        cause.map_or_else(String::new, |cause| store::chain(cause))
    }
}

impl IntoResponse for Problem {
    /// The status alone, with the problem beside it: the outermost layer writes the body.
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind.status() == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let Some(known) = error.constraint().and_then(constraint::refused_by) {
            return known;
        }
        match error {
            StoreError::IllegalStep(step) => Self::told(
                Kind::IllegalStep,
                step.to_string(),
                format!("批次不能从 {} 变为 {}", step.from, step.to),
            ),
            StoreError::IllegalFiling(step) => Self::told(
                Kind::IllegalStep,
                step.to_string(),
                format!("备案当前状态为 {}，不能办理 {}", step.from, step.step),
            ),
            StoreError::Unavailable(_) => Self {
                cause: Some(Arc::new(error)),
                ..Self::of(Kind::Unavailable)
            },
            other => Self::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::fmt::Error);

    #[test]
    fn a_failure_of_ours_tells_the_client_nothing_but_its_id() {
        let problem = Problem::internal(Outer(std::fmt::Error));
        let body = problem.body(Some("0123".to_owned()));
        assert_eq!(body.detail, None);
        assert_eq!(body.id.as_deref(), Some("0123"));
        assert_eq!(body.status, 500);
        assert!(
            problem.chain().starts_with("outer: "),
            "{}",
            problem.chain()
        );
    }

    #[test]
    fn a_refusal_is_told_in_the_language_of_the_page() {
        let problem = Problem::invalid("count", "too many", "太多");
        assert_eq!(problem.words(true).as_deref(), Some("太多"));
        assert_eq!(problem.words(false).as_deref(), Some("too many"));
        assert_eq!(problem.body(None).field.as_deref(), Some("count"));
    }
}
