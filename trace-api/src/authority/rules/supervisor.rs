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
    (
        Method::POST,
        "/supervisor/alarms/{id}/shelve",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/alarms/{id}/unshelve",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/alarms/{id}/assign",
        Action::SupervisorDesk,
    ),
    (Method::GET, "/supervisor/farms", Action::SupervisorDesk),
    (
        Method::GET,
        "/supervisor/farms/{id}",
        Action::SupervisorDesk,
    ),
    (
        Method::GET,
        "/supervisor/probes/{gateway}/{probe}/readings.csv",
        Action::SupervisorDesk,
    ),
    (Method::GET, "/supervisor/lots", Action::SupervisorDesk),
    (Method::GET, "/supervisor/lots/{id}", Action::SupervisorDesk),
    (
        Method::POST,
        "/supervisor/lots/{id}/hold",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/lots/{id}/release",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/lots/{id}/waive",
        Action::SupervisorDesk,
    ),
    (
        Method::GET,
        "/supervisor/lots/{id}/recall",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/lots/{id}/recall",
        Action::SupervisorDesk,
    ),
    (Method::GET, "/supervisor/recalls", Action::SupervisorDesk),
    (
        Method::GET,
        "/supervisor/recalls/{id}",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/recalls/{id}/calls",
        Action::SupervisorDesk,
    ),
    (
        Method::GET,
        "/supervisor/recalls/{id}/notice",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/recalls/{id}/notice",
        Action::SupervisorDesk,
    ),
    (
        Method::GET,
        "/supervisor/statistics",
        Action::SupervisorDesk,
    ),
    (Method::GET, "/supervisor/audit", Action::SupervisorDesk),
];
