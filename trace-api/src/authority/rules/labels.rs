//! Labels: runs, templates, printers, and how often codes are asked for.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (
        Method::POST,
        "/api/v1/lots/{id}/labels",
        Action::IssueLabels,
    ),
    (Method::GET, "/api/v1/labels", Action::ReadLabels),
    (Method::GET, "/api/v1/labels/{file}", Action::ReadLabels),
    (Method::GET, "/api/v1/label-runs", Action::ReadLabels),
    (Method::POST, "/api/v1/label-runs", Action::IssueLabels),
    (
        Method::POST,
        "/api/v1/label-runs/{id}/bindings",
        Action::IssueLabels,
    ),
    (
        Method::POST,
        "/api/v1/label-runs/{id}/activation",
        Action::IssueLabels,
    ),
    (Method::GET, "/api/v1/scans", Action::ReadScans),
    (Method::GET, "/api/v1/scans/suspects", Action::ReadLabels),
    (Method::GET, "/api/v1/label-runs/{id}", Action::ReadLabels),
    (
        Method::GET,
        "/api/v1/label-runs/{id}/file",
        Action::ReadLabels,
    ),
    (
        Method::POST,
        "/api/v1/label-runs/{id}/ledger",
        Action::IssueLabels,
    ),
    (
        Method::POST,
        "/api/v1/label-runs/{id}/jobs",
        Action::IssueLabels,
    ),
    (Method::GET, "/api/v1/printers", Action::ReadLabels),
    (Method::POST, "/api/v1/printers", Action::ManagePrinters),
    (Method::PUT, "/api/v1/printers/{id}", Action::ManagePrinters),
    (
        Method::GET,
        "/api/v1/printers/{id}/test-page",
        Action::ReadLabels,
    ),
    (
        Method::POST,
        "/api/v1/printers/{id}/test-page",
        Action::TestPrinter,
    ),
    (Method::GET, "/api/v1/label-templates", Action::ReadLabels),
    (
        Method::GET,
        "/api/v1/label-templates/{name}",
        Action::ReadLabels,
    ),
    (
        Method::POST,
        "/api/v1/label-templates/preview",
        Action::ReadLabels,
    ),
    (Method::GET, "/api/v1/print-jobs/{id}", Action::ReadLabels),
    (
        Method::POST,
        "/api/v1/print-jobs/{id}/command",
        Action::IssueLabels,
    ),
];
