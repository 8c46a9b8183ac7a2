//! Pages of the supervisor's desk.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/supervisor", Action::SupervisorDesk),
    (
        Method::GET,
        "/supervisor/alarms/stream",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/alarms/{id}/acknowledge",
        Action::SupervisorDesk,
    ),
];
