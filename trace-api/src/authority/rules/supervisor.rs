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
    (Method::GET, "/supervisor/filings", Action::SupervisorDesk),
    (
        Method::GET,
        "/supervisor/filings/producers/{id}",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/filings/producers/{id}",
        Action::DecideFiling,
    ),
    (
        Method::POST,
        "/supervisor/filings/producers/{id}/relief",
        Action::DecideFiling,
    ),
    (
        Method::GET,
        "/supervisor/filings/products/{id}",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/filings/products/{id}",
        Action::DecideFiling,
    ),
    (
        Method::GET,
        "/supervisor/filings/credentials/{credential}",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/filings/credentials/{credential}",
        Action::DecideFiling,
    ),
];
