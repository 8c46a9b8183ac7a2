//! Extractors that refuse in our own words: axum's, with [`Problem`] as their rejection.

use axum::extract::rejection::{FormRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Form, FromRequest, FromRequestParts, Json, Path, Query};
use axum::http::StatusCode;

use crate::problem::{Kind, Problem};

/// A JSON body.
#[derive(Debug, FromRequest)]
#[from_request(via(Json), rejection(Problem))]
pub(crate) struct JsonBody<T>(pub(crate) T);

/// A form's body.
#[derive(Debug, FromRequest)]
#[from_request(via(Form), rejection(Problem))]
pub(crate) struct FormBody<T>(pub(crate) T);

/// The query of the address.
#[derive(Debug, FromRequestParts)]
#[from_request(via(Query), rejection(Problem))]
pub(crate) struct Asked<T>(pub(crate) T);

/// The variable parts of the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(Path), rejection(Problem))]
pub(crate) struct Named<T>(pub(crate) T);

/// The problem of a rejection: its status decides the kind, its text is about the request alone.
fn problem(status: StatusCode, text: String) -> Problem {
    Problem::told(
        Kind::of_status(status),
        text,
        "请求内容无法识别，请检查后重试",
    )
}

macro_rules! refuse {
    ($($rejection:ty),*) => {$(
        impl From<$rejection> for Problem {
            fn from(rejection: $rejection) -> Self {
                problem(rejection.status(), rejection.body_text())
            }
        }
    )*};
}

refuse!(JsonRejection, FormRejection, PathRejection, QueryRejection);
