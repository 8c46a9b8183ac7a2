//! Pages of the producer's desk.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/producer", Action::ProducerDesk),
    (Method::POST, "/producer/lots", Action::ProducerDesk),
    (Method::GET, "/producer/lots/{id}", Action::ProducerDesk),
    (
        Method::POST,
        "/producer/lots/{id}/labels",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/lots/{id}/preview.png",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/lots/{id}/preview.svg",
        Action::ProducerDesk,
    ),
    (Method::GET, "/producer/labels/{file}", Action::ProducerDesk),
    (Method::GET, "/producer/runs/{id}", Action::ProducerDesk),
    (
        Method::POST,
        "/producer/runs/{id}/jobs",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/runs/{id}/labels.pdf",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/runs/{id}/ledger",
        Action::ProducerDesk,
    ),
    (Method::POST, "/producer/jobs/{id}", Action::ProducerDesk),
    (Method::GET, "/producer/printers/{id}", Action::ProducerDesk),
    (
        Method::POST,
        "/producer/printers/{id}",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/printers/{id}/test-page",
        Action::ProducerDesk,
    ),
];
