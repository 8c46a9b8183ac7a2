//! Pages of the producer's desk.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/producer", Action::ProducerDesk),
    (Method::POST, "/producer/lots", Action::ProducerDesk),
    (Method::GET, "/producer/lots/new", Action::ProducerDesk),
    (Method::GET, "/producer/lots/{id}", Action::ProducerDesk),
    (
        Method::POST,
        "/producer/lots/{id}/harvest",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/lots/{id}/release",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/lots/{id}/shipments",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/lots/{id}/sold-out",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/lots/{id}/check",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/lots/{id}/certificates",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/certificates/{id}/void",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/lots/{id}/process",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/lots/{id}/process",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/shipments/{id}/receipt",
        Action::ProducerDesk,
    ),
    (Method::POST, "/producer/reports/{id}", Action::ProducerDesk),
    (Method::GET, "/producer/records", Action::ProducerDesk),
    (Method::POST, "/producer/records", Action::ProducerDesk),
    (Method::GET, "/producer/records/new", Action::ProducerDesk),
    (
        Method::GET,
        "/producer/records/worker.js",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/records/{record}",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/records/{record}",
        Action::ProducerDesk,
    ),
    (Method::GET, "/producer/inputs", Action::ProducerDesk),
    (Method::POST, "/producer/inputs", Action::ProducerDesk),
    (
        Method::POST,
        "/producer/inputs/{input}/purchases",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/lots/{id}/labels",
        Action::ProducerDesk,
    ),
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
    (Method::GET, "/producer/filing", Action::ProducerDesk),
    (Method::GET, "/producer/filing/own", Action::ProducerDesk),
    (Method::POST, "/producer/filing/own", Action::ProducerDesk),
    (
        Method::POST,
        "/producer/filing/own/submission",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/filing/products",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/filing/products/new",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/filing/products/{id}",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/filing/products/{id}",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/filing/products/{id}/submission",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/filing/credentials",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/filing/credentials/new",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/filing/credentials/{credential}",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/filing/credentials/{credential}",
        Action::ProducerDesk,
    ),
    (
        Method::POST,
        "/producer/filing/credentials/{credential}/withdrawal",
        Action::ProducerDesk,
    ),
    (Method::POST, "/producer/filing/files", Action::ProducerDesk),
    (
        Method::GET,
        "/producer/filing/files/{sha256}",
        Action::ProducerDesk,
    ),
    (Method::GET, "/producer/filing/import", Action::ProducerDesk),
    (
        Method::POST,
        "/producer/filing/import/{kind}",
        Action::ProducerDesk,
    ),
];
