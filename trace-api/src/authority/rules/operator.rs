//! Pages of the operator's desk.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (
        Method::POST,
        "/operator/dead-letters/{id}/replay",
        Action::ReplayDeadLetters,
    ),
    (Method::GET, "/operator", Action::OperatorDesk),
];
